package config

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // for machines without the zones' files

	"github.com/rookeryhq/rookery/internal/limit/redis"
)

// Setting is one setting of a Config: its names, its documentation, its value and where that came from.
type Setting struct {
	Key     string // in the file: "http.listen"
	Doc     string
	Default string // in the form that flags take; "" without one
	From    string // "default", "file F:LINE", "environment ROOKERY_X" or "flag --x"

	value reflect.Value
	tag   reflect.StructTag
}

// Env is the setting's environment variable.
func (s *Setting) Env() string {
	return "ROOKERY_" + strings.ToUpper(strings.ReplaceAll(s.Key, ".", "_"))
}

// Flag is the setting's flag, without the dashes.
func (s *Setting) Flag() string { return strings.NewReplacer(".", "-", "_", "-").Replace(s.Key) }

// section is a group of settings.
type section struct{ key, doc string }

// settings returns all settings of c, set to their defaults, and their sections, in the struct's order.
func settings(c *Config) (all []*Setting, sections []section) {
	var walk func(v reflect.Value, prefix string)
	walk = func(v reflect.Value, prefix string) {
		for i := range v.NumField() {
			field := v.Type().Field(i)
			key, doc := prefix+field.Tag.Get("key"), field.Tag.Get("doc")
			if field.Type.Kind() == reflect.Struct {
				sections = append(sections, section{key, doc})
				walk(v.Field(i), key+".")
				continue
			}
			s := &Setting{Key: key, Doc: doc, Default: field.Tag.Get("def"), From: "default", value: v.Field(i), tag: field.Tag}
			if s.Default != "" {
				if err := s.set(s.Default); err != nil {
					panic(fmt.Sprintf("config: default of %s: %v", key, err)) // a mistake of the program
				}
			}
			all = append(all, s)
		}
	}
	walk(reflect.ValueOf(c).Elem(), "")
	return all, sections
}

// Kind says in a few words what the setting takes.
func (s *Setting) Kind() string {
	if words := s.tag.Get("oneof"); words != "" {
		return strings.Join(strings.Fields(words), " or ")
	}
	kind := cmp.Or(s.tag.Get("is"), "text")
	switch s.value.Interface().(type) {
	case int:
		kind = "number"
	case float64:
		kind = "decimal number"
	case time.Duration:
		kind = "duration"
	case []netip.Prefix:
		kind = "list of address ranges"
	}
	if low := s.tag.Get("min"); low != "" {
		kind += " from " + low + " to " + s.tag.Get("max")
	}
	return kind
}

// isList reports whether the file gives the setting as a list.
func (s *Setting) isList() bool { return s.value.Kind() == reflect.Slice }

// set reads the setting's value from text. Lists are separated by commas or spaces.
func (s *Setting) set(text string) error {
	switch target := s.value.Addr().Interface().(type) {
	case *string:
		if words := s.tag.Get("oneof"); words != "" && !slices.Contains(strings.Fields(words), text) {
			return fmt.Errorf("%q is not %s", text, s.Kind())
		}
		if s.tag.Get("is") == "URL" && text != "" && !isBaseURL(text) {
			return fmt.Errorf("%q is not an http or https URL without user, query and fragment, such as https://play.example", text)
		}
		if s.tag.Get("is") == "time zone" {
			if _, err := time.LoadLocation(text); err != nil || text == "" || text == "Local" {
				return fmt.Errorf("%q is not the IANA name of a time zone, such as Asia/Shanghai or UTC", text)
			}
		}
		if s.tag.Get("is") == "database" && text != "" {
			if err := checkDatabase(text); err != nil {
				return err
			}
		}
		if s.tag.Get("is") == "Redis" && text != "" {
			if _, err := redis.ParseAddress(text); err != nil {
				return err
			}
		}
		*target = text
	case *int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("%q is not a %s", text, s.Kind())
		}
		low, _ := strconv.Atoi(s.tag.Get("min"))
		high, _ := strconv.Atoi(s.tag.Get("max"))
		if n < low || n > high {
			return fmt.Errorf("%s is not a %s", text, s.Kind())
		}
		*target = n
	case *float64:
		f, err := strconv.ParseFloat(text, 64)
		low, _ := strconv.ParseFloat(s.tag.Get("min"), 64)
		high, _ := strconv.ParseFloat(s.tag.Get("max"), 64)
		if err != nil || !(low <= f && f <= high) { // NaN is neither
			return fmt.Errorf("%q is not a %s, such as 0.25", text, s.Kind())
		}
		*target = f
	case *time.Duration:
		d, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("%q is not a %s, such as 30s or 5m", text, s.Kind())
		}
		low, _ := time.ParseDuration(s.tag.Get("min"))
		high, _ := time.ParseDuration(s.tag.Get("max"))
		if d < low || d > high {
			return fmt.Errorf("%s is not a %s", text, s.Kind())
		}
		*target = d
	case *[]netip.Prefix:
		ranges := []netip.Prefix(nil)
		for _, item := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
			p, err := parseRange(item)
			if err != nil {
				return err
			}
			ranges = append(ranges, p)
		}
		*target = ranges
	default:
		panic(fmt.Sprintf("config: %s has the type %T", s.Key, target))
	}
	return nil
}

func isBaseURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil && !strings.ContainsAny(text, "?#")
}

// parseRange reads an address range, or one address.
func parseRange(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil || p.Addr().Is4In6() {
		return p, fmt.Errorf("%q is not an address range such as 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32", text)
	}
	if p != p.Masked() {
		return p, fmt.Errorf("%s has bits beyond its length: did you mean %s?", text, p.Masked())
	}
	return p, nil
}

// Text is the setting's value in the form that set reads.
func (s *Setting) Text() string {
	if ranges, ok := s.value.Interface().([]netip.Prefix); ok {
		texts := make([]string, len(ranges))
		for i, r := range ranges {
			texts[i] = r.String()
		}
		return strings.Join(texts, ",")
	}
	return fmt.Sprint(s.value.Interface())
}

// checkDatabase says what is wrong with the address of a database, without the address: it may have a password.
func checkDatabase(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || u.Host == "" && !u.Query().Has("host") {
		return errors.New("it is not like postgres://rookery@db.example/rookery?sslmode=verify-full")
	}
	if _, given := u.User.Password(); given || u.Query().Has("password") {
		return errors.New("it has a password, which lists of processes and logs show: give that in the environment as PGPASSWORD, or in the file that PGPASSFILE names")
	}
	return nil
}
