package scenarios

import (
	"crypto/md5"
	"encoding"
	"encoding/binary"
	"encoding/hex"
	"net/url"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

// TestAnExtendedBodyIsRefused: the key of V5's client form comes before the body, so somebody who saw a call can sign a longer body without the key. What
// is added begins with bytes that end every JSON document.
func TestAnExtendedBodyIsRefused(t *testing.T) {
	p := rookery.Start(t)
	pl := newPlayer(t, p)
	token := pl.issue(t, "access")
	call := login(pl.app, token.OpenID, token.Token)
	expect(t, p, call, 0, "success")

	seen, err := url.Parse(call.Target())
	if err != nil {
		t.Fatal(err)
	}
	sig := seen.Query().Get("sig")
	params, _, _ := strings.Cut(seen.RawQuery, "&sig=")
	signed := len(call.Path+"?"+params) + len(pl.app.ClientSigKey) + len(call.Body) // a key's length is no secret
	const more = `{"channel_info":{}}`
	padding := md5Padding(signed)
	call.Body += padding + more
	call.Sig = md5From(t, strings.TrimSuffix(sig, "1"), signed+len(padding), more) + "1"
	if answer := p.Call(t, call); answer.Ret != 1005 { // not 1008: the signature is right
		t.Errorf("got %s", answer.Body)
	}
}

// md5Padding is what MD5 appends to a text of n bytes (RFC 1321, 3.1 and 3.2).
func md5Padding(n int) string {
	b := append([]byte{0x80}, make([]byte, (119-n%64)%64)...)
	return string(binary.LittleEndian.AppendUint64(b, uint64(n)*8))
}

// md5From continues the MD5 of n bytes, which must be whole blocks, with more.
func md5From(t *testing.T, sum string, n int, more string) string {
	t.Helper()
	words, err := hex.DecodeString(sum)
	if err != nil || n%md5.BlockSize != 0 {
		t.Fatalf("%s of %d bytes: %v", sum, n, err)
	}
	state := []byte("md5\x01")
	for i := 0; i < len(words); i += 4 {
		state = binary.BigEndian.AppendUint32(state, binary.LittleEndian.Uint32(words[i:]))
	}
	state = append(state, make([]byte, md5.BlockSize)...)
	state = binary.BigEndian.AppendUint64(state, uint64(n))
	h := md5.New()
	if err := h.(encoding.BinaryUnmarshaler).UnmarshalBinary(state); err != nil {
		t.Fatal(err)
	}
	h.Write([]byte(more))
	return hex.EncodeToString(h.Sum(nil))
}
