package platform

// ChallengeKeptMS is how long a challenge is kept after its end: 30 days.
const ChallengeKeptMS = 30 * 24 * 3600 * 1000

// Challenge is a match of two friends at a game: at its end, the one with the greater score has won.
type Challenge struct {
	ID         int64 // above those of all earlier challenges
	AppID      AppID
	Challenger ChallengeSide // who began it
	Opponent   ChallengeSide
	Request    string // of which the challenger begins one challenge

	Title          string
	StartMS, EndMS int64 // scores count from the start, and no longer at the end
	// MemberMS and GameMS are the times at which its beginning was reported from the Game Center's pages and by the game; 0
	// for a side that has not reported it.
	MemberMS, GameMS int64
	SettledMS        int64 // when its result was counted; 0 before
}

// ChallengeSide is one of the two players of a challenge.
type ChallengeSide struct {
	UIN       UIN
	OpenID    OpenID  // at the app
	Score     Decimal // the greatest that was reported; zero before the first report
	ReachedMS int64   // when that was; 0 before the first report
	Done      bool    // the player plays no more rounds
}

// Over reports whether a challenge's result stands at that time.
func (c *Challenge) Over(nowMS int64) bool { return c.SettledMS != 0 || nowMS >= c.EndMS }

// OverMS returns the time from which a challenge's result stands, which lies ahead while it is under way.
func (c *Challenge) OverMS() int64 {
	if c.SettledMS != 0 {
		return c.SettledMS
	}
	return c.EndMS
}

// Leader returns the player with the greater score, or with the earlier one of two equal scores; nil while nobody has one.
func (c *Challenge) Leader() *ChallengeSide {
	a, b := &c.Challenger, &c.Opponent
	switch order := a.Score.Compare(b.Score); {
	case a.ReachedMS == 0 && b.ReachedMS == 0:
		return nil
	case b.ReachedMS == 0 || a.ReachedMS != 0 && (order > 0 || order == 0 && a.ReachedMS <= b.ReachedMS):
		return a
	default:
		return b
	}
}

// Side returns what a challenge knows of one of its players; nil for anybody else.
func (c *Challenge) Side(uin UIN) *ChallengeSide {
	switch uin {
	case c.Challenger.UIN:
		return &c.Challenger
	case c.Opponent.UIN:
		return &c.Opponent
	}
	return nil
}

// BegunMS returns the time at which the beginning was first reported.
func (c *Challenge) BegunMS() int64 {
	if c.MemberMS != 0 && (c.GameMS == 0 || c.MemberMS < c.GameMS) {
		return c.MemberMS
	}
	return c.GameMS
}

// ChallengeRecord is how a player has done in challenges at a game.
type ChallengeRecord struct {
	Won   int64 `json:"won" doc:"challenges that were won"`
	Lost  int64 `json:"lost" doc:"challenges that were lost"`
	Drawn int64 `json:"drawn" doc:"nobody had a score"`
}
