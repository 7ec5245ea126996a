package admin

import (
	"net/http/httptest"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/platform"
)

var secretName = regexp.MustCompile(`(^|_)(password|key|token|secret)$`)

// TestSecretsAreTagged: a member of a body that sounds like a secret is tagged as one, at the top, where it is hidden.
func TestSecretsAreTagged(t *testing.T) {
	tagged := 0
	var look func(of reflect.Type, where string, top bool)
	look = func(of reflect.Type, where string, top bool) {
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice || of.Kind() == reflect.Map {
			of = of.Elem()
		}
		if of.Kind() != reflect.Struct {
			return
		}
		for i := range of.NumField() {
			field := of.Field(i)
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name == "" || name == "-" {
				continue
			}
			secret := field.Tag.Get("secret") == "true"
			switch {
			case secret && top:
				tagged++
			case secret:
				t.Errorf("%s: %s is not at the top of the body", where, name)
			case secretName.MatchString(name) && field.Type.Kind() != reflect.Bool:
				t.Errorf("%s: %s is not tagged as a secret", where, name)
			}
			look(field.Type, where+"."+name, false)
		}
	}
	for _, e := range New(Services{}, APIs{}).Endpoints {
		if e.Body != nil {
			look(reflect.TypeOf(e.Body), e.Method+" "+e.Path, true)
		}
	}
	if tagged != 4 { // two passwords, an app's key, a token
		t.Errorf("%d members are secrets", tagged)
	}
}

// TestWhatAnEntrySaysWasGiven: secrets are hidden however they are given, and long texts cut off between characters.
func TestWhatAnEntrySaysWasGiven(t *testing.T) {
	for name, test := range map[string]struct {
		body, want string
		read       func(*access.Call) error
	}{
		"members":        {`{ "state" : "frozen" }`, `{"state":"frozen"}`, reads[NewState]},
		"a secret":       {`{"password":"s3cret"}`, `{"password":"********"}`, reads[NewPassword]},
		"an escaped one": {`{"pass\u0077ord":"s3cret"}`, `{"password":"********"}`, reads[NewPassword]},
		"null":           {`null`, `{}`, reads[NewPassword]},
		"a long text":    {`{"remark":"` + strings.Repeat("鸦", 1000) + `"}`, `{"remark":"` + strings.Repeat("鸦", 679), reads[FriendRemark]},
	} {
		a := new(platform.Audit)
		c := &access.Call{Request: httptest.NewRequest("POST", "/", nil), Body: []byte(test.body)}
		c.Request = c.Request.WithContext(platform.WithAudit(c.Context(), a))
		if err := test.read(c); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if a.Entry.Given != test.want || !utf8.ValidString(a.Entry.Given) {
			t.Errorf("%s: got %s, want %s", name, a.Entry.Given, test.want)
		}
	}
}

func reads[T any](c *access.Call) error {
	_, err := input[T](c)
	return err
}

// TestWhatAnEntryIsAbout: the path up to the last part that callers fill in, or what the body names.
func TestWhatAnEntryIsAbout(t *testing.T) {
	for _, test := range []struct {
		path, body, want string
		values           []string
	}{
		{"/admin/v1/accounts/{uin}/state", "", "accounts/10001", []string{"uin", "10001"}},
		{"/admin/v1/apps/{appid}/bindings/{zone}/{guild}", "", "apps/500/bindings/3/77", []string{"appid", "500", "zone", "3", "guild", "77"}},
		{"/admin/v1/oidb/policy", "", "oidb/policy", nil},
		{"/admin/v1/tokens", `{"appid":"500","uin":"10001","kind":"pay"}`, "accounts/10001", nil},
	} {
		var a *platform.Audit
		d := new(door)
		e := d.audited(At(platform.RoleOperator, "POST "+test.path, Do(func(c *access.Call) (any, error) {
			a = platform.AuditOf(c.Context())
			if test.body != "" {
				_, err := input[TokenRequest](c)
				return nil, err
			}
			return nil, platform.ErrNotFound // nothing is recorded
		})))
		c := &access.Call{Request: httptest.NewRequest("POST", "/", nil), Body: []byte(test.body), Endpoint: &e, Input: platform.Operator{Name: "mara"}}
		for i := 0; i+1 < len(test.values); i += 2 {
			c.Request.SetPathValue(test.values[i], test.values[i+1])
		}
		func() {
			defer func() { _ = recover() }() // there is no log to record in
			_, _ = e.Handle(c)
		}()
		if a.Entry.Object != test.want || a.Entry.By != "mara" || a.Entry.Action != "POST "+test.path {
			t.Errorf("%s: got %+v, want %s", test.path, a.Entry, test.want)
		}
	}
}
