package main

import "testing"

func TestEscape(t *testing.T) {
	if got, want := escape("a|b * <c>"), `a\|b \* &lt;c>`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
