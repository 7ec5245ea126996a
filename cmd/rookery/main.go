// Command rookery is a self-hosted game platform: it runs the platform, administers it and explains its return codes.
package main

//go:generate go run ./gen

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/rookeryhq/rookery/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends a program that does not stop by itself. A signal within the first second does not count as the
	// second: timeout(1), for one, signals the process and then its whole group.
	context.AfterFunc(ctx, func() { time.AfterFunc(time.Second, stop) })
	os.Exit(cli.Main(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
