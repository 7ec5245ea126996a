// Command idip is a game's server that answers the platform's questions about guilds from a file. It is all that a game has to
// serve before its guilds can have QQ groups:
//
//	idip -listen :8080 -gameid 11 -sigkey-file sigkey.txt guilds.json
//	rookery app update 100700001 --grant group --idip http://game.example:8080/idip
//
// The file holds the guilds, with their people as the game knows them, by MSDK openid:
//
//	[{"zone": "1", "guild": "2134", "name": "Night Herons", "leader": "10000000000000000001", "members": ["10000000000000000002"]}]
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/rookeryhq/rookery/client"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "idip:", err)
		os.Exit(1)
	}
}

func run() error {
	var app client.App
	listen := flag.String("listen", "127.0.0.1:8080", "`HOST:PORT` to listen on")
	keyFile := flag.String("sigkey-file", "sigkey.txt", "`file` with the game's V5 key of source 0")
	flag.StringVar(&app.GameID, "gameid", "", "`number` of the game at MSDK V5")
	flag.Parse()
	if flag.NArg() != 1 {
		return errors.New("name the file with the guilds")
	}
	guilds, err := read(flag.Arg(0))
	if err != nil {
		return err
	}
	key, err := os.ReadFile(*keyFile)
	if err != nil {
		return err
	}
	app.SigKey = strings.TrimSpace(string(key))
	handler, err := client.IDIPHandler(app, guilds.answer)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	fmt.Printf("IDIP is answered at http://%s/idip\n", listener.Addr())
	mux := http.NewServeMux()
	mux.Handle("/idip", handler)
	server := &http.Server{Handler: mux, ReadTimeout: 5 * time.Second, WriteTimeout: 5 * time.Second}
	return server.Serve(listener)
}

// name names a guild.
type name struct{ zone, guild string }

type guild struct {
	Zone    string   `json:"zone"`
	Guild   string   `json:"guild"`
	Name    string   `json:"name"`
	Leader  string   `json:"leader"`
	Members []string `json:"members"`
}

type guilds map[name]guild

func read(file string) (guilds, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var list []guild
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	all := make(guilds)
	for _, g := range list {
		all[name{g.Zone, g.Guild}] = g
	}
	return all, nil
}

// answer is called for questions of the platform only.
func (all guilds) answer(_ context.Context, q client.GuildQuery) (client.GuildAnswer, error) {
	g, ok := all[name{q.Zone, q.Guild}]
	if !ok {
		return client.GuildAnswer{}, client.ErrNoGuild
	}
	return client.GuildAnswer{
		Name: g.Name, LeaderOpenID: g.Leader,
		Member: slices.Contains(g.Members, q.OpenID), Leader: g.Leader == q.OpenID,
	}, nil
}
