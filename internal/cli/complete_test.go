package cli

import (
	"strings"
	"testing"
)

func TestShellsCompleteValues(t *testing.T) {
	for line, want := range map[string]string{
		"token issue --kind ":                 "openkey\n",
		"token issue --app ":                  "100700001\tMagpie Arena\n",
		"scene show --scene ":                 "demo\n",
		"codes show ":                         "group/221012\t",
		"explain ":                            "qq/5\t",
		"dev answer --api ":                   "/v2/group/join_group\n",
		"dev answer --code ":                  "accesstoken/65\t",
		"dev fault add ":                      "store.read:grants\n",
		"share --target ":                     "qzone\n",
		"share --type ":                       "mini-program\n",
		"app update 100700001 --environment ": "test\n",
		"backup x --fo":                       "--force\t",
		"comp":                                "completion\t",
	} {
		t.Run(line, func(t *testing.T) {
			words := strings.Split(line, " ")
			out := run(t, "", append([]string{"__complete"}, words...)...)
			if !strings.Contains("\n"+out, "\n"+want) {
				t.Errorf("%q is not offered in\n%s", want, out)
			}
		})
	}
}

func TestVersionFlag(t *testing.T) {
	if flag, command := run(t, "", "--version"), run(t, "", "version"); flag != command || !strings.HasPrefix(flag, "rookery ") {
		t.Errorf("--version prints %q, version %q", flag, command)
	}
}
