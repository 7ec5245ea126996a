package seed

import (
	"encoding"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v3"

	"github.com/rookeryhq/rookery/internal/platform"
)

// places finds the line of a part of a file.
type places struct {
	name string
	root *yaml.Node
}

// at returns the name of the file and the line of a value, for the beginning of an error.
func (p *places) at(pointer jsontext.Pointer) string {
	if p == nil {
		return "the world"
	}
	node := p.root
	line := node.Line
	for token := range pointer.Tokens() {
		if node = child(node, token, &line); node == nil {
			break
		}
	}
	return fmt.Sprintf("%s, line %d", p.name, line)
}

// child returns a part of a value, and moves line to it; nil if there is no such part.
func child(node *yaml.Node, token string, line *int) *yaml.Node {
	switch node.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == token {
				*line = node.Content[i].Line
				return node.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(token); err == nil && i >= 0 && i < len(node.Content) {
			*line = node.Content[i].Line
			return node.Content[i]
		}
	}
	return nil
}

// Errorf returns an error that begins with the file and the line of a part of the world, such as "/apps/0/name".
func (w *World) Errorf(pointer, format string, args ...any) error {
	return fmt.Errorf("%s: %w", w.places.at(jsontext.Pointer(pointer)), fmt.Errorf(format, args...))
}

// Read reads a file, in YAML or in JSON, which is YAML too. The name stands in errors, with the line.
func Read(name string, r io.Reader) (*World, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, err)
	case len(text) > MaxFile:
		return nil, fmt.Errorf("%s has more than %d MB", name, MaxFile>>20)
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if document.Kind != yaml.DocumentNode || document.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%s is not an object with version, apps, accounts, friendships and tokens", name)
	}
	p := &places{name: name, root: document.Content[0]}
	value, err := p.toJSON(nil, p.root)
	if err != nil {
		return nil, err
	}
	if err := p.checkVersion(value); err != nil {
		return nil, err
	}
	w := &World{places: p}
	if err := json.Unmarshal(value, w, json.RejectUnknownMembers(true), json.WithUnmarshalers(readers)); err != nil {
		return nil, p.explain(err)
	}
	return w, w.check()
}

// checkVersion comes before everything else: a file of another version may have other members.
func (p *places) checkVersion(value jsontext.Value) error {
	var head struct {
		Version *int `json:"version"`
	}
	err := json.Unmarshal(value, &head)
	switch {
	case err != nil:
		return p.explain(err)
	case head.Version == nil:
		return fmt.Errorf("%s has no version: begin it with version: %d", p.name, Version)
	case *head.Version != Version:
		return fmt.Errorf("%s: version %d is not known: this rookery reads version %d", p.at("/version"), *head.Version, Version)
	}
	return nil
}

// jsonNumber is what JSON takes for a number. Other numbers of YAML, such as 0x10, are texts here.
var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// toJSON appends a value in JSON.
func (p *places) toJSON(b []byte, node *yaml.Node) (_ []byte, err error) {
	switch node.Kind {
	case yaml.MappingNode:
		b = append(b, '{')
		for i := 0; i+1 < len(node.Content); i += 2 {
			if i > 0 {
				b = append(b, ',')
			}
			key := node.Content[i]
			if key.Kind != yaml.ScalarNode {
				return nil, fmt.Errorf("%s, line %d: the name of a member is not a text", p.name, key.Line)
			}
			if b, err = quote(b, key.Value); err == nil {
				b, err = p.toJSON(append(b, ':'), node.Content[i+1])
			}
			if err != nil {
				return nil, err
			}
		}
		return append(b, '}'), nil
	case yaml.SequenceNode:
		b = append(b, '[')
		for i, one := range node.Content {
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = p.toJSON(b, one); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), nil
	case yaml.ScalarNode:
		switch tag := node.ShortTag(); {
		case tag == "!!null":
			return append(b, "null"...), nil
		case tag == "!!bool":
			return strconv.AppendBool(b, strings.EqualFold(node.Value, "true")), nil
		case (tag == "!!int" || tag == "!!float") && jsonNumber.MatchString(node.Value):
			return append(b, node.Value...), nil
		}
		return quote(b, node.Value)
	}
	return nil, fmt.Errorf("%s, line %d: an alias cannot be used: write out what it stands for", p.name, node.Line)
}

func quote(b []byte, text string) ([]byte, error) { return jsontext.AppendQuote(b, text) }

// readers let texts, and what is written as one, be digits without quotes.
var readers = json.JoinUnmarshalers(
	json.UnmarshalFromFunc(func(d *jsontext.Decoder, v encoding.TextUnmarshaler) error {
		if d.PeekKind() != '0' {
			return errors.ErrUnsupported
		}
		digits, err := d.ReadValue()
		if err != nil {
			return err
		}
		return v.UnmarshalText(digits)
	}),
	json.UnmarshalFromFunc(func(d *jsontext.Decoder, text *string) error {
		if d.PeekKind() != '0' {
			return errors.ErrUnsupported
		}
		digits, err := d.ReadValue()
		*text = string(digits)
		return err
	}),
)

