# Parlour's commands; `make help` lists them. Everything is installed inside this folder
# (.venv, node_modules), and nothing is installed again while the lock files stay as they are.

BIN := .venv/bin
# Programs called by name (node, npm and what they call) come from .venv first.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# What was compiled once is kept, whatever holds elsewhere: thousands of tests take half of what it
# takes to find them to be compiled, and every program that is started begins with it.
export PYTHONDONTWRITEBYTECODE :=

PYTHON ?=
# More than cores: much of what tests do is to wait.
WORKERS ?= 3
ARGS ?=
T ?=
UPGRADE ?=
EXTRAS ?=
QUICK ?=
CASES ?=
TIMES ?=
MINUTES ?=
RATE ?=
HISTORY ?=

UV_LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url $(if $(UPGRADE),--upgrade)
# Each worker takes whole files, the longest first (tests/conftest.py).
SHARED := -n $(WORKERS) --dist loadfile --no-loadscope-reorder
PYTEST := -m pytest $(SHARED)
# What runs on two nodes once more, and what of it when the coverage is measured.
ON_NODES := tests/administration tests/cluster tests/features tests/files/test_avatars.py tests/files/test_files.py \
	tests/files/test_quotas.py tests/files/test_uploads.py tests/gateway tests/identity tests/permissions \
	tests/properties/test_fuzz.py
ON_NODES_MEASURED := tests/features/test_bans.py tests/features/test_direct.py tests/features/test_members.py \
	tests/identity/test_sessions.py
# What runs on PostgreSQL once more.
ON_POSTGRESQL := tests/administration tests/database tests/features tests/files tests/gateway tests/identity \
	tests/jobs tests/permissions tests/properties tests/web tests/test_admin.py tests/test_errors.py tests/test_protocol.py
# What takes minutes in its long form, and a part of a minute in every run.
FAULTS := tests/deploy/test_rolling.py tests/faults/test_ledger_nodes.py tests/faults/test_ledger_partitions.py \
	tests/faults/test_releases.py tests/migrations/test_upgrades.py
# The same in seconds each, with what else two nodes and what is beneath them go through, and how
# PostgreSQL looks for rows.
FAULTS_SHORT := tests/cluster tests/database/test_moving_files.py tests/database/test_postgresql_plans.py \
	tests/database/test_silent_postgresql.py tests/deploy/test_cluster.py \
	tests/deploy/test_rolling.py tests/faults/test_ledger_faults.py tests/faults/test_ledger_nodes.py \
	tests/faults/test_ledger_partitions.py tests/faults/test_ledger_postgresql.py tests/faults/test_releases.py
CSS := "frontend/**/*.css" "!frontend/vendor/**"

.DEFAULT_GOAL := help
.PHONY: help setup run cluster dev node test test-python test-postgresql test-nodes test-pgbouncer \
	test-firefox test-webkit test-frontend test-all test-cluster coverage bench fuzz sbom lint \
	lint-python lint-frontend format lock vendor screenshots lighthouse audit rendering ledger faults soak conformance deploy-check wheel clean

help: ## List every target
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install Parlour into .venv from the pinned lock (with more: make setup EXTRAS="postgresql redis s3 traces")
	@PYTHON="$(PYTHON)" sh scripts/install.sh app $(EXTRAS)

run: setup ## Start Parlour on http://localhost:8000 (flags: make run ARGS="--port 9000")
	@exec $(BIN)/parlour serve $(ARGS)

cluster: dev ## Start two nodes with all they need, to try them (flags: make cluster ARGS="--front 9000")
	@exec $(BIN)/python -m scripts.cluster $(ARGS)

dev: setup ## Install the Python tools that tests and linters need
	@sh scripts/install.sh dev

node: dev ## Install the front end's tools into node_modules (node itself comes with dev)
	@sh scripts/install.sh node

test: node ## Run the tests, in ten minutes; a part of all of them: make test T="-k outbox"
ifeq ($(strip $(T)),)
	@TEST_BRIEF=1 $(MAKE) --no-print-directory test-all
else
	@chromium=$$(sh scripts/browser.sh) || [ "$$CI" != true ] || exit 1; \
	CHROME_PATH="$$chromium" exec $(BIN)/python $(PYTEST) $(T)
