package server

import (
	"github.com/prometheus/client_golang/prometheus"
)

// measureStandings shows in the metrics how far memory spares checks the database.
func (s *Server) measureStandings(metrics prometheus.Registerer) {
	table := s.identity.Standings
	metrics.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "rookery_standings", Help: "Grants of which what a check has to know is kept in memory, standings.kept at most.",
		}, func() float64 { return float64(table.Kept()) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "rookery_standings_read_total", Help: "Checks that had to read the database because their grant was not among them.",
		}, func() float64 { return float64(table.Reads()) }),
	)
}
