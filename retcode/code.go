// Package retcode is the contract of Rookery's return codes: every number that the platform answers, as a Go constant
// that is an error, with its meaning, its remedy and its class.
//
// A number means something only together with its domain: -5 is a wrong signature at the gateway (QQ) and, as a signed
// byte, a refused account class on the bus (OIDB). A Code therefore holds both, and codes compare with ==, work in a
// switch, and are found in any chain of errors:
//
//	if errors.Is(err, retcode.GroupGuildAlreadyBound) { ... }
//
// The constants and their texts, in English and Chinese, are generated from the files in catalogue. Explain goes the other
// way, from a number in an answer or a log line to the codes that it can be.
package retcode

import (
	"cmp"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strconv"
)

// A Domain is a space of return codes. The zero Domain is not a domain.
type Domain uint8

// The six domains of the contract, and after them the doors with numbers of their own.
const (
	QQ          Domain = iota + 1 // the device's share calls, the gateway, OAuth, friends and messages
	Group                         // guild groups
	GameCenter                    // the Game Center
	OIDB                          // the bus, the same for every command
	PayToken                      // the pay token check, command 0x73a
	AccessToken                   // the access token check, command 0x711
	MSDKv5                        // the MSDK V5 doors' own numbers, which are not part of the contract
	MSDKv3                        // the MSDK V3 doors' own numbers, likewise
	Connect                       // OAuth's numbers that are not in QQ, likewise
	OpenAPI                       // OpenAPI V3's numbers that are not in QQ, likewise
	Share                         // the numbers of MSDK V3's /share/qq, likewise
	V2Group                       // the platCode of MSDK V2's queries of guild groups, likewise
	V2Unbind                      // the platCode of MSDK V2's unbind_group, likewise
)

var domainNames = [...]string{
	QQ: "qq", Group: "group", GameCenter: "gamecenter", OIDB: "oidb", PayToken: "paytoken", AccessToken: "accesstoken",
	MSDKv5: "msdkv5", MSDKv3: "msdkv3", Connect: "connect", OpenAPI: "openapi", Share: "share", V2Group: "v2group", V2Unbind: "v2unbind",
}

// String returns the domain's name, such as "qq" or "accesstoken".
func (d Domain) String() string { return name(domainNames[:], d, "Domain") }

// MarshalText writes the domain's name; it fails for a Domain that is not one of the constants.
func (d Domain) MarshalText() ([]byte, error) { return marshalName(domainNames[:], d) }

// UnmarshalText reads what MarshalText writes.
func (d *Domain) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDomain(string(text))
	return err
}

// ParseDomain returns the domain with that name.
func ParseDomain(name string) (Domain, error) {
	return parseName[Domain](domainNames[:], name, "domain")
}

// A Class tells the program that received a code what to do about it. The zero Class is not a class.
type Class uint8

// The classes.
const (
	ClassOK               Class = iota + 1 // nothing: the call succeeded
	ClassRetry                             // the same call may work in a moment; repeat it with backoff
	ClassSlowDown                          // calls came too often; wait before the next one
	ClassReauthorize                       // get a new login or token; also where a player's client brought a wrong one
	ClassFixRequest                        // the caller's code sent something wrong
	ClassFixConfiguration                  // the app's registration, permissions, addresses or binding must change
	ClassAskUser                           // a person must act
	ClassContactPlatform                   // only the platform's operator can fix it
	ClassInternal                          // the platform's own fault; report it
)

var classNames = [...]string{
	ClassOK: "ok", ClassRetry: "retry", ClassSlowDown: "slow-down", ClassReauthorize: "reauthorize",
	ClassFixRequest: "fix-request", ClassFixConfiguration: "fix-configuration", ClassAskUser: "ask-user",
	ClassContactPlatform: "contact-platform", ClassInternal: "internal",
}

// String returns the class's name, such as "slow-down".
func (c Class) String() string { return name(classNames[:], c, "Class") }

