package rookery

import (
	"bytes"
	bytewise "encoding/binary"
	"fmt"
	"io"
	"net"
	"strconv"
	"testing"
	"time"
)

// Message is a protobuf message that is built field by field.
type Message []byte

// Number adds a varint field.
func (m Message) Number(field int, v uint64) Message {
	return bytewise.AppendUvarint(bytewise.AppendUvarint(m, uint64(field)<<3), v)
}

// Decimal adds a varint field of a number in text form.
func (m Message) Decimal(field int, text string) Message {
	v, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		panic(err)
	}
	return m.Number(field, v)
}

// Bytes adds a length-delimited field.
func (m Message) Bytes(field int, v string) Message {
	m = bytewise.AppendUvarint(m, uint64(field)<<3|2)
	return append(bytewise.AppendUvarint(m, uint64(len(v))), v...)
}

// Fixed32 adds a field of four bytes.
func (m Message) Fixed32(field int, v uint32) Message {
	return bytewise.LittleEndian.AppendUint32(bytewise.AppendUvarint(m, uint64(field)<<3|5), v)
}

// fields reads the field types that answers of the bus have: varints and bytes.
func (m Message) fields(t testing.TB) (numbers map[int]uint64, texts map[int]string) {
	t.Helper()
	numbers, texts = make(map[int]uint64), make(map[int]string)
	for len(m) > 0 {
		key, n := bytewise.Uvarint(m)
		v, more := bytewise.Uvarint(m[max(n, 0):])
		if n <= 0 || more <= 0 {
			t.Fatalf("not a message: %x", []byte(m))
		}
		m = m[n+more:]
		switch key & 7 {
		case 0:
			numbers[int(key>>3)] = v
		case 2:
			if v > uint64(len(m)) {
				t.Fatalf("a field of %d bytes in %d", v, len(m))
			}
			texts[int(key>>3)], m = string(m[:v]), m[v:]
		default:
			t.Fatalf("a field of wire type %d", key&7)
		}
	}
	return numbers, texts
}

// BusCall is a call of the OIDB bus.
type BusCall struct {
	Command, ServiceType uint64
	Head                 Message // more fields of the head, in addition to command, service type and seq
	Body                 Message
}

// BusAnswer is the answer to a BusCall.
type BusAnswer struct {
	Result  uint64
	Message string
	Numbers map[int]uint64 // the body's fields
	Texts   map[int]string

	// Of the native form.
	Detail     string // the command's own words
	RetryAfter time.Duration
}

const busSeq = 4711

// Native returns the call as a native frame.
func (c BusCall) Native() []byte {
	head := c.Head.Number(2, c.Command).Number(3, c.ServiceType).Number(4, busSeq)
	frame := bytewise.BigEndian.AppendUint32([]byte{0x28}, uint32(len(head)))
	frame = bytewise.BigEndian.AppendUint32(frame, uint32(len(c.Body)))
	return append(append(append(frame, head...), c.Body...), 0x29)
}

// Client returns the call in the client form, which has no head.
func (c BusCall) Client() []byte {
	p := Message(nil).Number(1, c.Command).Number(2, c.ServiceType).Bytes(4, string(c.Body))
	return append(bytewise.BigEndian.AppendUint32(nil, uint32(4+len(p))), p...)
}

// Bus calls the bus with a native frame, on a connection of its own.
func (p *Platform) Bus(t testing.TB, call BusCall) BusAnswer {
	t.Helper()
	answer := p.BusRaw(t, call.Native())
	if len(answer) < 10 || answer[0] != 0x28 || answer[len(answer)-1] != 0x29 {
		t.Fatalf("the answer is no native frame: %x", answer)
	}
	headSize := bytewise.BigEndian.Uint32(answer[1:])
	numbers, texts := Message(answer[9 : 9+headSize]).fields(t)
	if numbers[4] != busSeq || numbers[2] != call.Command || numbers[3] != call.ServiceType {
		t.Errorf("the answer's head is %v", numbers)
	}
	more, said := Message(texts[18]).fields(t)
	a := BusAnswer{Result: numbers[7], Message: texts[8], Detail: said[5], RetryAfter: time.Duration(more[6]) * time.Millisecond}
	a.Numbers, a.Texts = Message(answer[9+headSize : len(answer)-1]).fields(t)
	return a
}

// BusClientForm calls the bus in the client form.
func (p *Platform) BusClientForm(t testing.TB, call BusCall) BusAnswer {
	t.Helper()
	answer := p.BusRaw(t, call.Client())
	if len(answer) < 4 {
		t.Fatalf("the answer is no frame: %x", answer)
	}
	numbers, texts := Message(answer[4:]).fields(t)
	a := BusAnswer{Result: numbers[3], Message: texts[5]}
	a.Numbers, a.Texts = Message(texts[4]).fields(t)
	return a
}

// BusRaw sends bytes and returns the one frame that comes back.
func (p *Platform) BusRaw(t testing.TB, frame []byte) []byte {
	t.Helper()
	conn, err := net.Dial("tcp", p.OIDB)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(Patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(frame); err != nil {
		t.Fatal(err)
	}
	answer, err := ReadFrame(conn)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// Results returns the results of native frames that follow one another.
func Results(t testing.TB, answers []byte) (results []uint64) {
	t.Helper()
	for r := bytes.NewReader(answers); r.Len() > 0; {
		answer, err := ReadFrame(r)
		if err != nil {
			t.Fatalf("%v in %x", err, answers)
		}
		numbers, _ := Message(answer[9 : 9+bytewise.BigEndian.Uint32(answer[1:])]).fields(t)
		results = append(results, numbers[7])
	}
	return results
}

// ReadFrame reads a native frame, or one of the client form.
func ReadFrame(r io.Reader) ([]byte, error) {
	frame := make([]byte, 9)
	if _, err := io.ReadFull(r, frame[:4]); err != nil {
		return nil, fmt.Errorf("reading an answer of the bus: %w", err)
	}
	var rest uint32
	if frame[0] == 0x28 {
		if _, err := io.ReadFull(r, frame[4:]); err != nil {
			return nil, err
		}
		rest = bytewise.BigEndian.Uint32(frame[1:]) + bytewise.BigEndian.Uint32(frame[5:]) + 1
	} else {
		frame = frame[:4]
		rest = bytewise.BigEndian.Uint32(frame) - 4
	}
	if rest > 1<<20 {
		return nil, fmt.Errorf("an answer of %d bytes", rest)
	}
	body := make([]byte, rest)
	_, err := io.ReadFull(r, body)
	return append(frame, body...), err
}
