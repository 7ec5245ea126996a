package main

// machinesMutants are faults of what keeps several platforms on a machine apart.
var machinesMutants = []mutant{
	{"a locked folder looks free", "internal/disk/disk_unix.go",
		`return ErrLocked`, `return nil`,
		"./internal/disk", "^TestALockIsHeldUntilTheFileIsClosed$"},
}
