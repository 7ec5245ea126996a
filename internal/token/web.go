package token

import (
	"encoding/binary"

	"github.com/rookeryhq/rookery/internal/platform"
)

// WebTicket is the content of a sealed web ticket, by which a page of the Game Center shows who looks at it. It is valid as long
// as the session that it was made from.
type WebTicket struct {
	AppID   platform.AppID // the only app for which it is valid; 0 for every app
	Session Session
}

// WebKind is the purpose of a web ticket. A ticket of one kind is never taken for the other.
type WebKind uint8

// The kinds of web tickets.
const (
	Skey WebKind = iota // goes with the account's number
	Sid                 // goes alone
)

// webPurposes are bound into the seals of web tickets.
var webPurposes = [...][]byte{Skey: []byte("rookery skey"), Sid: []byte("rookery sid")}

const (
	webVersion = 1
	webRecord  = 1 + 8 + sessionRecord
)

// SealWeb returns the text of a web ticket: letters, digits, '-' and '_'.
func (r *Keyring) SealWeb(kind WebKind, t *WebTicket) string {
	record := binary.BigEndian.AppendUint64(append(make([]byte, 0, webRecord), webVersion), uint64(t.AppID))
	return tokenText.EncodeToString(r.current.Load().newest.seal(t.Session.append(record), webPurposes[kind]))
}

// OpenWeb reads a web ticket's text; ok is false when the platform did not seal it as one of that kind.
func (r *Keyring) OpenWeb(kind WebKind, text string) (t WebTicket, ok bool) {
	record, ok := r.openRecord(text, webRecord, webPurposes[kind])
	if !ok || record[0] != webVersion {
		return t, false
	}
	return WebTicket{AppID: platform.AppID(binary.BigEndian.Uint64(record[1:])), Session: parseSession(record[9:])}, true
}
