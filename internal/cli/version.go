package cli

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version identifies this rookery; parts that the build did not record are empty.
type version struct {
	Version  string `json:"version"`
	Revision string `json:"revision"`
	Time     string `json:"time"`     // of the revision
	Modified bool   `json:"modified"` // built from more than the revision
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func newVersionCommand(s *streams) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Show which version of rookery this is",
		Example: "  rookery version\n" +
			"  rookery version --json",
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			v := thisVersion()
			if asJSON {
				return writeJSON(s.out, v)
			}
			_, err := fmt.Fprintln(s.out, v)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an object")
	return cmd
}

func (v version) String() string {
	revision := cmp.Or(v.Revision, "unknown revision")
	if v.Modified {
		revision += " with changes"
	}
	return fmt.Sprintf("rookery %s (%s) %s %s", v.Version, revision, v.Go, v.Platform)
}

func thisVersion() version {
	v := version{Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Version = cmp.Or(build.Main.Version, v.Version)
	for _, setting := range build.Settings {
		switch setting.Key {
		case "vcs.revision":
			v.Revision = setting.Value
		case "vcs.time":
			v.Time = setting.Value
		case "vcs.modified":
			v.Modified = setting.Value == "true"
		}
	}
	return v
}
