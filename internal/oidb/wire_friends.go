package oidb

import (
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/rookeryhq/rookery/internal/platform"
)

// appendMessage writes an embedded message, empty ones too.
func appendMessage(b []byte, number protowire.Number, message []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), message)
}

// append writes RspBody0x5e1_1.
func (m *ProfileResponse) append(b []byte) []byte {
	p := &m.Profile
	b = appendNumber(b, 1, uint64(m.UIN))
	if m.UIN != 0 {
		b = appendBytes(b, 2, m.OpenID[:])
	}
	b = appendBytes(b, 3, p.Nickname)
	b = appendNumber(b, 4, uint64(p.Gender))
	b = appendBytes(b, 5, p.PictureURL)
	b = appendBytes(b, 6, p.Country)
	b = appendBytes(b, 7, p.Province)
	b = appendBytes(b, 8, p.City)
	b = appendBytes(b, 9, p.Language)
	b = appendNumber(b, 10, uint64(p.VIP.QQLevel))
	for _, kind := range platform.Memberships {
		if v := kind.Of(&p.VIP); v.Has() {
			one := appendNumber(nil, 1, uint64(kind.Flag))
			one = appendNumber(one, 2, uint64(v.Level))
			one = appendBool(one, 3, v.Year)
			one = appendBool(one, 4, v.Luxury)
			one = appendNumber(one, 5, uint64(v.StartMS))
			b = appendMessage(b, 11, appendNumber(one, 6, uint64(v.EndMS)))
		}
	}
	return appendBool(b, 12, p.RealNamed)
}

func (m *ProfileResponse) parse(body []byte) error {
	p := &m.Profile
	f := fields{rest: body}
	for f.next() {
		switch f.key {
		case key(1, protowire.VarintType):
			m.UIN = platform.UIN(f.number)
		case key(2, protowire.BytesType):
			copy(m.OpenID[:], f.bytes)
		case key(3, protowire.BytesType):
			p.Nickname = string(f.bytes)
		case key(4, protowire.VarintType):
			p.Gender = int(uint32(f.number))
		case key(5, protowire.BytesType):
			p.PictureURL = string(f.bytes)
		case key(6, protowire.BytesType):
			p.Country = string(f.bytes)
		case key(7, protowire.BytesType):
			p.Province = string(f.bytes)
		case key(8, protowire.BytesType):
			p.City = string(f.bytes)
		case key(9, protowire.BytesType):
			p.Language = string(f.bytes)
		case key(10, protowire.VarintType):
			p.VIP.QQLevel = int(uint32(f.number))
		case key(11, protowire.BytesType):
			if err := parseMembership(&p.VIP, f.bytes); err != nil {
				return err
			}
		case key(12, protowire.VarintType):
			p.RealNamed = f.number != 0
		}
	}
	return f.err
}

// parseMembership reads a Membership into its place. One with a flag that is not known here is read over.
func parseMembership(vip *platform.VIP, message []byte) error {
	var (
		flag uint32
		m    platform.Membership
		f    = fields{rest: message}
	)
	for f.next() {
		switch f.key {
		case key(1, protowire.VarintType):
			flag = uint32(f.number)
		case key(2, protowire.VarintType):
			m.Level = int(uint32(f.number))
		case key(3, protowire.VarintType):
			m.Year = f.number != 0
		case key(4, protowire.VarintType):
			m.Luxury = f.number != 0
		case key(5, protowire.VarintType):
			m.StartMS = int64(f.number)
		case key(6, protowire.VarintType):
			m.EndMS = int64(f.number)
		}
	}
	for _, kind := range platform.Memberships {
		if kind.Flag == flag {
			*kind.Of(vip) = m
		}
	}
	return f.err
}

