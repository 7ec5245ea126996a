package server

import (
	"fmt"

	"github.com/rookeryhq/rookery/internal/messages"
	"github.com/rookeryhq/rookery/internal/outbox"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/secretfile"
)

// openEvents gives the events their ways out of the platform.
func (s *Server) openEvents() error {
	s.outbox = outbox.New(s.store, s.clock, s.options.Log)
	s.outbox.Connect(platform.LaneNotices, outbox.NewNotices(s.bus, s.clock, s.options.Log))
	if s.dev != nil {
		s.dev.faults.Notices(&messages.NotifyCommand.Declaration)
	}
	o, e := &s.options, &s.options.Events
	switch {
	case e.File != "":
		file, err := outbox.OpenFile(e.File, int64(e.FileSize))
		if err != nil {
			return fmt.Errorf("%s: %w", o.name("events.file"), err)
		}
		s.outbox.Connect(platform.LaneStream, file)
	case e.Webhook != "":
		secret, err := readEventSecret(o.name("events.webhook_secret"), e.WebhookSecret)
		if err != nil {
			return err
		}
		s.outbox.Connect(platform.LaneStream, outbox.NewWebhook(e.Webhook, secret, e.WebhookTimeout, s.clock))
	}
	return nil
}

// readEventSecret reads the secret of the webhook.
func readEventSecret(name, file string) ([]byte, error) {
	text, err := secretfile.Read(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	secret, err := outbox.ParseSecret(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", name, file, err)
	}
	return secret, nil
}
