package idip

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
)

const question = `{"head":{"PacketLen":0,"Cmdid":4097,"Seqid":7,"ServiceName":"rookery","SendTime":20231114,"Version":1,"Authenticate":"","Result":0,"RetErrMsg":""},` +
	`"body":{"AppId":"100700001","ZoneId":"1","GuildId":"2134","OpenId":"10000000000000000001","RoleId":"2"}}`

// TestQuestions: what is sent and signed, byte by byte. The signatures were made with another program.
func TestQuestions(t *testing.T) {
	keys := map[string]string{"0": "0123456789abcdef0123456789abcdef", "1": "eeeeeeeeeeeeeeee"}
	for name, test := range map[string]struct {
		app  platform.App
		want string
	}{
		"a V5 game": {platform.App{GameID: 11, SigKeys: keys, MSDKKey: "msdkkeymsdkkey00", IDIP: "http://game.example/idip"},
			"http://game.example/idip?appid=100700001&channelid=2&gameid=11&os=4&seq=7&source=0&ts=1700000000&sig=cc234dedc805c2107b06e15e85a0721c"},
		"the lowest source of several, and an encoded path": {platform.App{GameID: 11, IDIP: "https://game.example:8443/a%20b",
			SigKeys: map[string]string{"10": "eeeeeeeeeeeeeeee", "2": "ffffffffffffffff"}},
			"https://game.example:8443/a%20b?appid=100700001&channelid=2&gameid=11&os=4&seq=7&source=2&ts=1700000000&sig=d97c4d8e394ba9d4fc763875a27f9782"},
		"a game without V5, and no path": {platform.App{SigKeys: keys, MSDKKey: "msdkkeymsdkkey00", IDIP: "http://[::1]:81"},
			"http://[::1]:81/?appid=100700001&channelid=2&os=4&seq=7&ts=1700000000&sig=99c208cbcb6455ff074988d094f1b7aa"},
	} {
		t.Run(name, func(t *testing.T) {
			test.app.AppID = 100700001
			now := time.Unix(1_700_000_000, 0).In(time.FixedZone("", 8*3600)) // where it is another day
			body, err := request(&test.app, Query{Zone: "1", Guild: "2134", OpenID: "10000000000000000001", RoleID: "2"}, 7, now)
			if err != nil || string(body) != question {
				t.Errorf("got body %s, %v, want %s", body, err, question)
			}
			if got, err := signed(&test.app, 7, now, body); err != nil || got != test.want {
				t.Errorf("got address %s, %v, want %s", got, err, test.want)
			}
		})
	}
}

// TestTheFirstFaultIsSaid: of two faults the log always has the same one.
func TestTheFirstFaultIsSaid(t *testing.T) {
	for range 50 {
		_, err := parse([]byte(head7(`,"body":{"GuildName":"a\u0001","LeaderOpenId":"b\u0001","IsMember":1}`)), 7)
		if !errors.Is(err, ErrGarbled) || !strings.HasSuffix(err.Error(), "GuildName has a control character at byte 2") {
			t.Fatalf("got %v", err)
		}
	}
}

func head7(rest string) string {
	return `{"head":{"PacketLen":0,"Cmdid":4098,"Seqid":7,"ServiceName":"game","Result":0,"RetErrMsg":""}` + rest + `}`
}

