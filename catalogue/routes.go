package catalogue

import _ "embed"

// Routes is routes.tsv, the table of every route of the doors: door, method, path, permission, checks, limit, codes.
// internal/access reads it and says what the columns mean.
//
//go:embed routes.tsv
var Routes string
