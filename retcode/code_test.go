package retcode_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/retcode"
)

func allEntries(yield func(retcode.Entry) bool) {
	for e := range retcode.Entries() {
		if !yield(e) {
			return
		}
	}
	for e := range retcode.DoorEntries() {
		if !yield(e) {
			return
		}
	}
}

// The contract: 215 rows that hold 229 numbers.
func TestContractIsWhole(t *testing.T) {
	rows, numbers := 0, 0
	for e := range retcode.Entries() {
		rows++
		numbers += e.High - e.Low + 1
		if e.Domain >= retcode.MSDKv5 {
			t.Errorf("%s is not a row of the contract", e.Symbol)
		}
	}
	if rows != 215 || numbers != 229 {
		t.Errorf("%d rows, %d numbers, want 215 and 229", rows, numbers)
	}
}

func TestCodeKeepsDomainAndNumber(t *testing.T) {
	source, err := os.ReadFile("codes_gen.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for e := range allEntries {
		for n := e.Low; n <= e.High; n++ {
			code, ok := retcode.Lookup(e.Domain, n)
			if !ok {
				t.Fatalf("Lookup(%v, %d) finds nothing", e.Domain, n)
			}
			if code.Domain() != e.Domain || code.Number() != n || code.Entry() != e {
				t.Errorf("Lookup(%v, %d) = %v %d of %s", e.Domain, n, code.Domain(), code.Number(), code.Entry().Symbol)
			}
			if code.Class() != e.Class || code.HTTPStatus() != e.HTTPStatus {
				t.Errorf("%v: class %v, status %d, want %v, %d", code, code.Class(), code.HTTPStatus(), e.Class, e.HTTPStatus)
			}
			if !bytes.Contains(source, []byte("\t"+code.Symbol()+" Code = ")) || seen[code.Symbol()] {
				t.Errorf("symbol %s is not unique or not a constant", code.Symbol())
			}
			seen[code.Symbol()] = true
		}
	}
}

func TestConstants(t *testing.T) {
	tests := []struct {
		name   string
		code   retcode.Code
		domain retcode.Domain
		number int
		symbol string
	}{
		{"negative number", retcode.QQSignatureWrong, retcode.QQ, -5, "QQSignatureWrong"},
		{"success", retcode.GameCenterOK, retcode.GameCenter, 0, "GameCenterOK"},
		{"decimal range", retcode.GroupAnswerUnparsable500009, retcode.Group, -500009, "GroupAnswerUnparsable500009"},
		{"hex range", retcode.AccessTokenType127OpenIDInvalid36, retcode.AccessToken, 0x36, "AccessTokenType127OpenIDInvalid36"},
		{"door", retcode.V5SignatureWrong, retcode.MSDKv5, 1008, "V5SignatureWrong"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.code.Domain() != tt.domain || tt.code.Number() != tt.number || tt.code.Symbol() != tt.symbol {
				t.Errorf("got %v %d %s", tt.code.Domain(), tt.code.Number(), tt.code.Symbol())
			}
			if code, ok := retcode.Lookup(tt.domain, tt.number); !ok || code != tt.code {
				t.Errorf("Lookup gives another code: %v", code)
			}
		})
	}
}

func TestUnknownCode(t *testing.T) {
	if code, ok := retcode.Lookup(retcode.QQ, 17); ok || code != 0 {
		t.Errorf("Lookup(QQ, 17) = %v, %v", code, ok)
	}
	for _, code := range []retcode.Code{0, retcode.QQSignatureWrong - 1000, -1} {
		if code.Entry() != (retcode.Entry{}) || code.Symbol() != "" {
			t.Errorf("code %d has an entry", code)
		}
		if code.Class() != retcode.ClassInternal || code.HTTPStatus() != 500 || code.Error() == "" {
			t.Errorf("code %d: class %v, status %d, text %q", code, code.Class(), code.HTTPStatus(), code.Error())
		}
	}
}

func TestGolden(t *testing.T) {
	want, err := os.ReadFile("testdata/codes.golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	enc := json.NewEncoder(&got)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(slices.Collect(retcode.Entries())); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("Entries do not encode to the golden file: (-want +got)\n%s", diff)
	}
	var entries []retcode.Entry
	if err := json.Unmarshal(want, &entries); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(slices.Collect(retcode.Entries()), entries); diff != "" {
		t.Errorf("the golden file does not decode to Entries: (-want +got)\n%s", diff)
	}
}

