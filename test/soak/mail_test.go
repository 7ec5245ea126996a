package soak

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/rookeryhq/rookery/test/rookery"
)

// mail is what senders were told.
type mail struct {
	mu   sync.Mutex
	sent []sent
	all  int // that were ever acknowledged
	next int
}

// letter is an acknowledged message.
type letter struct{ id, request, from, to string }

// forget forgets what was sent so long ago that the platform may have removed it.
func (m *mail) forget(before time.Time) {
	m.sent = slices.DeleteFunc(m.sent, func(s sent) bool { return s.round.Before(before) })
}

// sent is a letter and when its round began.
type sent struct {
	letter
	round time.Time
}

// The numbers that may refuse a message here: the three limits (causes.md, messages).
const (
	senderLimit   = 901203
	receiverLimit = 901204
	pairLimit     = 901205
)

// send sends one message, sometimes twice with the same request. An error means that the platform is gone.
func (m *mail) send(p *rookery.Platform, w *world, logins map[string]login) error {
	from, to := logins[w.people[rand.IntN(len(w.people))]], logins[w.people[rand.IntN(len(w.people))]]
	if from == to {
		return nil
	}
	m.mu.Lock()
	m.next++
	request := fmt.Sprint("request-", m.next)
	m.mu.Unlock()
	body, _ := json.Marshal(map[string]any{
		"openid": from.openid, "token": from.token, "request_id": request, "title": "Come and play", "summary": "We need a healer",
		"target_url": "https://game.example/", "image_url": "https://game.example/picture.png", "fopenids": []map[string]any{{"openid": to.openid, "type": 0}},
	})
	for range 1 + rand.IntN(2) {
		answer, err := p.TryCall(rookery.NewCall(w.app, "/v2/friend/share", string(body)))
		if err != nil {
			return err
		}
		switch answer.Ret {
		case 0:
			id, _ := answer.Fields["message_id"].(string)
			m.mu.Lock()
			m.sent = append(m.sent, sent{letter{id, request, from.uin, to.uin}, w.now})
			m.all++
			m.mu.Unlock()
		case senderLimit, receiverLimit, pairLimit:
		default:
			return &otherAnswer{"share", answer.Body}
		}
	}
	return nil
}
