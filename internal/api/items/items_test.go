package items

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/retcode"
)

func TestItemsInJSON(t *testing.T) {
	for text, want := range map[string]*wire.AchievementItem{
		`[{"type":3,"data":"12800"}]`:                                      {Type: 3, Data: "12800"},
		`[{"type":3,"data":"12800","expires":"1735660799","bcover":0}]`:    {Type: 3, Data: "12800", Expires: "1735660799"},
		`[{"type":3,"data":"12800","expires":1735660799,"bcover":1}]`:      {Type: 3, Data: "12800", Expires: "1735660799", Overwrite: true},
		` [ {"bcover":2,"data":"小\"","x":[1],"type":29,"expires":null} ] `: {Type: 29, Data: "小\""},
		`[{"type":3,"data":" 1","expires":true,"bcover":null}]`:            {Type: 3, Data: " 1", Expires: "true"},
		`[{"type":3,"data":"1","expires":-1.5,"bcover":1.0}]`:              {Type: 3, Data: "1", Expires: "-1.5"},
		`[{"type":4294967295,"data":"1","expires":"","bcover":10}]`:        {Type: 4294967295, Data: "1"},
		`[{"type":12,"data":"1","expires":{"a":1}}]`:                       {Type: 12, Data: "1", Expires: `{"a":1}`},
		`[{"type":12,"data":"\u0031","expires":"\u0030"}]`:                 {Type: 12, Data: "1", Expires: "0"},
	} {
		got, err := Read([]byte(text))
		if err != nil || len(got) != 1 || !proto.Equal(got[0], want) {
			t.Errorf("%s: got %v, %v, want %v", text, got, err, want)
		}
	}
	for text, number := range map[string]int{
		``: -4028, `[`: -4028, `{`: -4028, `[{"type":1,"type":2}]`: -4028, "[\"\xff\"]": -4028, `[] []`: -4028,
		`{}`: -4034, `"[]"`: -4034, `1`: -4034, `null`: -4034,
		`[{}]`: -4035, `[{"type":1}]`: -4035, `[{"data":"1"}]`: -4035, `[{"type":1,"data":""}]`: -4035, `[{"type":null,"data":"1"}]`: -4035,
		`[{"type":1,"data":null}]`: -4035, `[{"type":1,"data":"1"},{"type":2}]`: -4035,
		`[1]`: -4022, `[[]]`: -4022, `["{}"]`: -4022, `[{"type":"1","data":"1"}]`: -4022, `[{"type":1.5,"data":"1"}]`: -4022, `[{"type":0,"data":"1"}]`: -4022,
		`[{"type":-1,"data":"1"}]`: -4022, `[{"type":4294967296,"data":"1"}]`: -4022, `[{"type":1e2,"data":"1"}]`: -4022, `[{"type":1,"data":1}]`: -4022,
		`[{"type":1,"data":["1"]}]`: -4022, `[{"type":1,"data":"1","bcover":"1"}]`: -4022, `[{"type":1,"data":"1","bcover":true}]`: -4022,
		`[{"type":1,"data":1},{"type":2}]`: -4035, `[{"type":3},5]`: -4035, `[5,{"type":3}]`: -4035, // wherever it is
		`[{"type":3,"data":"1"},5]`: -4022, `[{"type":0,"data":"1"},5]`: -4022, `[null,5]`: -4035, `[{"type":3,"data":"1"},null]`: -4035,
	} {
		_, err := Read([]byte(text))
		if code, _ := retcode.From(err); err == nil || code.Domain() != retcode.GameCenter || code.Number() != number {
			t.Errorf("%s: got %v, want %d", text, err, number)
		}
	}
	if items, err := Read([]byte(`[]`)); err != nil || len(items) != 0 {
		t.Errorf("an empty list: got %v, %v", items, err)
	}
}

// FuzzRead: whatever is in the list, it is refused with a number of the list's, or each item has a type and data.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{`[{"type":3,"data":"12800","expires":"1735660799","bcover":0}]`, `[{"type":1,"data":"\ud800"}]`, `{"list":[]}`, `[[[`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, list []byte) {
		items, err := Read(list)
		if code, _ := retcode.From(err); err != nil && !slices.Contains([]int{-4022, -4028, -4034, -4035}, code.Number()) {
			t.Fatalf("%q: %v", list, err)
		}
		for _, item := range items {
			if item.Type == 0 || item.Data == "" {
				t.Fatalf("%q: %v", list, item)
			}
		}
	})
}
