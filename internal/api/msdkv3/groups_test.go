package msdkv3

import (
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
)

// TestJoinKeys: the key for joining depends on the appkey, which nobody else has, and on the group.
func TestJoinKeys(t *testing.T) {
	app, other := &platform.App{AppID: 1, AppKey: "key"}, &platform.App{AppID: 1, AppKey: "another key"}
	key := joinKey(app, 7)
	if len(key) != 32 || key != joinKey(app, 7) {
		t.Errorf("key %q, then %q", key, joinKey(app, 7))
	}
	if key == joinKey(other, 7) || key == joinKey(app, 8) {
		t.Error("the key does not depend on the appkey, or not on the group")
	}
}