// MarshalText writes the class's name; it fails for a Class that is not one of the constants.
func (c Class) MarshalText() ([]byte, error) { return marshalName(classNames[:], c) }

// UnmarshalText reads what MarshalText writes.
func (c *Class) UnmarshalText(text []byte) (err error) {
	*c, err = ParseClass(string(text))
	return err
}

// ParseClass returns the class with that name.
func ParseClass(name string) (Class, error) { return parseName[Class](classNames[:], name, "class") }

func name[T ~uint8](names []string, value T, kind string) string {
	if value == 0 || int(value) >= len(names) {
		return fmt.Sprintf("%s(%d)", kind, uint8(value))
	}
	return names[value]
}

func marshalName[T ~uint8](names []string, value T) ([]byte, error) {
	if value == 0 || int(value) >= len(names) {
		return nil, fmt.Errorf("retcode: %d has no name", uint8(value))
	}
	return []byte(names[value]), nil
}

func parseName[T ~uint8](names []string, name, kind string) (T, error) {
	if i := slices.Index(names, name); i > 0 {
		return T(i), nil
	}
	return 0, fmt.Errorf("retcode: there is no %s %q", kind, name)
}

// A Code is one return code: a domain and a number in it. It is an error, even if its number means success, and returning
// one of the constants as an error allocates nothing. The zero Code is not a code.
type Code int64

// numberBits is the width of the number below the domain. The number is added to the shifted domain, not or-ed, so that the
// generated constants show its sign.
const numberBits = 32

// Lookup returns the code with that number in the domain, and whether it exists. The number is the code itself,
// not another printed form of it; Explain knows those.
func Lookup(domain Domain, number int) (Code, bool) {
	if find(domain, number) == nil {
		return 0, false
	}
	return makeCode(domain, number), true
}

func makeCode(domain Domain, number int) Code { return Code(domain)<<numberBits + Code(number) }

// Domain returns the code's domain.
func (c Code) Domain() Domain { return Domain((c - Code(c.Number())) >> numberBits) }

// Number returns the number that goes over the wire, with its sign.
func (c Code) Number() int { return int(int32(c)) }

// Entry returns the catalogue's row for the code, which several codes of a range share, in English. It is zero for a Code that is
// neither a constant nor from Lookup.
func (c Code) Entry() Entry {
	if i := index(c.Domain(), c.Number()); i >= 0 {
		return table[i].with(&english[i])
	}
	return Entry{}
}

// Symbol returns the name of the code's Go constant, or "" when the catalogue does not have the code.
func (c Code) Symbol() string {
	e := find(c.Domain(), c.Number())
	switch {
	case e == nil:
		return ""
	case e.Low == e.High:
		return e.Symbol
	case e.Hex != "":
		return fmt.Sprintf("%s%02X", e.Symbol, c.Number())
	default:
		return e.Symbol + strconv.Itoa(max(c.Number(), -c.Number()))
	}
}

// Class returns what the caller should do; it is ClassInternal when the catalogue does not have the code.
func (c Code) Class() Class {
	if e := find(c.Domain(), c.Number()); e != nil {
		return e.Class
	}
	return ClassInternal
}

// HTTPStatus returns the status for doors that answer with one; it is 500 when the catalogue does not have the code.
func (c Code) HTTPStatus() int {
	if e := find(c.Domain(), c.Number()); e != nil {
		return e.HTTPStatus
	}
	return http.StatusInternalServerError
}

// Error returns domain, number and summary: "qq -5: the sig parameter does not verify".
func (c Code) Error() string {
	if c == 0 {
		return "no return code"
	}
	summary := "not in the catalogue"
	if e := find(c.Domain(), c.Number()); e != nil {
		summary = e.Summary
	}
	return c.Domain().String() + " " + strconv.Itoa(c.Number()) + ": " + summary
}

