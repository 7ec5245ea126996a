package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rookeryhq/rookery/test/pg"
	"github.com/rookeryhq/rookery/test/rookery"
)

// cluster is a PostgreSQL of three nodes under Patroni, the etcd in which they elect their primary, and a Redis.
type cluster struct {
	router      *router // nil: all machines are at loopback
	etcd        []*machine
	nodes       []*node
	redis       *machine
	redisPort   int
	certificate string // of all nodes, and of Redis
	client      http.Client
}

// node is Patroni with its PostgreSQL.
type node struct {
	machine
	port, api int
}

// Patroni's times. A dead primary is noticed when its key in etcd expires, and what is left of 15 seconds is for the election.
const (
	keyLasts    = 6
	loopEvery   = 1
	retryWithin = 2
)

// place returns where a machine of a name may be.
func (c *cluster) place(t *testing.T, name string) place {
	t.Helper()
	if c.router == nil {
		return place{address: loopback}
	}
	return c.router.connect(t, name)
}

// here is the address of callers and games.
func (c *cluster) here() string {
	if c.router == nil {
		return loopback
	}
	return callers
}

// startCluster starts a cluster with so many members of etcd, and waits until it is whole.
func startCluster(t *testing.T, members int, router *router) *cluster {
	t.Helper()
	bin, err := pg.Programs()
	if err == nil {
		err = programs()
	}
	if err != nil && os.Getenv("CI") == "" {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	folder, err := os.MkdirTemp("", "rookery-cluster-") // whose path is short enough for sockets
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	if os.Geteuid() == 0 {
		give(t, folder)
	}
	c := &cluster{router: router, client: http.Client{Timeout: 2 * time.Second}}
	port := func() int {
		n, err := freePort()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	started := func(m *machine) {
		t.Cleanup(func() { m.end(t) })
		if err := m.start(); err != nil {
			t.Fatal(err)
		}
	}
	var clients, peers, addresses []string
	for i := range members {
		m := &machine{name: fmt.Sprint("etcd", i+1), folder: folder}
		m.place = c.place(t, m.name)
		clients = append(clients, fmt.Sprintf("%s:%d", m.address, port()))
		peers = append(peers, fmt.Sprintf("%s=http://%s:%d", m.name, m.address, port()))
		c.etcd = append(c.etcd, m)
	}
	for i, m := range c.etcd {
		client, peer := "http://"+clients[i], strings.TrimPrefix(peers[i], m.name+"=")
		m.args = []string{
			"etcd", "--name", m.name, "--data-dir", filepath.Join(folder, m.name), "--listen-client-urls", client, "--advertise-client-urls", client,
			"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", strings.Join(peers, ","), "--heartbeat-interval", "200", "--election-timeout", "2000",
		}
		started(m)
	}
	for i := range 3 {
		n := &node{machine: machine{name: fmt.Sprint("node", i+1), folder: folder}, port: port(), api: port()}
		n.place = c.place(t, n.name)
		addresses = append(addresses, n.address)
		c.nodes = append(c.nodes, n)
	}
	c.redis, c.redisPort = &machine{name: "redis", folder: folder}, port()
	c.redis.place = c.place(t, c.redis.name)
	var key string
	c.certificate, key = certify(t, folder, append(addresses, c.redis.address))
	if os.Geteuid() == 0 {
		give(t, c.certificate)
		give(t, key)
	}
	for _, n := range c.nodes {
		n.args = []string{"patroni", n.configure(t, bin, clients, c.certificate, key)}
		started(&n.machine)
	}
	c.redis.args = []string{
		"redis-server", "--bind", c.redis.address, "--port", "0", "--tls-port", strconv.Itoa(c.redisPort), "--tls-auth-clients", "no",
		"--tls-cert-file", c.certificate, "--tls-key-file", key, "--tls-ca-cert-file", c.certificate, "--protected-mode", "no", "--save", "", "--dir", folder,
	}
	started(c.redis)
	until(t, rookery.Patience, "the cluster is whole", c.whole)
	return c
}

// give gives a folder or a file to the user that PostgreSQL runs as.
func give(t *testing.T, file string) {
	t.Helper()
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(nobody.Uid)
	gid, _ := strconv.Atoi(nobody.Gid)
	if err := os.Chown(file, uid, gid); err != nil {
		t.Fatal(err)
	}
}

type settings map[string]any

// configure writes the configuration of Patroni, which may be JSON as any YAML may.
func (n *node) configure(t *testing.T, bin string, etcd []string, certificate, key string) (file string) {
	t.Helper()
	api, address := fmt.Sprintf("%s:%d", n.address, n.api), fmt.Sprintf("%s:%d", n.address, n.port)
	text, err := json.Marshal(settings{
		"scope": "rookery", "name": n.name,
		"restapi": settings{"listen": api, "connect_address": api},
		"etcd3":   settings{"hosts": etcd},
		"bootstrap": settings{
			"dcs": settings{
				"ttl": keyLasts, "loop_wait": loopEvery, "retry_timeout": retryWithin,
				"primary_start_timeout": 0, // a primary whose PostgreSQL has died is replaced, not waited for
				"synchronous_mode":      true,
				// What the synchronous standby lacks was acknowledged to nobody, so it may lead however much that is.
				"maximum_lag_on_failover": 1 << 40,
				"postgresql":              settings{"use_pg_rewind": true, "parameters": settings{"max_connections": 150, "shared_buffers": "32MB", "max_wal_size": "128MB", "wal_keep_size": "64MB"}},
			},
			"initdb": []any{settings{"encoding": "UTF8"}, settings{"locale": "C"}, settings{"auth": "trust"}, "data-checksums", "no-sync"},
		},
		"postgresql": settings{
			"listen": address, "connect_address": address, "bin_dir": bin, "data_dir": filepath.Join(n.folder, n.name), "pgpass": filepath.Join(n.folder, n.name+".pgpass"),
			"authentication": settings{"superuser": settings{"username": "rookery"}, "replication": settings{"username": "replicator"}, "rewind": settings{"username": "rookery"}},
			"parameters": settings{
				"unix_socket_directories": n.folder, "dynamic_shared_memory_type": "mmap", // which leaves nothing outside the folder when it is killed
				"ssl": true, "ssl_cert_file": certificate, "ssl_key_file": key,
			},
			"pg_hba": []string{"local all all trust", "hostssl all all all trust", "hostssl replication all all trust"},
		},
	})
	if err == nil {
		file = filepath.Join(n.folder, n.name+".yaml")
		err = os.WriteFile(file, text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// address names all nodes; a gateway uses the one that can be written.
func (c *cluster) address(database string) string {
	var hosts []string
	for _, n := range c.nodes {
		hosts = append(hosts, fmt.Sprintf("%s:%d", n.address, n.port))
	}
	return "postgres://rookery@" + strings.Join(hosts, ",") + "/" + database + "?sslmode=verify-full&sslrootcert=" + c.certificate
}

// connect connects to the primary.
func (c *cluster) connect(ctx context.Context, database string) (*pgx.Conn, error) {
	return pgx.Connect(ctx, c.address(database)+"&target_session_attrs=read-write&connect_timeout=5")
}

// member is a node as the cluster sees it.
type member struct{ Name, Role, State string }

// Roles of members.
const (
	leader      = "leader"
	syncStandby = "sync_standby"
)

// members asks a node that is alive for the members of the cluster.
func (c *cluster) members() (members []member, err error) {
	for _, n := range c.nodes {
		var rsp *http.Response
		if rsp, err = c.client.Get(fmt.Sprintf("http://%s:%d/cluster", n.address, n.api)); err != nil {
			continue
		}
		var all struct{ Members []member }
		err = json.NewDecoder(rsp.Body).Decode(&all)
		rsp.Body.Close()
		if err == nil {
			return all.Members, nil
		}
	}
	return nil, err
}

// in returns the node in a role; nil without one.
func (c *cluster) in(role string) *node {
	members, err := c.members()
	if err != nil {
		return nil
	}
	for _, m := range members {
		for _, n := range c.nodes {
			if m.Role == role && m.Name == n.name {
				return n
			}
		}
	}
	return nil
}

// whole fails unless all nodes run, of which one is the primary and one has every commit before it is acknowledged.
func (c *cluster) whole() error {
	members, err := c.members()
	if err != nil {
		return err
	}
	roles, running := make(map[string]int), 0
	for _, m := range members {
		roles[m.Role]++
		if m.State == "running" || m.State == "streaming" {
			running++
		}
	}
	if running != len(c.nodes) || roles[leader] != 1 || roles[syncStandby] != 1 {
		return fmt.Errorf("%v", members)
	}
	return nil
}

// create makes a database with the tables of the platform.
func (c *cluster) create(t *testing.T, database string) (address string) {
	t.Helper()
	conn, err := c.connect(t.Context(), "postgres")
	if err == nil {
		_, err = conn.Exec(t.Context(), "CREATE DATABASE "+database)
		err = errors.Join(err, conn.Close(t.Context()))
	}
	if err != nil {
		t.Fatal(err)
	}
	address = c.address(database)
	until(t, rookery.Patience, "the tables are made, as soon as a standby that is asked first has heard of the database", func() error {
		if status, _, log := rookery.Run(t, "migrate", "up", "--database", address); status != 0 {
			return fmt.Errorf("status %d: %s", status, log)
		}
		return nil
	})
	return address
}
