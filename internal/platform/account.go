package platform

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// AccountState decides what an account may do. Operators write its text form.
type AccountState uint8

// The states of an account.
const (
	AccountNormal             AccountState = iota
	AccountFrozen                          // by the platform's security; may be lifted
	AccountStaffProtected                  // an employee's account in the protection system
	AccountSpeciallyProtected              // under advanced protection
	AccountClosed                          // by its owner, for ever
)

var accountStates = []string{"normal", "frozen", "staff-protected", "specially-protected", "closed"}

func (s AccountState) String() string { return nameOf(accountStates, s) }

// MarshalText writes the state's name.
func (s AccountState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a state's name.
func (s *AccountState) UnmarshalText(text []byte) (err error) {
	*s, err = byName[AccountState]("state", "account state", accountStates, string(text))
	return err
}

// AccountClass is the kind of an account's number; commands may refuse a class.
type AccountClass uint8

// The classes of account numbers.
const (
	ClassOrdinary    AccountClass = iota
	ClassB                        // business number
	ClassBC                       // number shared by a business and a person
	ClassInteractive              // service account
	ClassKaixin                   // of the Kaixin family of accounts, which 0x711 does not accept
)

var accountClasses = []string{"ordinary", "B", "BC", "interactive", "kaixin"}

func (c AccountClass) String() string { return nameOf(accountClasses, c) }

// MarshalText writes the class's name.
func (c AccountClass) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads a class's name.
func (c *AccountClass) UnmarshalText(text []byte) (err error) {
	*c, err = byName[AccountClass]("class", "account class", accountClasses, string(text))
	return err
}

// Profile is what an account shows of itself.
type Profile struct {
	Nickname   string `json:"nickname" doc:"the name that others see"`
	Gender     int    `json:"gender" doc:"0 not given, 1 male, 2 female"`
	PictureURL string `json:"picture_url" doc:"one that ends with / is completed by a size"`
	Country    string `json:"country" doc:"where the person is, in the person's own words"`
	Province   string `json:"province" doc:"likewise"`
	City       string `json:"city" doc:"likewise"`
	Language   string `json:"language" doc:"the person's language"`

	VIP       VIP  `json:"vip,omitzero" doc:"the memberships"`
	RealNamed bool `json:"real_named,omitzero" doc:"the person's real name is registered"`
}

// At returns the profile at that time, without expired memberships: p itself if none has expired.
func (p *Profile) At(nowMS int64) *Profile {
	if !p.VIP.lapsed(nowMS) {
		return p
	}
	shown := *p
	shown.VIP = p.VIP.At(nowMS)
	return &shown
}

// Validate checks the form of every field and returns the first fault in one sentence.
func (p *Profile) Validate() error {
	for _, field := range []struct{ name, text string }{
		{"nickname", p.Nickname}, {"country", p.Country}, {"province", p.Province}, {"city", p.City}, {"language", p.Language},
	} {
		if err := CheckText(field.name, field.text, 100); err != nil {
			return err
		}
	}
	if err := CheckURL("picture_url", p.PictureURL); err != nil {
		return err
	}
	if p.Gender < 0 || p.Gender > 2 {
		return Invalidf("gender", "gender %d is not 0, 1 or 2", p.Gender)
	}
	return p.VIP.validate()
}

// CheckText refuses a text of more than most bytes, with a control character, or that is not UTF-8: XML cannot contain such
// texts, and not every storage accepts them.
func CheckText(name, text string, most int) error {
	switch {
	case len(text) > most:
		return Invalidf(name, "%s has %d bytes, more than %d", name, len(text), most)
	case !utf8.ValidString(text):
		return Invalidf(name, "%s is not UTF-8", name)
	}
	if i := strings.IndexFunc(text, unicode.IsControl); i >= 0 {
		return Invalidf(name, "%s has a control character at byte %d", name, i+1)
	}
	return nil
}

// CheckURL returns an error unless an address is absolute, http or https and at most 512 bytes long. "" is no address and
// passes.
func CheckURL(name, text string) error {
	if len(text) > 512 {
		return Invalidf(name, "%s has %d bytes, more than 512", name, len(text))
	}
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return Invalidf(name, "%s %q is not an absolute http(s) address", name, text)
	}
	return nil
}

// Account is one person's account.
type Account struct {
	UIN           UIN          `json:"uin" doc:"the account's number"`
	Profile       Profile      `json:"profile" doc:"what others see"`
	State         AccountState `json:"state" oneof:"normal frozen staff-protected specially-protected closed" doc:"the state"`
	Class         AccountClass `json:"class" oneof:"ordinary B BC interactive kaixin" doc:"the kind of the number"`
	PasswordHash  string       `json:"-"`
	PasswordEpoch uint32       `json:"password_epoch" doc:"incremented by each change of password; tokens carry it"`
	CreatedMS     int64        `json:"created_ms" doc:"when it was created"`
	SignedOutMS   int64        `json:"signed_out_ms,omitzero" doc:"when the person last signed out everywhere"`
}

func nameOf[E ~uint8](names []string, e E) string {
	if int(e) < len(names) {
		return names[e]
	}
	return fmt.Sprintf("unknown (%d)", uint8(e))
}

func byName[E ~uint8](field, kind string, names []string, text string) (E, error) {
	for i, name := range names {
		if name == text {
			return E(i), nil
		}
	}
	return 0, Invalidf(field, "%s %q is not one of %v", kind, text, names)
}
