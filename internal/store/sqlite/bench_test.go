package sqlite

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
)

// benchRows is how many openids the benchmarks pick from at random.
const benchRows = 20_000

// benchStore returns a store of benchRows accounts, each with an openid and a grant.
func benchStore(b *testing.B) (*Store, []platform.OpenID) {
	s, err := Open(b.Context(), filepath.Join(b.TempDir(), "rookery.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	openids := make([]platform.OpenID, benchRows)
	err = s.writer.write(b.Context(), func(t *tx) error {
		random := rand.NewChaCha8([32]byte{})
		for i := range openids {
			random.Read(openids[i][:])
			uin := int64(i) + int64(platform.FirstUIN)
			if _, err := t.Exec("INSERT INTO accounts (uin, profile, state, class, password_hash, password_epoch, created_ms, signed_out_ms) VALUES (?, '{}', 0, 0, '', 1, 0, 0)", uin); err != nil {
				return err
			}
			if _, err := t.Exec("INSERT INTO openids (appid, openid, uin, state, token_epoch, pay_epoch, scopes, changed_ms) VALUES (1, ?, ?, 0, 1, 1, 'login', 0)", openids[i][:], uin); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return s, openids
}

// BenchmarkCommit measures durable writes of one row: the machine's flush rate bounds a single caller, group commit
// lifts many.
func BenchmarkCommit(b *testing.B) {
	writes := map[string]func(context.Context, *Store, platform.OpenID, uint64) error{
		"raise": func(ctx context.Context, s *Store, openid platform.OpenID, _ uint64) error {
			_, err := s.RaisePayEpoch(ctx, 1, openid, 1)
			return err
		},
		"create": func(ctx context.Context, s *Store, openid platform.OpenID, n uint64) error {
			return s.CreateOpenkey(ctx, platform.Openkey{AppID: 1, Session: rand.Uint64(), OpenID: openid, ExpiresMS: int64(n)})
		},
	}
	quota := &platform.MessageQuota{
		MessageLimits: platform.MessageLimits{SenderDay: 10, SenderWeek: 40, ReceiverDay: 5, ReceiverWeek: 20, PairDay: 1}, Day: 19724, Monday: 19723,
	}
	writes["message"] = func(ctx context.Context, s *Store, _ platform.OpenID, n uint64) error {
		_, _, err := s.StoreMessage(ctx, platform.Message{
			UIN: platform.UIN(n), From: platform.UIN(n + 1<<40), AppID: 1, Kind: platform.ArkMessage, SentMS: int64(n),
			MessageContent: platform.MessageContent{Scene: "demo", Title: "A heart for you", Text: "Come and play", Card: []byte(`{"title":"A heart for you","text":"Come and play"}`)},
		}, quota)
		return err
	}
	for _, name := range []string{"raise", "create", "message"} {
		for _, callers := range []int{1, 16, 64, 256} {
			b.Run(fmt.Sprintf("%s/callers=%d", name, callers), func(b *testing.B) {
				s, openids := benchStore(b)
				ctx, cancel := context.WithCancel(b.Context()) // like a request's: with a Done channel
				defer cancel()
				var n atomic.Uint64
				parallel(b, callers, func() error {
					return writes[name](ctx, s, openids[rand.IntN(len(openids))], n.Add(1))
				})
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
			})
		}
	}
}

// BenchmarkReport measures durable reports of five values, of which one is a score, beside upserts of five rows and no more.
func BenchmarkReport(b *testing.B) {
	number, err := platform.ParseDecimal("12800")
	if err != nil {
		b.Fatal(err)
	}
	items := make([]platform.Achievement, 5)
	for i, kind := range []int{3, 12, 26, 27, 28} {
		items[i] = platform.Achievement{Type: kind, Data: number.String(), Number: number, Overwrite: true}
	}
	for name, write := range map[string]func(context.Context, *Store, platform.UIN, int64) error{
		"report": func(ctx context.Context, s *Store, uin platform.UIN, n int64) error {
			_, err := s.ReportAchievements(ctx, platform.AchievementReport{AppID: 1, UIN: uin, Items: items, NowMS: n, Day: 4})
			return err
		},
		"upserts": func(ctx context.Context, s *Store, uin platform.UIN, n int64) error {
			return s.writer.write(ctx, func(t *tx) error {
				for i := range items {
					if _, err := t.Exec(`INSERT INTO achievements (appid, uin, type, data, number, expires_ms, updated_ms) VALUES (1, ?, ?, ?, ?, 0, ?)
						ON CONFLICT DO UPDATE SET data = excluded.data, number = excluded.number, updated_ms = excluded.updated_ms`,
						int64(uin), items[i].Type, items[i].Data, items[i].Number.Key(), n); err != nil {
						return err
					}
				}
				return nil
			})
		},
	} {
		b.Run(name, func(b *testing.B) {
			s, openids := benchStore(b)
			var n atomic.Int64
			parallel(b, 64, func() error {
				return write(b.Context(), s, platform.FirstUIN+platform.UIN(rand.IntN(len(openids))), n.Add(1))
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reports/s")
		})
	}
}

// BenchmarkExchange measures how fast codes are used up by as many callers as in bench/, for comparison with
// BenchmarkCommit.
func BenchmarkExchange(b *testing.B) {
	s, openids := benchStore(b)
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	err := s.writer.write(ctx, func(t *tx) error {
		for i := range b.N {
			_, err := t.Exec("INSERT INTO logins VALUES (?, 1, 7, 0, ?, 'https://game.example/login', 'get_user_info', '', 1, 0, 1000)", int64(i+1), openids[i%len(openids)][:])
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	var id atomic.Int64
	parallel(b, 64, func() error {
		_, err := s.ExchangeCode(ctx, 1, platform.Ticket{Login: id.Add(1), Salt: 7}, nil, 2000, 500, func(*platform.Login) error { return nil })
		return err
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "exchanges/s")
}

// BenchmarkStanding measures the read of a token check whose standing is not cached.
func BenchmarkStanding(b *testing.B) {
	for _, callers := range []int{1, 16} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s, openids := benchStore(b)
			ctx, cancel := context.WithCancel(b.Context())
			defer cancel()
			parallel(b, callers, func() error {
				_, err := s.Standing(ctx, 1, openids[rand.IntN(len(openids))])
				return err
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reads/s")
		})
	}
}

// parallel runs do b.N times in that many goroutines.
func parallel(b *testing.B, callers int, do func() error) {
	var left atomic.Int64
	left.Store(int64(b.N))
	done := make(chan error)
	b.ReportAllocs()
	b.ResetTimer()
	for range callers {
		go func() {
			for left.Add(-1) >= 0 {
				if err := do(); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range callers {
		if err := <-done; err != nil {
			b.Error(err)
		}
	}
	b.StopTimer()
}
