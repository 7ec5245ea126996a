package frame

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func unhex(text string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// The vectors of oidb.md, 1.4.
const (
	nativeVector = "28 0000000e 00000003 08914e 10ba0e 1801 204d 5a026777 0a0178 29"
	clientVector = "00000014 08ba0e 1001 22030a0178 320467772f31"
)

func TestTheNativeVector(t *testing.T) {
	data := unhex(nativeVector)
	f, more, err := Next(data, MaxSize)
	if err != nil || more != 0 || !f.Native || f.Oversize || f.Broken || f.Size != 27 {
		t.Fatalf("got %+v, %d, %v", f, more, err)
	}
	var h Head
	if _, err := h.Parse(f.Head); err != nil {
		t.Fatal(err)
	}
	want := Head{UIN: 10001, Command: ID{Number: 0x73a, ServiceType: 1}, Seq: 77, Service: []byte("gw")}
	if diff := cmp.Diff(want, h, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
		t.Errorf("head: (-want +got)\n%s", diff)
	}
	if got := AppendNative(nil, &want, []byte("\x0a\x01x")); !bytes.Equal(got, data) {
		t.Errorf("written: %x, want %x", got, data)
	}
}

func TestTheClientVector(t *testing.T) {
	data := unhex(clientVector)
	f, more, err := Next(data, MaxSize)
	if err != nil || more != 0 || f.Native || f.Size != 20 {
		t.Fatalf("got %+v, %d, %v", f, more, err)
	}
	var p ClientPackage
	if err := p.Parse(f.Body); err != nil {
		t.Fatal(err)
	}
	if p.Command != (ID{Number: 0x73a, ServiceType: 1}) || string(p.Body) != "\x0a\x01x" || string(p.Version) != "gw/1" {
		t.Errorf("got %+v", p)
	}
	if got := AppendClient(nil, &p); !bytes.Equal(got, data) {
		t.Errorf("written: %x, want %x", got, data)
	}
}

func TestFrames(t *testing.T) {
	native := unhex(nativeVector)
	broken := bytes.Clone(native)
	broken[len(broken)-1] = 0
	large := binary.BigEndian.AppendUint32([]byte{0x28, 0, 0, 0, 14}, 65_536)
	hugeHead := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte{0x28}, 1<<31), 0)
	for _, test := range []struct {
		name     string
		data     []byte
		more     int
		fails    bool
		oversize bool
		broken   bool
	}{
		{name: "nothing", data: nil, more: 1},
		{name: "a part of the lengths", data: native[:5], more: 9},
		{name: "a part of a native frame", data: native[:20], more: 27},
		{name: "without its end byte", data: broken, broken: true},
		{name: "a body over the limit, head not there", data: large, more: 23},
		{name: "a body over the limit", data: append(bytes.Clone(large), native[9:23]...), oversize: true},
		{name: "a head over the limit", data: hugeHead, fails: true},
		{name: "lengths that sum up over 32 bits", data: []byte{0x28, 255, 255, 255, 255, 255, 255, 255, 255}, fails: true},
		{name: "a part of a client form's length", data: []byte{0, 0}, more: 4},
		{name: "a part of a client form", data: []byte{0, 0, 0, 20, 8}, more: 20},
		{name: "a client form shorter than its length", data: []byte{0, 0, 0, 3}, fails: true},
		{name: "a client form over the limit", data: []byte{0, 1, 0, 1}, oversize: true},
		{name: "an empty client form", data: []byte{0, 0, 0, 4}},
		{name: "HTTP", data: []byte("GET / HTTP/1.1\r\n"), fails: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			f, more, err := Next(test.data, MaxSize)
			if more != test.more || (err != nil) != test.fails || f.Oversize != test.oversize || f.Broken != test.broken {
				t.Errorf("got %+v, more %d, %v", f, more, err)
			}
		})
	}
}

func FuzzFrame(f *testing.F) {
	for _, vector := range []string{nativeVector, clientVector} {
		data := unhex(vector)
		f.Add(data)
		f.Add(data[:len(data)-1])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		const limit = 4096
		frame, more, err := Next(data, limit)
		switch {
		case err != nil:
		case more > 0:
			if more <= len(data) || more > limit {
				t.Fatalf("%d bytes are there and %d are asked for", len(data), more)
			}
		case frame.Oversize:
			if frame.Size <= limit {
				t.Fatalf("a frame of %d bytes is oversize", frame.Size)
			}
		case frame.Size > len(data) || frame.Size < 4:
			t.Fatalf("a frame of %d bytes in %d", frame.Size, len(data))
		case frame.Native && !frame.Broken:
			if got := len(frame.Head) + len(frame.Body) + nativeOverhead; got != frame.Size {
				t.Fatalf("parts of %d bytes in a frame of %d", got, frame.Size)
			}
		}
	})
}
