package friends

import (
	"context"
	"errors"
	"sort"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/retcode"
)

// Register puts the service's commands on the bus.
func (s *Service) Register() {
	oidb.Handle(s.bus, oidb.ShowProfile, s.showProfile)
	oidb.Handle(s.bus, oidb.ListFriends, s.listFriends)
	oidb.Handle(s.bus, oidb.AreFriends, s.areFriends)
}

// showProfile is command 0x5e1. A token that 0x711 refuses is 116 to it, for whatever reason; that the check could not be
// made is 155.
func (s *Service) showProfile(ctx context.Context, req oidb.CheckRequest) (rsp oidb.ProfileResponse, err error) {
	if err := oidb.MayWait(ctx); err != nil {
		return rsp, err
	}
	login, err := oidb.Call(ctx, s.bus, oidb.CheckAccess, req)
	var failure *oidb.Failure
	switch {
	case err == nil:
	case !errors.As(err, &failure) || failure.Code.Domain() != retcode.AccessToken:
		return rsp, err // the bus's own result
	case unmade(failure):
		return rsp, retcode.OIDBConnectFailed.WithCause(err)
	default:
		return rsp, retcode.OIDBAccessTokenInvalid.WithCause(err)
	}
	profile, err := s.profiles.Get(ctx, login.UIN)
	if err != nil {
		return rsp, retcode.OIDBConnectFailed.WithCause(err)
	}
	return oidb.ProfileResponse{UIN: login.UIN, OpenID: login.OpenID, Profile: *profile}, nil
}

// unmade reports whether a check of a token failed for reasons of the platform's, so that nothing is known of the token.
func unmade(f *oidb.Failure) bool {
	return f.Code.Class() == retcode.ClassRetry || f.Code.Class() == retcode.ClassInternal
}

// listFriends is command 0xf00.
func (s *Service) listFriends(ctx context.Context, req oidb.FriendsRequest) (rsp oidb.FriendsResponse, err error) {
	if err := oidb.MayWait(ctx); err != nil {
		return rsp, err
	}
	list, lost, err := s.List(ctx, req.AppID, req.UIN)
	if err != nil {
		return rsp, err
	}
	list = list[sort.Search(len(list), func(i int) bool { return list[i].UIN > req.After }):]
	rsp = oidb.FriendsResponse{UIN: req.UIN, Friends: list, Lost: lost}
	if req.Limit > 0 && len(list) > req.Limit {
		rsp.Friends, rsp.More = list[:req.Limit], true
	}
	return rsp, nil
}

// areFriends is command 0xf01.
func (s *Service) areFriends(ctx context.Context, req oidb.AreFriendsRequest) (rsp oidb.AreFriendsResponse, err error) {
	if err := oidb.MayWait(ctx); err != nil {
		return rsp, err
	}
	are, err := s.AreFriends(ctx, req.UIN, req.Friend)
	return oidb.AreFriendsResponse{UIN: req.UIN, Friends: are}, err
}
