package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/rookeryhq/rookery/internal/platform"
)

// body returns the request of a command whose messages have that form. Flags for other fields have no effect.
func (c *busCall) body(form protoreflect.MessageDescriptor, token string) ([]byte, error) {
	m := dynamicpb.NewMessage(form)
	for name, text := range c.flags {
		if f := form.Fields().ByName(protoreflect.Name(name)); f != nil {
			if err := setField(m, f, text); err != nil {
				return nil, err
			}
		}
	}
	tokenFields := []protoreflect.Name{"access_token", "pay_token"}
	if c.openkey {
		tokenFields = []protoreflect.Name{"openkey"}
	}
	for _, name := range tokenFields {
		if f := form.Fields().ByName(name); f != nil && token != "" {
			if err := setField(m, f, token); err != nil {
				return nil, err
			}
		}
	}
	for _, field := range c.fields {
		name, text, _ := strings.Cut(field, "=")
		f := form.Fields().ByName(protoreflect.Name(name))
		if f == nil {
			return nil, usageErrorf("--field: the request has no field %q", name)
		}
		if err := setField(m, f, text); err != nil {
			return nil, err
		}
	}
	if count, list := form.Fields().ByName("count"), form.Fields().ByName("openid"); count != nil && list.IsList() && !m.Has(count) {
		m.Set(count, protoreflect.ValueOfUint32(uint32(m.Get(list).List().Len())))
	}
	return proto.Marshal(m)
}

// setField sets a field of a message from text. The items of a list are separated by commas; an openid is written in hex,
// other bytes as they are, a message in JSON, and a list of messages as an array.
func setField(m *dynamicpb.Message, f protoreflect.FieldDescriptor, text string) error {
	if !f.IsList() {
		v, err := fieldValue(f, text)
		if err == nil {
			m.Set(f, v)
		}
		return err
	}
	items := strings.Split(text, ",")
	if f.Kind() == protoreflect.MessageKind {
		var array []json.RawMessage
		if err := json.Unmarshal([]byte(text), &array); err != nil {
			return usageErrorf("%s: a list of messages is a JSON array", f.Name())
		}
		items = items[:0]
		for _, item := range array {
			items = append(items, string(item))
		}
	}
	for _, item := range items {
		v, err := fieldValue(f, item)
		if err != nil {
			return err
		}
		m.Mutable(f).List().Append(v)
	}
	return nil
}

func fieldValue(f protoreflect.FieldDescriptor, text string) (v protoreflect.Value, err error) {
	switch f.Kind() {
	case protoreflect.StringKind:
		v = protoreflect.ValueOfString(text)
	case protoreflect.BytesKind:
		v = protoreflect.ValueOfBytes([]byte(text))
		if f.Name() == "openid" {
			var id platform.OpenID
			id, err = platform.ParseOpenID(text)
			v = protoreflect.ValueOfBytes(id[:])
		}
	case protoreflect.BoolKind:
		var is bool
		is, err = strconv.ParseBool(text)
		v = protoreflect.ValueOfBool(is)
	case protoreflect.Uint32Kind:
		var n uint64
		n, err = strconv.ParseUint(text, 10, 32)
		v = protoreflect.ValueOfUint32(uint32(n))
	case protoreflect.Uint64Kind:
		var n uint64
		n, err = strconv.ParseUint(text, 10, 64)
		v = protoreflect.ValueOfUint64(n)
	case protoreflect.Int64Kind:
		var n int64
		n, err = strconv.ParseInt(text, 10, 64)
		v = protoreflect.ValueOfInt64(n)
	case protoreflect.MessageKind:
		m := dynamicpb.NewMessage(f.Message())
		err = protojson.Unmarshal([]byte(text), m)
		v = protoreflect.ValueOfMessage(m)
	default:
		err = fmt.Errorf("fields of kind %s cannot be set here", f.Kind())
	}
	if err != nil {
		return v, usageErrorf("%s: %w", f.Name(), err)
	}
	return v, nil
}

// answerField is one field of an answer's body.
type answerField struct {
	name  string
	value any
}

// answerFields returns the fields of an answer. For a successful call they include those whose absence means no, or an empty
// list.
func answerFields(m protoreflect.Message, ok bool) (fields []answerField) {
	list := m.Descriptor().Fields()
	for i := range list.Len() {
		if f := list.Get(i); m.Has(f) || ok && (f.Kind() == protoreflect.BoolKind || f.IsList()) {
			fields = append(fields, answerField{string(f.Name()), shownValue(f, m.Get(f))})
		}
	}
	return fields
}

// shownValue returns a field's value in the type that is printed, as text and as JSON.
func shownValue(f protoreflect.FieldDescriptor, v protoreflect.Value) any {
	if !f.IsList() {
		return shownItem(f, v)
	}
	items := make([]any, v.List().Len())
	for i := range items {
		items[i] = shownItem(f, v.List().Get(i))
	}
	return items
}

func shownItem(f protoreflect.FieldDescriptor, v protoreflect.Value) any {
	switch f.Kind() {
	case protoreflect.MessageKind:
		item := make(shownMessage)
		for _, f := range answerFields(v.Message(), false) {
			item[f.name] = f.value
		}
		return item
	case protoreflect.BytesKind:
		return fmt.Sprintf("%X", v.Bytes())
	case protoreflect.Uint64Kind: // JSON numbers are too small for them
		return strconv.FormatUint(v.Uint(), 10)
	default:
		return v.Interface()
	}
}

// shownMessage is a message within an answer.
type shownMessage map[string]any

// String names a person in two words, and prints other messages in full.
func (m shownMessage) String() string {
	if m["nickname"] != nil {
		return fmt.Sprint(m["uin"], " ", m["nickname"])
	}
	return fmt.Sprint(map[string]any(m))
}

// memberships reads a list of Membership.
func memberships(list []any) *platform.VIP {
	vip := new(platform.VIP)
	for _, item := range list {
		m := item.(shownMessage)
		for _, kind := range platform.Memberships {
			if kind.Flag == m["flag"] {
				level, _ := m["level"].(uint32) // an absent field is 0, or no
				year, _ := m["year"].(bool)
				luxury, _ := m["luxury"].(bool)
				end, _ := m["end_ms"].(int64)
				*kind.Of(vip) = platform.Membership{Level: int(level), Year: year, Luxury: luxury, EndMS: end}
			}
		}
	}
	return vip
}

// labels replace field names that do not read well.
var labels = map[string]string{
	"msdk_openid": "MSDK openid", "pc": "PC", "lost": "May be out of date", "fault": "Openid at fault", "qq_level": "QQ level",
	"issued_ms": "Issued", "expires_ms": "Expires", "friend": "Friends",
}

// row shows the field in a line of a table.
func (f answerField) row(row func(...any)) {
	label, known := labels[f.name]
	if !known {
		label = strings.ToUpper(f.name[:1]) + strings.ReplaceAll(f.name[1:], "_", " ")
	}
	switch v := f.value.(type) {
	case int64: // all are Unix milliseconds
		row(label, when(v))
	case bool:
		row(label, yesNo(v))
	case []any:
		if f.name == "vip" {
			for _, line := range vipRows(memberships(v)) {
				row(line[0], line[1])
			}
			return
		}
		separator := " "
		if slices.ContainsFunc(v, func(item any) bool { _, is := item.(shownMessage); return is }) {
			separator = ", "
		}
		texts := make([]string, len(v))
		for i, item := range v {
			texts[i] = fmt.Sprint(item)
		}
		row(label, strings.Join(texts, separator))
	default:
		row(label, v)
	}
}
