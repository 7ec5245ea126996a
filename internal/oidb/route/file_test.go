package route

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/internal/oidb"
	_ "github.com/rookeryhq/rookery/internal/qqgroups" // declares commands with many service types
)

func TestFiles(t *testing.T) {
	check, pay := oidb.ID{Number: 0x711, ServiceType: 1}, oidb.ID{Number: 0x73a, ServiceType: 1}
	for name, test := range map[string]struct {
		file string
		want map[oidb.ID]row
	}{
		"an empty file": {"", nil},
		"comments":      {"# nothing yet\n", nil},
		"one address":   {"0x711_1: oidb+tcp://10.0.0.5:8701\n", map[oidb.ID]row{check: {formal: "oidb+tcp://10.0.0.5:8701", test: "oidb+tcp://10.0.0.5:8701"}}},
		"by Connect and gRPC": {"0x711_1: connect+https://a.example:1,b.example:2\n0x73a_1: {backend: grpc://a.example:1, test: grpcs://b.example:1}", map[oidb.ID]row{
			check: {formal: "connect+https://a.example:1,b.example:2", test: "connect+https://a.example:1,b.example:2"}, pay: {formal: "grpc://a.example:1", test: "grpcs://b.example:1"},
		}},
		"a number of one command": {"0x73a: oidb+tcp://a.example:1,[2001:db8::1]:2", map[oidb.ID]row{
			pay: {formal: "oidb+tcp://a.example:1,[2001:db8::1]:2", test: "oidb+tcp://a.example:1,[2001:db8::1]:2"},
		}},
		"a back end for tests": {"0x711_1:\n  backend: oidb+tcp://a.example:1\n  test: oidb+tcp://b.example:1", map[oidb.ID]row{
			check: {formal: "oidb+tcp://a.example:1", test: "oidb+tcp://b.example:1"},
		}},
		"inside, but for tests": {"0x711_1: {test: none}", map[oidb.ID]row{check: {formal: "inproc", test: "none"}}},
		"nowhere":               {"0x711_1: none\n0x73a_1: inproc", map[oidb.ID]row{check: {formal: "none", test: "none"}, pay: {formal: "inproc", test: "inproc"}}},
		"a command of your own": {"0xe10_0: oidb+tcp://a.example:1\n0xe10_1: {backend: none, protobuf: true}", map[oidb.ID]row{
			{Number: 0xe10}: {formal: "oidb+tcp://a.example:1", test: "oidb+tcp://a.example:1"}, {Number: 0xe10, ServiceType: 1}: {formal: "none", test: "none", protobuf: true},
		}},
	} {
		got, err := parse([]byte(test.file))
		if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(row{})); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", name, err, diff)
		}
	}
	got, err := parse([]byte("0xf02: oidb+tcp://10.0.0.5:8701"))
	if err != nil || len(got) < 5 {
		t.Errorf("0xf02 stands for %d commands, %v", len(got), err)
	}
}

