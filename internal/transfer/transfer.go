// Package transfer copies what a platform stores from the SQLite file of a data folder to a PostgreSQL, and back. It copies rows in chunks, each
// with a note of how far it is, so that a copy that was interrupted goes on where it was. At the end both sides are read and compared.
package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
	"strconv"
)

// chunk is how many rows are copied in one transaction.
const chunk = 20_000

// notes is the table, on the side that is copied to, that says how far a copy is. It exists until the copy has ended, and no platform starts
// meanwhile.
const notes = "transfers"

// table is a table of the platform.
type table struct {
	name    string
	columns []string
	key     []int // indexes of the columns of the primary key
	own     bool  // it gives its rows numbers, which are never given twice
}

// row is a row of a table: an int64, string, []byte or nil for each column.
type row []any

// side is a database that is copied from or to.
type side interface {
	// read returns at most a chunk of rows above a key, in the order of their keys; all for nil.
	read(ctx context.Context, t *table, after row) ([]row, error)
	// count returns how many rows a table has.
	count(ctx context.Context, t *table) (int64, error)
	// number returns the highest number that a table with own numbers has given.
	number(ctx context.Context, t *table) (int64, error)
	// begun returns the note of how far the copy of a table is; "" if it has not begun.
	begun(ctx context.Context, t *table) (note string, err error)
	// write adds rows, after removing all for the first of them, with a note, in one transaction.
	write(ctx context.Context, t *table, rows []row, first bool, note string) error
	// finish sets the numbers that tables have given, and removes the notes.
	finish(ctx context.Context, numbers map[*table]int64) error
}

// Table says what a table has after a copy, on both sides.
type Table struct {
	Name     string `json:"name"`
	Rows     int64  `json:"rows"`
	Checksum string `json:"checksum"` // of all rows, in any order
}

// Progress is how far a copy is.
type Progress struct {
	Doing       string // copying or comparing
	Done, Total int64  // rows
}

// run copies all tables, compares them, and returns what each has. tell is called after each chunk.
func run(ctx context.Context, all []*table, from, to side, tell func(Progress)) ([]Table, error) {
	var total int64
	for _, t := range all {
		n, err := from.count(ctx, t)
		if err != nil {
			return nil, err
		}
		total += n
	}
	p := Progress{Doing: "copying", Total: total}
	for _, t := range all {
		if err := transfer(ctx, t, from, to, func(n int64) { p.Done = min(p.Done+n, total); tell(p) }); err != nil {
			return nil, fmt.Errorf("table %s: %w", t.name, err)
		}
	}
	p = Progress{Doing: "comparing", Total: 2 * total}
	made := make([]Table, len(all))
	numbers := make(map[*table]int64)
	for i, t := range all {
		var sums [2]sum
		for j, s := range []side{from, to} {
			if err := sums[j].addAll(ctx, t, s, func(n int64) { p.Done = min(p.Done+n, p.Total); tell(p) }); err != nil {
				return nil, fmt.Errorf("table %s: %w", t.name, err)
			}
		}
		if sums[0] != sums[1] {
			return nil, fmt.Errorf("table %s has %d rows with checksum %s on one side and %d with %s on the other: the copy cannot be used", t.name, sums[0].rows, sums[0], sums[1].rows, sums[1])
		}
		made[i] = Table{t.name, sums[0].rows, sums[0].String()}
		if t.own {
			var err error
			if numbers[t], err = from.number(ctx, t); err != nil {
				return nil, err
			}
		}
	}
	return made, to.finish(ctx, numbers)
}

// done is the note of a table that is copied.
const done = "done"

