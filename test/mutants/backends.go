package main

// backendMutants give back ends what they must not have, and their connections.
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
	{"a studio's back end takes calls from anywhere", "client/oidb_conn.go",
		`case !c.trusted:`,
		`case !c.trusted && c.server == nil:`,
		gamesSide, "^TestWhoMayCallAnOIDBServer$"},
	{"a studio's back end takes nobody at his word", "client/oidb.go",
		`c.trusted = from.IsLoopback() || `,
		`c.trusted = from.IsLoopback() && `,
		gamesSide, "^TestWhoMayCallAnOIDBServer$"},
	{"a studio's handler has no deadline of its caller's", "client/oidb.go",
		`limit = min(limit, head.Budget)`,
		`limit = max(limit, head.Budget)`,
		gamesSide, "^TestOIDBDeadlines$"},
	{"a connection to a studio's back end has any number of calls under way", "client/oidb_conn.go",
		`c.slots <- struct{}{}`,
		`go func() { c.slots <- struct{}{} }()`,
		gamesSide, "^TestOIDBCallsDoNotWaitForOneAnother$"},
	{"the text of a studio's error reaches the caller", "client/oidb.go",
		`		refuse(&answer, retcode.OIDBConnectFailed)
`,
		`		refuse(&answer, retcode.OIDBConnectFailed)
		answer.Detail = err.Error()
`,
		gamesSide, "^TestOIDBAnswers$"},
	{"a studio's back end does not wait for the calls under way", "client/oidb_conn.go",
		`	defer c.calls.Wait()
`,
		``,
		gamesSide, "^TestAnOIDBServerDrains$"},
	{"a studio's back end leaves without a word", "client/oidb.go",
		`		if c.called.Load() {
`,
		`		if false {
`,
		gamesSide, "^TestAnOIDBServerLeaves$"},
	{"a studio's back end leaves without a word to who calls later", "client/oidb_conn.go",
		`		if c.leaving.Load() {
`,
		`		if false {
`,
		gamesSide, "^TestAnOIDBServerLeaves$"},
	{"a studio's back end that leaves says nothing on a new connection", "client/oidb.go",
		`	c.leaving.Store(s.leaving)
`,
		``,
		gamesSide, "^TestAnOIDBServerLeaves$"},
	{"a studio's back end has any number of connections", "client/oidb.go",
		`if s.stopped || len(s.conns) >= cmp.Or(s.MaxConnections, 1024) {`,
		`if s.stopped {`,
		gamesSide, "^TestAnOIDBServerBoundsItsConnections$"},
	{"a frame that is too large is taken for the next ones", "internal/oidb/frame/reader.go",
		`if _, err := io.CopyN(io.Discard, r.from, int64(r.skip)); err != nil {`,
		`if _, err := io.CopyN(io.Discard, r.from, 0); err != nil {`,
		"./internal/oidb/frame", "^TestReader$"},
	{"a group ends with any end", "internal/oidb/field/field.go",
		`return b, key == start-startGroup+endGroup`,
		`return b, start > 0`,
		"./internal/oidb/field", "^TestMessagesAreReadAsProtobufReadsThem$"},
	{"an idle connection keeps the stack of its last call", "internal/oidb/tcp/conn.go",
		`			r.idles = true
			return false
`,
		`			return r.read(length)
`,
		busTCP, "^TestAnIdleConnectionHasASmallStack$"},
}
