package main

// machinesMutants are faults of what keeps several platforms on a machine apart.
var machinesMutants = []mutant{
	{"a locked folder looks free", "internal/disk/disk_unix.go",
		`return ErrLocked`, `return nil`,
		"./internal/disk", "^TestALockIsHeldUntilTheFileIsClosed$"},
	{"a killed platform is listed", "internal/cli/running.go",
		`case !locked:`, `case false:`,
		"./internal/cli", "^TestTheNoteOfAKilledPlatformIsRemoved$"},
	{"the lock of a note that is being written is looked at", "internal/cli/running.go",
		`err != nil || len(text) == 0`, `err != nil`,
		"./internal/cli", "^TestANoteThatIsBeingWrittenIsLeftAlone$"},
	{"a stopped platform stays in the list", "internal/cli/running.go",
		`return func() { removeNote(note) }`, `return func() { _ = note.Name() }`,
		"./internal/cli", "^TestPlatformsAreListedWhileTheyRun$"},
	{"the oldest of several platforms is taken", "internal/cli/running.go",
		`if len(all) == 1 {`, `if len(all) > 0 {`,
		"./internal/cli", "^TestOneOfSeveralPlatformsIsChosen$"},
	{"another server is sent a noted token", "internal/cli/client.go",
		`if p.Admin == server {`, `if server != "" {`,
		"./internal/cli", "^TestCommandsFindThePlatform$"},
}