func transfer(ctx context.Context, t *table, from, to side, tell func(int64)) error {
	note, err := to.begun(ctx, t)
	if err != nil || note == done {
		n := int64(0)
		if err == nil {
			n, err = to.count(ctx, t)
		}
		tell(n)
		return err
	}
	var after row
	if note != "" {
		if after, err = readKey(note); err != nil {
			return err
		}
		n, err := to.count(ctx, t)
		if err != nil {
			return err
		}
		tell(n)
	}
	for {
		rows, err := from.read(ctx, t, after)
		if err != nil {
			return err
		}
		next := done
		if len(rows) == chunk {
			key := t.keyOf(rows[len(rows)-1])
			if next, err = writeKey(key); err != nil {
				return err
			}
		}
		if err := to.write(ctx, t, rows, note == "", next); err != nil {
			return err
		}
		tell(int64(len(rows)))
		if note = next; note == done {
			return nil
		}
		after = t.keyOf(rows[len(rows)-1])
	}
}

func (t *table) keyOf(r row) row {
	key := make(row, len(t.key))
	for i, column := range t.key {
		key[i] = r[column]
	}
	return key
}

// writeKey returns the text of a key: of each part the kind, and the value.
func writeKey(key row) (string, error) {
	texts := make([]string, len(key))
	for i, part := range key {
		switch part := part.(type) {
		case int64:
			texts[i] = "i" + strconv.FormatInt(part, 10)
		case string:
			texts[i] = "t" + part
		case []byte:
			texts[i] = "b" + base64.StdEncoding.EncodeToString(part)
		default:
			return "", fmt.Errorf("transfer: a key of type %T", part)
		}
	}
	text, err := json.Marshal(texts)
	return string(text), err
}

var errNote = errors.New("transfer: a note of an earlier copy cannot be read: begin with an empty database")

func readKey(text string) (row, error) {
	var texts []string
	if err := json.Unmarshal([]byte(text), &texts); err != nil {
		return nil, errNote
	}
	key := make(row, len(texts))
	for i, part := range texts {
		var err error
		switch {
		case part == "":
			return nil, errNote
		case part[0] == 'i':
			key[i], err = strconv.ParseInt(part[1:], 10, 64)
		case part[0] == 't':
			key[i] = part[1:]
		case part[0] == 'b':
			key[i], err = base64.StdEncoding.DecodeString(part[1:])
		default:
			return nil, errNote
		}
		if err != nil {
			return nil, errNote
		}
	}
	return key, nil
}

// sum is a checksum of rows in any order: the sum of their hashes, modulo 2^128.
type sum struct {
	rows      int64
	high, low uint64
}

func (s sum) String() string { return fmt.Sprintf("%016x%016x", s.high, s.low) }

func (s *sum) addAll(ctx context.Context, t *table, of side, tell func(int64)) error {
	var text []byte
	for after := row(nil); ; {
		rows, err := of.read(ctx, t, after)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if text, err = appendRow(text[:0], r); err != nil {
				return err
			}
			hash := sha256.Sum256(text)
			var carry uint64
			s.low, carry = bits.Add64(s.low, binary.BigEndian.Uint64(hash[8:]), 0)
			s.high, _ = bits.Add64(s.high, binary.BigEndian.Uint64(hash[:]), carry)
			s.rows++
		}
		tell(int64(len(rows)))
		if len(rows) < chunk {
			return nil
		}
		after = t.keyOf(rows[len(rows)-1])
	}
}

// appendRow appends the kind and the value of each column; texts and bytes with their length.
func appendRow(text []byte, r row) ([]byte, error) {
	for _, value := range r {
		switch value := value.(type) {
		case nil:
			text = append(text, 'n')
		case int64:
			text = binary.BigEndian.AppendUint64(append(text, 'i'), uint64(value))
		case string:
			text = append(binary.BigEndian.AppendUint64(append(text, 't'), uint64(len(value))), value...)
		case []byte:
			text = append(binary.BigEndian.AppendUint64(append(text, 'b'), uint64(len(value))), value...)
		default:
			return nil, fmt.Errorf("transfer: a column of type %T", value)
		}
	}
	return text, nil
}
