package integration

import (
	"cmp"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/test/rookery"
)

// block is a fenced part of the README.
type block struct{ language, text string }

func readme(t *testing.T) (blocks []block) {
	t.Helper()
	content, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```$").FindAllStringSubmatch(string(content), -1) {
		blocks = append(blocks, block{found[1], strings.TrimSpace(found[2])})
	}
	return blocks
}

// usual is the address of the README's platform.
const usual = "http://127.0.0.1:8700"

// at returns a text of the README with the address of another platform, as it is and as a parameter.
func at(address, text string) string {
	return strings.NewReplacer(usual, address, url.QueryEscape(usual), url.QueryEscape(address)).Replace(text)
}

// masks hide the parts that differ from run to run; a printed request has the time of its start.
var masks = []struct{ form, shown string }{
	{`127\.0\.0\.1:\d+`, "ADDR"},
	{`ts=\d{10}&sig=[0-9a-f]{32}`, "ts=TS&sig=SIG"},
	{`_token=[^&\s]+`, "_token=TOKEN"},
	{`"seq":"\d{10}-\d{10}-\d{6}-\d{10}"`, `"seq":"SEQ"`},
}

func masked(text string) string {
	for _, mask := range masks {
		text = regexp.MustCompile(mask.form).ReplaceAllString(text, mask.shown)
	}
	return strings.TrimSpace(text)
}

// TestTheREADMEIsTrue runs everything that the README shows, in order, and compares the answers with those that it shows.
func TestTheREADMEIsTrue(t *testing.T) {
	data, folder := t.TempDir(), t.TempDir()
	dev := rookery.Spawn(t, "dev", "--addr", "127.0.0.1:0", "--data", data)
	var address string
	var curls []string
	for {
		line, ok := dev.Line(t)
		if !ok {
			t.Fatal("the introduction ended early")
		}
		if found, ok := strings.CutPrefix(line, "Rookery is ready at "); ok {
			address = found
		}
		if strings.HasPrefix(line, "curl ") {
			curls = append(curls, line)
		}
		if strings.HasPrefix(line, "Interrupt") {
			break
		}
	}
	if err := os.Mkdir(filepath.Join(folder, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(rookery.Binary(t), filepath.Join(folder, "bin", "rookery")); err != nil {
		t.Fatal(err)
	}
	sh := func(command string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "sh", "-ec", command)
		cmd.Dir = folder
		cmd.Env = append(os.Environ(), "ROOKERY_SERVER="+address, "ROOKERY_TOKEN_FILE="+filepath.Join(data, "admin.token"))
		out, err := cmd.Output()
		if err != nil {
			t.Errorf("%s: %v", command, err)
		}
		return strings.TrimSpace(string(out))
	}

	here := func(text string) string { return at(address, text) }
	var (
		ran     []string // output of the last sh block
		login   string   // the first request
		code    string   // from the last sign-in
		signIn  = rookery.Start(t)
		answers int
	)
	for _, b := range readme(t) {
		switch {
		case b.language == "sh" && strings.HasPrefix(b.text, "make "):
			for line := range strings.Lines(b.text) {
				command, _, _ := strings.Cut(line, "#")
				if out, err := exec.CommandContext(t.Context(), "sh", "-c", "cd ../.. && "+command+" -n").CombinedOutput(); err != nil {
					t.Errorf("%s: %v\n%s", command, err, out)
				}
			}
		case b.language == "text" && strings.HasPrefix(b.text, usual+"/oauth2.0/authorize?"):
			back := signIn.Person(t, "10002", "rookery-demo").Authorize(t, strings.TrimPrefix(at(signIn.URL, b.text), signIn.URL), "get_user_info")
			code = back.Query().Get("code")
		case b.language == "sh" && strings.Contains(b.text, "/oauth2.0/token?"):
			ran = []string{sh("CODE=" + code + "; " + at(signIn.URL, b.text))}
		case b.language == "sh" && strings.HasPrefix(b.text, "curl "):
			if !slices.ContainsFunc(curls, func(printed string) bool { return masked(printed) == masked(b.text) }) {
				t.Errorf("this request is not printed: %s", b.text)
			}
			login = cmp.Or(login, here(b.text))
			ran = []string{sh(here(b.text))}
		case b.language == "json":
			answers++
			if diff := gocmp.Diff(masked(b.text), masked(ran[0])); diff != "" {
				t.Errorf("the answer is another (-README +got):\n%s", diff)
			}
		case b.language == "sh" && strings.Contains(b.text, "dev --addr 127.0.0.1:0 --json"):
			// How all other tests here start their platforms.
		case b.language == "sh":
			ran = nil
			for line := range strings.Lines(b.text) {
				ran = append(ran, sh(line))
			}
			if strings.Contains(b.text, "account passwd") {
				if answer := sh(login); !strings.Contains(answer, `"ret":-73,`) {
					t.Errorf("after a change of password: %s, want ret -73", answer)
				}
				if len(ran) != 3 || len(ran[1]) < 100 || len(ran[2]) < 100 {
					t.Errorf("two tokens should be printed, got %q", ran)
				}
			}
		case b.language == "text":
			if got := strings.Join(ran, "\n"); !strings.HasPrefix(masked(got), masked(b.text)) {
				t.Errorf("the output is another: got\n%s\nwant it to begin with\n%s", got, b.text)
			}
		default:
			t.Errorf("nothing runs the %s block %q", b.language, b.text)
		}
	}
	if answers != 2 {
		t.Errorf("the README shows %d answers, want 2", answers)
	}
}
