package share_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/rookeryhq/rookery/client"
	"github.com/rookeryhq/rookery/client/rookerytest"
	"github.com/rookeryhq/rookery/client/share"
	"github.com/rookeryhq/rookery/retcode"
)

// withoutQQ is a device on which nobody can share.
type withoutQQ struct{}

func (withoutQQ) Installed() bool                                         { return false }
func (withoutQQ) Open(context.Context, share.Target, share.Message) error { return nil }

// phone is a device with QQ. A game's client starts QQ here; this one prints the message.
type phone struct{}

func (phone) Installed() bool { return true }
func (phone) Open(_ context.Context, target share.Target, m share.Message) error {
	fmt.Printf("for a %s: %s (%s)\n", target, m.Title, m.Link)
	return nil
}

// A valid message is handed to QQ. Here a platform is started for it; t is a test's *testing.T.
func ExampleSharer_Share() {
	p := rookerytest.Start(t)
	platform, err := client.New(p.URL, client.App{})
	if err != nil {
		fmt.Println(err)
		return
	}
	s := share.New(p.Apps[0].AppID, phone{}, platform, share.Forbid("cheap gold"))
	message := share.Message{Type: share.Invite, Title: "Join me", Link: "https://game.example/join"}
	fmt.Println(s.Share(context.Background(), share.Friend, message))
	// Output:
	// for a friend: Join me (https://game.example/join)
	// <nil>
}

// The class of a refusal's code says who can act on it.
func ExampleSharer_Share_refused() {
	platform, err := client.New("https://platform.example", client.App{})
	if err != nil {
		fmt.Println(err)
		return
	}
	s := share.New("100700001", withoutQQ{}, platform, share.Forbid("cheap gold"))
	err = s.Share(context.Background(), share.Friend, share.Message{Type: share.Text, Text: "I won"})
	if errors.Is(err, retcode.QQAppNotInstalled) {
		fmt.Println(retcode.QQAppNotInstalled.Class())
	}
	// Output: ask-user
}
