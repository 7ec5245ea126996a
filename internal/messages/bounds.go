package messages

// Bounds on what a message holds, in bytes.
const (
	maxRequest = 64
	maxTitle   = 100
	maxText    = 1000
)