// parse reads ReqBody0xf00_1.
func (m *FriendsRequest) parse(body []byte) error {
	f := fields{rest: body}
	for f.next() {
		switch f.key {
		case key(1, protowire.VarintType):
			m.AppID = platform.AppID(f.number)
		case key(2, protowire.VarintType):
			m.UIN = platform.UIN(f.number)
		case key(3, protowire.VarintType):
			m.After = platform.UIN(f.number)
		case key(4, protowire.VarintType):
			m.Limit = int(uint32(f.number))
		}
	}
	if m.Limit <= 0 || m.Limit > MaxFriends {
		m.Limit = MaxFriends
	}
	return f.err
}

func (m *FriendsRequest) append(b []byte) []byte {
	b = appendNumber(b, 1, uint64(m.AppID))
	b = appendNumber(b, 2, uint64(m.UIN))
	b = appendNumber(b, 3, uint64(m.After))
	return appendNumber(b, 4, uint64(m.Limit))
}

// append writes RspBody0xf00_1.
func (m *FriendsResponse) append(b []byte) []byte {
	b = appendNumber(b, 1, uint64(m.UIN))
	for i := range m.Friends {
		u := &m.Friends[i]
		one := appendNumber(nil, 1, uint64(u.UIN))
		one = appendBytes(one, 2, u.OpenID[:])
		one = appendNumber(one, 3, uint64(u.MSDKOpenID))
		one = appendBytes(one, 4, u.Remark)
		one = appendBytes(one, 5, u.Profile.Nickname)
		one = appendNumber(one, 6, uint64(u.Profile.Gender))
		b = appendMessage(b, 2, appendNumber(one, 7, uint64(u.Profile.VIP.QQLevel)))
	}
	b = appendBool(b, 3, m.Lost)
	return appendBool(b, 4, m.More)
}

func (m *FriendsResponse) parse(body []byte) error {
	f := fields{rest: body}
	for f.next() {
		switch f.key {
		case key(1, protowire.VarintType):
			m.UIN = platform.UIN(f.number)
		case key(2, protowire.BytesType):
			u, err := parseAppFriend(f.bytes)
			if err != nil {
				return err
			}
			m.Friends = append(m.Friends, u)
		case key(3, protowire.VarintType):
			m.Lost = f.number != 0
		case key(4, protowire.VarintType):
			m.More = f.number != 0
		}
	}
	return f.err
}

func parseAppFriend(message []byte) (u platform.AppUser, err error) {
	f := fields{rest: message}
	for f.next() {
		switch f.key {
		case key(1, protowire.VarintType):
			u.UIN = platform.UIN(f.number)
		case key(2, protowire.BytesType):
			copy(u.OpenID[:], f.bytes)
		case key(3, protowire.VarintType):
			u.MSDKOpenID = platform.MSDKOpenID(f.number)
		case key(4, protowire.BytesType):
			u.Remark = string(f.bytes)
		case key(5, protowire.BytesType):
			u.Profile.Nickname = string(f.bytes)
		case key(6, protowire.VarintType):
			u.Profile.Gender = int(uint32(f.number))
		case key(7, protowire.VarintType):
			u.Profile.VIP.QQLevel = int(uint32(f.number))
		}
	}
	return u, f.err
}

// parse reads ReqBody0xf01_1.
func (m *AreFriendsRequest) parse(body []byte) error {
	f := fields{rest: body}
	for f.next() {
		switch f.key {
		case key(1, protowire.VarintType):
			m.UIN = platform.UIN(f.number)
		case key(2, protowire.VarintType):
			m.Friend = platform.UIN(f.number)
		}
	}
	return f.err
}

func (m *AreFriendsRequest) append(b []byte) []byte {
	return appendNumber(appendNumber(b, 1, uint64(m.UIN)), 2, uint64(m.Friend))
}

// append writes RspBody0xf01_1.
func (m *AreFriendsResponse) append(b []byte) []byte {
	return appendBool(appendNumber(b, 1, uint64(m.UIN)), 2, m.Friends)
}

func (m *AreFriendsResponse) parse(body []byte) error {
	f := fields{rest: body}
	for f.next() {
		switch f.key {
		case key(1, protowire.VarintType):
			m.UIN = platform.UIN(f.number)
		case key(2, protowire.VarintType):
			m.Friends = f.number != 0
		}
	}
	return f.err
}
