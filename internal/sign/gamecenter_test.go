package sign

import "testing"

func gameCenterVector(t *testing.T) Query {
	t.Helper()
	q, err := ParseQuery(nil, "param=%7B%22total%22%3A1%2C%22list%22%3A%5B%7B%22type%22%3A12%2C%22data%22%3A%221%22%2C%22bcover%22%3A1%2C%22expires%22%3A0%7D%5D%7D"+
		"&sign=whatever&openid=AAAABBBBCCCCDDDD0000111122223333&oauth_consumer_key=1100001234&cmd=gc_achieve_report&appid=1100001234&access_token=AT0001")
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestGameCenterVector(t *testing.T) {
	const key, want = "s3cr3tDemo", "c4d5117846852f365f5ac6669d067412"
	q := gameCenterVector(t)
	if got := GameCenter(q, key); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for sig, right := range map[string]bool{
		want: true, "C4D5117846852F365F5AC6669D067412": false, "c4d5117846852f365f5ac6669d067413": false, "": false,
	} {
		if got := GameCenterVerify(sig, q, key); got != right {
			t.Errorf("%q verifies: %t, want %t", sig, got, right)
		}
	}
	if GameCenterVerify(want, q, "s3cr3tDemo2") {
		t.Error("another key verifies")
	}
	const source = `appkey$access_token$AT0001$appid$1100001234$cmd$gc_achieve_report$oauth_consumer_key$1100001234$openid$AAAABBBBCCCCDDDD0000111122223333` +
		`$param${"total":1,"list":[{"type":12,"data":"1","bcover":1,"expires":0}]}appkey`
	if got := GameCenterSource(q); got != source {
		t.Errorf("the source is %s", got)
	}
}

// TestGameCenterSignsEverything: each parameter is covered, with its name and its value.
func TestGameCenterSignsEverything(t *testing.T) {
	const key = "s3cr3tDemo"
	q := gameCenterVector(t)
	sig := GameCenter(q, key)
	for i := range q {
		if q[i].Name == "sign" {
			continue
		}
		whole := q[i]
		q[i].Value += "0"
		if GameCenterVerify(sig, q, key) {
			t.Errorf("another value of %s verifies", whole.Name)
		}
		q[i] = whole
		q[i].Name += "x"
		if GameCenterVerify(sig, q, key) {
			t.Errorf("another name than %s verifies", whole.Name)
		}
		q[i] = whole
	}
	if !GameCenterVerify(sig, q, key) {
		t.Error("the original does not verify")
	}
}

// TestGameCenterParametersThatAreSignedAlike: a call without uin has the signature of one with it.
func TestGameCenterParametersThatAreSignedAlike(t *testing.T) {
	const key = "s3cr3tDemo"
	whole := append(gameCenterVector(t), Param{Name: "uin", Value: "10001"})
	joined := gameCenterVector(t)
	for i := range joined {
		if joined[i].Name == "param" {
			joined[i].Value += "$uin$10001"
		}
	}
	if GameCenter(whole, key) != GameCenter(joined, key) {
		t.Fatal("the signatures differ: this call does not matter")
	}
	names := []string{"uin"}
	if err := whole.TellsApart('$', '$', names); err != nil {
		t.Errorf("a call as it should be: %v", err)
	}
	if err := joined.TellsApart('$', '$', names); err == nil {
		t.Error("a call without uin is taken for one with it")
	}
}
