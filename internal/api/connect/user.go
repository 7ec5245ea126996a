package connect

import (
	"strconv"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
)

// userInfo is the answer of the profile interfaces: ret, is_lost and gender_type are numbers, all other members strings
// (qq-connect-openapi.md, A.6).
type userInfo struct {
	Ret             int    `json:"ret"`
	Msg             string `json:"msg"`
	IsLost          int    `json:"is_lost"`
	Nickname        string `json:"nickname"`
	Gender          string `json:"gender"`
	GenderType      int    `json:"gender_type"`
	Province        string `json:"province"`
	City            string `json:"city"`
	Year            string `json:"year"`
	Constellation   string `json:"constellation"`
	FigureURL       string `json:"figureurl"`
	FigureURL1      string `json:"figureurl_1"`
	FigureURL2      string `json:"figureurl_2"`
	FigureURLQQ1    string `json:"figureurl_qq_1"`
	FigureURLQQ2    string `json:"figureurl_qq_2"`
	FigureURLQQ     string `json:"figureurl_qq"`
	FigureURLType   string `json:"figureurl_type"`
	IsYellowVIP     string `json:"is_yellow_vip"`
	VIP             string `json:"vip"`
	YellowVIPLevel  string `json:"yellow_vip_level"`
	Level           string `json:"level"`
	IsYellowYearVIP string `json:"is_yellow_year_vip"`
}

// userInfo answers the profile of the token's person.
func (d *door) userInfo(c *access.Call, login *oidb.CheckResponse) (any, error) {
	p, err := d.identity.Profiles.Get(c.Context(), login.UIN)
	if err != nil {
		return nil, err
	}
	gender, genderType := "男", 2 // also for people who do not give theirs
	if p.Gender == 2 {
		gender, genderType = "女", 1
	}
	yellow := p.VIP.Yellow
	return &userInfo{
		Nickname: p.Nickname, Gender: gender, GenderType: genderType, Province: p.Province, City: p.City,
		FigureURL: p.Picture(30), FigureURL1: p.Picture(50), FigureURL2: p.Picture(100),
		FigureURLQQ1: p.Picture(40), FigureURLQQ2: p.Picture(100), FigureURLQQ: p.Picture(640), FigureURLType: "1",
		IsYellowVIP: bit(yellow.Has()), VIP: bit(yellow.Has()), IsYellowYearVIP: bit(yellow.Year),
		YellowVIPLevel: strconv.Itoa(yellow.Level), Level: strconv.Itoa(yellow.Level),
	}, nil
}

func bit(b bool) string { return strconv.Itoa(platform.Bit(b)) }
