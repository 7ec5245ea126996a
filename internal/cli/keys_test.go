package cli

import (
	"fmt"
	"strings"
	"testing"
)

func TestKeys(t *testing.T) {
	startPlatform(t)
	type key struct {
		ID        uint32 `json:"id"`
		CreatedMS int64  `json:"created_ms"`
		RetiredMS int64  `json:"retired_ms"`
	}
	first := decode[[]key](t, run(t, "", "keys", "list", "--json"))
	second := decode[key](t, run(t, "", "keys", "rotate", "--json"))
	if len(first) != 1 || first[0].CreatedMS == 0 || second.CreatedMS < first[0].CreatedMS || second.RetiredMS != 0 {
		t.Fatalf("first %+v, then %+v", first, second)
	}
	wantAll(t, run(t, "", "keys", "rotate"), "KEY", "CREATED")
	list := run(t, "", "keys", "list")
	wantAll(t, list, fmt.Sprint(first[0].ID), fmt.Sprint(second.ID), when(first[0].CreatedMS))
	if lines := strings.Count(list, "\n"); lines != 4 {
		t.Errorf("%d lines, want a header and three keys:\n%s", lines, list)
	}
}
