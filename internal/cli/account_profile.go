package cli

import (
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/api/admin"
	"github.com/rookeryhq/rookery/internal/platform"
)

const vipHelp = `
Memberships are given by name as NAME=LEVEL, followed by ,year ,luxury ,since=DATE and ,until=DATE as they apply;
NAME=0 removes one. Names: member, super, blue, red, yellow, green, pink, superqq, xinyue, anime, wifi.`

// addProfileFlags adds the flags that fill in a profile, and returns the values of --vip.
func addProfileFlags(cmd *cobra.Command, profile *platform.Profile) (vip *[]string) {
	flags := cmd.Flags()
	flags.StringVar(&profile.Nickname, "nickname", "", "`name` that others see")
	flags.IntVar(&profile.Gender, "gender", 0, "`number`: 0 not given, 1 male, 2 female")
	flags.StringVar(&profile.PictureURL, "picture-url", "", "`URL` of the picture; one that ends with / gets a size appended: 40, 100")
	flags.StringVar(&profile.Country, "country", "", "`country`")
	flags.StringVar(&profile.Province, "province", "", "`province`")
	flags.StringVar(&profile.City, "city", "", "`city`")
	flags.StringVar(&profile.Language, "language", "", "`language`")
	flags.BoolVar(&profile.RealNamed, "real-named", false, "the person's real name is registered")
	flags.IntVar(&profile.VIP.QQLevel, "qq-level", 0, "QQ level, a `number`")
	return flags.StringArray("vip", nil, "`membership` such as yellow=4,year,until=2027-01-31; repeatable")
}

// parseMembership reads NAME=LEVEL[,year][,luxury][,since=DATE][,until=DATE].
func parseMembership(text string) (name string, m platform.Membership, err error) {
	wrong := func(why string) (string, platform.Membership, error) {
		return "", platform.Membership{}, usageErrorf("--vip %q: %s", text, why)
	}
	first, rest, more := strings.Cut(text, ",")
	name, level, ok := strings.Cut(first, "=")
	if new(platform.VIP).Named(name) == nil {
		return wrong("unknown membership; 'rookery account update --help' lists the names")
	}
	if m.Level, err = strconv.Atoi(level); !ok || err != nil || m.Level < 0 {
		return wrong("it does not begin with NAME=LEVEL")
	}
	for more {
		var part string
		part, rest, more = strings.Cut(rest, ",")
		key, date, _ := strings.Cut(part, "=")
		var ms int64
		if key == "since" || key == "until" {
			day, err := time.ParseInLocation(time.DateOnly, date, time.Local)
			if err != nil {
				return wrong(fmt.Sprintf("%q is not a date such as 2027-01-31", date))
			}
			ms = day.UnixMilli()
		}
		switch {
		case part == "year":
			m.Year = true
		case part == "luxury":
			m.Luxury = true
		case key == "since":
			m.StartMS = ms
		case key == "until":
			m.EndMS = ms
		default:
			return wrong(fmt.Sprintf("%q is not year, luxury, since=DATE or until=DATE", part))
		}
	}
	return name, m, nil
}

// vipRows returns a label and a text for each membership of an account.
func vipRows(vip *platform.VIP) (rows [][2]string) {
	if vip.QQLevel != 0 {
		rows = append(rows, [2]string{"QQ level", strconv.Itoa(vip.QQLevel)})
	}
	for _, kind := range platform.Memberships {
		m := kind.Of(vip)
		if !m.Has() {
			continue
		}
		text := fmt.Sprint("level ", m.Level)
		if m.Year {
			text += ", by the year"
		}
		if m.Luxury {
			text += ", luxury"
		}
		if m.EndMS != 0 {
			text += ", until " + when(m.EndMS)
		}
		rows = append(rows, [2]string{"VIP " + kind.Name, text})
	}
	return rows
}

