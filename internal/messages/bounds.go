package messages

// Bounds on what a message holds, in bytes.
const (
	maxTitle = 100
	maxText  = 1000
)
