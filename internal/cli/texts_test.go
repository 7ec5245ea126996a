package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/retcode"
)

// TestTextsNameNoMissingCommand: what the catalogue tells a developer to run is there, with its flags.
func TestTextsNameNoMissingCommand(t *testing.T) {
	root := newRootCommand(new(streams))
	checked := 0
	for _, row := range slices.AppendSeq(slices.Collect(retcode.Entries()), retcode.DoorEntries()) {
		for _, text := range []string{row.Summary, row.Cause, row.Remedy, row.Note} {
			n, missing := missingCommand(root, text)
			checked += n
			if missing != "" {
				t.Errorf("%v %d names %s, which is not there: %s", row.Domain, row.Low, missing, text)
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
	} {
		if _, got := missingCommand(root, text); got != want {
			t.Errorf("%s: %q is missing, want %q", text, got, want)
		}
	}
}

// missingCommand looks for a command in a text that root does not have, or a flag that the command before it does not have. It also
// returns how many commands it looked at.
func missingCommand(root *cobra.Command, text string) (checked int, missing string) {
	var last *cobra.Command
	naming := false // whether the next word may go on with the command's name
	for _, word := range strings.Fields(text) {
		name, _, _ := strings.Cut(strings.Trim(word, "(),.;:"), "=")
		flag, isFlag := strings.CutPrefix(name, "--")
		switch {
		case name == root.Name():
			last, naming = root, true
			checked++
		case isFlag && last == nil:
			return checked, "flag " + name
		case isFlag && last.Flags().Lookup(flag) == nil:
			return checked, last.CommandPath() + " " + name
		case naming:
			i := slices.IndexFunc(last.Commands(), func(c *cobra.Command) bool { return c.Name() == name })
			switch alone := !last.HasSubCommands() || last.Flags().HasFlags(); { // such as rookery dev
			case i >= 0:
				last = last.Commands()[i]
			case alone:
				naming = false
			default:
				return checked, last.CommandPath() + " " + name
			}
		}
		naming = naming && name == word
	}
	return checked, ""
}
