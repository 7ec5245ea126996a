package har

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Reader reads the entries of an archive one after the other, in memory that does not grow with the archive. Of a text with more than
// a megabyte only the beginning is read.
type Reader struct {
	in      *clip
	json    *jsontext.Decoder
	inLog   bool // the next token is a name of the member log, or its end
	entries int  // begun so far
	listed  bool // the next token is an entry, or the end of the list
	found   bool // a list of entries
	failed  error
}

// NewReader returns a reader of an archive.
func NewReader(r io.Reader) *Reader {
	in := &clip{in: bufio.NewReaderSize(r, 64<<10), left: math.MaxInt}
	if mark, _ := in.in.Peek(3); string(mark) == "\ufeff" {
		_, _ = in.in.Discard(3) // it was read just now
		in.cuts = []cut{{-1, 3}}
	}
	return &Reader{in: in, json: jsontext.NewDecoder(in, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))}
}

// ErrBroken is the error for a file that is not an archive, or breaks off. Its text says where.
var ErrBroken = errors.New("the archive is broken")

// Next returns the next entry, and io.EOF after the last. Errors: ErrBroken, or that of the underlying reader.
func (r *Reader) Next() (*Entry, error) {
	if r.failed != nil {
		return nil, r.failed
	}
	entry, err := r.next()
	if err != nil {
		r.failed = r.explain(err)
		return nil, r.failed
	}
	return entry, nil
}

func (r *Reader) next() (*Entry, error) {
	for {
		if !r.listed {
			if err := r.find(); err != nil {
				return nil, err
			}
		}
		if kind := r.json.PeekKind(); kind == ']' || kind == 0 {
			r.listed, r.in.left = false, math.MaxInt
			if _, err := r.json.ReadToken(); err != nil {
				return nil, err
			}
			continue
		}
		r.entries++
		r.in.left = maxEntry
		entry := new(Entry)
		return entry, json.UnmarshalDecode(r.json, entry)
	}
}

// find reads up to the next list of entries, or to the archive's end: io.EOF.
func (r *Reader) find() error {
	if r.json.InputOffset() == 0 {
		if err := r.enter('{'); err != nil {
			return err
		}
	}
	for {
		token, err := r.json.ReadToken()
		if err != nil {
			return err
		}
		switch {
		case token.Kind() == '}' && r.inLog:
			r.inLog = false
		case token.Kind() == '}':
			return r.end()
		case !r.inLog && token.String() == "log":
			r.inLog = true
			err = r.enter('{')
		case r.inLog && token.String() == "entries":
			r.listed, r.found = true, true
			return r.enter('[')
		default:
			err = r.json.SkipValue()
		}
		if err != nil {
			return err
		}
	}
}

// enter reads the beginning of an object or a list.
func (r *Reader) enter(kind jsontext.Kind) error {
	switch found := r.json.PeekKind(); {
	case found == kind:
	case found == 0:
	case r.json.StackDepth() == 0:
		return errors.New("it does not begin with { as an archive does")
	default:
		return fmt.Errorf("%s is not what an archive has there", r.json.StackPointer())
	}
	_, err := r.json.ReadToken()
	return err
}

func (r *Reader) end() error {
	_, err := r.json.ReadToken()
	switch {
	case err == nil:
		return errors.New("something follows its end")
	case errors.Is(err, io.EOF) && !r.found:
		return errors.New("it is JSON, but has no log with entries")
	}
	return err
}

// explain makes an error say where it is.
func (r *Reader) explain(err error) error {
	at := r.json.InputOffset()
	what := err.Error()
	var syntax *jsontext.SyntacticError
	var wrong *json.SemanticError
	switch {
	case err == io.EOF && r.json.StackDepth() == 0 && r.found:
		return io.EOF
	case r.in.failed != nil && r.in.failed != io.EOF && r.in.failed != errEntry && r.in.failed != errRun:
		return fmt.Errorf("read the archive: %w", r.in.failed)
	case r.in.failed == errEntry, r.in.failed == errRun:
		at, what = r.in.passed, r.in.failed.Error()
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		at, what = r.in.passed, "it breaks off"
	case errors.As(err, &syntax):
		at, what = syntax.ByteOffset, fmt.Sprintf("%s is not JSON (%v)", place(syntax.JSONPointer), syntax.Err)
	case errors.As(err, &wrong):
		at, what = wrong.ByteOffset, fmt.Sprintf("%s is not what an archive has there", place(wrong.JSONPointer))
	}
	where := fmt.Sprintf("at byte %d", r.in.offset(at))
	if r.entries > 0 {
		where += fmt.Sprintf(", in or after entry %d", r.entries)
	}
	return fmt.Errorf("%w %s: %s", ErrBroken, where, what)
}

// longestPlace bounds the name of a place in an error, in bytes.
const longestPlace = 80

// place names a part of the archive.
func place(pointer jsontext.Pointer) string {
	switch {
	case pointer == "":
		return "it"
	case len(pointer) > longestPlace:
		pointer = pointer[:longestPlace] + "..."
	}
	quoted := strconv.Quote(string(pointer)) // its names are other people's
	return quoted[1 : len(quoted)-1]
}
