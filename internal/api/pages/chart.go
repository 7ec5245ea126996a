package pages

import (
	"math"
	"math/big"

	"github.com/rookeryhq/rookery/internal/ranking"
)

// week is one of the chart's weeks. Scores are decimal numbers; "" for none.
type week struct {
	Board        string // the date of its Monday
	Own          string // the person's best score
	Friend, Best string // the friend with the best score, and that score

	ownRank, players uint32
}

// Day is the week's Monday without its year.
func (w *week) Day() string { return w.Board[len("2006-"):] }

// The chart's measures, in the units of its view box.
const (
	chartWidth, chartHeight = 360, 150
	plotLeft, plotTop       = 42, 8
	plotBottom              = 126
	barWidth, barGap        = 12, 2
	leastBar                = 1.5 // so that a score of 0 is seen
	slot                    = (chartWidth - plotLeft) / (ranking.PastWeeks + 1.0)
)

// chart is a drawing of the weeks' scores.
type chart struct {
	Width, Height, Left int // Left is where the plot begins
	Weeks               []week
	Days                []mark
	Bars                []bar // none without scores
	Levels              []mark
}

// bar is a score.
type bar struct {
	X, Y, Width, Height float64
	Friend              bool
	Title               string
}

// mark is a text at a place of one of the axes.
type mark struct {
	At   float64
	Text string
}

// draw draws the weeks, of which there are as many as slots.
func draw(weeks []week) *chart {
	c := &chart{Width: chartWidth, Height: chartHeight, Left: plotLeft, Weeks: weeks}
	low, high := new(big.Float), new(big.Float) // the scale contains 0
	var lowest, highest string
	for i := range weeks {
		for _, score := range [...]string{weeks[i].Own, weeks[i].Best} {
			switch v := size(score); {
			case v.Cmp(low) < 0:
				low, lowest = v, score
			case v.Cmp(high) > 0:
				high, highest = v, score
			}
		}
	}
	length := new(big.Float).Sub(high, low)
	at := func(v *big.Float) float64 {
		part := 0.0
		if length.Sign() > 0 {
			part, _ = new(big.Float).Quo(new(big.Float).Sub(v, low), length).Float64()
		}
		return rounded(plotBottom - part*(plotBottom-plotTop))
	}
	zero := at(new(big.Float))
	for i := range weeks {
		w, left := &weeks[i], plotLeft+float64(i)*slot
		c.Days = append(c.Days, mark{rounded(left + slot/2), w.Day()})
		left += (slot - 2*barWidth - barGap) / 2
		for _, b := range [...]struct {
			score, who string
			friend     bool
		}{{w.Own, "", false}, {w.Best, w.Friend + ": ", true}} {
			if b.score != "" {
				y := at(size(b.score))
				c.Bars = append(c.Bars, bar{
					X: rounded(left), Width: barWidth, Y: min(y, zero), Height: rounded(max(math.Abs(y-zero), leastBar)),
					Friend: b.friend, Title: b.who + b.score,
				})
			}
			left += barWidth + barGap
		}
	}
	c.Levels = []mark{{zero, "0"}}
	for _, end := range [...]struct {
		v     *big.Float
		score string
	}{{low, lowest}, {high, highest}} {
		if end.score != "" {
			c.Levels = append(c.Levels, mark{at(end.v), short(end.score, end.v)})
		}
	}
	return c
}

// size returns a score as precisely as a drawing needs it; 0 for none.
func size(score string) *big.Float {
	v, ok := new(big.Float).SetPrec(64).SetString(score)
	if !ok {
		return new(big.Float)
	}
	return v
}

// short returns a score that fits beside the plot.
func short(score string, v *big.Float) string {
	const most = 7
	if len(score) <= most {
		return score
	}
	return v.Text('g', 3)
}

func rounded(x float64) float64 { return math.Round(x*10) / 10 }
