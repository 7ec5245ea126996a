package main

// referenceMutants are faults of the reference and of its page.
var referenceMutants = []mutant{
	{"another site's page gets signatures", "internal/docs/docs.go",
		`http.NewCrossOriginProtection().Handler(http.HandlerFunc(o.sign))`, `http.HandlerFunc(o.sign)`,
		"./internal/docs", "^TestRefuses$"},
	{"an old time is signed again", "internal/docs/docs.go",
		`query.Set("ts", now)`, `query.Set("ts", cmp.Or(query.Get("ts"), now))`,
		"./internal/docs", "^TestSigns$"},
	{"the chosen app is ignored", "internal/docs/docs.go",
		`if chosen == appid || chosen == "" && (`, `if chosen == appid || (`,
		"./internal/docs", "^TestRefuses$"},
	{"a page's script may come from anywhere", "internal/docs/docs.go",
		`script-src 'self';`, `script-src *;`,
		"./internal/docs", "^TestPage$"},
	{"a member without a doc passes", "internal/reference/schema.go",
		`if member.Description = field.Tag.Get("doc"); member.Description == "" {`, `if member.Description = field.Tag.Get("doc"); member.Description == "x" {`,
		"./internal/reference", "^TestADeclarationIsWhole$"},
	{"an answer's undeclared member passes", "internal/reference/schema.go",
		`case s.Type != "":
				all = append(all, fmt.Sprintf("%s/%s is not declared", at, name))`, `case s.Type == "x":
				all = append(all, fmt.Sprintf("%s/%s is not declared", at, name))`,
		"./internal/reference", "^TestFaults$"},
	{"an interface without a summary passes", "internal/reference/reference.go",
		`if e.Summary == "" {`, `if e.Summary == "x" {`,
		"./internal/reference", "^TestADeclarationIsWhole$"},
}
