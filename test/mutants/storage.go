package main

// storageMutants are about what SQLite does on a disk that fails.
var storageMutants = []mutant{
	{"a commit is not flushed", "internal/store/sqlite/sqlite.go",
		`"synchronous(FULL)"`, `"synchronous(NORMAL)"`,
		storeSQLite, "^TestFaultsOfTheDisk$"},
	{"a commit that failed is acknowledged", "internal/store/sqlite/writer.go",
		`finish(batch, fmt.Errorf("sqlite: commit: %w", err))`, `finish(batch, nil)`,
		storeSQLite, "^TestFaultsOfTheDisk$"},
	{"a message whose commit failed counts", "internal/store/sqlite/writer.go",
		"w.counts.Forget()\n\t\tfinish", "finish",
		storeSQLite, "^TestFaultsOfTheDisk$"},
	{"a write that failed is not undone", "internal/store/sqlite/writer.go",
		`w.exec("ROLLBACK TO step")`, `w.exec("SELECT 1")`,
		storeSQLite, "^TestGroupCommit$"},
}