func TestNames(t *testing.T) {
	for d := retcode.QQ; d <= retcode.Share; d++ {
		if got, err := retcode.ParseDomain(d.String()); err != nil || got != d {
			t.Errorf("ParseDomain(%q) = %v, %v", d, got, err)
		}
	}
	for c := retcode.ClassOK; c <= retcode.ClassInternal; c++ {
		if got, err := retcode.ParseClass(c.String()); err != nil || got != c {
			t.Errorf("ParseClass(%q) = %v, %v", c, got, err)
		}
	}
	for _, name := range []string{"", "QQ", "wechat"} {
		if got, err := retcode.ParseDomain(name); err == nil || got != 0 {
			t.Errorf("ParseDomain(%q) = %v, %v", name, got, err)
		}
		if got, err := retcode.ParseClass(name); err == nil || got != 0 {
			t.Errorf("ParseClass(%q) = %v, %v", name, got, err)
		}
	}
	if _, err := retcode.Domain(0).MarshalText(); err == nil {
		t.Error("the zero Domain has a text")
	}
	if _, err := retcode.Class(99).MarshalText(); err == nil {
		t.Error("class 99 has a text")
	}
	if got := retcode.Domain(99).String(); got != "Domain(99)" {
		t.Errorf("Domain(99) prints as %q", got)
	}
}

func TestErrorText(t *testing.T) {
	summary := retcode.QQParameterInvalid.Entry().Summary
	secret := errors.New("secret")
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"code", retcode.QQParameterInvalid, "qq -1: " + summary},
		{"detail", retcode.QQParameterInvalid.Errorf("%s is missing", "openid"), "qq -1: " + summary + ": openid is missing"},
		{"cause stays private", retcode.QQParameterInvalid.WithCause(secret), "qq -1: " + summary},
		{"no code", retcode.Code(0), "no return code"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.err.Error(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestErrorCopies(t *testing.T) {
	plain := retcode.QQAppRateExceeded.Errorf("at most %d calls a second", 10)
	full := plain.WithRetryAfter(time.Second).WithCause(io.EOF)
	if plain.RetryAfter() != 0 || plain.Cause() != nil {
		t.Errorf("the original changed: %v, %v", plain.RetryAfter(), plain.Cause())
	}
	if full.Code() != retcode.QQAppRateExceeded || full.Detail() != plain.Detail() || full.RetryAfter() != time.Second || full.Cause() != io.EOF {
		t.Errorf("got %+v", full)
	}
	if e := retcode.QQAppRateExceeded.WithRetryAfter(time.Minute); e.RetryAfter() != time.Minute || e.Detail() != "" {
		t.Errorf("got %+v", e)
	}
}

func TestErrorChains(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want retcode.Code // 0: none
	}{
		{"no error", nil, 0},
		{"plain error", io.EOF, 0},
		{"code", retcode.QQSignatureWrong, retcode.QQSignatureWrong},
		{"zero code", retcode.Code(0), 0},
		{"nil Error", (*retcode.Error)(nil), 0},
		{"detail", retcode.QQSignatureWrong.Errorf("x"), retcode.QQSignatureWrong},
		{"wrapped", fmt.Errorf("a: %w", fmt.Errorf("b: %w", retcode.QQSignatureWrong.WithCause(io.EOF))), retcode.QQSignatureWrong},
		{"outermost of two", retcode.QQAccessTokenExpired.WithCause(retcode.AccessTokenExpired), retcode.QQAccessTokenExpired},
		{"joined", errors.Join(io.EOF, retcode.OIDBRouteMissing), retcode.OIDBRouteMissing},
		{"joined without a code", errors.Join(io.EOF, io.ErrUnexpectedEOF), 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := retcode.From(tt.err)
			if got != tt.want || ok != (tt.want != 0) {
				t.Errorf("From = %v, %v, want %v", got, ok, tt.want)
			}
			if tt.want != 0 && !errors.Is(tt.err, tt.want) {
				t.Errorf("errors.Is does not find %v", tt.want)
			}
		})
	}
}

