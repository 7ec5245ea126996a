// Command gen writes docs/config.md from package config's struct. It is run by go generate in internal/config.
package main

import (
	"fmt"
	"os"

	"github.com/rookeryhq/rookery/internal/config"
)

func main() {
	if err := os.WriteFile("../../docs/config.md", []byte(config.Markdown()), 0o644); err != nil {
		fmt.Fprintf(os.Stderr, "gen: %v\n", err)
		os.Exit(1)
	}
}
