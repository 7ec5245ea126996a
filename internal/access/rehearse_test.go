package access

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/retcode"
)

// TestRehearse shows that the checks up to the signature run, and nothing after them.
func TestRehearse(t *testing.T) {
	var ran []string
	step := func(name string, err error) Stage {
		return Step(name, func(*Call) error { ran = append(ran, name); return err })
	}
	handler := func(*Call) (any, error) { ran = append(ran, "handler"); return "", nil }
	refused := retcode.QQSignatureWrong.Errorf("why")
	endpoint := func(path string, checks ...Stage) Endpoint {
		return Endpoint{Method: "POST", Path: path, Checks: checks, Action: Action{Handle: handler}}
	}
	g, _ := newGateway(t, &strings.Builder{},
		endpoint("/p/right", Sequence("opening", step("params", nil), step("signature", nil).ChecksSignature()), step("later", nil)),
		endpoint("/p/wrong", step("params", nil), step("signature", refused).ChecksSignature(), step("later", nil)),
		endpoint("/p/params", step("params", retcode.QQParameterInvalid), step("signature", nil).ChecksSignature()),
		endpoint("/p/unsigned", step("params", refused)),
		endpoint("/p/panics", Step("params", func(*Call) error { panic("p") }), step("signature", nil).ChecksSignature()),
	)
	g.Inspect(NewInspector())
	for _, test := range []struct {
		method, path string
		ran          string
		path2, stage string
		code         int
	}{
		{"POST", "/p/right", "params signature", "/p/right", "", 0},
		{"POST", "/p/wrong", "params signature", "/p/wrong", "signature", -5},
		{"POST", "/p/params", "params", "/p/params", "params", -1},
		{"POST", "/p/unsigned", "", "/p/unsigned", "", 0},
		{"GET", "/p/right", "", "/p/right", "", 0},
		{"POST", "/p/none", "", "/p/none", "", 0},
		{"POST", "/elsewhere", "", "/elsewhere", "", 0},
		{"POST", "/p/./right", "", "/p/./right", "", 0},
	} {
		ran = nil
		got := g.Rehearse(httptest.NewRequest(test.method, test.path, nil), nil)
		if strings.Join(ran, " ") != test.ran || got.Interface != test.path2 || got.Stage != test.stage || got.Code != test.code {
			t.Errorf("%s %s: ran %v, got %+v", test.method, test.path, ran, got)
		}
	}
	if got := g.Rehearse(httptest.NewRequest("POST", "/p/panics", nil), nil); got.Stage != "params" {
		t.Errorf("after a panic: %+v", got)
	}
	for path, want := range map[string]bool{"/p/right": true, "/p/none": false, "/elsewhere": false} {
		if got := g.Knows(httptest.NewRequest("GET", path, nil)); got != want {
			t.Errorf("%s: known is %v", path, got)
		}
	}
}
