package connect

import (
	"bytes"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/rookeryhq/rookery/retcode"
)

// message is a request or an answer in the form that the bus takes and gives: encoded as protobuf.
type message struct {
	of   protoreflect.MessageDescriptor // nil when the platform does not know it
	body []byte

	// Of a request.
	size      int   // bytes, in the caller's encoding
	malformed error // why there is no body
}

// binary passes messages as they are. It implements the Codec of connectrpc.com/connect, which encodes gRPC's errors with it too.
type binary struct{}

func (binary) Name() string { return "proto" }

func (b binary) Marshal(m any) ([]byte, error) { return b.MarshalAppend(nil, m) }

// MarshalAppend copies the message, because the library uses the memory of what it has sent again.
func (binary) MarshalAppend(to []byte, m any) ([]byte, error) {
	if from, ok := m.(*message); ok {
		return append(to, from.body...), nil
	}
	return proto.MarshalOptions{}.MarshalAppend(to, m.(proto.Message))
}

// Unmarshal copies the message too.
func (binary) Unmarshal(data []byte, m any) error {
	if to, ok := m.(*message); ok {
		to.body, to.size = bytes.Clone(data), len(data)
		return nil
	}
	return proto.Unmarshal(data, m.(proto.Message))
}

// text turns messages into JSON and back. It implements the Codec of connectrpc.com/connect.
type text struct{ name string }

func (t text) Name() string { return t.name }

// Marshal writes a message with the names of oidb.proto. The bus does not check that texts are UTF-8; bytes that are not are replaced
// here.
func (t text) Marshal(m any) ([]byte, error) {
	from := m.(*message)
	if from.of == nil {
		return nil, errOpaque
	}
	content := dynamicpb.NewMessage(from.of)
	if err := proto.Unmarshal(from.body, content); err != nil {
		return nil, err
	}
	options := protojson.MarshalOptions{UseProtoNames: true}
	data, err := options.Marshal(content)
	if err != nil {
		valid(content)
		data, err = options.Marshal(content)
	}
	return data, err
}

// Unmarshal never fails: what is wrong with a request is for the policy to say. A field that the message does not have is wrong, because people write JSON by
// hand.
func (t text) Unmarshal(data []byte, m any) error {
	to := m.(*message)
	to.size = len(data)
	if to.of == nil {
		if string(bytes.TrimSpace(data)) != "{}" { // an empty message, whatever it is
			to.malformed = errOpaque
		}
		return nil
	}
	content := dynamicpb.NewMessage(to.of)
	if err := protojson.Unmarshal(data, content); err != nil {
		to.malformed = retcode.OIDBUnpackFailed.Errorf("the request is not a %s in JSON: %.200s", to.of.Name(), err)
		return nil
	}
	to.body, to.malformed = proto.MarshalOptions{Deterministic: true}.Marshal(content)
	return nil
}

var errOpaque = retcode.OIDBUnpackFailed.Errorf("the platform does not know the messages of this command: send protobuf")

// valid replaces what is not UTF-8 in the texts of a message.
func valid(m protoreflect.Message) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Kind() == protoreflect.StringKind && f.IsList():
			for i := range v.List().Len() {
				v.List().Set(i, validText(v.List().Get(i)))
			}
		case f.Kind() == protoreflect.StringKind:
			m.Set(f, validText(v))
		case f.Message() != nil && f.IsList():
			for i := range v.List().Len() {
				valid(v.List().Get(i).Message())
			}
		case f.Message() != nil:
			valid(v.Message())
		}
		return true
	})
}

func validText(v protoreflect.Value) protoreflect.Value {
	return protoreflect.ValueOfString(strings.ToValidUTF8(v.String(), "\uFFFD"))
}
