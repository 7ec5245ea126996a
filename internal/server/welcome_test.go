package server

import "testing"

func TestAnyPort(t *testing.T) {
	for uri, want := range map[string]string{
		"http://127.0.0.1:8700/callback/1":     "http://127.0.0.1/callback/1",
		"http://[::1]:8700/callback/1":         "http://[::1]/callback/1",
		"https://127.0.0.1:8700/callback/1":    "https://127.0.0.1/callback/1",
		"http://192.0.2.1:8700/callback/1":     "http://192.0.2.1:8700/callback/1",
		"http://rookery.example:80/callback/1": "http://rookery.example:80/callback/1",
	} {
		if got := anyPort(uri); got != want {
			t.Errorf("%s: got %s, want %s", uri, got, want)
		}
	}
}
