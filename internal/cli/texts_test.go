package cli

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/codebook"
	"github.com/rookeryhq/rookery/internal/explain"
	"github.com/rookeryhq/rookery/retcode"
)

// TestTextsNameNoMissingCommand: what the catalogue tells a developer to run is there, with its flags, and the same in both languages.
func TestTextsNameNoMissingCommand(t *testing.T) {
	root := newRootCommand(new(streams))
	checked := 0
	for row := range explain.Entries {
		english, chinese := row, row.In(retcode.Chinese)
		for _, texts := range [][2]string{
			{english.Summary, chinese.Summary}, {english.Cause, chinese.Cause}, {english.Remedy, chinese.Remedy},
			{english.OnRookery, chinese.OnRookery}, {english.OnQQ, chinese.OnQQ}, {english.Note, chinese.Note},
		} {
			var named [2][]string
			for i, text := range texts {
				var missing string
				if named[i], missing = commandsIn(root, text); missing != "" {
					t.Errorf("%v %d names %s, which is not there: %s", row.Domain, row.Low, missing, text)
				}
				checked += len(named[i])
				slices.Sort(named[i])
			}
			if !slices.Equal(slices.Compact(named[0]), slices.Compact(named[1])) {
				t.Errorf("%v %d names %q in English and %q in Chinese: %s", row.Domain, row.Low, named[0], named[1], texts[1])
			}
		}
		for _, line := range codebook.Of(row).BringAbout {
			for _, command := range strings.Split(line, "rookery ")[1:] {
				if words := strings.Fields(command); !slices.ContainsFunc(root.Commands(), func(c *cobra.Command) bool { return c.Name() == words[0] }) {
					t.Errorf("%v %d is brought about with rookery %s", row.Domain, row.Low, words[0])
				}
			}
		}
	}
	if checked < 50 {
		t.Errorf("only %d commands were looked at", checked)
	}
}

func TestAMissingCommandIsNoticed(t *testing.T) {
	root := newRootCommand(new(streams))
	for text, want := range map[string]string{
		"Run rookery app show with the appid, then rookery scene set.":    "",
		"Have the operator run rookery app update --grant relation.":      "",
		"A flag --of-something-else, and rookery explain on the answer":   "flag --of-something-else",
		"Run rookery app shew with the appid.":                            "rookery app shew",
		"Run rookery frobnicate.":                                         "rookery frobnicate",
		"Have the operator run rookery app update --granted relation.":    "rookery app update --granted",
		"Paste it into rookery token inspect. Then try --uin or --appid.": "rookery token inspect --uin",
		"Rookery is a platform":                                           "",
		"用 rookery app show --keys，再用 rookery app shew 查看。":               "rookery app shew",
	} {
		if _, got := commandsIn(root, text); got != want {
			t.Errorf("%s: %q is missing, want %q", text, got, want)
		}
	}
}

func TestCommandsAreFound(t *testing.T) {
	got, missing := commandsIn(newRootCommand(new(streams)), "用 rookery app show --keys查看，再用（rookery dev）、rookery dev clock 或 rookery scene set。")
	if want := []string{"rookery app show", "--keys", "rookery dev", "rookery dev clock", "rookery scene set"}; missing != "" || !slices.Equal(got, want) {
		t.Errorf("got %q (%s), want %q", got, missing, want)
	}
}

// commandsIn returns the commands and flags that a text names, and the first that root or the command before it does not have.
func commandsIn(root *cobra.Command, text string) (named []string, missing string) {
	var last *cobra.Command
	naming := false // whether the next word may go on with the command's name
	end := func() {
		if naming {
			named = append(named, last.CommandPath())
		}
		naming = false
	}
	for _, word := range strings.Fields(chineseRun.ReplaceAllString(text, ", ")) {
		name, _, _ := strings.Cut(strings.Trim(word, "(),.;:"), "=")
		flag, isFlag := strings.CutPrefix(name, "--")
		switch {
		case name == "": // marks alone
			end()
		case name == root.Name():
			end()
			last, naming = root, true
		case isFlag && last == nil:
			return named, "flag " + name
		case isFlag && last.Flags().Lookup(flag) == nil:
			return named, last.CommandPath() + " " + name
		case isFlag:
			end()
			named = append(named, name)
		case naming:
			i := slices.IndexFunc(last.Commands(), func(c *cobra.Command) bool { return c.Name() == name })
			switch alone := !last.HasSubCommands() || last.Flags().HasFlags(); { // such as rookery dev
			case i >= 0:
				last = last.Commands()[i]
			case alone:
				end()
			default:
				return named, last.CommandPath() + " " + name
			}
		}
		if name != word {
			end()
		}
	}
	end()
	return named, ""
}

// chineseRun is a run of characters that no command has.
var chineseRun = regexp.MustCompile(`[^ -~]+`)