endif

test-all: test-frontend test-python ## Run all tests, also those that show in more ways what others show in one

test-python: dev ## Run the Python and browser tests of them
	@chromium=$$(sh scripts/browser.sh) || [ "$$CI" != true ] || exit 1; \
	CHROME_PATH="$$chromium" $(BIN)/python -m scripts.tests $(SHARED) $(if $(TIMES),--seconds-to tests/seconds.json) \
	$(if $(TEST_BRIEF),,-- TEST_DATABASE=postgresql tests/database)

# Measuring doubles what the tests compute, so it is a run of its own.
coverage: dev ## The same, then hold their branch coverage against the bound
	@chromium=$$(sh scripts/browser.sh) || [ "$$CI" != true ] || exit 1; \
	rm -f .coverage .coverage.*; \
	CHROME_PATH="$$chromium" $(BIN)/coverage run $(PYTEST)
	@TEST_DATABASE=postgresql $(BIN)/coverage run $(PYTEST) tests/database
	@TEST_NODES=2 $(BIN)/coverage run $(PYTEST) $(ON_NODES_MEASURED)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

# Each in its turn, so that what is promised within seconds has the machine to itself.
test-cluster: dev ## Run faults beneath two nodes in short, and most tests on PostgreSQL and on two nodes
	@$(BIN)/python -m scripts.tests $(SHARED) -m thorough $(FAULTS_SHORT)
	@TEST_BRIEF=1 $(MAKE) --no-print-directory test-postgresql test-nodes

test-postgresql: dev ## Run what the database has a part in on PostgreSQL
	@TEST_DATABASE=postgresql $(BIN)/python -m scripts.tests $(SHARED) $(or $(T),$(ON_POSTGRESQL))

test-nodes: dev ## Run what several nodes have a part in on two of them
	@TEST_NODES=2 $(BIN)/python -m scripts.tests $(SHARED) $(or $(T),$(ON_NODES))

# Neither comes in a package of the lock file: Debian has the one, and each version its own other.
test-pgbouncer: dev ## Run the same through a pgbouncer (which has to be installed)
	@program=$$(PATH="$$PATH:/usr/sbin" command -v pgbouncer) || \
	{ echo "make test-pgbouncer needs pgbouncer (Debian: apt-get install pgbouncer)" >&2; exit 1; }; \
	TEST_PGBOUNCER="$$program" TEST_DATABASE=postgresql $(BIN)/python $(PYTEST) $(or $(T),$(ON_POSTGRESQL))

# The Firefox that people have; a worker for each core, since each person has one of their own.
test-firefox: node ## Run the tests with a browser in Firefox
	@firefox=$$(sh scripts/browser.sh firefox) && TEST_BROWSER=firefox FIREFOX_PATH="$$firefox" \
	$(BIN)/python -m scripts.tests -n 2 --dist loadfile --no-loadscope-reorder $(or $(T),tests/browser)

# In no package of the lock file either, and Playwright knows only a WebKit of its own.
test-webkit: dev ## Run a few tests in WebKit, Safari's engine (which has to be installed)
	@TEST_BROWSER=webkit $(BIN)/python -m scripts.tests $(or $(T),tests/webkit)

test-frontend: node ## Run the JavaScript units
	@node --test "tests/frontend/**/*.test.js"

bench: node ## Measure Parlour beside others (smoke: make bench QUICK=1; nodes and curves: SCALE=1)
	@exec $(BIN)/python -m benchmarks $(if $(SCALE),--scale) $(if $(QUICK),--quick) $(if $(CASES),--cases "$(CASES)")

lint: lint-python lint-frontend ## Run every linter and type checker

lint-python: dev ## Ruff, mypy, the import layers and the workflows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/zizmor --quiet --offline --persona pedantic .github/workflows

lint-frontend: node ## ESLint (with the front end's layers), TypeScript and stylelint
	node_modules/.bin/eslint --max-warnings 0 .
	node_modules/.bin/tsc --noEmit
	node_modules/.bin/stylelint --max-warnings 0 $(CSS)

format: node ## Put Python, JavaScript and CSS into the project's form
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .
	node_modules/.bin/eslint --fix .
	node_modules/.bin/stylelint --fix $(CSS)

