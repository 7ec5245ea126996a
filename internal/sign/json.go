package sign

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf16"
)

// reencoding is another text of a body, with the change that made it.
type reencoding struct {
	what string
	body []byte
}

// reencodings returns the texts that the usual JSON libraries write for a body that they have read.
func reencodings(body []byte) []reencoding {
	all := []reencoding{
		{"without the white space around it", bytes.TrimSpace(body)},
		{"with a line feed at the end", append(bytes.Clone(body), '\n')},
		{"none at all", nil},
	}
	var buffer bytes.Buffer
	if json.Compact(&buffer, body) != nil {
		return all
	}
	compact := buffer.Bytes()
	var html, by2, by4 bytes.Buffer
	json.HTMLEscape(&html, compact)
	_ = json.Indent(&by2, compact, "", "  ") // cannot fail: Compact has read it
	_ = json.Indent(&by4, compact, "", "    ")
	all = append(all,
		reencoding{"the same JSON without white space", compact},
		reencoding{"the same JSON with a space after , and :", spaced(compact)},
		reencoding{"the same JSON with non-ASCII letters escaped", escaped(compact)},
		reencoding{"the same JSON with a space after , and : and non-ASCII letters escaped", escaped(spaced(compact))},
		reencoding{"the same JSON with <, > and & escaped", html.Bytes()},
		reencoding{"the same JSON indented by 2", by2.Bytes()},
		reencoding{"the same JSON indented by 4", by4.Bytes()},
	)
	var members map[string]any
	decoder := json.NewDecoder(bytes.NewReader(compact))
	decoder.UseNumber()
	if decoder.Decode(&members) == nil {
		if byName, err := json.Marshal(members); err == nil {
			all = append(all,
				reencoding{"the same JSON with its members sorted", byName},
				reencoding{"the same JSON with its members sorted and a space after , and :", spaced(byName)})
		}
	}
	return all
}

// spaced puts a space after each comma and colon of compact JSON, as Python's json.dumps does.
func spaced(compact []byte) []byte {
	var (
		out       []byte
		inString  bool
		backslash bool
	)
	for _, c := range compact {
		out = append(out, c)
		switch {
		case backslash:
			backslash = false
		case inString && c == '\\':
			backslash = true
		case c == '"':
			inString = !inString
		case !inString && (c == ',' || c == ':'):
			out = append(out, ' ')
		}
	}
	return out
}

// escaped writes every letter beyond ASCII as \uXXXX.
func escaped(text []byte) []byte {
	var out []byte
	for _, r := range string(text) {
		switch {
		case r < 0x80:
			out = append(out, byte(r))
		case r < 0x10000:
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		}
	}
	return out
}
