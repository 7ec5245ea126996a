package messages

// Bounds on what a message holds, in bytes.
const (
	maxRequest     = 64
	maxNoticeTitle = 100
	maxNoticeText  = 1000
)