// An Entry is one row of the catalogue. Most rows hold one number, some a range of numbers with one meaning.
type Entry struct {
	Domain     Domain `json:"domain"`
	Low        int    `json:"low"`
	High       int    `json:"high"`        // equal to Low unless the row is a range
	Hex        string `json:"hex"`         // as the list prints it; "" when it prints none
	Signed     string `json:"signed"`      // the number as a signed byte, "" when the list prints none
	Unsigned   string `json:"unsigned"`    // the number as an unsigned byte, "" when the list prints none
	Symbol     string `json:"symbol"`      // the Go constant; in a range the common part of its constants
	Summary    string `json:"summary"`     // what is wrong, a short phrase
	Cause      string `json:"cause"`       // the condition that holds when the platform answers the code
	Remedy     string `json:"remedy"`      // what a developer can do, on whatever platform
	OnRookery  string `json:"on_rookery"`  // the command of rookery that shows or mends it
	OnQQ       string `json:"on_qq"`       // where to look on QQ's developer sites, or whom to ask and with which data
	Class      Class  `json:"class"`       // what the calling program should do
	HTTPStatus int    `json:"http"`        // the status of doors that answer with one
	AnsweredBy string `json:"answered_by"` // device, gateway, service, bus or back-end
	Note       string `json:"note"`        // where the published list is wrong or unclear, mostly ""
	Answered   bool   `json:"answered"`    // by this version of the platform; all codes of a range are, or none
}

// texts are those of an Entry in one language.
type texts struct{ summary, cause, remedy, onRookery, onQQ, note string }

// with returns the row of table with texts.
func (e *Entry) with(t *texts) Entry {
	whole := *e
	whole.Summary, whole.Cause, whole.Remedy, whole.OnRookery, whole.OnQQ, whole.Note = t.summary, t.cause, t.remedy, t.onRookery, t.onQQ, t.note
	return whole
}

// A Language is one in which the catalogue has its texts.
type Language uint8

// The languages.
const (
	English Language = iota + 1
	Chinese
)

var languageNames = [...]string{English: "en", Chinese: "zh"}

// String returns the language's tag, "en" or "zh".
func (l Language) String() string { return name(languageNames[:], l, "Language") }

// MarshalText writes the language's tag; it fails for a Language that is not one of the constants.
func (l Language) MarshalText() ([]byte, error) { return marshalName(languageNames[:], l) }

// UnmarshalText reads what MarshalText writes.
func (l *Language) UnmarshalText(text []byte) (err error) {
	*l, err = parseName[Language](languageNames[:], string(text), "language")
	return err
}

// In returns the row with its texts in the language, or in English if the catalogue does not have that language. A row that is not
// the catalogue's stays as it is.
func (e Entry) In(lang Language) Entry {
	i := index(e.Domain, e.Low)
	switch {
	case i < 0:
		return e
	case lang == Chinese:
		return table[i].with(&chinese[i])
	}
	return table[i].with(&english[i])
}

// Entries returns the rows of the contract in the order of the published list, in English.
func Entries() iter.Seq[Entry] { return entries(0, contractRows) }

// DoorEntries returns the rows of the doors that have numbers of their own, in ascending order, in English.
func DoorEntries() iter.Seq[Entry] { return entries(contractRows, len(table)) }

// entries yields the rows of table from one index to before another.
func entries(from, to int) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for i := from; i < to; i++ {
			if !yield(table[i].with(&english[i])) {
				return
			}
		}
	}
}

// find returns the row of table that holds the number, or nil.
func find(domain Domain, number int) *Entry {
	if i := index(domain, number); i >= 0 {
		return &table[i]
	}
	return nil
}

// index returns the index in table of the row that holds the number, or -1.
func index(domain Domain, number int) int {
	i, found := slices.BinarySearchFunc(byNumber[:], number, func(row uint16, number int) int {
		e := &table[row]
		if e.Domain != domain {
			return cmp.Compare(e.Domain, domain)
		}
		switch {
		case e.High < number:
			return -1
		case e.Low > number:
			return 1
		}
		return 0
	})
	if !found {
		return -1
	}
	return int(byNumber[i])
}