func TestErrorsIs(t *testing.T) {
	err := fmt.Errorf("check: %w", retcode.QQAccessTokenExpired.WithCause(fmt.Errorf("bus: %w", retcode.AccessTokenExpired.WithCause(io.EOF))))
	for _, target := range []error{retcode.QQAccessTokenExpired, retcode.AccessTokenExpired, io.EOF} {
		if !errors.Is(err, target) {
			t.Errorf("errors.Is does not find %v", target)
		}
	}
	// 17 in two domains, and -5 beside the byte 251 that prints as -5.
	if errors.Is(retcode.PayTokenExpired, retcode.AccessTokenAppIDInvalid11) || errors.Is(retcode.QQSignatureWrong.Errorf("x"), retcode.OIDBClassBNotAllowed) {
		t.Error("a code matches another domain's")
	}
	var e *retcode.Error
	if !errors.As(err, &e) || e.Code() != retcode.QQAccessTokenExpired {
		t.Errorf("errors.As finds %v", e)
	}
}

func TestCodesDoNotAllocate(t *testing.T) {
	fail := func() error { return retcode.QQSignatureWrong }
	wrapped := fmt.Errorf("a: %w", retcode.QQSignatureWrong.WithCause(io.EOF))
	allocations := testing.AllocsPerRun(100, func() {
		if err := fail(); err != retcode.QQSignatureWrong {
			t.Error(err)
		}
		if c, ok := retcode.From(wrapped); !ok || c.Class() != retcode.ClassFixRequest {
			t.Error(c)
		}
	})
	if allocations != 0 {
		t.Errorf("%v allocations, want none", allocations)
	}
}

func TestLanguages(t *testing.T) {
	english := retcode.QQSignatureWrong.Entry()
	chinese := english.In(retcode.Chinese)
	if chinese.Summary != "sig 签名校验不通过" || chinese.Symbol != "QQSignatureWrong" || chinese.Class != retcode.ClassFixRequest {
		t.Errorf("in Chinese it is %+v", chinese)
	}
	for _, lang := range []retcode.Language{retcode.English, 0, 99} {
		if got := chinese.In(lang); got != english {
			t.Errorf("in language %d it is %+v", lang, got)
		}
	}
	if own := (retcode.Entry{Domain: retcode.QQ, Low: 77, Summary: "x"}); own.In(retcode.Chinese) != own {
		t.Error("a row that is not the catalogue's changes")
	}
	for tag, want := range map[string]retcode.Language{"en": retcode.English, "zh": retcode.Chinese} {
		var got retcode.Language
		if err := got.UnmarshalText([]byte(tag)); err != nil || got != want || got.String() != tag {
			t.Errorf("%s is %v: %v", tag, got, err)
		}
	}
	for _, tag := range []string{"", "fr", "zh-CN", "EN"} {
		if err := new(retcode.Language).UnmarshalText([]byte(tag)); err == nil {
			t.Errorf("%q is a language", tag)
		}
	}
}

// TestTextsCostNothing: a program that only compares codes has none of the long texts in its binary, and one that shows English no Chinese.
func TestTextsCostNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds programs")
	}
	english, chinese := []byte(retcode.QQSignatureWrong.Entry().Remedy), []byte(retcode.QQSignatureWrong.Entry().In(retcode.Chinese).Remedy)
	for name, test := range map[string]struct {
		print            string
		english, chinese bool
	}{
		"error":   {"retcode.QQSignatureWrong.Error()", false, false},
		"english": {"retcode.QQSignatureWrong.Entry().Remedy", true, false},
		"chinese": {"retcode.QQSignatureWrong.Entry().In(retcode.Chinese).Remedy", true, true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			source := "package main\n\nimport \"github.com/rookeryhq/rookery/retcode\"\n\nfunc main() { println(" + test.print + ") }\n"
			if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(source), 0o600); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(dir, "program")
			if out, err := exec.Command("go", "build", "-o", file, filepath.Join(dir, "main.go")).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			program, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(program, english) != test.english || bytes.Contains(program, chinese) != test.chinese {
				t.Errorf("it has the English text: %t, the Chinese: %t", bytes.Contains(program, english), bytes.Contains(program, chinese))
			}
		})
	}
}
