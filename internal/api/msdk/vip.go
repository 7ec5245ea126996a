package msdk

import (
	"strconv"

	"github.com/rookeryhq/rookery/internal/platform"
)

// VIPAnswer is one element of what the MSDK doors answer of memberships (msdk-v5.md, 8; msdk-v3.md, 5.13).
type VIPAnswer struct {
	Flag   uint32 `json:"flag" doc:"the flag that asked for it"`
	IsVIP  int    `json:"isvip" doc:"1 with the membership"`
	Year   int    `json:"year" doc:"1 if it is paid for a year"`
	Level  int    `json:"level" doc:"the level; 0 without the membership"`
	Luxury int    `json:"luxury" doc:"1 for its luxury form"`
}

// VIPAnswers returns one element for each flag of the mask that MSDK has, the lowest first.
func VIPAnswers(v platform.VIP, mask uint32) []VIPAnswer {
	list := []VIPAnswer{}
	for flag := uint32(platform.FlagMember); flag <= platform.FlagNewXinyue; flag <<= 1 {
		switch {
		case mask&flag == 0:
			continue
		case flag == platform.FlagQQLevel: // which everybody has
			list = append(list, VIPAnswer{Flag: flag, IsVIP: 1, Level: v.QQLevel})
			continue
		}
		for _, kind := range platform.Memberships {
			if kind.Flag == flag || kind.Flag == platform.FlagXinyue && flag == platform.FlagNewXinyue {
				m := kind.Of(&v)
				list = append(list, VIPAnswer{
					Flag: flag, IsVIP: platform.Bit(m.Has()), Year: platform.Bit(m.Year), Level: m.Level, Luxury: platform.Bit(m.Luxury),
				})
			}
		}
	}
	return list
}

// VIPRichInfo is what the MSDK doors answer of QQ membership and its dates: strings all, times in Unix seconds (msdk-v3.md,
// 5.9).
type VIPRichInfo struct {
	IsLost         string `json:"is_lost" doc:"0"`
	IsQQVIP        string `json:"is_qq_vip" doc:"1 for a member of QQ"`
	QQVIPStart     string `json:"qq_vip_start" doc:"since when, in Unix seconds; 0 if unknown"`
	QQVIPEnd       string `json:"qq_vip_end" doc:"until when, in Unix seconds; 2147483647 for no end"`
	IsQQYearVIP    string `json:"is_qq_year_vip" doc:"1 if the membership is paid for a year"`
	QQYearVIPStart string `json:"qq_year_vip_start" doc:"as qq_vip_start"`
	QQYearVIPEnd   string `json:"qq_year_vip_end" doc:"as qq_vip_end"`
	IsSVIP         string `json:"is_svip" doc:"1 for a super member of QQ"`
	QQSVIPStart    string `json:"qq_svip_start" doc:"as qq_vip_start"`
	QQSVIPEnd      string `json:"qq_svip_end" doc:"as qq_vip_end"`
}

// NewVIPRichInfo returns it.
func NewVIPRichInfo(v *platform.VIP) VIPRichInfo {
	var year platform.Membership
	if v.Member.Year {
		year = v.Member
	}
	r := VIPRichInfo{IsLost: "0"}
	r.IsQQVIP, r.QQVIPStart, r.QQVIPEnd = term(v.Member)
	r.IsQQYearVIP, r.QQYearVIPStart, r.QQYearVIPEnd = term(year)
	r.IsSVIP, r.QQSVIPStart, r.QQSVIPEnd = term(v.Super)
	return r
}

// farEnd is the end of a membership that has none: clients take one that has passed, as 0 has, for no membership, and some
// keep it in 32 bits.
const farEnd = 1<<31 - 1

func term(m platform.Membership) (is, start, end string) {
	if !m.Has() {
		return "0", "0", "0"
	}
	seconds := m.EndMS / 1000
	if seconds == 0 {
		seconds = farEnd
	}
	return "1", strconv.FormatInt(m.StartMS/1000, 10), strconv.FormatInt(seconds, 10)
}
