package server

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/rookeryhq/rookery/client/share"
	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/retcode"
)

// Place is where a code is answered: some interfaces of a door, commands of the bus, or a player's device.
type Place struct {
	Door       string   `json:"door"`
	Interfaces []string `json:"interfaces"` // paths, or commands such as 0x711_1; all that the door has, if All
	All        bool     `json:"all"`
}

// String names the door and its first interfaces in English.
func (p Place) String() string { return p.In(retcode.English) }

// In names the door and its first interfaces in the language.
func (p Place) In(lang retcode.Language) string {
	const shown = 3
	interfaces, commands, more := "every interface", "every command", "%s and %d more"
	if lang == retcode.Chinese {
		interfaces, commands, more = "所有接口", "所有命令", "%s 等，另有 %d 个"
	}
	switch n := len(p.Interfaces); {
	case p.All && n > 1 && p.Door == busDoor:
		return p.Door + ": " + commands
	case p.All && n > 1:
		return p.Door + ": " + interfaces
	case n > shown:
		return p.Door + ": " + fmt.Sprintf(more, strings.Join(p.Interfaces[:shown], ", "), n-shown)
	default:
		return p.Door + ": " + strings.Join(p.Interfaces, ", ")
	}
}

// Names of what answers codes and is no door.
const (
	busDoor    = "oidb"
	deviceDoor = "device"
)

// AnsweredAt returns where the codes of a row of the catalogue are answered, nil if nowhere.
func AnsweredAt(row retcode.Entry) (places []Place) {
	for number := row.Low; number <= row.High; number++ {
		code, _ := retcode.Lookup(row.Domain, number) // is in the catalogue
		for _, place := range answers()[code] {
			i := slices.IndexFunc(places, func(p Place) bool { return p.Door == place.Door })
			if i < 0 {
				place.Interfaces = slices.Clone(place.Interfaces)
				places = append(places, place)
				continue
			}
			for _, at := range place.Interfaces {
				if !slices.Contains(places[i].Interfaces, at) {
					places[i].Interfaces = append(places[i].Interfaces, at)
				}
			}
			places[i].All = places[i].All || place.All
		}
	}
	return places
}

// answers returns where each code is answered. It finds it once: not at the start of the program, since the doors' pages show it.
func answers() map[retcode.Code][]Place {
	answered.once.Do(func() { answered.at = findAnswers() })
	return answered.at
}

var answered struct {
	once sync.Once
	at   map[retcode.Code][]Place
}

// findAnswers finds where each code is answered, by what the doors, the bus's commands and the device's checks declare: in the order
// of the doors and their interfaces. A code that nothing declares is missing.
func findAnswers() map[retcode.Code][]Place {
	answers := make(map[retcode.Code][]Place)
	add := func(door, at string, codes ...retcode.Code) {
		for _, code := range codes {
			places := answers[code]
			if n := len(places); n == 0 || places[n-1].Door != door {
				places = append(places, Place{Door: door})
			}
			if last := &places[len(places)-1]; !slices.Contains(last.Interfaces, at) { // by another method
				last.Interfaces = append(last.Interfaces, at)
			}
			answers[code] = places
		}
	}
	interfaces := make(map[string]int) // of each door
	for _, door := range Doors() {
		paths := make(map[string]bool)
		for i := range door.Endpoints {
			e := &door.Endpoints[i]
			paths[e.Path] = true
			add(door.Name, e.Path, door.Codes(e)...)
			add(door.Name, e.Path, door.Success)
		}
		interfaces[door.Name] = len(paths)
		if door.Code == nil {
			continue
		}
		unknown := door.Code(access.ErrNoRoute)
		if !slices.ContainsFunc(answers[unknown], func(p Place) bool { return p.Door == door.Name }) {
			for _, prefix := range door.Prefixes {
				add(door.Name, prefix, unknown)
			}
		}
	}
	always := slices.Concat(oidb.PolicyOrder(), oidb.InProcessCodes)
	for _, d := range oidb.Declarations() {
		add(busDoor, d.ID.String(), slices.Concat(d.Codes, always)...)
		add(busDoor, d.ID.String(), d.Success)
		add(busDoor, fmt.Sprintf("%#x", d.Number), d.OtherTypes)
	}
	interfaces[busDoor] = len(oidb.Declarations())
	add(deviceDoor, "rookery share", share.Codes...)
	delete(answers, 0) // a success, or a failure, without a code
	for _, places := range answers {
		for i := range places {
			places[i].All = len(places[i].Interfaces) == interfaces[places[i].Door]
		}
	}
	return answers
}
