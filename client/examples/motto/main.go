// Command motto is a back end of the OIDB bus with a command of its own, 0xe10 of service type 1: it returns the motto of a guild from a
// file. The platform routes the command to it, by a line in the file that its setting oidb.routes names:
//
//	0xe10_1: {backend: oidb+tcp://127.0.0.1:8711, protobuf: true}
//
// Request and answer are google.protobuf.StringValue: the guild's number, and its motto. A guild without one is answered 1001.
//
//	motto -listen 127.0.0.1:8711 mottos.json
//
// The file holds an object: {"2134": "Fly by night"}. On an interrupt the calls under way are answered before the end.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/rookeryhq/rookery/client"
	"github.com/rookeryhq/rookery/retcode"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "motto:", err)
		os.Exit(1)
	}
}

func run() error {
	listen := flag.String("listen", "127.0.0.1:8711", "`HOST:PORT` to listen on")
	flag.Parse()
	if flag.NArg() != 1 {
		return errors.New("name the file with the mottos")
	}
	text, err := os.ReadFile(flag.Arg(0))
	if err != nil {
		return err
	}
	var all mottos
	if err := json.Unmarshal(text, &all); err != nil {
		return fmt.Errorf("%s: %w", flag.Arg(0), err)
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	var server client.OIDBServer
	server.Handle(0xe10, 1, all.show)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	fmt.Printf("0xe10_1 is carried out at %s\n", listener.Addr())
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return server.Shutdown(patience)
}

// mottos are the guilds' mottos by number.
type mottos map[string]string

func (all mottos) show(_ context.Context, call *client.OIDBCall) ([]byte, error) {
	var guild wrapperspb.StringValue
	if err := proto.Unmarshal(call.Body, &guild); err != nil {
		return nil, retcode.OIDBUnpackFailed.Errorf("the request is not a StringValue")
	}
	motto, ok := all[guild.Value]
	if !ok {
		return nil, &client.OIDBResult{Result: 1001, Text: fmt.Sprintf("guild %.20q has no motto", guild.Value)}
	}
	return proto.Marshal(wrapperspb.String(motto))
}
