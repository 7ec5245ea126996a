package main

const (
	scenarios   = "./test/scenarios"
	integration = "./test/integration"
)

// mutants are the faults, by room.
var mutants = []mutant{
	{
		name: "V5 leaves the signature of a game's server out",
		file: "internal/api/msdkv5/door.go",
		old:  "access.Step(\"v5-signature\", d.signature,", new: "access.Step(\"v5-signature\", func(*access.Call) error { return nil },",
		in: scenarios, run: "^TestStagePrecedence$",
	},
	{
		name: "V5 looks at the rate before it looks at TLS",
		file: "internal/api/msdkv5/door.go",
		old:  "access.TLS, access.AppRate, access.Audit", new: "access.AppRate, access.TLS, access.Audit",
		in: scenarios, run: "^TestStagePrecedence$",
	},
}
