package server

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rookeryhq/rookery/internal/platform"
)

// measureStandings registers the metrics that show how many checks memory saves from reading the database.
func (s *Server) measureStandings(metrics prometheus.Registerer) {
	table := s.identity.Standings
	metrics.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "rookery_standings", Help: "Grants whose standing is in memory, at most standings.kept.",
		}, func() float64 { return float64(table.Kept()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "rookery_standings_bytes", Help: "Memory that they take.",
		}, func() float64 { return float64(table.Bytes()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "rookery_store_lag_seconds", Help: "For how long changes by other gateways may not have been heard of; 0 without others.",
		}, func() float64 { return s.store.Lag().Seconds() }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "rookery_standings_read_total", Help: "Checks that had to read the database because their grant's standing was not in memory.",
		}, func() float64 { return float64(table.Reads()) }),
	)
}

// readStandingsAhead fills the table while requests are served, so that the first check of each grant need not read the
// database.
func (s *Server) readStandingsAhead(ctx context.Context) {
	begin, table := time.Now(), s.identity.Standings
	grants, err := s.store.CountGrants(ctx)
	if err == nil {
		err = table.ReadAhead(grants, func(keep func(platform.AppID, platform.OpenID, platform.Standing) bool) error {
			return s.store.ReadStandings(ctx, keep)
		})
	}
	switch {
	case ctx.Err() != nil:
	case err != nil:
		s.options.Log.Warn("the standings of grants could not be read ahead; each is read when it is checked", "error", err.Error())
	default:
		s.options.Log.Info("the standings of grants were read ahead", "kept", table.Kept(), "duration_ms", time.Since(begin).Milliseconds())
	}
}
