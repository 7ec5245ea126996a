// Command rookery is a self-hosted game platform: it runs the platform, administers it and explains its return codes.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/rookeryhq/rookery/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends a program that does not stop by itself
	os.Exit(cli.Main(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
