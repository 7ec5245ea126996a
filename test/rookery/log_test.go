package rookery

import (
	"strings"
	"testing"
)

func TestLogFaults(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"clean", `{"msg":"request","code":0}` + "\n", ""},
		{"secret in a field", `{"msg":"request","error":"secret-token"}` + "\n", `shows the secret "secret-token"`},
		{"secret in a line that is no JSON", "something with secret-token\n", `shows the secret "secret-token"`},
		{"undeclared code", `{"msg":"request","code":5,"undeclared":true}` + "\n", "does not declare"},
		{"panic", "panic: runtime error\n", "reports a panic"},
		{"race", "WARNING: DATA RACE\nWrite at\n", "reports a data race"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := new(watch)
			w.hide("secret-token")
			got := strings.Join(w.faults(test.text), "\n")
			if test.want == "" && got != "" || !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
