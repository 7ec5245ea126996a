package platform

// VIP holds an account's QQ memberships.
type VIP struct {
	QQLevel int        `json:"qq_level,omitzero" doc:"0 to 1000"`
	Member  Membership `json:"member,omitzero" doc:"QQ member"`
	Super   Membership `json:"super,omitzero" doc:"super member"`
	Blue    Membership `json:"blue,omitzero" doc:"blue diamond; luxury is super blue"`
	Red     Membership `json:"red,omitzero" doc:"red diamond"`
	Yellow  Membership `json:"yellow,omitzero" doc:"luxury is high yellow"`
	Green   Membership `json:"green,omitzero" doc:"green diamond"`
	Pink    Membership `json:"pink,omitzero" doc:"pink diamond"`
	SuperQQ Membership `json:"superqq,omitzero" doc:"Super QQ"`
	Xinyue  Membership `json:"xinyue,omitzero" doc:"Xinyue"`
	Anime   Membership `json:"anime,omitzero" doc:"anime"`
	WiFi    Membership `json:"wifi,omitzero" doc:"entitled to wireless networks"`
}

// Membership is one membership. The zero value means that the account does not have it.
type Membership struct {
	Level   int   `json:"level" doc:"1 to 100; 0 without the membership"`
	Year    bool  `json:"year,omitzero" doc:"it is paid for a year"`
	Luxury  bool  `json:"luxury,omitzero" doc:"its luxury form"`
	StartMS int64 `json:"start_ms,omitzero" doc:"when it was last paid for; 0 if unknown"`
	EndMS   int64 `json:"end_ms,omitzero" doc:"0 for no end"`
}

// The flags of memberships in MSDK (msdk-v5.md, 8; msdk-v3.md, 5.13), followed by those of this platform's own.
const (
	FlagMember    = 0x01
	FlagQQLevel   = 0x02 // not a membership: only its level means anything
	FlagBlue      = 0x04
	FlagRed       = 0x08
	FlagSuper     = 0x10
	FlagXinyue    = 0x40
	FlagYellow    = 0x80
	FlagAnime     = 0x100
	FlagNewXinyue = 0x200 // the same as FlagXinyue here
	FlagGreen     = 0x10000
	FlagPink      = 0x20000
	FlagSuperQQ   = 0x40000
	FlagWiFi      = 0x80000
)

// Memberships are all memberships, with their names and flags.
var Memberships = []struct {
	Name string
	Flag uint32
	Of   func(*VIP) *Membership
}{
	{"member", FlagMember, func(v *VIP) *Membership { return &v.Member }},
	{"blue", FlagBlue, func(v *VIP) *Membership { return &v.Blue }},
	{"red", FlagRed, func(v *VIP) *Membership { return &v.Red }},
	{"super", FlagSuper, func(v *VIP) *Membership { return &v.Super }},
	{"xinyue", FlagXinyue, func(v *VIP) *Membership { return &v.Xinyue }},
	{"yellow", FlagYellow, func(v *VIP) *Membership { return &v.Yellow }},
	{"anime", FlagAnime, func(v *VIP) *Membership { return &v.Anime }},
	{"green", FlagGreen, func(v *VIP) *Membership { return &v.Green }},
	{"pink", FlagPink, func(v *VIP) *Membership { return &v.Pink }},
	{"superqq", FlagSuperQQ, func(v *VIP) *Membership { return &v.SuperQQ }},
	{"wifi", FlagWiFi, func(v *VIP) *Membership { return &v.WiFi }},
}

// Named returns the membership of that name, or nil.
func (v *VIP) Named(name string) *Membership {
	for _, kind := range Memberships {
		if kind.Name == name {
			return kind.Of(v)
		}
	}
	return nil
}

// Has reports whether the account has the membership.
func (m Membership) Has() bool { return m.Level > 0 }

// lapsed reports whether some membership has expired at that time.
func (v *VIP) lapsed(nowMS int64) bool {
	for _, kind := range Memberships {
		if m := kind.Of(v); m.EndMS != 0 && m.EndMS <= nowMS {
			return true
		}
	}
	return false
}

// At returns the memberships at that time, without expired ones.
func (v VIP) At(nowMS int64) VIP {
	for _, kind := range Memberships {
		if m := kind.Of(&v); m.EndMS != 0 && m.EndMS <= nowMS {
			*m = Membership{}
		}
	}
	return v
}

// Bit returns 1 for true and 0 for false, as most interfaces write it.
func Bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// validate checks every field and returns the first fault in one sentence.
func (v *VIP) validate() error {
	if v.QQLevel < 0 || v.QQLevel > 1000 {
		return Invalidf("qq_level", "qq_level %d is not from 0 to 1000", v.QQLevel)
	}
	for _, kind := range Memberships {
		switch m := kind.Of(v); {
		case m.Level < 0 || m.Level > 100:
			return Invalidf("vip", "%s: level %d is not from 0 to 100", kind.Name, m.Level)
		case m.Level == 0 && *m != Membership{}:
			return Invalidf("vip", "%s: a membership without a level must have no other member", kind.Name)
		case m.StartMS < 0 || m.EndMS < 0 || m.EndMS != 0 && m.EndMS <= m.StartMS:
			return Invalidf("vip", "%s: it ends before it begins", kind.Name)
		}
	}
	return nil
}
