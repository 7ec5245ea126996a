package platform

// EventType says what an Event reports. Consumers of the stream read its text.
type EventType string

// The types of events.
const (
	EventGuildBound   EventType = "guild_bound"   // a guild got its group
	EventGuildUnbound EventType = "guild_unbound" // a guild gave up its group
	EventTest         EventType = "test"          // an operator tries the stream
)

// Event reports what a write did. The store keeps it with the write until every lane has delivered it.
type Event struct {
	ID        int64     `json:"id"` // its place in the stream: from 1, without gaps, given by the store
	Type      EventType `json:"type"`
	TimeMS    int64     `json:"time_ms"`
	Guild     Guild     `json:"guild,omitzero"`
	GuildName string    `json:"guild_name,omitzero"`
	GC        GC        `json:"gc,omitzero"`
	UIN       UIN       `json:"uin,omitzero"` // who did it
}

// Lane is a way by which events leave the platform. Each has its own pace: one that stands still does not delay the others.
type Lane uint8

// The lanes.
const (
	LaneStream  Lane = iota // to the consumer that the operator configured
	LaneNotices             // to the people whom an event concerns
)
