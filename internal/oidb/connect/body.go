package connect

import (
	"bytes"
	encoding "encoding/binary"
	"io"
	"net/http"
	"strings"

	"github.com/rookeryhq/rookery/internal/oidb/frame"
)

// envelope is the length of what stands before a message of gRPC: flags, and the message's length as 4 bytes big-endian.
const envelope = 5

// cutOff makes a request's message end after limit bytes. The library would refuse a larger one by itself, and neither the policy nor the log would
// know of the call.
func cutOff(r *http.Request, limit int) {
	var begin [envelope]byte
	n := 0
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc") {
		n, _ = io.ReadFull(r.Body, begin[:]) // the library reads on, and finds the error
		if size := encoding.BigEndian.Uint32(begin[1:]); n == envelope && uint64(size) > uint64(limit) {
			encoding.BigEndian.PutUint32(begin[1:], uint32(limit))
		}
	}
	message := &body{ReadCloser: r.Body, left: limit}
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(begin[:n]), message), message}
}

// body is a request's body as far as it is passed on. Of the rest, as much is discarded as of a frame, because a caller that is still sending may not read its
// answer.
type body struct {
	io.ReadCloser
	left int
}

func (b *body) Read(p []byte) (int, error) {
	if b.left == 0 {
		_, err := io.CopyN(io.Discard, b.ReadCloser, frame.Skippable)
		if err == nil {
			err = io.EOF
		}
		return 0, err
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
