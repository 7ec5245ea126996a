package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/config"
	"github.com/rookeryhq/rookery/internal/server"
)

func newConfigCommand(s *streams) *cobra.Command {
	return newGroup("config", "Check and print the configuration of rookery serve", "", newConfigCheckCommand(s), newConfigPrintCommand(s))
}

func newConfigCheckCommand(s *streams) *cobra.Command {
	var from settings
	cmd := &cobra.Command{
		Use:     "check",
		Short:   "Check whether rookery serve could start with a configuration, and what is not safe about it",
		Example: "  rookery config check --config /etc/rookery.yaml",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			loaded, err := from.load(cmd)
			if err != nil {
				return err
			}
			if err := server.CheckFiles(&loaded.Config); err != nil {
				return err
			}
			warnings := loaded.Warnings()
			for _, w := range warnings {
				fmt.Fprintf(s.err, "not safe: %s: %s\n", w.Setting, w.Text)
			}
			unsafe := "."
			if len(warnings) > 0 {
				unsafe = fmt.Sprintf("; not safe: %d.", len(warnings))
			}
			_, err = fmt.Fprintf(s.out, "The configuration is valid%s\n", unsafe)
			return err
		},
	}
	from.addFlags(cmd)
	return cmd
}

func newConfigPrintCommand(s *streams) *cobra.Command {
	var (
		from   settings
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "print",
		Short: "Show every setting's value and where it came from",
		Long: `Show every setting's value and where it came from, as a file that rookery serve takes. Secrets are not in it: settings
hold only the paths of their files.`,
		Example: `  rookery config print --config /etc/rookery.yaml
  rookery config print --data ./platform > rookery.yaml      # the defaults, to begin with
  rookery config print --data ./platform --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			loaded, err := from.load(cmd)
			if err != nil {
				return err
			}
			if !asJSON {
				_, err = fmt.Fprint(s.out, loaded.YAML())
				return err
			}
			type value struct {
				Setting string `json:"setting"`
				Value   string `json:"value"`
				From    string `json:"from"`
			}
			var values []value
			for _, s := range loaded.Settings {
				values = append(values, value{s.Key, s.Text(), s.From})
			}
			return json.NewEncoder(s.out).Encode(values)
		},
	}
	from.addFlags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// otherVariables are ROOKERY_ variables that are not settings of the platform: those of the operator commands, of the
// tests, and of rookery dev exec.
var otherVariables = append([]string{"ROOKERY_CONFIG", "ROOKERY_SERVER", "ROOKERY_TOKEN_FILE", "ROOKERY_BINARY"}, execVariables...)

// settings reads the configuration named by a command line.
type settings struct {
	only  []string // the settings and sections, by key, that the command takes; nil for all of them
	alone bool     // the command reads no file, and no variables of other settings
	part  bool     // the others need not be set, and their variables are not read
	file  string
	flags map[string]*settingFlag // by name
}

// addFlags gives a command a flag for each setting, and --config if it reads a file.
func (s *settings) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	if !s.alone {
		flags.StringVar(&s.file, "config", "", "YAML `file` with settings; or ROOKERY_CONFIG")
		flags.SortFlags = false
	}
	s.flags = make(map[string]*settingFlag)
	for _, setting := range config.Default().Settings {
		if !s.takes(setting.Key) {
			continue
		}
		first, _, _ := strings.Cut(setting.Doc, ". ")
		value := &settingFlag{text: setting.Default, kind: placeholder(setting)}
		flags.Var(value, setting.Flag(), strings.TrimSuffix(first, "."))
		s.flags[setting.Flag()] = value
	}
}

// takes reports whether the command takes a setting or a section.
func (s *settings) takes(key string) bool {
	return s.only == nil || slices.ContainsFunc(s.only, func(only string) bool { return key == only || strings.HasPrefix(key, only+".") })
}

// settingFlag is a setting's flag. Its value is checked together with all other settings.
type settingFlag struct{ text, kind string }

func (f *settingFlag) String() string { return f.text }
func (f *settingFlag) Type() string   { return f.kind }

func (f *settingFlag) Set(text string) error {
	f.text = text
	return nil
}

// placeholder returns the word that help texts show for a setting's value.
func placeholder(s *config.Setting) string {
	kind, _, _ := strings.Cut(s.Kind(), " from ")
	if strings.HasPrefix(kind, "list of ") {
		return "ranges"
	}
	return strings.ReplaceAll(kind, " or ", "|")
}

func (s *settings) load(cmd *cobra.Command) (*config.Loaded, error) {
	given := make(map[string]string)
	for name, value := range s.flags {
		if cmd.Flags().Changed(name) {
			given[name] = value.text
		}
	}
	sources := config.Sources{Environ: os.Environ(), Flags: given}
	read := func() (*config.Loaded, error) { return config.LoadSome(sources, s.only...) }
	if !s.alone {
		sources.File, sources.Others = cmp.Or(s.file, os.Getenv("ROOKERY_CONFIG")), otherVariables
	}
	if !s.alone && !s.part {
		read = func() (*config.Loaded, error) { return config.Load(sources) }
	}
	loaded, err := read()
	if err != nil {
		err = fmt.Errorf("the configuration is not valid:\n%w", err)
		if flag := new(config.FlagError); errors.As(err, &flag) {
			return nil, usageErrorf("%w", err)
		}
		return nil, err
	}
	return loaded, nil
}
