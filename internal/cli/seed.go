package cli

import (
	"bytes"
	"fmt"
	"net/http"
	"os"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/seed"
)

func addSeedFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVar(file, "seed", "", "YAML or JSON `file` with the world to make (default: the demo world)")
}

// readSeed returns the world of a file; nil without a name.
func readSeed(name string) (*seed.World, error) {
	if name == "" {
		return nil, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("--seed: %w", err)
	}
	defer file.Close()
	return seed.Read(name, file)
}

func newExportCommand(s *streams) *cobra.Command {
	c := &client{streams: s}
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write the world of a running rookery dev as a file for --seed",
		Long: `Write the world of a running rookery dev to standard output, as a file that 'rookery dev --seed' makes the same world
of: its apps with their keys, its accounts with their passwords or the hashes of these, friendships, and who has which
openid at which app. docs/seed.md describes the file and what is not in it.` + operatorLong,
		Example: `  rookery dev export > world.yaml
  rookery dev export --json > world.json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			answer, err := c.call(cmd.Context(), http.MethodGet, "/dev/v1/world", nil)
			if err != nil {
				return err
			}
			world, err := seed.Read("the platform's answer", bytes.NewReader(answer))
			if err != nil {
				return err
			}
			if c.asJSON {
				return world.WriteJSON(s.out)
			}
			return world.WriteYAML(s.out)
		},
	}
	c.addPlatformFlags(cmd.Flags())
	cmd.Flags().BoolVar(&c.asJSON, "json", false, "write JSON in place of YAML")
	return cmd
}
