package redact

import (
	"bytes"
	"encoding/xml"
	"io"
)

// xml returns XML with the mask in the place of secrets: of elements with such a name whatever they hold. It returns false for what
// is not XML in UTF-8, and for what no door writes: attributes, comments and the like.
func (r *Redactor) xml(text []byte) ([]byte, bool) {
	in := xml.NewDecoder(bytes.NewReader(text))
	var out bytes.Buffer
	var open []string // names of elements
	secret := 0       // how many elements are open from the outermost secret one on
	for {
		begin := in.InputOffset()
		token, err := in.Token()
		if err == io.EOF {
			return out.Bytes(), true
		}
		if err != nil {
			return nil, false
		}
		raw := text[begin:in.InputOffset()]
		switch token := token.(type) {
		case xml.StartElement:
			if len(token.Attr) > 0 {
				return nil, false
			}
			open = append(open, token.Name.Local)
			if secret > 0 || Secret(token.Name.Local, "0") { // the name alone: a return code is no secret
				secret++
			}
		case xml.EndElement:
			open = open[:len(open)-1]
			secret = max(secret-1, 0)
		case xml.CharData:
			if len(open) == 0 || len(bytes.TrimSpace(token)) == 0 {
				break
			}
			if clean := r.text(open[len(open)-1], string(token), secret > 0); clean != string(token) {
				raw = nil
				_ = xml.EscapeText(&out, []byte(clean)) // a buffer takes all
			}
		case xml.ProcInst:
			if token.Target != "xml" {
				return nil, false
			}
		default: // a comment or a directive
			return nil, false
		}
		out.WriteString(r.known(string(raw)))
	}
}
