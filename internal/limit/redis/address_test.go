package redis

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAddresses(t *testing.T) {
	for text, want := range map[string]Address{
		"rediss://redis.example":                     {Hosts: []string{"redis.example:6379"}, TLS: true},
		"rediss://rookery@redis.example:7000":        {Hosts: []string{"redis.example:7000"}, User: "rookery", TLS: true},
		"rediss://a%40b@r1.example,r2.example:7000":  {Hosts: []string{"r1.example:6379", "r2.example:7000"}, User: "a@b", TLS: true},
		"rediss://r1.example,r2.example/0":           {Hosts: []string{"r1.example:6379", "r2.example:6379"}, TLS: true},
		"rediss://[2001:db8::1]:7000,[2001:db8::2]/": {Hosts: []string{"[2001:db8::1]:7000", "[2001:db8::2]:6379"}, TLS: true},
		"redis://127.0.0.1/3":                        {Hosts: []string{"127.0.0.1:6379"}, Database: 3},
		"redis://localhost,[::1]:7001":               {Hosts: []string{"localhost:6379", "[::1]:7001"}},
		"unix:///run/redis/redis.sock":               {Hosts: []string{"/run/redis/redis.sock"}, Unix: true},
		"unix://rookery@/run/redis/redis.sock":       {Hosts: []string{"/run/redis/redis.sock"}, User: "rookery", Unix: true},
	} {
		got, err := ParseAddress(text)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got)\n%s", text, err, diff)
		}
	}
	for text, want := range map[string]string{
		"":                                "not like",
		"redis.example:6379":              "not like",
		"http://redis.example":            "not like",
		"rediss://":                       "not like",
		"rediss://a,,b":                   "not like",
		"rediss://a:0":                    "not like",
		"rediss://a:65536":                "not like",
		"rediss://a:b:1":                  "not like",
		"rediss://a b":                    "not like",
		"rediss://a/x":                    "not like",
		"rediss://a/-1":                   "not like",
		"rediss://a?skip_verify=true":     "not like",
		"rediss://%zz@a":                  "not like",
		"unix://host/run/redis.sock":      "not like",
		"unix://":                         "not like",
		"redis://redis.example":           "redis.example:6379 would not be encrypted",
		"redis://localhost,r.example":     "r.example:6379 would not be encrypted",
		"rediss://a,b/1":                  "names a database",
		"rediss://rookery:s3cret@a":       "has a password",
		"rediss://:s3cret@a,b":            "has a password",
		"rediss://rookery:s3:cr@et@a":     "has a password",
		"unix://rookery:s3cret@/run/sock": "has a password",
	} {
		_, err := ParseAddress(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q", text, err, want)
		} else if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: the error has the password: %v", text, err)
		}
	}
}

func FuzzAddresses(f *testing.F) {
	for _, text := range []string{"rediss://u@a:1,b/2", "redis://[::1]", "unix://u@/p", "rediss://:p@h"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParseAddress(text)
		if err != nil {
			return
		}
		if len(a.Hosts) == 0 || a.Unix && a.TLS {
			t.Errorf("%q is read as %+v", text, a)
		}
		for _, host := range a.Hosts {
			if !a.TLS && !a.Unix && !local(host) {
				t.Errorf("%q is read as %+v, which is not encrypted", text, a)
			}
		}
	})
}
