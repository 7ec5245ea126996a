package redact

import (
	"bytes"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// json returns JSON with the mask in the place of secrets: of members with such a name whatever they hold, and in texts that are JSON
// or an address themselves. It returns false for what is not JSON.
func (r *Redactor) json(text []byte) ([]byte, bool) {
	in := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	var b bytes.Buffer
	out := jsontext.NewEncoder(&b, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true), jsontext.Multiline(false))
	if err := r.copyValue(out, in, "", false); err != nil {
		return nil, false
	}
	if _, err := in.ReadToken(); err != io.EOF {
		return nil, false
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), true
}

// copyValue copies the next value, that of a member called name; secret says that all that it holds is secret.
func (r *Redactor) copyValue(out *jsontext.Encoder, in *jsontext.Decoder, name string, secret bool) error {
	switch in.PeekKind() {
	case '{':
		return r.copyMembers(out, in, secret || Secret(name, "{"))
	case '[':
		if err := copyToken(out, in); err != nil {
			return err
		}
		for in.PeekKind() != ']' {
			if err := r.copyValue(out, in, name, secret); err != nil {
				return err
			}
		}
		return copyToken(out, in)
	case '"':
		token, err := in.ReadToken()
		if err != nil {
			return err
		}
		return out.WriteToken(jsontext.String(r.text(name, token.String(), secret)))
	case '0':
		number, err := in.ReadValue()
		if err != nil {
			return err
		}
		if clean := r.text(name, string(number), secret); clean != string(number) {
			return out.WriteToken(jsontext.String(clean))
		}
		return out.WriteValue(number)
	}
	return copyToken(out, in) // a truth value, null or an error
}

func (r *Redactor) text(name, text string, secret bool) string {
	if text != "" && secret || Secret(name, text) {
		return r.hide(text)
	}
	return r.value(text)
}

func (r *Redactor) copyMembers(out *jsontext.Encoder, in *jsontext.Decoder, secret bool) error {
	if err := copyToken(out, in); err != nil {
		return err
	}
	for in.PeekKind() != '}' {
		token, err := in.ReadToken()
		if err != nil {
			return err
		}
		name := token.String()
		if err := out.WriteToken(jsontext.String(r.known(name))); err != nil {
			return err
		}
		if err := r.copyValue(out, in, name, secret); err != nil {
			return err
		}
	}
	return copyToken(out, in)
}

func copyToken(out *jsontext.Encoder, in *jsontext.Decoder) error {
	token, err := in.ReadToken()
	if err != nil {
		return err
	}
	return out.WriteToken(token)
}