func TestAnswers(t *testing.T) {
	member := Answer{Member: true, GuildName: "测试公会", LeaderOpenID: "10000000000000000002"}
	leader := Answer{Member: true, Leader: true, GuildName: "Owls", LeaderOpenID: "10000000000000000001"}
	for name, test := range map[string]struct {
		text string
		want Answer
		err  error
	}{
		"a member":         {head7(`,"body":{"GuildName":"测试公会","LeaderOpenId":"10000000000000000002","IsMember":1,"IsLeader":0}`), member, nil},
		"the leader":       {head7(`,"body":{"GuildName":"Owls","LeaderOpenId":"10000000000000000001","IsMember":1,"IsLeader":1}`), leader, nil},
		"not a member":     {head7(`,"body":{"GuildName":"Owls","LeaderOpenId":"1","IsMember":0,"IsLeader":0}`), Answer{GuildName: "Owls", LeaderOpenID: "1"}, nil},
		"more than asked":  {head7(`,"body":{"IsMember":1,"Level":{"a":[1,2]}},"tail":null`), Answer{Member: true}, nil},
		"short of members": {head7(`,"body":{}`), Answer{}, nil},
		"no such guild":    {`{"head":{"Cmdid":4098,"Seqid":7,"Result":1,"RetErrMsg":"none"}}`, Answer{}, nil},
		"no such guild, with an empty body": {`{"head":{"Cmdid":4098,"Seqid":7,"Result":1},"body":{"IsMember":0,"IsLeader":0}}`,
			Answer{}, nil},

		"a network error":      {`{"head":{"Cmdid":4098,"Seqid":7,"Result":-1}}`, Answer{}, ErrUnreachable},
		"busy, with a body":    {`{"head":{"Cmdid":4098,"Seqid":7,"Result":-5},"body":{"IsMember":1}}`, Answer{}, ErrUnreachable},
		"an error of its own":  {`{"head":{"Cmdid":4098,"Seqid":7,"Result":-101,"RetErrMsg":"db \u0000"}}`, Answer{}, ErrUnreachable},
		"a result above empty": {`{"head":{"Cmdid":4098,"Seqid":7,"Result":2}}`, Answer{}, ErrUnreachable},

		"nothing":              {``, Answer{}, ErrGarbled},
		"not JSON":             {`<html>`, Answer{}, ErrGarbled},
		"a list":               {`[]`, Answer{}, ErrGarbled},
		"something after it":   {head7(`,"body":{"IsMember":1}`) + `{}`, Answer{}, ErrGarbled},
		"no head":              {`{"body":{"IsMember":1,"IsLeader":1}}`, Answer{}, ErrGarbled},
		"no body":              {head7(``), Answer{}, ErrGarbled},
		"the question itself":  {question, Answer{}, ErrGarbled},
		"another question's":   {strings.Replace(head7(`,"body":{"IsMember":1}`), `"Seqid":7`, `"Seqid":8`, 1), Answer{}, ErrGarbled},
		"a member twice":       {head7(`,"body":{"IsMember":0,"IsMember":1}`), Answer{}, ErrGarbled},
		"a head twice":         {head7(`,"body":{"IsMember":1},"head":{"Cmdid":4098,"Seqid":7}`), Answer{}, ErrGarbled},
		"a flag of 2":          {head7(`,"body":{"IsMember":2}`), Answer{}, ErrGarbled},
		"a flag below 0":       {head7(`,"body":{"IsMember":-1}`), Answer{}, ErrGarbled},
		"a leader of 2":        {head7(`,"body":{"IsMember":1,"IsLeader":2}`), Answer{}, ErrGarbled},
		"a flag of a text":     {head7(`,"body":{"IsMember":"1"}`), Answer{}, ErrGarbled},
		"a leader from abroad": {head7(`,"body":{"IsMember":0,"IsLeader":1}`), Answer{}, ErrGarbled},
		"a member of nothing":  {`{"head":{"Cmdid":4098,"Seqid":7,"Result":1},"body":{"IsMember":1}}`, Answer{}, ErrGarbled},
		"a name on two lines":  {head7(`,"body":{"IsMember":1,"GuildName":"a\nb"}`), Answer{}, ErrGarbled},
		"a name of 201 bytes":  {head7(`,"body":{"IsMember":1,"GuildName":"` + strings.Repeat("n", 201) + `"}`), Answer{}, ErrGarbled},
		"a leader of 201":      {head7(`,"body":{"IsMember":1,"LeaderOpenId":"` + strings.Repeat("1", 201) + `"}`), Answer{}, ErrGarbled},
		"not UTF-8":            {head7(`,"body":{"IsMember":1,"GuildName":"` + "\xff" + `"}`), Answer{}, ErrGarbled},
		"depth":                {strings.Repeat(`[`, 50_000), Answer{}, ErrGarbled},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parse([]byte(test.text), 7)
			if got != test.want || !errors.Is(err, test.err) {
				t.Errorf("got %+v, %v, want %+v, %v", got, err, test.want, test.err)
			}
		})
	}
	longest := strings.Repeat("名", 66) + "ab"
	if got, err := parse([]byte(head7(`,"body":{"IsMember":1,"GuildName":"`+longest+`"}`)), 7); err != nil || got.GuildName != longest {
		t.Errorf("a name of 200 bytes: got %+v, %v", got, err)
	}
}

// FuzzAnswers: every text is an answer without contradictions, or one of the two failures.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(head7(`,"body":{"GuildName":"Owls","LeaderOpenId":"1","IsMember":1,"IsLeader":1}`)))
	f.Add([]byte(`{"head":{"Cmdid":4098,"Seqid":7,"Result":1}}`))
	f.Add([]byte(`{"head":{"Cmdid":4098,"Seqid":7,"Result":-2,"RetErrMsg":"timeout"}}`))
	f.Add([]byte(question))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := parse(text, 7)
		switch {
		case err != nil && (got != Answer{} || errors.Is(err, ErrGarbled) == errors.Is(err, ErrUnreachable)):
			t.Errorf("got %+v with error %v", got, err)
		case got.Leader && !got.Member:
			t.Errorf("got %+v", got)
		case platform.CheckText("", got.GuildName, 200) != nil || platform.CheckText("", got.LeaderOpenID, 200) != nil:
			t.Errorf("got %+v", got)
		}
	})
}
