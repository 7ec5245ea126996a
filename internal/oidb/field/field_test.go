package field

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// one is a field as a reader sees it.
type one struct {
	key, number uint64
	bytes       string
}

// byHand reads a message with this package.
func byHand(message []byte) (all []one, err error) {
	f := Read(message)
	for f.Next() {
		switch f.Key & 7 {
		case Varint, Fixed32:
			all = append(all, one{key: f.Key, number: f.Number})
		case Bytes:
			all = append(all, one{key: f.Key, bytes: string(f.Bytes)})
		default:
			all = append(all, one{key: f.Key})
		}
	}
	return all, f.Err
}

// byProtowire reads a message with protobuf's own package.
func byProtowire(message []byte) (all []one, err error) {
	for len(message) > 0 {
		number, t, n := protowire.ConsumeTag(message)
		if n < 0 || number > protowire.MaxValidNumber {
			return all, errMessage
		}
		found := one{key: protowire.EncodeTag(number, t)}
		value := message[n:]
		if n = protowire.ConsumeFieldValue(number, t, value); n < 0 {
			return all, errMessage
		}
		switch t {
		case protowire.VarintType:
			found.number, _ = protowire.ConsumeVarint(value)
		case protowire.Fixed32Type:
			v, _ := protowire.ConsumeFixed32(value)
			found.number = uint64(v)
		case protowire.BytesType:
			b, _ := protowire.ConsumeBytes(value)
			found.bytes = string(b)
		}
		all, message = append(all, found), value[n:]
	}
	return all, nil
}

func same(t *testing.T, message []byte) {
	t.Helper()
	got, err := byHand(message)
	want, wrong := byProtowire(message)
	if (err != nil) != (wrong != nil) {
		t.Fatalf("%x: by hand %v, by protowire %v", message, err, wrong)
	}
	if err == nil && len(got) != len(want) {
		t.Fatalf("%x: %d fields, want %d", message, len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Errorf("%x: field %d is %v, want %v", message, i, got[i], want[i])
		}
	}
}

var messages = map[string]string{
	"nothing":                       "",
	"a number":                      "\x08\x96\x01",
	"the largest number":            "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
	"a number of more than 64 bits": "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
	"a number without an end":       "\x08\xff\xff",
	"a number that is longer than it needs to be": "\x08\x80\x00",
	"bytes":                             "\x12\x03abc",
	"bytes that are not there":          "\x12\x03ab",
	"bytes of a huge length":            "\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01a",
	"four bytes":                        "\x1d\x01\x02\x03\x04",
	"three of four bytes":               "\x1d\x01\x02\x03",
	"eight bytes":                       "\x19\x01\x02\x03\x04\x05\x06\x07\x08",
	"seven of eight bytes":              "\x19\x01\x02\x03\x04\x05\x06\x07",
	"a group":                           "\x0b\x08\x01\x12\x01a\x0c\x08\x05",
	"a group in a group":                "\x0b\x13\x08\x01\x14\x0c",
	"a group with another's end":        "\x0b\x14",
	"a group without an end":            "\x0b\x08\x01",
	"an end of a group":                 "\x0c",
	"field number 0":                    "\x00\x01",
	"field number 0 in a group":         "\x0b\x00\x01\x0c",
	"a number above 29 bits":            "\x80\x80\x80\x80\x10\x01",
	"a number above 29 bits in a group": "\x0b\x80\x80\x80\x80\x10\x01\x0c",
	"a number above 31 bits in a group": "\x0b\x80\x80\x80\x80\x40\x01\x0c",
	"wire type 6":                       "\x0e\x01",
	"wire type 7":                       "\x0f\x01",
}

func TestMessagesAreReadAsProtobufReadsThem(t *testing.T) {
	for name, message := range messages {
		t.Run(name, func(t *testing.T) { same(t, []byte(message)) })
	}
	for _, depth := range []int{10_000, 10_001, 10_002} {
		nested := append(bytes.Repeat([]byte{0x0b}, depth), bytes.Repeat([]byte{0x0c}, depth)...)
		if _, err := byHand(nested); (err != nil) != (depth > 10_001) {
			t.Errorf("%d groups in each other: %v", depth, err)
		}
		same(t, nested)
	}
}

func TestFieldsAreWrittenAsProtobufWritesThem(t *testing.T) {
	for _, v := range []uint64{0, 1, 127, 128, 1<<32 - 1, 1<<64 - 1} {
		for _, number := range []int{1, 15, 16, 1 << 20} {
			var want []byte
			if v > 0 {
				want = protowire.AppendVarint(protowire.AppendTag(nil, protowire.Number(number), protowire.VarintType), v)
			}
			if got := AppendNumber(nil, number, v); !bytes.Equal(got, want) || SizeNumber(number, v) != len(want) {
				t.Errorf("field %d, %d: %x of %d bytes, want %x", number, v, got, SizeNumber(number, v), want)
			}
		}
	}
	for _, text := range []string{"", "a", string(make([]byte, 127)), string(make([]byte, 128))} {
		var want []byte
		if text != "" {
			want = protowire.AppendString(protowire.AppendTag(nil, 18, protowire.BytesType), text)
		}
		if got := AppendBytes(nil, 18, text); !bytes.Equal(got, want) || SizeBytes(18, text) != len(want) {
			t.Errorf("%d bytes: %x of %d bytes, want %x", len(text), got, SizeBytes(18, text), want)
		}
	}
	if got := AppendFixed32(AppendBool(AppendBool(nil, 1, true), 2, false), 5, 0x01020304); string(got) != "\x08\x01\x2d\x04\x03\x02\x01" {
		t.Errorf("got %x", got)
	}
}

func FuzzFields(f *testing.F) {
	for _, message := range messages {
		f.Add([]byte(message))
	}
	f.Fuzz(same)
}
