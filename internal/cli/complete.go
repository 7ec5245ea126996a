package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/client/share"
	"github.com/rookeryhq/rookery/internal/fault"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/server"
	"github.com/rookeryhq/rookery/internal/token"
	"github.com/rookeryhq/rookery/retcode"
)

// completions are what a shell offers for a flag or, without one, for the first argument, by the command's path. All of it is known
// without a platform.
var completions = []struct {
	command, flag string
	values        func() []cobra.Completion
}{
	{"rookery token issue", "kind", token.Kinds},
	{"rookery token revoke", "by", words("operator", "user")},
	{"rookery operator add", "role", platform.OperatorRoles},
	{"rookery operator update", "role", platform.OperatorRoles},
	{"rookery account create", "class", words("ordinary", "B", "BC", "interactive", "kaixin")},
	{"rookery app create", "environment", words("formal", "test")},
	{"rookery app update", "environment", words("formal", "test")},
	{"rookery share", "type", share.TypeNames},
	{"rookery share", "target", words("friend", "group", "qzone")},
	{"rookery codes export", "format", words(exportFormats...)},
	{"rookery codes show", "", codes},
	{"rookery explain", "", codes},
	{"rookery dev answer", "code", codes},
	{"rookery dev answer", "api", interfaces},
	{"rookery doctor", "api", interfaces},
	{"rookery dev fault add", "", faultPoints},
	{"rookery app ask", "", demoApps},
	{"rookery app rotate-key", "", demoApps},
	{"rookery app show", "", demoApps},
	{"rookery app update", "", demoApps},
}

// everywhere are what a shell offers for flags that many commands have.
var everywhere = map[string]func() []cobra.Completion{"app": demoApps, "lang": words("en", "zh"), "scene": words(server.DemoScene)}

// complete adds the completions to the tree. Cobra has those of commands and flags by itself.
func complete(root *cobra.Command) {
	for _, c := range completions {
		cmd := command(root, strings.Fields(c.command)[1:]...)
		offer := func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if c.flag == "" && len(args) > 0 {
				return nil, cobra.ShellCompDirectiveDefault
			}
			return c.values(), cobra.ShellCompDirectiveNoFileComp
		}
		if c.flag == "" {
			cmd.ValidArgsFunction = offer
		} else if err := cmd.RegisterFlagCompletionFunc(c.flag, offer); err != nil {
			panic(err) // the table names a flag that is not there
		}
	}
	var visit func(*cobra.Command)
	visit = func(cmd *cobra.Command) {
		for flag, values := range everywhere {
			if cmd.Flags().Lookup(flag) != nil {
				_ = cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
					return values(), cobra.ShellCompDirectiveNoFileComp
				})
			}
		}
		for _, child := range cmd.Commands() {
			visit(child)
		}
	}
	visit(root)
}

// command returns the command of a path below root. Cobra's Find would give groups the flags of their commands.
func command(root *cobra.Command, path ...string) *cobra.Command {
	for _, name := range path {
		i := slices.IndexFunc(root.Commands(), func(c *cobra.Command) bool { return c.Name() == name })
		root = root.Commands()[i] // or the table names a command that is not there
	}
	return root
}

// addCompletion adds Cobra's commands that print a shell's script, with examples as all others have them.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	group := command(root, "completion")
	group.Short = "Print the script with which a shell completes commands, flags and their values"
	for _, shell := range group.Commands() {
		shell.Example = fmt.Sprintf("  %s > completion.%s", shell.CommandPath(), shell.Name())
	}
}

func words(list ...string) func() []cobra.Completion {
	return func() []cobra.Completion { return list }
}

// codes are all codes by domain and number, with what they mean.
func codes() (all []cobra.Completion) {
	for e := range retcode.Entries() {
		all = append(all, cobra.CompletionWithDesc(fmt.Sprintf("%s/%d", e.Domain, e.Low), e.Summary))
	}
	return all
}

// interfaces are the paths that games call.
func interfaces() (all []cobra.Completion) {
	for _, door := range server.Doors() {
		for _, endpoint := range door.Endpoints {
			all = append(all, strings.TrimSuffix(endpoint.Path, "{$}"))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// faultPoints are all points of tables and caches, and the beginnings of those that name a command.
func faultPoints() (all []cobra.Completion) {
	for _, point := range fault.Points() {
		kind, what, named := strings.Cut(point, ":")
		switch {
		case what == "TABLE":
			all = append(all, prefixed(kind+":", fault.Tables)...)
		case what == "CACHE":
			all = append(all, prefixed(kind+":", fault.Caches)...)
		case named:
			all = append(all, kind+":")
		default:
			all = append(all, kind)
		}
	}
	return all
}

func prefixed(prefix string, names []string) []cobra.Completion {
	all := make([]cobra.Completion, len(names))
	for i, name := range names {
		all[i] = prefix + name
	}
	return all
}

// demoApps are the apps of the demo world.
func demoApps() (all []cobra.Completion) {
	for _, app := range server.DemoApps() {
		all = append(all, cobra.CompletionWithDesc(app.AppID.String(), app.Name))
	}
	return all
}
