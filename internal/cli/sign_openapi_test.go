package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	openAPIKey    = "228bf094169a40a3bd188ba37ebe8723"
	openAPIParams = "openid=11111111111111111&openkey=2222222222222222&appid=123456&pf=qzone&format=json&userip=112.90.139.30"
	openAPISigned = "&%2Fv3%2Fuser%2Fget_info&appid%3D123456%26format%3Djson%26openid%3D11111111111111111%26openkey%3D2222222222222222%26pf%3Dqzone%26userip%3D112.90.139.30"
)

// TestSignOpenAPI checks vector V1 of qq-connect-openapi.md, B.5, in all forms in which it can be given.
func TestSignOpenAPI(t *testing.T) {
	ownFolders(t)
	key := secretFile(t, openAPIKey+"\n")
	const path, get, post = "/v3/user/get_info", "FdJkiDYwMj5Aj1UG2RUPc83iokk=", "PLR+/cChNBsUiKOwg+LZeTuoqgk="
	for _, test := range []struct {
		name             string
		args             []string
		source, sig, url string
	}{
		{"GET", []string{path + "?" + openAPIParams}, "GET", get, path + "?" + openAPIParams + "&sig=FdJkiDYwMj5Aj1UG2RUPc83iokk%3D"},
		{"whole URL, signed already", []string{"https://host:1/prefix" + path + "?" + openAPIParams + "&sig=old"}, "GET", get,
			"https://host:1/prefix" + path + "?" + openAPIParams + "&sig=FdJkiDYwMj5Aj1UG2RUPc83iokk%3D"},
		{"form of a POST", []string{path, "--method", "POST", "--body", openAPIParams}, "POST", post, path + "?sig=PLR%2B%2FcChNBsUiKOwg%2BLZeTuoqgk%3D"},
	} {
		t.Run(test.name, func(t *testing.T) {
			args := append([]string{"sign", "openapi", "--key-file", key}, test.args...)
			want := "source  " + test.source + openAPISigned + "\nsig     " + test.sig + "\nurl     " + test.url + "\n"
			if diff := cmp.Diff(want, run(t, "", args...)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			wantAll(t, run(t, "", append(args, "--check", test.sig)...), "the signature is right")
			got := decode[map[string]any](t, run(t, "", append(args, "--check", test.sig, "--json")...))
			if diff := cmp.Diff(map[string]any{"source": test.source + openAPISigned, "sig": test.sig, "url": test.url, "right": true}, got); diff != "" {
				t.Errorf("JSON: (-want +got)\n%s", diff)
			}
		})
	}
}

// TestSignOpenAPIRefuses: internal/sign has a test for each mistake that is reported.
func TestSignOpenAPIRefuses(t *testing.T) {
	ownFolders(t)
	const url = "/v3/user/get_info?" + openAPIParams
	for _, test := range []struct {
		name   string
		args   []string
		status int
		says   string
	}{
		{"no path", []string{"v3/user/get_info"}, ExitUsage, "neither a URL nor a path"},
		{"a broken escape", []string{"/v3/x?a=%zz"}, ExitUsage, `"a" is not percent-encoded`},
		{"a body without a name", []string{"/v3/x", "--method", "POST", "--body", "=1"}, ExitUsage, "--body: a parameter has no name"},
		{"body of GET", []string{url, "--body", "a=1"}, ExitUsage, "no body"},
		{"another method", []string{url, "--method", "PUT"}, ExitUsage, "neither GET nor POST"},
		{"signature of the POST", []string{url, "--check", "PLR+/cChNBsUiKOwg+LZeTuoqgk="}, ExitFailure, "another method was signed than was sent: POST"},
		{"encoder of another language", []string{"/v3/user/is_login?appid=1&x=a%20b", "--check", "ppXSGDE622k6n8nmfxZoDz9O0aI="}, ExitFailure, "a blank is +"},
		{"some other signature", []string{url, "--check", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="}, ExitFailure, "none of the usual mistakes"},
		{"no signature", []string{url, "--check", ""}, ExitFailure, "none of the usual mistakes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, _, stderr := runCommand(t, openAPIKey, append([]string{"sign", "openapi", "--key-file", "-"}, test.args...)...)
			if status != test.status || !strings.Contains(stderr, test.says) {
				t.Errorf("status %d, error %q, want status %d and %q", status, stderr, test.status, test.says)
			}
			if strings.Contains(stderr, openAPIKey) {
				t.Errorf("the error shows the key: %q", stderr)
			}
		})
	}
}
