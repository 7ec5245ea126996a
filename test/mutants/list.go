package main

import "slices"

// The packages whose tests have to notice a fault; narrower ones are named where they are enough.
const (
	scenarios   = "./test/scenarios"
	integration = "./test/integration"
	identity    = "./internal/identity"
	bus         = "./internal/oidb"
	routes      = "./internal/oidb/route"
	busTCP      = "./internal/oidb/tcp"
	groups      = "./internal/qqgroups"
	storeSQLite = "./internal/store/sqlite"
	askingGames = "./internal/idip"
	gamesSide   = "./client"
	outbox      = "./internal/outbox"
	guildRoster = "./internal/roster"
	guildGroups = "./internal/groups"
	operators   = "./internal/operators"
)

// mutants are the faults that are written out; conditionTrials adds others. What cannot be tested is not among them, as a comparison that leaks its time.
var mutants = slices.Concat(doorMutants, tokenMutants, loginMutants, boundMutants, busMutants, connectMutants, groupMutants, eventMutants, idipMutants, messageMutants, gameDoorMutants, bindingMutants, rankMutants, socialMutants, achievementMutants, gamePageMutants, frontMutants, backendMutants, forcedMutants, doctorMutants, proxyMutants, codeMutants, traceMutants, machinesMutants, referenceMutants, operatorMutants, catalogueMutants, explainMutants, storageMutants, postgresMutants, lockMutants, rateMutants)
