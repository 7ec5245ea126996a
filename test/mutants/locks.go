package main

// lockMutants let steps run at the same time that have to agree.
var lockMutants = []mutant{
	unlocked("bindings of a guild", "bindings.go", `named(aGuild, fmt.Sprintf("%d/%q/%q", b.AppID, b.Zone, b.ID)), `, ""),
	unlocked("bindings of a group", "bindings.go", `, named(groupOfApp, fmt.Sprintf("%d/%d", b.AppID, b.GC))`, ""),
	unlocked("a binding that is finished", "bindings.go",
		"if err := t.lockBinding(&b); err != nil {\n\t\t\treturn err\n\t\t}\n\t\trows, err := t.Exec(\"UPDATE bindings SET gc", "rows, err := t.Exec(\"UPDATE bindings SET gc"),
	unlocked("a binding that is released", "bindings.go",
		"if err := t.lockBinding(&b); err != nil {\n\t\t\treturn err\n\t\t}\n\t\trows, err := t.Exec(\"UPDATE bindings SET bound = 0", "rows, err := t.Exec(\"UPDATE bindings SET bound = 0"),
	unlocked("a binding that is given up", "bindings.go",
		"if err := t.lockBinding(&b); err != nil {\n\t\t\treturn err\n\t\t}\n\t\treturn t.Later(\"DELETE", "return t.Later(\"DELETE"),
	unlocked("challenges of a challenger", "challenges.go", "of(progressOf, c.Challenger.UIN), ", ""),
	unlocked("challenges of an opponent", "challenges.go", ", of(progressOf, c.Opponent.UIN)", ""),
	unlocked("red dots of an account", "feeds.go", "if err := t.lock(of(progressOf, uin)); err != nil {", "if err := error(nil); err != nil {"),
	unlocked("friends of the first", "friends.go", "t.lock(of(friendsOf, a), of(friendsOf, b))", "t.lock(of(friendsOf, b))"),
	unlocked("friends of the second", "friends.go", "t.lock(of(friendsOf, a), of(friendsOf, b))", "t.lock(of(friendsOf, a))"),
	unlocked("a refresh token", "logins.go", "return t.lock(of(anAccount, uin))", "return nil"),
	unlocked("a refresh token and its account", "logins.go", "return t.lock(of(anAccount, uin))", "return t.lock(of('l', id))"),
	unlocked("a code", "logins.go", "if err := t.lockLogin(app, code.Login); err != nil {", "if err := error(nil); err != nil {"),
	unlocked("an inbox", "messages.go", "of(inboxOf, m.UIN), of(outboxOf, m.From)", "of(outboxOf, m.From), of(outboxOf, m.From)"),
	unlocked("an outbox", "messages.go", "of(inboxOf, m.UIN), of(outboxOf, m.From)", "of(inboxOf, m.UIN), of(inboxOf, m.UIN)"),
	unlocked("a request of the official account", "messages.go", "fmt.Sprint(m.AppID, m.From, m.Request)", "fmt.Sprint(m.AppID, m.UIN, m.Request)"),
	unlocked("an account's openid", "openids.go", "if err := t.lock(of(anAccount, uin)); err != nil {", "if err := error(nil); err != nil {"),
	unlocked("accounts' openids", "openids.go", "if err := t.lock(keys...); err != nil {", "if err := error(nil); err != nil {"),
	unlocked("a player", "openids.go", "if err := t.lock(named(aPlayer, string(player.OpenID[:]))); err != nil {", "if err := error(nil); err != nil {"),
	unlocked("operators", "operators.go",
		"if err := t.lock(of(operators, 0)); err != nil {\n\t\t\treturn err\n\t\t}\n\t\tvar n", "var n"),
	unlocked("an operator who changes", "operators.go",
		"if err := t.lock(of(operators, 0)); err != nil {\n\t\t\treturn platform.Operator{}, err", "if err := error(nil); err != nil {\n\t\t\treturn platform.Operator{}, err"),
	unlocked("an operator who is removed", "operators.go",
		"if err := t.lock(of(operators, 0)); err != nil {\n\t\t\treturn err\n\t\t}\n\t\tt.changed", "t.changed"),
	unlocked("numbers of events", "outbox.go", "if err := t.lock(of(eventNumbers, 0)); err != nil {", "if err := error(nil); err != nil {"),
	unlocked("a scene that is removed", "scenes.go",
		"if err := t.lock(of(scenesOf, key.AppID)); err != nil {\n\t\t\treturn err\n\t\t}\n\t\tt.changed", "t.changed"),
	unlocked("numbers of groups", "qqgroups.go", "of(groupNumbers, 0), ", ""),
	unlocked("groups of an owner", "qqgroups.go", ", of(groupsOf, g.Owner)", ""),
	unlocked("a group", "qqgroups.go",
		"if err := t.lock(of(aGroup, gc)); err != nil {\n\t\t\treturn platform.Group{}, err", "if err := error(nil); err != nil {\n\t\t\treturn platform.Group{}, err"),
	unlocked("a group that is disbanded", "qqgroups.go",
		"if err := t.lock(of(aGroup, gc)); err != nil {\n\t\t\treturn err\n\t\t}\n\t\tg, err", "g, err"),
	unlocked("members of a group", "qqgroups.go", "t.lock(of(aGroup, gc), of(groupsOf, uin))", "t.lock(of(groupsOf, uin))"),
	unlocked("groups of a member", "qqgroups.go", "t.lock(of(aGroup, gc), of(groupsOf, uin))", "t.lock(of(aGroup, gc))"),
}

// unlocked is a mutant that takes a lock away, which a case of one test notices.
func unlocked(name, file, before, after string) mutant {
	return mutant{"no lock: " + name, "internal/store/tables/" + file, before, after, storePostgres, "^TestStepsThatHaveToAgreeWaitForEachOther$/^" + name + "$"}
}
