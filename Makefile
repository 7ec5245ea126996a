# `make run` and `make test` are all that a newcomer needs; `make help` lists the rest.

BINARY := bin/rookery
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
FUZZTIME ?= 10s
PATIENCE := 1h# ends a test that hangs; it takes minutes
# The race detector does not look into these. SQLite and its libc, which are C translated to Go, would be fifty times as slow. With it the hash of a
# password touches 20,000 pages instead of 1,000, and a refused request, whose mistake is looked for, takes twice as long; neither shares anything.
RACELESS := $(patsubst %,-gcflags=%=-race=false,modernc.org/sqlite/lib modernc.org/libc/... golang.org/x/crypto/argon2 github.com/rookeryhq/rookery/internal/sign/mistake)
# Without the checkout's path in it, what was compiled, vetted and linted in one checkout is so in each other.
export GOFLAGS := $(strip $(shell go env GOFLAGS) -trimpath)
# A program with the race detector otherwise sleeps a second at its end, and the tests start hundreds.
export GORACE := atexit_sleep_ms=10

.DEFAULT_GOAL := help
.PHONY: help run build test test-plain test-postgres test-race test-cluster test-others check vet generated formatted vulnerabilities machines generate lint codes-report bench fuzz mutants soak cluster-test clean tools

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

run: build ## build and start the demo platform on 127.0.0.1:8700
	@exec $(BINARY) dev

build: ## build bin/rookery
	@# A checkout that git does not trust, for instance another user's, gives no revision to build in.
	CGO_ENABLED=0 go build $$(git rev-parse HEAD >/dev/null 2>&1 || echo -buildvcs=false) -o $(BINARY) ./cmd/rookery

test: tools formatted vet ## run everything that CI runs
	@# What vet has compiled serves the others.
	@$(MAKE) --no-print-directory -j5 --output-sync=target test-cluster test-others

test-cluster:
	go test -vet=off -timeout $(PATIENCE) ./test/cluster

# They let test-cluster go first, since Patroni takes a machine for dead that is only slow.
test-others:
	@nice -n 10 $(MAKE) --no-print-directory generated lint vulnerabilities test-race test-plain test-postgres

# Without the race detector: figures mean nothing under it, the rules and the mistakes in signatures have nothing to race, and the
# scenarios and the examples of each command start hundreds of processes, which takes three times as long. UNRACED are such tests in other packages: of figures, of a
# single goroutine with a lot to do, and TestStoreWithoutRules, since internal/store/sqlite runs the same with the race detector.
PLAIN := ./test/scenarios ./test/bringabout ./bench ./catalogue/... ./internal/logging ./internal/server ./internal/sign/mistake ./test/mutants ./test/rules
UNRACED := TestEveryExampleRuns|TestStoreWithoutRules|TestATreeIsASortedSlice|TestMemoryPerPlayer|TestMemoryDoesNotGrowWithTheArchive
UNRACED := $(UNRACED)|TestFaultsOfTheDisk|TestTheTimeIsProportionalToTheText|TestATableAnswersWhatTheStoreHas|TestAFullTableDoesNotGrow|TestRoomThatReadingAheadDoesNotNeedIsGivenBack
PLAIN_ROOKERY := $(CURDIR)/bin/test/plain/rookery# or each package of tests would link one
test-plain test-postgres: export ROOKERY_BINARY := $(PLAIN_ROOKERY)
test-plain: export EVERYTHING := yes# what takes minutes, too
test-plain: $(PLAIN_ROOKERY)
	go test -vet=off -timeout $(PATIENCE) $(PLAIN)
	go test -vet=off -timeout $(PATIENCE) -run '^($(UNRACED))$$' $$(grep -lrE '^func ($(UNRACED))\(' --include=*_test.go . | xargs dirname | sort -u)

test-postgres: $(PLAIN_ROOKERY)
	STORE=postgres go test -vet=off -timeout $(PATIENCE) -run '^TestScenarios$$' ./test/scenarios

# The longest are first, so that the others run beside them.
LONGEST := ./test/integration ./test/gateways ./test/soak ./internal/store/sqlite
test-race: export ROOKERY_BINARY := $(CURDIR)/bin/test/race/rookery
test-race: export COMMANDS := $(PLAIN_ROOKERY)# for what serves nothing
test-race: private export GOFLAGS += $(RACELESS)
test-race: lint $(PLAIN_ROOKERY) # lint compiles nearly all that it needs
	go build -race -buildvcs=false -o $(ROOKERY_BINARY) ./cmd/rookery
	go test -vet=off -race -timeout $(PATIENCE) -skip '^($(UNRACED))$$' $(LONGEST) \
		$$(go list ./... | grep -Ev '/(catalogue.*|test/(mutants|rules|scenarios|bringabout)|internal/sign/mistake|test/cluster)$$')

