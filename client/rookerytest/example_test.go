package rookerytest_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/rookeryhq/rookery/client"
	"github.com/rookeryhq/rookery/client/rookerytest"
)

// A test sees how a game's back end behaves while the platform cannot read its grants. Here t is a test's *testing.T.
func ExamplePlatform_AddFault() {
	p := rookerytest.Start(t)
	game, ann := p.Apps[0], p.Accounts[0]
	c, player := p.Client(game), p.Player(game, ann)

	off := p.AddFault(rookerytest.Fault{Point: "store.read:grants"})
	var refused *client.Error
	if errors.As(c.V5.VerifyLogin(context.Background(), player), &refused) {
		fmt.Println(refused.Message, "so", refused.Class())
	}
	off()
	fmt.Println(c.V5.VerifyLogin(context.Background(), player))
	// Output:
	// oidb decode0x711 failed, ret: 20 so retry
	// <nil>
}
