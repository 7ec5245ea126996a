package gamecenter

import (
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/retcode"
)

const (
	defaultCallback = "callback"
	maxCallback     = 64 // bytes
)

// checkFormat refuses a format that no answer has, and a callback that is not the name of a function.
func checkFormat(q sign.Query) error {
	switch format, callback := q.Get("format"), q.Get("callback"); {
	case format != "" && format != "json" && format != "jsonp":
		return retcode.GameCenterParameterInvalid.Errorf("parameter \"format\" is neither json nor jsonp")
	case format == "jsonp" && callback != "" && !isCallback(callback):
		return retcode.GameCenterParameterInvalid.Errorf("parameter \"callback\" is not the name of a function: at most %d letters, digits, _, $ and dots between names", maxCallback)
	}
	return nil
}

// callback returns the function that a JSONP answer calls; "" for an answer in JSON, which a call with an invalid callback gets
// too.
func callback(q sign.Query) string {
	if q.Get("format") != "jsonp" {
		return ""
	}
	switch name := q.Get("callback"); {
	case name == "":
		return defaultCallback
	case isCallback(name):
		return name
	default:
		return ""
	}
}

// isCallback reports whether a text is the name of a function: identifiers of ASCII, joined by dots. Nothing else is copied into
// a script.
func isCallback(text string) bool {
	if len(text) > maxCallback {
		return false
	}
	first := true // of an identifier
	for i := range len(text) {
		switch c := text[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c == '$':
			first = false
		case first:
			return false
		case c >= '0' && c <= '9':
		case c == '.':
			first = true
		default:
			return false
		}
	}
	return !first
}

const scriptType = "application/javascript; charset=utf-8"

// encode writes an answer. Its ret and msg are those of the door, and the ones in data those of the command: an error is in both,
// wherever the caller looks for it.
func encode(c *access.Call, result any, err error) {
	a := &c.Answer
	a.Status = http.StatusOK
	ret, msg := 0, "ok"
	if err != nil {
		refusal := refusals.Refusal(err)
		a.Code, a.RetryAfter = refusal.Code, refusal.RetryAfter
		ret, msg = refusal.Code.Number(), refusal.Text
	}
	script := callback(c.Query)
	if script != "" {
		a.ContentType = scriptType
		a.Body = append(append(append(a.Body, "/**/"...), script...), '(')
	}
	start := len(a.Body)
	a.Body = strconv.AppendInt(append(a.Body, `{"ret":`...), int64(ret), 10)
	a.Body = appendText(append(a.Body, `,"msg":`...), msg)
	same := a.Body[start:]
	a.Body = append(append(a.Body, `,"data":`...), same...)
	if err == nil {
		a.Body = appendMembers(a.Body, result)
	}
	a.Body = append(a.Body, "}}"...)
	if script != "" {
		a.Body = append(a.Body, ");"...)
	}
}

// members are those of an answer's data that write themselves.
type members interface{ append([]byte) []byte }

// appendMembers writes those of a result after others; none of nil.
func appendMembers(b []byte, result any) []byte {
	switch m := result.(type) {
	case nil:
		return b
	case members:
		return m.append(append(b, ','))
	}
	if text := appendJSON(nil, result); len(text) > len("{}") && text[0] == '{' {
		b = append(append(b, ','), text[1:len(text)-1]...)
	}
	return b
}

// appendText writes a text as appendJSON does. Nearly every text is plain.
func appendText(b []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return appendJSON(b, text)
		}
	}
	return append(append(append(b, '"'), text...), '"')
}

// appendJSON writes a value so that it may stand in a script.
func appendJSON(b []byte, v any) []byte {
	b, _ = access.AppendJSON(b, v, jsontext.EscapeForHTML(true), jsontext.EscapeForJS(true))
	return b
}
