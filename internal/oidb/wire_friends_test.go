package oidb

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/internal/oidb/oidbpb"
	"github.com/rookeryhq/rookery/internal/platform"
)

func fullProfile() platform.Profile {
	return platform.Profile{
		Nickname: "鸦", Gender: 2, PictureURL: "p", Country: "c", Province: "r", City: "t", Language: "l", RealNamed: true,
		VIP: platform.VIP{
			QQLevel: 9, Yellow: platform.Membership{Level: 4, Year: true, StartMS: 5, EndMS: 6}, WiFi: platform.Membership{Level: 1, Luxury: true},
		},
	}
}

func TestAnswersAreReadAsTheyWereWritten(t *testing.T) {
	profile := ProfileResponse{UIN: 10001, OpenID: platform.OpenID{1}, Profile: fullProfile()}
	var gotProfile ProfileResponse
	if err := gotProfile.parse(profile.append(nil)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(profile, gotProfile); diff != "" {
		t.Errorf("profile: (-want +got)\n%s", diff)
	}
	friends := FriendsResponse{UIN: 10001, Lost: true, More: true, Friends: []platform.AppUser{{
		UIN: 10002, OpenID: platform.OpenID{2}, MSDKOpenID: 3, Remark: "r",
		Profile: platform.Profile{Nickname: "n", Gender: 1, VIP: platform.VIP{QQLevel: 4}},
	}}}
	var gotFriends FriendsResponse
	if err := gotFriends.parse(friends.append(nil)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(friends, gotFriends); diff != "" {
		t.Errorf("friends: (-want +got)\n%s", diff)
	}
	are := AreFriendsResponse{UIN: 10001, Friends: true}
	var gotAre AreFriendsResponse
	if err := gotAre.parse(are.append(nil)); err != nil || gotAre != are {
		t.Errorf("got %+v, %v", gotAre, err)
	}
}

// The largest page of friends fits into a frame.
func TestAPageOfFriendsFits(t *testing.T) {
	long := string(make([]byte, 100))
	page := make([]platform.AppUser, MaxFriends)
	for i := range page {
		page[i] = platform.AppUser{UIN: 1<<62 - 1, OpenID: platform.OpenID{1}, MSDKOpenID: 1<<64 - 1, Remark: long,
			Profile: platform.Profile{Nickname: long, Gender: 2, VIP: platform.VIP{QQLevel: 1000}}}
	}
	if size := len((&FriendsResponse{UIN: 1<<62 - 1, Friends: page, Lost: true, More: true}).append(nil)); size > MaxFrame-1024 {
		t.Errorf("a page has %d bytes", size)
	}
}

func FuzzFriendsRequest(f *testing.F) {
	f.Add((&FriendsRequest{AppID: 1, UIN: 10001, After: 10002, Limit: 3}).append(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		pb := new(oidbpb.ReqBody0Xf00_1)
		agree(t, data, pb, func(m *FriendsRequest) bool {
			limit := int(pb.GetLimit())
			if limit == 0 || limit > MaxFriends {
				limit = MaxFriends
			}
			return uint64(m.AppID) == pb.GetAppid() && uint64(m.UIN) == pb.GetUin() && uint64(m.After) == pb.GetAfter() && m.Limit == limit
		})
	})
}

func FuzzAreFriendsRequest(f *testing.F) {
	f.Add((&AreFriendsRequest{UIN: 10001, Friend: 10002}).append(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		pb := new(oidbpb.ReqBody0Xf01_1)
		agree(t, data, pb, func(m *AreFriendsRequest) bool {
			return uint64(m.UIN) == pb.GetUin() && uint64(m.Friend) == pb.GetFriend()
		})
	})
}

// FuzzFriendAnswers reads what a bus may answer: the command line does.
func FuzzFriendAnswers(f *testing.F) {
	f.Add((&ProfileResponse{UIN: 10001, Profile: fullProfile()}).append(nil))
	f.Add((&FriendsResponse{UIN: 10001, Friends: make([]platform.AppUser, 2)}).append(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		var profile ProfileResponse
		if profile.parse(data) == nil {
			again := new(ProfileResponse)
			if err := again.parse(profile.append(nil)); err != nil {
				t.Errorf("what was read cannot be written: %v", err)
			}
		}
		var friends FriendsResponse
		if friends.parse(data) == nil && len(friends.Friends) > len(data) {
			t.Errorf("%d friends in %d bytes", len(friends.Friends), len(data))
		}
	})
}
