package platform

// Gateway is a process that serves the platform.
type Gateway struct {
	Address   string `json:"address" doc:"base URL of its doors"`
	Version   string `json:"version" doc:"of its rookery"`
	StartedMS int64  `json:"started_ms" doc:"when it started"`
	LagMS     int64  `json:"lag_ms" doc:"for how long it may not have heard of what others changed"`
	SeenMS    int64  `json:"seen_ms" doc:"when it was last heard of"`
	Leads     bool   `json:"leads" doc:"whether it does what is done once for all gateways"`
}
