package pages

import (
	"errors"
	"math"
	"net/url"
	"strconv"
	"time"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/platform"
)

// inboxPage is how many messages a page shows.
const inboxPage = 20

// letter is a message as the page shows it. All of it is text.
type letter struct {
	From, App, Sent, Title, Text, URL string
	Unread                            bool
}

// inbox is the messages on the person's own page, newest first.
type inbox struct {
	Letters []letter
	Newest  int64 // up to which they are marked as read; 0 if all have been read
	Older   int64 // below which there are more; 0 if there are none
}

// inbox reads the part of an account's inbox that the URL asks for.
func (d *door) inbox(c *access.Call, uin platform.UIN) (inbox, error) {
	before, err := strconv.ParseInt(parseQuery(c.Request.URL.RawQuery).Get("before"), 10, 64)
	if err != nil || before <= 0 {
		before = math.MaxInt64
	}
	list, err := d.Messages.Recent(c.Context(), uin, before, inboxPage+1)
	if err != nil {
		return inbox{}, err
	}
	var shown inbox
	if len(list) > inboxPage {
		list = list[:inboxPage]
		shown.Older = list[inboxPage-1].ID
	}
	t, names := wordsFor(c), map[platform.UIN]string{0: wordsFor(c).OfficialAccount}
	for i := range list {
		m := &list[i]
		from, known := names[m.From]
		if !known {
			if from, err = d.nameOf(c, m.From); err != nil {
				return inbox{}, err
			}
			names[m.From] = from
		}
		one := letter{
			From: from, Title: m.Title, Text: m.Text, URL: m.URL, Unread: m.ReadMS == 0,
			Sent: time.UnixMilli(m.SentMS).UTC().Format("2006-01-02 15:04 UTC"),
		}
		if app := d.Apps.ByID(m.AppID); app != nil {
			one.App = app.Name
		}
		if one.Title == "" && one.Text == "" {
			one.Title = t.Card
		}
		if one.Unread {
			shown.Newest = max(shown.Newest, m.ID)
		}
		shown.Letters = append(shown.Letters, one)
	}
	return shown, nil
}

// nameOf returns an account's name; its number if it has none.
func (d *door) nameOf(c *access.Call, uin platform.UIN) (string, error) {
	shown, err := d.Profiles.Get(c.Context(), uin)
	switch {
	case errors.Is(err, platform.ErrNotFound), err == nil && shown.Nickname == "":
		return uin.String(), nil
	case err != nil:
		return "", err
	}
	return shown.Nickname, nil
}

// markRead marks the messages that the person has seen as read.
func (d *door) markRead(c *access.Call, session *identity.Session, values url.Values) (any, error) {
	newest, err := strconv.ParseInt(values.Get("newest"), 10, 64)
	if err != nil {
		return nil, errNoAction
	}
	if err := d.Messages.MarkRead(c.Context(), session.Account.UIN, newest); err != nil {
		return nil, err
	}
	return redirect{accountPath}, nil
}
