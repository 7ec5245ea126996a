package admin

import (
	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/platform"
)

func (d *door) listFriends(c *access.Call, id platform.UIN) (any, error) {
	if _, err := d.identity.Account(c.Context(), id); err != nil {
		return nil, err
	}
	return d.friends.Friendships(c.Context(), id)
}

// NewFriend names the other account of a friendship.
type NewFriend struct {
	Friend platform.UIN `json:"friend" required:"true" doc:"the other account"`
}

// FriendRemark is an account's remark about a friend.
type FriendRemark struct {
	Remark string `json:"remark" required:"true" doc:"the remark; empty for none"`
}

// Friendship is the answer to a change: the two accounts.
type Friendship struct {
	UIN    platform.UIN `json:"uin" doc:"the account"`
	Friend platform.UIN `json:"friend" doc:"the other account"`
}

func (d *door) addFriend(c *access.Call, id platform.UIN, in NewFriend) (any, error) {
	if in.Friend == 0 {
		return nil, platform.Invalidf("friend", "the body has no member \"friend\"")
	}
	return created{Friendship{id, in.Friend}}, d.friends.Befriend(c.Context(), id, in.Friend)
}

func (d *door) remarkFriend(c *access.Call, of Friendship, in FriendRemark) (any, error) {
	return of, d.friends.SetRemark(c.Context(), of.UIN, of.Friend, in.Remark)
}

func (d *door) removeFriend(c *access.Call, of Friendship) (any, error) {
	return of, d.friends.Unfriend(c.Context(), of.UIN, of.Friend)
}
