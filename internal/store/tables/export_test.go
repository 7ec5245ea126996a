package tables

// Statements whose plans are tested.
const (
	InsertChallenge = insertChallenge
	ChallengeNews   = challengeNews
)