// explain says where a value is wrong, and what is wrong without the names of Go's types.
func (p *places) explain(err error) error {
	var wrong *json.SemanticError
	if !errors.As(err, &wrong) {
		var malformed *jsontext.SyntacticError
		if errors.As(err, &malformed) && errors.Is(malformed.Err, jsontext.ErrDuplicateName) {
			return fmt.Errorf("%s: %q is there twice", p.at(malformed.JSONPointer), malformed.JSONPointer.LastToken())
		}
		return fmt.Errorf("%s: %w", p.name, err)
	}
	at, name := p.at(wrong.JSONPointer), wrong.JSONPointer.LastToken()
	switch {
	case errors.Is(wrong.Err, json.ErrUnknownName):
		return fmt.Errorf("%s: there is no member %q here", at, name)
	case errors.Is(wrong.Err, platform.ErrInvalid):
		return fmt.Errorf("%s: %w", at, wrong.Err)
	}
	return fmt.Errorf("%s: %s cannot be %s", at, name, kinds[wrong.JSONKind])
}

// phc is the form of a password's hash, with bounds on what it costs to compare one. It is compiled when a world has such a hash.
var phc = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\$argon2id\$v=19\$m=[1-9][0-9]{0,5},t=[1-9],p=[1-9]\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}$`)
})

var kinds = map[jsontext.Kind]string{
	'n': "null", 'f': "false", 't': "true", '"': "this text", '0': "this number", '{': "an object", '[': "a list", 0: "this value",
}

// check refuses what makes no world whatever the platform has.
func (w *World) check() error {
	if len(w.Accounts) > MaxAccounts {
		return w.Errorf("/accounts", "%d accounts are more than %d", len(w.Accounts), MaxAccounts)
	}
	accounts := make(map[platform.UIN]*Account)
	for i := range w.Accounts {
		a, at := &w.Accounts[i], fmt.Sprintf("/accounts/%d", i)
		switch {
		case a.UIN == 0:
			return w.Errorf(at, "the account has no uin")
		case accounts[a.UIN] != nil:
			return w.Errorf(at, "account %s is there twice", a.UIN)
		case a.Password == "" && a.PasswordHash == "":
			return w.Errorf(at, "account %s has neither a password nor a password_hash", a.UIN)
		case a.Password != "" && a.PasswordHash != "":
			return w.Errorf(at, "account %s has both a password and a password_hash", a.UIN)
		}
		if a.PasswordHash != "" && !phc().MatchString(a.PasswordHash) {
			return w.Errorf(at, "account %s: the password_hash is not one of argon2id in the PHC string format", a.UIN)
		}
		if err := a.Profile.Validate(); err != nil {
			return w.Errorf(at, "account %s: %w", a.UIN, err)
		}
		accounts[a.UIN] = a
	}
	for i, f := range w.Friendships {
		at := fmt.Sprintf("/friendships/%d", i)
		for _, uin := range f.Between {
			if accounts[uin] == nil {
				return w.Errorf(at, "account %s is not among the accounts", uin)
			}
		}
		if f.Between[0] == f.Between[1] {
			return w.Errorf(at, "account %s cannot be its own friend", f.Between[0])
		}
		for uin := range f.Remarks {
			if !slices.Contains(f.Between[:], uin) {
				return w.Errorf(at, "account %s, whose remark it is, is not one of the two", uin)
			}
		}
	}
	return w.checkTokens(accounts)
}

func (w *World) checkTokens(accounts map[platform.UIN]*Account) error {
	apps := make(map[platform.AppID]*App)
	for i := range w.Apps {
		app := &w.Apps[i]
		switch {
		case app.AppID == 0:
			return w.Errorf(fmt.Sprintf("/apps/%d", i), "the app has no appid")
		case apps[app.AppID] != nil:
			return w.Errorf(fmt.Sprintf("/apps/%d", i), "app %s is there twice", app.AppID)
		}
		apps[app.AppID] = app
	}
	type pair struct {
		app platform.AppID
		uin platform.UIN
	}
	seen := make(map[pair]bool)
	for i, t := range w.Tokens {
		at := fmt.Sprintf("/tokens/%d", i)
		switch app, account := apps[t.AppID], accounts[t.UIN]; {
		case app == nil:
			return w.Errorf(at, "app %s is not among the apps", t.AppID)
		case account == nil:
			return w.Errorf(at, "account %s is not among the accounts", t.UIN)
		case account.State == platform.AccountClosed, account.State == platform.AccountFrozen:
			return w.Errorf(at, "account %s is %s, so it has no tokens", t.UIN, account.State)
		case seen[pair{t.AppID, t.UIN}]:
			return w.Errorf(at, "account %s is there twice for app %s", t.UIN, t.AppID)
		case t.MSDKOpenID != 0 && app.GameID == 0:
			return w.Errorf(at, "app %s has no gameid, so nobody has an msdk_openid there", t.AppID)
		}
		seen[pair{t.AppID, t.UIN}] = true
	}
	return nil
}

// UnmarshalJSONFrom reads the app over the defaults of one.
func (a *App) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	a.App = defaultApp()
	return json.UnmarshalDecode(d, &a.App)
}

func defaultApp() platform.App { return platform.App{Online: true, Environment: platform.Formal} }
