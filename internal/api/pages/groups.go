package pages

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/qqgroups"
	"github.com/rookeryhq/rookery/retcode"
)

// groupsOnPage is how many groups one page lists.
const groupsOnPage = 50

// errNoGroup is a group that does not exist or that the person is not in, which must look the same.
var errNoGroup = errors.New("the person is in no group with this number")

// groupsPage is the data of the template groups.html.
type groupsPage struct {
	Groups []*wire.Group
	Next   uint64 // the last number on the page if there are more; 0 if not
}

// groupPage is the data of the template group.html.
type groupPage struct {
	Token    string
	Group    *wire.Group
	Owns     bool
	Messages []groupMessage
	Next     uint64 // the last message on the page if there are more; 0 if not
	Problem  string // why the person could not leave
}

// groupMessage is a message as the page shows it. All of it is text.
type groupMessage struct{ From, Sent, Title, Text, URL string }

// number reads a number of the URL's query; anything else is 0.
func number(c *access.Call, name string) uint64 {
	n, _ := strconv.ParseUint(parseQuery(c.Request.URL.RawQuery).Get(name), 10, 63)
	return n
}

// onSession returns a handler for a person who is signed in; others are asked to sign in first.
func (d *door) onSession(handle func(*access.Call, *identity.Session) (any, error)) access.Handler {
	return func(c *access.Call) (any, error) {
		session, err := d.session(c)
		if err != nil {
			return nil, err
		}
		if session == nil {
			return redirect{accountPath}, nil
		}
		return handle(c, session)
	}
}

// showGroups shows the groups that the person is in, by number.
func (d *door) showGroups(c *access.Call, session *identity.Session) (any, error) {
	rsp, err := oidb.Call(c.Context(), d.Bus, qqgroups.ListGroups, &wire.ListGroupsRequest{
		Uin: uint64(session.Account.UIN), After: number(c, "after"), Limit: groupsOnPage,
	})
	if err != nil {
		return nil, err
	}
	data := groupsPage{Groups: rsp.Group}
	if n := len(rsp.Group); rsp.More && n > 0 {
		data.Next = rsp.Group[n-1].Gc
	}
	return page{name: "groups", title: wordsFor(c).Groups, data: data}, nil
}

// showGroup shows a group of the person, with its newest messages.
func (d *door) showGroup(c *access.Call, session *identity.Session) (any, error) {
	return d.groupPage(c, session, "", 0)
}

func (d *door) groupPage(c *access.Call, session *identity.Session, wrong string, status int) (any, error) {
	gc, err := platform.ParseGC(c.Request.PathValue("gc"))
	if err != nil {
		return nil, errNoGroup
	}
	uin := uint64(session.Account.UIN)
	sent, err := oidb.Call(c.Context(), d.Bus, qqgroups.ListGroupMessages, &wire.ListGroupMessagesRequest{Gc: uint64(gc), Uin: uin, Before: number(c, "before")})
	if errors.Is(err, retcode.OIDBFieldOutOfRange) || errors.Is(err, retcode.GroupDisbanded) {
		return nil, errNoGroup
	}
	if err != nil {
		return nil, err
	}
	rsp, err := oidb.Call(c.Context(), d.Bus, qqgroups.QueryGroup, &wire.QueryGroupRequest{Gc: uint64(gc)})
	if err != nil {
		return nil, err
	}
	data := groupPage{Token: session.FormToken(), Group: rsp.Group, Owns: rsp.Group.GetOwner() == uin, Problem: wrong}
	for _, m := range sent.Sent {
		text := m.GetMessage()
		data.Messages = append(data.Messages, groupMessage{
			From: platform.UIN(m.Uin).String(), Sent: time.UnixMilli(m.SentMs).UTC().Format("2006-01-02 15:04 UTC"),
			Title: text.GetTitle(), Text: text.GetText(), URL: text.GetUrl(),
		})
	}
	if n := len(sent.Sent); sent.More && n > 0 {
		data.Next = sent.Sent[n-1].MessageId
	}
	return page{name: "group", title: rsp.Group.GetName(), status: status, data: data}, nil
}

// leaveGroup handles the form of a group's page. It is not an error if the person has left already.
func (d *door) leaveGroup(c *access.Call, session *identity.Session) (any, error) {
	t, values := wordsFor(c), form(c)
	gc, err := platform.ParseGC(c.Request.PathValue("gc"))
	switch {
	case err != nil:
		return nil, errNoGroup
	case action(c, values) != "leave":
		return nil, errNoAction
	case !session.HoldsFormToken(values.Get("token")): // it has ended, or somebody else has signed in
		return redirect{accountPath}, nil
	case values.Get("understood") == "":
		return d.groupPage(c, session, t.LeaveNotUnderstood, http.StatusBadRequest)
	}
	_, err = oidb.Call(c.Context(), d.Bus, qqgroups.LeaveGroup, &wire.LeaveGroupRequest{Gc: uint64(gc), Uin: uint64(session.Account.UIN)})
	switch {
	case err == nil, errors.Is(err, retcode.GroupDisbanded):
		return redirect{groupsPath}, nil
	case errors.Is(err, retcode.OIDBFieldOutOfRange):
		return d.groupPage(c, session, t.OwnersCannotLeave, http.StatusConflict)
	case errors.Is(err, retcode.OIDBGroupReadOnly):
		return d.groupPage(c, session, t.GroupReadOnly, http.StatusServiceUnavailable)
	default:
		return nil, err
	}
}
