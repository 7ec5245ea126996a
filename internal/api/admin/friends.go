package admin

import (
	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/platform"
)

func (d *door) listFriends(c *access.Call) (any, error) {
	id, err := uin(c)
	if err != nil {
		return nil, err
	}
	if _, err := d.identity.Account(c.Context(), id); err != nil {
		return nil, err
	}
	return d.friends.Of(c.Context(), id)
}

// NewFriend names the other account of a friendship.
type NewFriend struct {
	Friend platform.UIN `json:"friend"`
}

// FriendRemark is what an account calls a friend.
type FriendRemark struct {
	Remark string `json:"remark"`
}

// Friendship is the answer to a change: whose friendship with whom it was.
type Friendship struct {
	UIN    platform.UIN `json:"uin"`
	Friend platform.UIN `json:"friend"`
}

func (d *door) addFriend(c *access.Call) (any, error) {
	return onAccount(c, func(id platform.UIN, in NewFriend) (any, error) {
		if in.Friend == 0 {
			return nil, platform.Invalidf("friend", "the body has no member \"friend\"")
		}
		return created{Friendship{id, in.Friend}}, d.friends.Befriend(c.Context(), id, in.Friend)
	})
}

func (d *door) remarkFriend(c *access.Call) (any, error) {
	friend, err := pathID(c, "friend", platform.ParseUIN)
	if err != nil {
		return nil, err
	}
	return onAccount(c, func(id platform.UIN, in FriendRemark) (any, error) {
		return Friendship{id, friend}, d.friends.SetRemark(c.Context(), id, friend, in.Remark)
	})
}

func (d *door) removeFriend(c *access.Call) (any, error) {
	id, err := uin(c)
	if err != nil {
		return nil, err
	}
	friend, err := pathID(c, "friend", platform.ParseUIN)
	if err != nil {
		return nil, err
	}
	return Friendship{id, friend}, d.friends.Unfriend(c.Context(), id, friend)
}
