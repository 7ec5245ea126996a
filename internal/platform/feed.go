package platform

// FeedKeptMS is how long a feed is kept: 30 days.
const FeedKeptMS = 30 * 24 * 3600 * 1000

// Feed is what a player tells friends who play the same game.
type Feed struct {
	ID      int64 // above those of all earlier feeds
	AppID   AppID
	UIN     UIN    // of its author
	Request string // of which the author posts one feed; "" for a new one each time
	FeedContent
	PostedMS int64
}

// FeedContent is what a feed shows. All of it is text, and no part of it is markup.
type FeedContent struct {
	Title   string `json:"title"`
	Text    string `json:"text,omitzero"`
	URL     string `json:"url,omitzero"`     // what it opens
	Picture string `json:"picture,omitzero"` // the address of a picture
}
