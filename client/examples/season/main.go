// Command season plays a week of matches among four friends and prints their ranking. It needs a platform whose clock it may move:
//
//	go build -o season ./client/examples/season
//	rookery dev exec -- ./season
//
// Each friend's game reports through another door of the platform. A score counts until the week ends and only when it is better
// than the best so far, so a game can report every match.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/rookeryhq/rookery/client"
	"github.com/rookeryhq/rookery/retcode"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "season:", err)
		os.Exit(1)
	}
}

// zone is the platform's time zone, in which weeks begin.
var zone = time.FixedZone("Asia/Shanghai", 8*3600)

// matches are the scores of each friend's matches, of Monday to Sunday and of the Monday after. 0 is a day without a match.
var matches = []struct {
	name   string
	scores [8]int
}{
	{"Ann", [8]int{4200, 5100, 4900, 0, 7300, 7300, 6800, 3900}},
	{"Ben", [8]int{3800, 0, 6100, 6100, 5900, 8800, 0, 4100}},
	{"Chen", [8]int{0, 0, 7300, 2500, 0, 0, 4400, 0}},
	{"Dora", [8]int{900, 1200, 1100, 1900, 2300, 2200, 3100, 5200}},
}

func run(ctx context.Context, out io.Writer) error {
	p, err := openPlatform()
	if err != nil {
		return err
	}
	monday := nextMonday(time.Now())
	if err := p.setClock(ctx, monday.Add(12*time.Hour)); err != nil {
		return err
	}
	c, friends, err := p.newGame(ctx)
	if err != nil {
		return err
	}
	for day := range 8 {
		if day > 0 {
			if err := p.setClock(ctx, monday.AddDate(0, 0, day).Add(12*time.Hour)); err != nil {
				return err
			}
		}
		ends := monday.AddDate(0, 0, 7*(day/7+1))
		for i, friend := range friends {
			if score := matches[i].scores[day]; score > 0 {
				if err := friend.report(ctx, c, match(score, ends)); err != nil {
					return fmt.Errorf("%s's match: %w", matches[i].name, err)
				}
			}
		}
	}
	for _, board := range []client.Board{client.BoardOf(monday), client.WeekBoard} {
		ranking, err := c.GameCenter.FriendRanking(ctx, friends[0].user, board, client.RankPage{})
		if err != nil {
			return err
		}
		if err := show(out, ranking); err != nil {
			return err
		}
	}
	return nil
}

// match is what a game reports when a match is over. The score ranks until then.
func match(score int, ends time.Time) []client.Achievement {
	return append(client.Companions(1, "1", "1", "900001"), client.Achievement{Type: client.AchievementScore, Data: fmt.Sprint(score), Expires: ends})
}

// show prints a ranking as the caller sees it.
func show(out io.Writer, r *client.Ranking) error {
	fmt.Fprintf(out, "Week of %s\n", r.Board)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, place := range r.Places {
		you := ""
		if r.Own != nil && place.OpenID == r.Own.OpenID {
			you = "you"
		}
		fmt.Fprintf(table, "%d\t%s\t%6s\t%s\t%s\n", place.Rank, place.Nickname, place.Score, place.Reached.In(zone).Format("Mon"), you)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out)
	return err
}

// friend is a player with the login of each door, and the door at which the player's game reports.
type friend struct {
	user   client.User
	player client.Player
	door   int
}

// report reports a match. That it was no better than an earlier one of the week is no error.
func (f *friend) report(ctx context.Context, c *client.Client, match []client.Achievement) (err error) {
	switch f.door {
	case 0:
		err = c.GameCenter.Report(ctx, f.user, match...)
	case 1:
		err = c.V3.Report(ctx, f.user, match...)
	default:
		err = c.V5.Report(ctx, f.player, match...)
	}
	if errors.Is(err, retcode.GameCenterValueNotGreater) {
		return nil
	}
	return err
}

