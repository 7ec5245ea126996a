package main

// backendMutants give back ends what they must not have.
var backendMutants = []mutant{
	{"a back end has every command of its services", "internal/oidb/bus.go",
		`return !slices.Contains(commands, id) })`,
		`return len(commands) == 0 && !slices.Contains(commands, id) })`,
		bus, "^TestAKeptCommand$"},
	{"a back end knows which service types its commands lack elsewhere", "internal/oidb/bus.go",
		`clear(b.types) // a`,
		`// a`,
		bus, "^TestAKeptCommand$"},
	{"a kept command has the rules of another", "internal/oidb/bus.go",
		`		e.index = index
`,
		`		e.index = 0
`,
		bus, "^TestAKeptCommand$"},
	{"a back end takes commands that need a platform's data", "internal/server/backend.go",
		`case d.Needs != "":`,
		`case d.Needs == "everything":`,
		"./internal/server", "^TestBackendCommands$"},
}