func newAccountUpdateCommand(c *client) *cobra.Command {
	var (
		profile platform.Profile
		vip     *[]string
	)
	cmd := &cobra.Command{
		Use:   "update UIN",
		Short: "Change the profile that an account shows",
		Long:  "Change the profile that an account shows. What no flag names stays as it is.\n" + vipHelp,
		Example: `  rookery account update 10001 --nickname Anna --picture-url https://pic.example/u/1/
  rookery account update 10001 --qq-level 21 --vip yellow=4,year,until=2027-01-31 --vip member=0`,
		Args: exactArgs("UIN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			uin, err := parseUIN(args[0])
			if err != nil {
				return err
			}
			var change admin.ProfileChange
			for flag, set := range map[string]func(){
				"nickname":    func() { change.Nickname = &profile.Nickname },
				"gender":      func() { change.Gender = &profile.Gender },
				"picture-url": func() { change.PictureURL = &profile.PictureURL },
				"country":     func() { change.Country = &profile.Country },
				"province":    func() { change.Province = &profile.Province },
				"city":        func() { change.City = &profile.City },
				"language":    func() { change.Language = &profile.Language },
				"real-named":  func() { change.RealNamed = &profile.RealNamed },
				"qq-level":    func() { change.QQLevel = &profile.VIP.QQLevel },
				"vip":         func() { change.VIP = make(map[string]*platform.Membership) },
			} {
				if cmd.Flags().Changed(flag) {
					set()
				}
			}
			for _, text := range *vip {
				name, m, err := parseMembership(text)
				if err != nil {
					return err
				}
				change.VIP[name] = &m
			}
			if reflect.ValueOf(change).IsZero() {
				return usageErrorf("nothing to change: give at least one flag that names a part of the profile")
			}
			return ask(cmd.Context(), c, http.MethodPatch, accountPath(uin), change, c.showAccount)
		},
	}
	vip = addProfileFlags(cmd, &profile)
	return cmd
}

func newAccountFriendsCommand(c *client) *cobra.Command {
	return newGroup("friends", "List, make and end an account's friendships", "",
		newFriendsListCommand(c),
		c.newFriendCommand("add", "Make two accounts friends of each other", http.MethodPost, "now friends"),
		c.newFriendCommand("remove", "End the friendship of two accounts", http.MethodDelete, "no longer friends"),
		newFriendsRemarkCommand(c),
	)
}

func friendsPath(uin platform.UIN) string { return accountPath(uin) + "/friends" }

func newFriendsListCommand(c *client) *cobra.Command {
	return &cobra.Command{
		Use:   "list UIN",
		Short: "List an account's friends, whatever apps they use",
		Example: `  rookery account friends list 10001
  rookery account friends list 10001 --json`,
		Args: exactArgs("UIN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			uin, err := parseUIN(args[0])
			if err != nil {
				return err
			}
			return ask(cmd.Context(), c, http.MethodGet, friendsPath(uin), nil, c.showFriends)
		},
	}
}

func (c *client) showFriends(friends []platform.Friendship) error {
	t := newTable(c.out)
	t.row("FRIEND", "SINCE", "REMARK")
	for _, f := range friends {
		t.row(f.Friend, when(f.SinceMS), f.Remark)
	}
	return t.flush()
}

// parsePair reads the two accounts of a friendship.
func parsePair(args []string) (uin, friend platform.UIN, err error) {
	if uin, err = parseUIN(args[0]); err == nil {
		friend, err = parseUIN(args[1])
	}
	return uin, friend, err
}

// newFriendCommand returns a command that makes or ends a friendship, on both sides.
func (c *client) newFriendCommand(name, short, method, done string) *cobra.Command {
	return &cobra.Command{
		Use:     name + " UIN FRIEND",
		Short:   short,
		Example: "  rookery account friends " + name + " 10001 10002",
		Args:    exactArgs("UIN", "FRIEND"),
		RunE: func(cmd *cobra.Command, args []string) error {
			uin, friend, err := parsePair(args)
			if err != nil {
				return err
			}
			path, body := friendsPath(uin), any(admin.NewFriend{Friend: friend})
			if method == http.MethodDelete {
				path, body = path+"/"+friend.String(), nil
			}
			return ask(cmd.Context(), c, method, path, body, func(f admin.Friendship) error {
				_, err := fmt.Fprintf(c.out, "Accounts %s and %s are %s.\n", f.UIN, f.Friend, done)
				return err
			})
		},
	}
}

func newFriendsRemarkCommand(c *client) *cobra.Command {
	return &cobra.Command{
		Use:     "remark UIN FRIEND TEXT",
		Short:   "Set an account's remark about a friend; an empty text removes it",
		Example: `  rookery account friends remark 10001 10002 "Benny from school"`,
		Args:    exactArgs("UIN", "FRIEND", "TEXT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			uin, friend, err := parsePair(args)
			if err != nil {
				return err
			}
			return ask(cmd.Context(), c, http.MethodPatch, friendsPath(uin)+"/"+friend.String(), admin.FriendRemark{Remark: args[2]}, func(f admin.Friendship) error {
				_, err := fmt.Fprintf(c.out, "Account %s calls %s %q now.\n", f.UIN, f.Friend, args[2])
				return err
			})
		},
	}
}
