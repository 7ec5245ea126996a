package share_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/rookeryhq/rookery/client/rookerytest"
	"github.com/rookeryhq/rookery/client/share"
	"github.com/rookeryhq/rookery/retcode"
)

// withQQ is a device that takes every message.
type withQQ struct{}

func (withQQ) Installed() bool                                         { return true }
func (withQQ) Open(context.Context, share.Target, share.Message) error { return nil }

func TestThePlatformKnowsTheWords(t *testing.T) {
	words := filepath.Join(t.TempDir(), "words.txt")
	if err := os.WriteFile(words, []byte("cheap gold\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := rookerytest.Start(t, "--words", words)
	app, session := p.Apps[0], p.Session(p.Apps[0], p.Accounts[0])
	sharing := func(filter share.Filter, text string) error {
		return share.New(app.AppID, withQQ{}, p.Client(app), filter).Share(t.Context(), share.Friend, share.Message{Type: share.Text, Text: text})
	}
	filter := share.FilterByPlatform(p.Client(app), session)
	if err := sharing(filter, "I won"); err != nil {
		t.Error(err)
	}
	if err := sharing(filter, "cheap gold"); !errors.Is(err, retcode.QQMessageIllegal) {
		t.Errorf("a forbidden word: %v", err)
	}
	// If the words could not be looked for, the text is neither forbidden nor shared.
	session.Openkey = "nothing"
	if err := sharing(share.FilterByPlatform(p.Client(app), session), "I won"); !errors.Is(err, retcode.QQOpenKeyUnreadable) {
		t.Errorf("an invalid session: %v", err)
	}
}
