package cluster

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/network"
)

// place is where a machine is: at an address, which without a namespace is loopback, that of all.
type place struct{ address, namespace string }

const (
	loopback = "127.0.0.1"
	callers  = "10.77.0.1" // the router's, to whom the network is never cut
)

// within runs f there, and so the processes that it starts.
func (p place) within(f func() error) error {
	if p.namespace == "" {
		return f()
	}
	return network.Within(p.namespace, f)
}

// router is this process, when it has a network of its own: a cable leads from it to the namespace of each machine.
type router struct{ cables int }

// connect makes the place of one machine more.
func (r *router) connect(t *testing.T, name string) place {
	t.Helper()
	r.cables++
	p := place{address: fmt.Sprintf("10.77.%d.2", r.cables), namespace: name}
	gate := fmt.Sprintf("10.77.%d.1", r.cables)
	for _, args := range [][]string{
		{"netns", "add", name},
		{"link", "add", name, "type", "veth", "peer", "name", "cable", "netns", name},
		{"address", "add", gate + "/30", "dev", name},
		{"link", "set", name, "up"},
		{"-n", name, "link", "set", "lo", "up"},
		{"-n", name, "address", "add", p.address + "/30", "dev", "cable"},
		{"-n", name, "link", "set", "cable", "up"},
		{"-n", name, "route", "add", "default", "via", gate},
	} {
		if err := network.IP(args...); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// newRouter makes this process the router of its network.
func newRouter(t *testing.T) *router {
	t.Helper()
	err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0)
	if err == nil {
		err = network.IP("address", "add", callers+"/32", "dev", "lo")
	}
	if err != nil {
		t.Fatal(err)
	}
	return new(router)
}

// cut loses whatever one of a pair sends to the other, without a word to either, until mend is called.
func cut(t *testing.T, one place, others ...place) (mend func()) {
	t.Helper()
	each := func(do string) {
		for _, other := range others {
			for from, to := range map[place]place{one: other, other: one} {
				if err := network.IP("rule", do, "iif", from.namespace, "to", to.address, "blackhole"); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	each("add")
	return func() { each("del") }
}

// certify makes a certificate for addresses, which is its own authority, and its key, which only its owner may read.
func certify(t *testing.T, folder string, addresses []string) (certificate, key string) {
	t.Helper()
	certificate, key = filepath.Join(folder, "node.pem"), filepath.Join(folder, "node.key")
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(0, 0, 1), IsCA: true, BasicConstraintsValid: true,
	}
	for _, address := range addresses {
		template.IPAddresses = append(template.IPAddresses, net.ParseIP(address))
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{certificate: {Type: "CERTIFICATE", Bytes: public}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certificate, key
}