func TestFaultsInFiles(t *testing.T) {
	for file, want := range map[string]string{
		"0x711_1":                                        "line 1: the file is not a list of routes such as 0xf02: oidb+tcp://10.0.0.5:8701",
		"- 0x711_1":                                      "line 1: the file is not a list of routes such as 0xf02: oidb+tcp://10.0.0.5:8701",
		"0x711_1: none\n0x999: none":                     "line 2: the platform has no command 0x999; one of your own needs its service type, such as 0x999_1",
		"0x999_1: inproc":                                "line 1: the platform does not have this command, so its back end cannot be inproc",
		"0x999_1: {backend: none, test: inproc}":         "line 1: the platform does not have this command, so its back end cannot be inproc",
		"0x711_1: {protobuf: true}":                      "line 1: protobuf is for commands of your own: the platform's have protobuf messages anyway",
		"0x999_1: {protobuf: perhaps, backend: none}":    `line 1: protobuf is true or false, not "perhaps"`,
		"0x711_2: none":                                  "line 1: 0x711 is the platform's own, and has no service type 2",
		"711: none":                                      `line 1: command "711" is not of the form 0x711 or 0x711_23`,
		"0x73a: none\n0x73a_1: none":                     "line 2: command 0x73a_1 has a second route",
		"0x711_1: [none]":                                "line 1: a route is an address, or has the members backend, test and protobuf",
		"0x711_1: {backends: none}":                      `line 1: a route has the members backend, test and protobuf, not "backends"`,
		"0x711_1:\n  test: none\n  test: inproc":         "line 3: test occurs twice",
		"0x711_1: {backend: [none]}":                     "line 1: a back end is one text",
		"0x711_1:":                                       `line 1: back end "": it is neither inproc nor none, and does not begin with connect+http://, connect+https://, grpc://, grpcs://, oidb+tcp:// or oidb+tls://`,
		"0x711_1: http://10.0.0.5:8701":                  `line 1: back end "http://10.0.0.5:8701": it is neither inproc nor none, and does not begin with connect+http://, connect+https://, grpc://, grpcs://, oidb+tcp:// or oidb+tls://`,
		"0x711_1: http://10.0.0.5/path:1":                `line 1: back end "http://10.0.0.5/path:1": it is neither`,
		"0x711_1: grpc://10.0.0.5:9000/path":             `line 1: back end "grpc://10.0.0.5:9000/path": "10.0.0.5:9000/path" is not HOST:PORT`,
		"0x711_1: oidb+tcp://10.0.0.5":                   `line 1: back end "oidb+tcp://10.0.0.5": "10.0.0.5" is not HOST:PORT`,
		"0x711_1: oidb+tcp://:8701":                      `line 1: back end "oidb+tcp://:8701": ":8701" is not HOST:PORT`,
		"0x711_1: oidb+tcp://a:1, b:2":                   `line 1: back end "oidb+tcp://a:1, b:2": " b:2" is not HOST:PORT`,
		"0x711_1: oidb+tcp://user@a:1":                   `line 1: back end "oidb+tcp://user@a:1": "user@a:1" is not HOST:PORT`,
		"0x711_1: none\n---\n0x73a_1: none":              "line 2: a second document begins",
		"0x711_1: oidb+tcp://a:0":                        `line 1: back end "oidb+tcp://a:0": "a:0" is not HOST:PORT`,
		"0x711_1: oidb+tcp://a:65536":                    `line 1: back end "oidb+tcp://a:65536": "a:65536" is not HOST:PORT`,
		"0x711_1: oidb+tcp://a:1,b:2,a:1":                `line 1: back end "oidb+tcp://a:1,b:2,a:1": a:1 occurs twice`,
		"0x711_1: oidb+tcp://" + list(65):                "it has more than 64 addresses",
		"0x711_1: none\n" + strings.Repeat("#", MaxFile): "the file is longer than 1048576 bytes",
	} {
		if _, err := parse([]byte(file)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q:\n got %v\nwant %s", file, err, want)
		}
	}
	if _, err := parse([]byte("0x711_1: oidb+tcp://" + list(64))); err != nil {
		t.Errorf("64 addresses: %v", err)
	}
}

// list returns n different addresses.
func list(n int) string {
	addresses := make([]string, n)
	for i := range addresses {
		addresses[i] = "h" + strings.Repeat("x", i) + ":1"
	}
	return strings.Join(addresses, ",")
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "0x711_1: none", "0xf02: oidb+tcp://a:1,b:2", "0x71f_1: {backend: inproc, test: none}", "a: &a [*a]", "0x711: !!binary x"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		rows, err := parse(file)
		if err != nil {
			return
		}
		for id, row := range rows {
			for _, place := range []string{row.formal, row.test} {
				if place == inside || place == nowhere {
					continue
				}
				if _, addresses, err := targets(place); err != nil || len(addresses) == 0 {
					t.Errorf("%s: %q was taken, but names %v, %v", id, place, addresses, err)
				}
			}
		}
	})
}
