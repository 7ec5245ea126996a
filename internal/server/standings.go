package server

import (
	"github.com/prometheus/client_golang/prometheus"
)

// measureStandings registers the metrics that show how many checks memory saves from reading the database.
func (s *Server) measureStandings(metrics prometheus.Registerer) {
	table := s.identity.Standings
	metrics.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "rookery_standings", Help: "Grants whose standing is in memory, at most standings.kept.",
		}, func() float64 { return float64(table.Kept()) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "rookery_standings_read_total", Help: "Checks that had to read the database because their grant's standing was not in memory.",
		}, func() float64 { return float64(table.Reads()) }),
	)
}
