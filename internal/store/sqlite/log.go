package sqlite

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Recovery is what a start finds in the write-ahead log of a process that did not end by itself. A start after a clean stop finds nothing.
type Recovery struct {
	Pages     int // in whole writes, which are in the database
	Discarded int // pages of writes that were not finished, or that are damaged
	Writes    int // ends of writes among the discarded: at least so many transactions that may have been acknowledged
}

// Recovery returns what Open found.
func (s *Store) Recovery() Recovery { return s.recovery }

// Check reads the whole database beside other reads. Its error says what is damaged.
func (s *Store) Check(ctx context.Context) error {
	db, err := open(s.file, "ro")
	if err != nil {
		return err
	}
	defer db.Close()
	var found string
	err = db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&found)
	if err == nil && found != "ok" {
		err = errors.New(found)
	}
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("sqlite: %s is damaged: %w", s.file, err)
	}
	return err
}

// The sizes of a log's parts (https://sqlite.org/fileformat2.html#walformat).
const (
	logHeader   = 32
	frameHeader = 24
)

// recoveryOf looks at the log of that name; one that does not exist says nothing.
func recoveryOf(name string) (Recovery, error) {
	log, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return Recovery{}, nil
	}
	if err != nil {
		return Recovery{}, err
	}
	defer log.Close()
	return readLog(bufio.NewReaderSize(log, 1<<16))
}

// readLog reads a log as SQLite is going to recover it: up to the last end of a write in the unbroken chain of checksums. Frames
// with other salts than the header's are left from before, and count nowhere.
func readLog(log io.Reader) (r Recovery, err error) {
	header := make([]byte, logHeader)
	if _, err := io.ReadFull(log, header); err != nil {
		return r, beyondEnd(err)
	}
	var order binary.ByteOrder = binary.LittleEndian
	if header[3]&1 != 0 { // of the magic number, which says how the checksums are made
		order = binary.BigEndian
	}
	size := binary.BigEndian.Uint32(header[8:])
	if size < 512 || size > 65536 {
		size = 4096 // the header is damaged, and with it the whole log is lost
	}
	sum := checksum{order: order}
	sum.add(header[:24])
	whole := sum.is(header[24:])
	salts := string(header[16:24])
	frame := make([]byte, frameHeader+size)
	pending := 0 // pages of a write whose end has not come
	for {
		if _, err := io.ReadFull(log, frame); err != nil {
			r.Discarded += pending
			return r, beyondEnd(err)
		}
		if whole {
			sum.add(frame[:8])
			sum.add(frame[frameHeader:])
			whole = string(frame[8:16]) == salts && sum.is(frame[16:])
		}
		ends := binary.BigEndian.Uint32(frame[4:]) != 0
		switch {
		case !whole && string(frame[8:16]) != salts:
		case !whole:
			r.Discarded++
			if ends {
				r.Writes++
			}
		case ends:
			r.Pages += pending + 1
			pending = 0
		default:
			pending++
		}
	}
}

// beyondEnd returns nil for the end of a log, where a frame may be cut off.
func beyondEnd(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// checksum is that of a log, which each frame continues.
type checksum struct {
	order  binary.ByteOrder
	s0, s1 uint32
}

// add adds bytes, a multiple of eight.
func (c *checksum) add(b []byte) {
	for ; len(b) >= 8; b = b[8:] {
		c.s0 += c.order.Uint32(b) + c.s1
		c.s1 += c.order.Uint32(b[4:]) + c.s0
	}
}

// is reports whether the checksum is that in the next eight bytes.
func (c *checksum) is(b []byte) bool {
	return binary.BigEndian.Uint32(b) == c.s0 && binary.BigEndian.Uint32(b[4:]) == c.s1
}
