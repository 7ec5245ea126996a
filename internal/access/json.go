package access

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// AppendJSON appends an answer as JSON. Text in it may come from a request or from the store: bytes that are not UTF-8
// become U+FFFD. It fails only for types that JSON does not have.
func AppendJSON(b []byte, answer any, options ...json.Options) ([]byte, error) {
	text, err := json.Marshal(answer, append(options, jsontext.AllowInvalidUTF8(true))...)
	return append(b, text...), err
}
