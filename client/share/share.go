// Package share makes the checks that a game's client makes before it hands a message to QQ on the player's device: those
// behind the return codes that no server answers.
//
//	qq 1      the device has no QQ
//	qq 3      the message's type is unknown, or the target does not take it
//	qq 4      the message lacks what its type needs
//	qq 10000  a Qzone is given text alone
//	qq 5      the content breaks a rule: a field is too long, a link is not http or https, a word is forbidden
//	qq 6      the platform does not know the appid that is built into the game
//
// They are made in this order, those that ask the platform last; forbidden words are looked for after the appid.
package share

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/rookeryhq/rookery/client"
	"github.com/rookeryhq/rookery/retcode"
)

// Codes are the return codes with which a share can fail, in the order of its checks.
var Codes = []retcode.Code{
	retcode.QQAppNotInstalled, retcode.QQMessageTypeWrong, retcode.QQMessageEmpty, retcode.QQQzoneTextOnly,
	retcode.QQMessageIllegal, retcode.QQAppNotRegistered,
}

// Device is the player's device.
type Device interface {
	// Installed reports whether the device has QQ.
	Installed() bool
	// Open hands a message to QQ, where the player picks the receiver.
	Open(ctx context.Context, target Target, m Message) error
}

// Filter reports whether a text has a forbidden word.
type Filter func(ctx context.Context, text string) (dirty bool, err error)

// Forbid returns a filter for these words, in any case, anywhere in a text.
func Forbid(words ...string) Filter {
	return func(_ context.Context, text string) (bool, error) {
		text = strings.ToLower(text)
		for _, word := range words {
			if word != "" && strings.Contains(text, strings.ToLower(word)) {
				return true, nil
			}
		}
		return false, nil
	}
}

// FilterByPlatform returns a filter that asks the platform, which has a list of words, in the session of the player who
// shares. The client needs the app's key, so this is for a back end that shares for its players.
func FilterByPlatform(platform *client.Client, s client.Session) Filter {
	return func(ctx context.Context, text string) (dirty bool, err error) {
		_, dirty, err = platform.OpenAPI.FilterWords(ctx, s, text)
		return dirty, err
	}
}

// How long the platform's answer about an appid is remembered: a known app seldom goes away, a missing one may be about to
// be registered.
const (
	knownFor   = time.Hour
	unknownFor = time.Minute
)

// Sharer shares messages of one game. It is safe for concurrent use.
type Sharer struct {
	appID    string
	device   Device
	platform *client.Client
	filter   Filter
	now      func() time.Time

	mu         sync.Mutex
	registered bool
	until      time.Time // registered is valid until then
}

// New returns a Sharer for the game whose build contains that appid. Asking the platform about the appid takes no key.
// filter may be nil: then no word is forbidden.
func New(appID string, device Device, platform *client.Client, filter Filter) *Sharer {
	return &Sharer{appID: appID, device: device, platform: platform, filter: filter, now: time.Now}
}

// Share checks a message and hands it to the device. A refusal is one of the return codes in the package comment, with a
// sentence that says what is wrong; any other error means that the platform did not answer, or comes from the device.
func (s *Sharer) Share(ctx context.Context, target Target, m Message) error {
	if !s.device.Installed() {
		return retcode.QQAppNotInstalled
	}
	if err := m.check(target); err != nil {
		return err
	}
	if err := s.checkApp(ctx); err != nil {
		return err
	}
	if err := s.checkWords(ctx, &m); err != nil {
		return err
	}
	return s.device.Open(ctx, target, m)
}

func (s *Sharer) checkApp(ctx context.Context) error {
	s.mu.Lock()
	registered, fresh := s.registered, s.now().Before(s.until)
	s.mu.Unlock()
	if !fresh {
		var err error
		if registered, err = s.platform.Connect.Registered(ctx, s.appID); err != nil {
			return err
		}
		keep := unknownFor
		if registered {
			keep = knownFor
		}
		s.mu.Lock()
		s.registered, s.until = registered, s.now().Add(keep)
		s.mu.Unlock()
	}
	if !registered {
		return retcode.QQAppNotRegistered.Errorf("appid %.20q", s.appID)
	}
	return nil
}

func (s *Sharer) checkWords(ctx context.Context, m *Message) error {
	if s.filter == nil {
		return nil
	}
	for _, f := range m.fields() {
		if f.text == "" || f.isURL {
			continue
		}
		dirty, err := s.filter(ctx, f.text)
		if err != nil {
			return err
		}
		if dirty {
			return retcode.QQMessageIllegal.Errorf("%s has a forbidden word", f.name)
		}
	}
	return nil
}
