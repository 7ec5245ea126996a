package route

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/rookeryhq/rookery/internal/oidb"
)

// Words that stand in a route for an address.
const (
	inside  = "inproc"
	nowhere = "none"
)

// Bounds on a file.
const (
	MaxFile    = 1 << 20 // bytes
	maxTargets = 64      // of one back end
)

// row is what the file says about a command.
type row struct {
	formal, test string
	protobuf     bool
}

// parse reads a file of routes:
//
//	0xf02: oidb+tcp://10.0.0.5:8701,10.0.0.6:8701
//	0x71f_1:
//	  backend: inproc
//	  test: none
//	0xe10_1:
//	  backend: grpc://10.0.0.7:9000
//	  protobuf: true
//
// A number without a service type stands for all that the platform knows of it. Without test, games in the test environment
// are served by the same back end. A command that the platform does not know, with its service type, is the operator's own; without
// protobuf it takes no calls. The error names the line.
func parse(file []byte) (map[oidb.ID]row, error) {
	if len(file) > MaxFile {
		return nil, fmt.Errorf("the file is longer than %d bytes", MaxFile)
	}
	var document, more yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(file))
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return nil, nil // an empty file has no routes
	} else if err != nil {
		return nil, err
	}
	if err := decoder.Decode(&more); err == nil {
		return nil, fmt.Errorf("line %d: a second document begins", more.Line)
	} else if !errors.Is(err, io.EOF) {
		return nil, err
	}
	root := document.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return nil, nil
	}
	if root.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("line %d: the file is not a list of routes such as 0xf02: oidb+tcp://10.0.0.5:8701", root.Line)
	}
	rows := make(map[oidb.ID]row)
	for i := 0; i < len(root.Content); i += 2 {
		name, value := root.Content[i], root.Content[i+1]
		ids, own, err := Commands(name.Value)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", name.Line, err)
		}
		r, err := readRow(value, own)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			if _, twice := rows[id]; twice {
				return nil, fmt.Errorf("line %d: command %s has a second route", name.Line, id)
			}
			rows[id] = r
		}
	}
	return rows, nil
}

// Commands returns the commands that a name such as 0xf02 or 0x711_1 stands for, and whether it is an operator's own.
func Commands(name string) (ids []oidb.ID, own bool, err error) {
	wanted, err := oidb.ParseID(name)
	if err != nil {
		return nil, false, err
	}
	all, taken := !strings.Contains(name, "_"), false
	for _, d := range oidb.Declarations() {
		if d.Number != wanted.Number {
			continue
		}
		taken = true
		if all || d.ServiceType == wanted.ServiceType {
			ids = append(ids, d.ID)
		}
	}
	switch {
	case len(ids) > 0:
		return ids, false, nil
	case taken:
		return nil, false, fmt.Errorf("0x%x is the platform's own, and has no service type %d", wanted.Number, wanted.ServiceType)
	case all:
		return nil, false, fmt.Errorf("the platform has no command %s; one of your own needs its service type, such as %[1]s_1", name)
	default:
		return []oidb.ID{wanted}, true, nil
	}
}

// readRow reads a route; own is that of a command that the platform does not know.
func readRow(value *yaml.Node, own bool) (r row, err error) {
	switch value.Kind {
	case yaml.ScalarNode:
		r = row{formal: value.Value, test: value.Value}
		err = checkTarget(value)
	case yaml.MappingNode:
		err = r.readMembers(value)
	default:
		err = fmt.Errorf("line %d: a route is an address, or has the members backend, test and protobuf", value.Line)
	}
	switch {
	case err != nil:
		return r, err
	case own && (r.formal == inside || r.test == inside):
		return r, fmt.Errorf("line %d: the platform does not have this command, so its back end cannot be %s", value.Line, inside)
	case !own && r.protobuf:
		return r, fmt.Errorf("line %d: protobuf is for commands of your own: the platform's have protobuf messages anyway", value.Line)
	}
	return r, nil
}

func (r *row) readMembers(value *yaml.Node) error {
	seen := make(map[string]bool)
	for i := 0; i < len(value.Content); i += 2 {
		name, target := value.Content[i], value.Content[i+1]
		if seen[name.Value] {
			return fmt.Errorf("line %d: %s occurs twice", name.Line, name.Value)
		}
		seen[name.Value] = true
		var err error
		switch name.Value {
		case "backend":
			r.formal, err = target.Value, checkTarget(target)
		case "test":
			r.test, err = target.Value, checkTarget(target)
		case "protobuf":
			if target.Decode(&r.protobuf) != nil {
				err = fmt.Errorf("line %d: protobuf is true or false, not %.40q", target.Line, target.Value)
			}
		default:
			err = fmt.Errorf("line %d: a route has the members backend, test and protobuf, not %.40q", name.Line, name.Value)
		}
		if err != nil {
			return err
		}
	}
	r.formal = cmp.Or(r.formal, inside)
	r.test = cmp.Or(r.test, r.formal)
	return nil
}

// checkTarget checks a back end: inproc, none, or addresses.
func checkTarget(value *yaml.Node) error {
	if value.Kind != yaml.ScalarNode {
		return fmt.Errorf("line %d: a back end is one text", value.Line)
	}
	if value.Value == inside || value.Value == nowhere {
		return nil
	}
	if _, _, err := targets(value.Value); err != nil {
		return fmt.Errorf("line %d: back end %.80q: %w", value.Line, value.Value, err)
	}
	return nil
}

// targets returns the scheme of a back end, and its addresses, HOST:PORT each.
func targets(backend string) (string, []string, error) {
	name, list, ok := strings.Cut(backend, "://")
	if _, known := schemes[name]; !ok || !known {
		return "", nil, fmt.Errorf("it is neither %s nor %s, and does not begin with %s", inside, nowhere, schemeNames())
	}
	addresses := strings.Split(list, ",")
	if len(addresses) > maxTargets {
		return "", nil, fmt.Errorf("it has more than %d addresses", maxTargets)
	}
	for i, address := range addresses {
		host, port, err := net.SplitHostPort(address)
		if n, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || n == 0 || !isHost(host) {
			return "", nil, fmt.Errorf("%.80q is not HOST:PORT", address)
		}
		if slices.Contains(addresses[:i], address) {
			return "", nil, fmt.Errorf("%s occurs twice", address)
		}
	}
	return name, addresses, nil
}

// isHost reports whether a text can be an address or a name; whether somebody has the name is found out with each look-up.
func isHost(text string) bool {
	if _, err := netip.ParseAddr(text); err == nil {
		return true
	}
	return text != "" && strings.Trim(strings.ToLower(text), "abcdefghijklmnopqrstuvwxyz0123456789.-_") == ""
}
