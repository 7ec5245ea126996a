package postgres

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// statements are the statements of tables in PostgreSQL's form, by their text. Each is translated once.
type statements struct{ known sync.Map }

// translate returns a statement and its arguments for PostgreSQL.
func (s *statements) translate(text string, args []any) (string, []any, error) {
	kinds := make([]string, len(args))
	values := make([]any, len(args))
	for i, arg := range args {
		var err error
		if values[i], kinds[i], err = argument(arg); err != nil {
			return "", nil, err
		}
	}
	if known, ok := s.known.Load(text); ok {
		return known.(string), values, nil
	}
	translated, err := translate(text, kinds)
	if err != nil {
		return "", nil, err
	}
	s.known.Store(text, translated)
	return translated, values, nil
}

// translate makes ? and ?1 to $1 and says its type: one that PostgreSQL infers, as that of a number next to 0, may be too small.
func translate(text string, kinds []string) (string, error) {
	var out strings.Builder
	for next := 1; ; next++ {
		before, after, found := strings.Cut(text, "?")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		text = strings.TrimLeft(after, "0123456789")
		number := next
		if digits := after[:len(after)-len(text)]; digits != "" {
			number, _ = strconv.Atoi(digits)
		}
		if number < 1 || number > len(kinds) {
			return "", fmt.Errorf("postgres: parameter %d has no argument", number)
		}
		fmt.Fprintf(&out, "$%d::%s", number, kinds[number-1])
	}
}

// argument returns an argument as pgx takes it, and the type of the columns that it is for.
func argument(arg any) (value any, kind string, err error) {
	if n, ok := arg.(sql.NullInt64); ok && !n.Valid {
		return nil, "bigint", nil
	}
	value, err = driver.DefaultParameterConverter.ConvertValue(arg)
	switch v := value.(type) {
	case int64:
		return v, "bigint", err
	case bool:
		if v {
			return int64(1), "bigint", err
		}
		return int64(0), "bigint", err
	case string:
		return v, "text", err
	case []byte:
		return v, "bytea", err
	}
	return nil, "", fmt.Errorf("postgres: an argument of type %T", arg)
}