lock: node ## Resolve the lock files anew (newest versions: make lock UPGRADE=1)
	$(UV_LOCK) pyproject.toml --group build --output-file requirements.lock
	for extra in postgresql redis s3 traces; do \
		$(UV_LOCK) --group $$extra --constraint requirements.lock --output-file requirements-$$extra.lock \
		|| exit 1; done
	$(UV_LOCK) pyproject.toml --group dev --constraint requirements.lock --constraint requirements-postgresql.lock \
		--constraint requirements-redis.lock --constraint requirements-s3.lock \
		--constraint requirements-traces.lock --output-file requirements-dev.lock
	npm $(if $(UPGRADE),update,install) --package-lock-only
	npm --prefix benchmarks/peers $(if $(UPGRADE),update,install) --package-lock-only
	node scripts/lock-addresses.mjs package-lock.json benchmarks/peers/package-lock.json

vendor: node ## Copy the front end's libraries from npm into frontend/vendor
	node scripts/vendor.mjs

screenshots: dev ## Take the screenshots of the README into docs/images
	@chromium=$$(sh scripts/browser.sh) && CHROME_PATH="$$chromium" \
	$(BIN)/python -m scripts.screenshots

lighthouse: node ## Let Lighthouse judge the screens; fails below the promised scores
	@chromium=$$(sh scripts/browser.sh) && CHROME_PATH="$$chromium" \
	$(BIN)/python -m scripts.lighthouse

rendering: node ## Measure what the page costs its browser: a flood after a gap, a steady hundred a second
	@chromium=$$(sh scripts/browser.sh) && CHROME_PATH="$$chromium" \
	$(BIN)/python -m scripts.rendering

ledger: dev ## Talk for long while connections are cut, disks fill and the power goes; check the ledger
	@exec $(BIN)/python -m tests.ledger $(ARGS)

faults: dev ## Let what is beneath two nodes be killed, hang and be cut off for long; kill upgrades
	@TEST_LONG=1 $(BIN)/python -m pytest -s $(FAULTS) $(ARGS)

soak: dev ## A server under load for an hour: memory, handles, every message (make soak MINUTES=25 RATE=60)
	@exec $(BIN)/python -m tests.soak --minutes $(or $(MINUTES),60) --rate $(or $(RATE),0) $(ARGS)

conformance: dev ## Let Autobahn's test suite judge the WebSocket (needs a Python 2.7 too)
	@$(BIN)/python -m scripts.conformance $(ARGS)

deploy-check: dev ## Let nginx, HAProxy, systemd and container tools judge deploy/ (one: ARGS=nginx)
	@chromium=$$(sh scripts/browser.sh) && CHROME_PATH="$$chromium" \
	$(BIN)/python -m tests.deploy.check $(ARGS)

audit: node ## Ask for known faults in what the lock files name; look for secrets in files (ever there: HISTORY=1)
	for lock in requirements*.lock; do \
		$(BIN)/pip-audit --strict --require-hashes --disable-pip --requirement "$$lock" || exit 1; done
	npm audit
	npm --prefix benchmarks/peers audit
	$(BIN)/python -m scripts.leftovers $(if $(HISTORY),--history)

sbom: dev ## Write what a release is made of into dist (CycloneDX)
	@mkdir -p dist
	@cat requirements.lock $(foreach extra,postgresql redis s3 traces,requirements-$(extra).lock) | \
	sed -e ':joined' -e '/\\$$/N; s/\\\n *//; tjoined' | sort -u | \
	$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --of JSON --output-file dist/parlour.cdx.json -

fuzz: dev ## Let the random tests of protocol and API try far more
	@TEST_LONG=1 $(BIN)/python $(PYTEST) --timeout=7200 $(or $(T),tests/properties)

wheel: setup ## Build the wheel into dist
	$(BIN)/python -m pip wheel --quiet --no-deps --no-index --no-build-isolation --wheel-dir dist .

clean: ## Remove everything that make made; the data folder and the choice of extras stay
	rm -rf .venv node_modules benchmarks/peers/node_modules dist htmlcov test-results .bench-* \
		.coverage .coverage.* .hypothesis \
		.mypy_cache .pytest_cache .schemathesis .ruff_cache .import_linter_cache
	find parlour tests scripts benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
