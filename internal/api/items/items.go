// Package items reads what games report of players: the items of a report in JSON, which several doors take.
package items

import (
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/retcode"
)

// Codes are the codes of Read.
var Codes = []retcode.Code{retcode.GameCenterParamNotJSON, retcode.GameCenterListMissing, retcode.GameCenterItemIncomplete, retcode.GameCenterParameterInvalid}

// Item is an item of a report in JSON, before its members are judged.
type Item struct {
	Type      jsontext.Value `json:"type" required:"true" doc:"the type's number"`
	Data      jsontext.Value `json:"data" required:"true" doc:"the value, a text that is not empty"`
	Expires   jsontext.Value `json:"expires" doc:"from when on there is no value: Unix seconds, as a number or a text; 0 for never"`
	Overwrite jsontext.Value `json:"bcover" doc:"1 replaces any value; otherwise the greater one stays"`
}

// missing reports whether a member is missing or null.
func missing(member jsontext.Value) bool { return len(member) == 0 || member.Kind() == 'n' }

// List is the JSON array of a report's items, before they are judged. Any other JSON value can be read into it, too.
type List struct {
	array bool
	read  []element
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (l *List) UnmarshalJSONFrom(text *jsontext.Decoder) error {
	if l.array = text.PeekKind() == '['; !l.array {
		return text.SkipValue()
	}
	return json.UnmarshalDecode(text, &l.read)
}

// Read reads the JSON array of a report's items. Errors are -4028 when it is not JSON, and those of List.Items.
func Read(text []byte) ([]*wire.AchievementItem, error) {
	var list List
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, retcode.GameCenterParamNotJSON.Errorf("the list of achievements is not JSON in UTF-8 with each member once")
	}
	return list.Items()
}

// Items returns the items; their expires are numbers or strings (msdk-v3.md, 5.15 and 9.2; msdk-v5.md, 9). Errors, the first that
// holds for any item: -4034 when it is not an array, -4035 for an item without type or data, -4022 for a member with the wrong type.
func (l *List) Items() ([]*wire.AchievementItem, error) {
	if !l.array {
		return nil, retcode.GameCenterListMissing.Errorf("the list of achievements is not an array")
	}
	return readAll(l.read)
}

// element is an element of a report's array, which need not be an object.
type element struct {
	Item
	foreign bool // it is neither an object nor null
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (e *element) UnmarshalJSONFrom(text *jsontext.Decoder) error {
	if kind := text.PeekKind(); kind != '{' && kind != 'n' {
		e.foreign = true
		return text.SkipValue()
	}
	return json.UnmarshalDecode(text, &e.Item)
}

// Read reads a single item, with the errors of List.Items.
func (item *Item) Read() (*wire.AchievementItem, error) {
	items, err := readAll([]element{{Item: *item}})
	if err != nil {
		return nil, err
	}
	return items[0], nil
}

func readAll(list []element) ([]*wire.AchievementItem, error) {
	for i, item := range list {
		switch {
		case item.foreign:
		case missing(item.Type):
			return nil, withoutMember(i, "type")
		case missing(item.Data), string(item.Data) == `""`:
			return nil, withoutMember(i, "data")
		}
	}
	items := make([]*wire.AchievementItem, len(list))
	for i := range list {
		if list[i].foreign {
			return nil, retcode.GameCenterParameterInvalid.Errorf("item %d is not an object", i+1)
		}
		var err error
		if items[i], err = list[i].read(i); err != nil {
			return nil, err
		}
	}
	return items, nil
}

func withoutMember(i int, name string) error {
	return retcode.GameCenterItemIncomplete.Errorf("item %d has no %s, or an empty one", i+1, name)
}

func (item *Item) read(i int) (*wire.AchievementItem, error) {
	wrong := func(name, want string) error {
		return retcode.GameCenterParameterInvalid.Errorf("item %d: %s is not %s", i+1, name, want)
	}
	number, err := strconv.ParseUint(string(item.Type), 10, 32)
	if err != nil || number == 0 {
		return nil, wrong("type", "a whole number above 0")
	}
	if item.Data.Kind() != '"' {
		return nil, wrong("data", "a string")
	}
	made := &wire.AchievementItem{Type: number, Data: text(item.Data)}
	if !missing(item.Overwrite) {
		if item.Overwrite.Kind() != '0' {
			return nil, wrong("bcover", "a number")
		}
		made.Overwrite = string(item.Overwrite) == "1"
	}
	if !missing(item.Expires) {
		made.Expires = text(item.Expires)
	}
	return made, nil
}

// text returns a string's text, and any other value as it was written.
func text(v jsontext.Value) string {
	if v.Kind() == '"' {
		if unquoted, err := jsontext.AppendUnquote(nil, v); err == nil {
			return string(unquoted)
		}
	}
	return string(v)
}