// nextMonday returns the beginning of the first Monday after now.
func nextMonday(now time.Time) time.Time {
	year, month, day := now.In(zone).Date()
	today := time.Date(year, month, day, 0, 0, 0, 0, zone)
	return today.AddDate(0, 0, 7-(int(today.Weekday())+6)%7)
}

// platform is a `rookery dev`, as its operator and its developer see it.
type platform struct{ url, token string }

func openPlatform() (*platform, error) {
	url, file := os.Getenv("ROOKERY_HTTP"), os.Getenv("ROOKERY_ADMIN_TOKEN_FILE")
	if url == "" || file == "" {
		return nil, errors.New("run it in `rookery dev exec -- season`, which sets ROOKERY_HTTP and ROOKERY_ADMIN_TOKEN_FILE")
	}
	token, err := os.ReadFile(file)
	return &platform{url, strings.TrimSpace(string(token))}, err
}

func (p *platform) setClock(ctx context.Context, to time.Time) error {
	return p.call(ctx, http.MethodPost, "/dev/v1/clock", map[string]any{"set": to}, nil)
}

// newGame registers a game, and players who are friends and have logged in to it.
func (p *platform) newGame(ctx context.Context) (*client.Client, []*friend, error) {
	var app struct {
		AppID, AppKey, MSDKKey, GameID string
		SigKeys                        map[string]string
	}
	err := p.call(ctx, http.MethodPost, "/admin/v1/apps", map[string]any{"name": "Dragon Season", "gameid": "7001", "grant": []string{"gamecenter"}}, &app)
	if err != nil {
		return nil, nil, err
	}
	c, err := client.New(p.url, client.App{AppID: app.AppID, AppKey: app.AppKey, MSDKKey: app.MSDKKey, GameID: app.GameID, SigKey: app.SigKeys["0"]})
	if err != nil {
		return nil, nil, err
	}
	var (
		friends []*friend
		uins    []string
	)
	for i, who := range matches {
		var account struct{ UIN string }
		if err := p.call(ctx, http.MethodPost, "/admin/v1/accounts", map[string]any{"profile": map[string]string{"nickname": who.name}, "password": client.NewSecret()}, &account); err != nil {
			return nil, nil, err
		}
		for _, other := range uins {
			if err := p.call(ctx, http.MethodPost, "/admin/v1/accounts/"+account.UIN+"/friends", map[string]any{"friend": other}, nil); err != nil {
				return nil, nil, err
			}
		}
		f, err := p.logIn(ctx, app.AppID, account.UIN)
		if err != nil {
			return nil, nil, err
		}
		f.door = i
		friends, uins = append(friends, f), append(uins, account.UIN)
	}
	return c, friends, nil
}

// logIn issues what a player's logins at the doors would give.
func (p *platform) logIn(ctx context.Context, appID, uin string) (*friend, error) {
	f := new(friend)
	for _, kind := range []string{"access", "msdk"} {
		var issued struct {
			Token, OpenID string
			MSDKOpenID    string `json:"msdk_openid"`
		}
		if err := p.call(ctx, http.MethodPost, "/admin/v1/tokens", map[string]any{"appid": appID, "uin": uin, "kind": kind}, &issued); err != nil {
			return nil, err
		}
		if kind == "access" {
			f.user = client.User{OpenID: issued.OpenID, Token: issued.Token}
		} else {
			f.player = client.Player{OpenID: issued.MSDKOpenID, Token: issued.Token}
		}
	}
	return f, nil
}

// call calls the platform's admin or dev API; out may be nil.
func (p *platform) call(ctx context.Context, method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, p.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	rsp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer rsp.Body.Close()
	answer, err := io.ReadAll(rsp.Body)
	switch {
	case err != nil:
		return err
	case rsp.StatusCode/100 != 2:
		return fmt.Errorf("%s %s: %s", method, path, bytes.TrimSpace(answer))
	case out == nil:
		return nil
	}
	return json.Unmarshal(answer, out)
}
