package share_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/rookeryhq/rookery/client"
	"github.com/rookeryhq/rookery/client/share"
	"github.com/rookeryhq/rookery/retcode"
)

// withoutQQ is a device on which nobody can share.
type withoutQQ struct{}

func (withoutQQ) Installed() bool                                         { return false }
func (withoutQQ) Open(context.Context, share.Target, share.Message) error { return nil }

func ExampleSharer_Share() {
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
