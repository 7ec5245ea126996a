package frame

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/iotest"
)

// whole describes the frames of a stream, read from its whole, and how it ends.
func whole(data []byte, limit int) (all []string, end error) {
	for {
		f, more, err := Next(data, limit)
		switch {
		case err != nil:
			return all, err
		case more > 0 && len(data) == 0:
			return all, io.EOF
		case more > 0:
			return all, io.ErrUnexpectedEOF
		}
		all = append(all, describe(f))
		if f.Broken {
			return all, nil
		}
		if f.Size > Skippable {
			return all, ErrUnskippable
		}
		if f.Size > len(data) {
			return all, io.ErrUnexpectedEOF
		}
		data = data[f.Size:]
	}
}

// parts describes the frames of a stream as a Reader finds them.
func parts(from io.Reader, limit int) (all []string, end error) {
	r := NewReader(from, limit)
	for {
		f, err := r.Next()
		if err != nil {
			return all, err
		}
		all = append(all, describe(f))
		if f.Broken {
			return all, nil
		}
	}
}

func describe(f Frame) string {
	return fmt.Sprintf("%t %x %x %d %t %t", f.Native, f.Head, f.Body, f.Size, f.Oversize, f.Broken)
}

// sameParts compares a stream that comes in parts with its whole.
func sameParts(t *testing.T, stream []byte) {
	t.Helper()
	const limit = 100
	want, end := whole(stream, limit)
	for name, from := range map[string]io.Reader{
		"at once":            bytes.NewReader(stream),
		"byte by byte":       iotest.OneByteReader(bytes.NewReader(stream)),
		"with its end":       iotest.DataErrReader(bytes.NewReader(stream)),
		"half of each wish":  iotest.HalfReader(bytes.NewReader(stream)),
		"from a full buffer": io.MultiReader(bytes.NewReader(stream[:len(stream)/2]), bytes.NewReader(stream[len(stream)/2:])),
	} {
		got, err := parts(from, limit)
		if !slices.Equal(got, want) || !errors.Is(err, end) {
			t.Errorf("%x %s:\n got %v, %v\nwant %v, %v", stream, name, got, err, want, end)
		}
	}
}

func TestReader(t *testing.T) {
	native, client := unhex(nativeVector), unhex(clientVector)
	large := AppendNative(nil, &Head{Seq: 5}, make([]byte, 500))
	broken := bytes.Clone(native)
	broken[len(broken)-1] = 0
	for name, stream := range map[string][]byte{
		"nothing":           nil,
		"two forms":         slices.Concat(native, client, native),
		"a part":            slices.Concat(native, native[:20]),
		"one too large":     slices.Concat(large, native),
		"a part of one too": large[:200],
		"not a frame":       slices.Concat(native, []byte("GET /")),
		"a broken one":      slices.Concat(broken, native),
	} {
		t.Run(name, func(t *testing.T) { sameParts(t, stream) })
	}
}

// TestAFrameThatIsTooLargeToDiscard ends the reading, but not before it was returned: its head says whom to answer.
func TestAFrameThatIsTooLargeToDiscard(t *testing.T) {
	start := AppendNative(nil, &Head{Seq: 5}, make([]byte, Skippable+1<<10))
	r := NewReader(io.MultiReader(bytes.NewReader(start[:100]), iotest.ErrReader(errors.New("more was read"))), 100)
	if f, err := r.Next(); err != nil || !f.Oversize || string(f.Head) != "\x20\x05" {
		t.Fatalf("got %+v, %v", f, err)
	}
	if _, err := r.Next(); !errors.Is(err, ErrUnskippable) {
		t.Errorf("after it: %v", err)
	}
}

func FuzzReader(f *testing.F) {
	for _, vector := range []string{nativeVector, clientVector} {
		for _, other := range []string{nativeVector, clientVector} {
			f.Add(append(unhex(vector), unhex(other)...))
		}
	}
	f.Add(AppendNative(nil, &Head{Seq: 5}, make([]byte, 500)))
	f.Fuzz(func(t *testing.T, stream []byte) {
		if len(stream) > Skippable {
			t.Skip()
		}
		sameParts(t, stream)
	})
}
