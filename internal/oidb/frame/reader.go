package frame

import (
	"errors"
	"io"
)

// ErrUnskippable means that the last frame was too large to be discarded.
var ErrUnskippable = errors.New("oidb: the frame is too large to be discarded")

// readSize is how many bytes are read at least, if they are there.
const readSize = 16 << 10

// Reader reads frames from a connection.
type Reader struct {
	from  io.Reader
	limit int
	buf   []byte
	data  []byte // the part of buf that was read and not returned
	skip  int    // bytes of the last frame that were not read
	size  int    // of the last frame
}

// NewReader returns a reader of frames with at most limit bytes.
func NewReader(from io.Reader, limit int) *Reader { return &Reader{from: from, limit: limit} }

// Buffered returns how many bytes were read and not returned.
func (r *Reader) Buffered() int { return len(r.data) }

// Next returns the next frame, whose slices are valid until the next call. After one that is broken there is nothing to read. Of one that
// is oversize the next call discards the rest, but ends the reading if the frame is larger than Skippable. Errors: io.EOF between frames,
// io.ErrUnexpectedEOF within one, ErrNoFrame, ErrUnskippable, or those of the connection.
func (r *Reader) Next() (Frame, error) {
	if r.size > Skippable && r.skip > 0 {
		return Frame{}, ErrUnskippable
	}
	if _, err := io.CopyN(io.Discard, r.from, int64(r.skip)); err != nil {
		return Frame{}, unexpected(err)
	}
	r.skip = 0
	for {
		f, more, err := Next(r.data, r.limit)
		if err != nil {
			return Frame{}, err
		}
		if more == 0 {
			have := min(f.Size, len(r.data))
			r.data, r.skip, r.size = r.data[have:], f.Size-have, f.Size
			return f, nil
		}
		r.makeRoom(more)
		n, err := io.ReadAtLeast(r.from, r.data[len(r.data):cap(r.data)], more-len(r.data))
		if err != nil {
			if len(r.data)+n > 0 {
				err = unexpected(err)
			}
			return Frame{}, err
		}
		r.data = r.data[:len(r.data)+n]
	}
}

// makeRoom moves data to where it can grow to a length.
func (r *Reader) makeRoom(length int) {
	if length > len(r.buf) {
		r.buf = make([]byte, max(length, readSize))
	}
	r.data = r.buf[:copy(r.buf, r.data)]
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