# The go command knows what has changed.
.PHONY: $(PLAIN_ROOKERY)
$(PLAIN_ROOKERY):
	go build -buildvcs=false -o $@ ./cmd/rookery

check: formatted vet generated lint vulnerabilities ## code is vetted, formatted and clean for staticcheck, generated files are current, and nothing with a known vulnerability is linked

vet:
	go vet ./...

generated:
	scripts/generated-is-current

formatted:
	@test -z "$$(gofmt -l .)" || { echo "gofmt would change:"; gofmt -l .; exit 1; }

vulnerabilities:
	scripts/vulnerabilities go run $(GOVULNCHECK) $(PRODUCT)

lint: export GOFLAGS += -race $(RACELESS)
lint: ## run the pinned linter
	go run -race=false $(STATICCHECK) ./...

# What people install. The tests' own programs are for this machine.
PRODUCT := ./cmd/... ./internal/... ./client/... ./retcode/...
MACHINES ?= linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64
machines: ## build and vet for each of MACHINES; CI checks the types alone
	@for machine in $(MACHINES); do \
		echo "$$machine"; export CGO_ENABLED=0 GOOS=$${machine%/*} GOARCH=$${machine#*/}; \
		go build $(PRODUCT) && go vet $(PRODUCT) || exit 1; \
	done

generate: ## make the generated files
	go generate ./...

codes-report: ## provoke every code of the contract, write docs/coverage.md, and list the codes that are left; STORE=postgres for the other store
	@go run ./test/scenarios/report

bench: ## measure next to a bare handler and the storage engine alone
	@scripts/tools wrk
	go run ./bench

mutants: ## make small faults in the platform and see that tests notice each; it takes a while
	go run ./test/mutants

soak: ## kill the platform under load for ten minutes, let each call to the disk fail in turn, and look for what was lost; half an hour at 70 % of what a gateway can do
	go test ./internal/store/sqlite -count=1 -timeout 30m -run TestFaultsOfTheDisk -every-call
	go test ./test/soak -count=1 -timeout 30m -v -soak 10m
	go test ./test/soak -count=1 -timeout 45m -v -run TestAGatewayStaysSteady -steady 30m

cluster-test: ## let the machines of several gateways and their PostgreSQL die, or as root be cut off, at random for five minutes, and look for what was lost
	@scripts/tools postgresql patroni etcd-server redis-server
	@if [ "$$(id -u)" = 0 ]; then scripts/tools ip; fi
	go test ./test/cluster -count=1 -timeout 30m -v -drill 5m -recovery 15s

fuzz: ## run each fuzz target for FUZZTIME
	scripts/fuzz $(FUZZTIME)

# Debian's npm takes 400 packages and Node's own comes with it: only CI, where no test is skipped, installs the former.
tools:
	@scripts/tools gcc curl
	@if [ "$$(id -u)" = 0 ] && [ "$$(uname)" = Linux ]; then scripts/tools ip || echo "without ip the test of a partition is skipped" >&2; fi
	@scripts/tools postgresql || echo "without PostgreSQL the tests of gateways that share one are skipped" >&2
	@scripts/tools pgbouncer || echo "without PgBouncer the test of a pooler is skipped" >&2
	@scripts/tools redis-server || echo "without Redis the tests of rates that gateways share are skipped" >&2
	@scripts/tools patroni etcd-server || echo "without Patroni and etcd the drill of a cluster is skipped" >&2
	@command -v kubectl >/dev/null || echo "without kubectl the manifests for Kubernetes are not put together" >&2
	@scripts/tools chromium || echo "without chromium the browser test is skipped" >&2
	@if test -n "$$CI"; then scripts/tools npm python3; fi
	@if command -v npm >/dev/null; then echo "npm installs what the tests of passport-qq2015, of the example in Node and of the codes in TypeScript need" >&2 && \
		npm ci --prefix test/integration/passport --ignore-scripts --no-audit --no-fund --silent && \
		npm ci --prefix client/examples/motto-node --ignore-scripts --no-audit --no-fund --silent && \
		npm ci --prefix test/export --ignore-scripts --no-audit --no-fund --silent; fi || echo "without npm the tests with Node are skipped" >&2

clean: ## remove what was built
	rm -rf bin test/artefacts
