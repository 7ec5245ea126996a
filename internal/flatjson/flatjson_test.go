package flatjson

import (
	"encoding/json"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
)

// members stores values as the JSON library would.
type members map[string]any

func (m members) Set(name, value string, kind Kind) bool {
	m[name] = value
	if kind == Number {
		m[name] = json.Number(value)
	}
	return true
}

func TestRead(t *testing.T) {
	tests := []struct {
		name, text string
		plain      bool
	}{
		{"members", `{"a":"x","b":12}`, true},
		{"white space", " {\n\t\"a\" : \"x\" ,\r \"b\":0 } ", true},
		{"an empty string", `{"a":""}`, true},
		{"no members", `{}`, false},
		{"a name twice", `{"a":"x","a":"y"}`, false},
		{"an escape", `{"a":"\u0041"}`, false},
		{"an escape in a name", `{"\u0061":"x"}`, false},
		{"not ASCII", `{"a":"é"}`, false},
		{"not UTF-8", "{\"a\":\"\xff\"}", false},
		{"a control character", "{\"a\":\"\x01\"}", false},
		{"a negative number", `{"a":-1}`, false},
		{"a fraction", `{"a":1.5}`, false},
		{"a leading zero", `{"a":01}`, false},
		{"a number of 21 digits", `{"a":100000000000000000000}`, false},
		{"null", `{"a":null}`, false},
		{"an object inside", `{"a":{}}`, false},
		{"a comma at the end", `{"a":"x",}`, false},
		{"no comma", `{"a":"x""b":"y"}`, false},
		{"something after it", `{"a":"x"}{}`, false},
		{"cut off in a string", `{"a":"x`, false},
		{"cut off after a value", `{"a":"x"`, false},
		{"cut off after a number", `{"a":1`, false},
		{"an array", `["a"]`, false},
		{"empty", ``, false},
		{"nine members", `{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1}`, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Read([]byte(test.text), members{}); got != test.plain {
				t.Errorf("got %t", got)
			}
		})
	}
}

// FuzzRead compares the result with that of the library.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"openid":"10000000000000000001","token":"T","client_os":5}`))
	f.Add([]byte(` {"a" :"" , "b":0}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		got := members{}
		if !Read(text, got) {
			return
		}
		var want map[string]any
		if err := jsonv2.Unmarshal(text, &want); err != nil {
			t.Fatalf("%q is read, but is not valid: %v", text, err)
		}
		if len(got) != len(want) {
			t.Fatalf("%q: got %v, want %v", text, got, want)
		}
		for name, value := range want {
			switch value := value.(type) {
			case string:
				if got[name] != any(value) {
					t.Errorf("%q: member %q is %v, want %v", text, name, got[name], value)
				}
			case float64:
				number, ok := got[name].(json.Number)
				if parsed, err := number.Float64(); !ok || err == nil && parsed != value {
					t.Errorf("%q: member %q is %v, want %v", text, name, got[name], value)
				}
			default:
				t.Errorf("%q: member %q is %v", text, name, value)
			}
		}
	})
}
