# Thin: each target says in one line what it is for and calls the tool that does it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV_VERSION := 0.13.9
STORE_VERSION := 0.5.3-beta.196
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/ip-protection-platform
BIN := .venv/bin
INSTALLED := .venv/installed
# What fails fast comes first. Of chaos only the short form; the rest has targets of its own.
SUITES := $(wildcard $(addprefix tests/,unit contract component integration e2e chaos/planted chaos/load chaos/fire))
MINUTES ?= 60
COMPLAINTS ?= 0
SEED ?= 0

# Kept bytecode halves the start of every process, and there are many.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: install
install: $(INSTALLED) ## Make .venv from the lock; needs Python 3.11 and a package registry, nothing else

# uv lives in an environment of its own, for it removes from .venv whatever the lock does not name. It is not told
# which Python to use: naming another path of the same one would make it throw away a .venv that others work in.
$(INSTALLED): uv.lock pyproject.toml
	@test -x build/uv/bin/uv && build/uv/bin/uv --version | grep -qF " $(UV_VERSION) " || { \
		$(PYTHON) -m venv --clear build/uv && build/uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@UV_PYTHON_DOWNLOADS=never build/uv/bin/uv sync --locked
	@touch $@

.PHONY: up
up: install ## Start the platform on this machine and keep it up
	@$(BIN)/ipp up

.PHONY: demo
demo: install ## Run 700 complaints (COMPLAINTS=5000 for more) through weeks of business days
	@$(BIN)/ipp demo

.PHONY: test
test: install ## Run all tests: unit, contract, component, integration on real parts, one journey
	@$(BIN)/pytest $(SUITES)

.PHONY: chaos
chaos: install ## Run the platform under fire: every kind of fault, and the demo's plan with services killed
	@$(BIN)/pytest tests/chaos
	@$(BIN)/python -m tests.chaos --form every --minutes 4 --seed $(SEED)

.PHONY: chaos-long
chaos-long: install ## An hour under fire (MINUTES=20 COMPLAINTS=3000 SEED=7 for another run), told in docs/reliability
	@$(BIN)/python -m tests.chaos --form long --minutes $(MINUTES) --complaints $(COMPLAINTS) --seed $(SEED) --keep

.PHONY: bench
bench: install ## Measure speed, as ratios within one run (MEASURES="intake takedown" for some); takes a while
	@test -x build/quix/bin/python || $(PYTHON) -m venv build/quix
	@build/uv/bin/uv pip sync --quiet --python build/quix/bin/python tests/bench/peers/quix.lock
	@$(BIN)/python -m tests.bench $(MEASURES)

.PHONY: check
check: install ## Check style, types, import contracts and that the pages made from code are fresh
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m shared.contracts.schemas --check
	@$(BIN)/python -m services.complaints.cases.state_table --check
	@$(BIN)/python -m deploy.docs --check
	@$(BIN)/python -m tests.chaos.table --check
	@$(BIN)/python -m tests.bench.page --check

.PHONY: store
store: $(CACHE)/bin/secantusd-rs ## Build the faster store once (Rust's cargo, 5 to 15 minutes); used from then on

$(CACHE)/bin/secantusd-rs:
	@command -v cargo >/dev/null || { echo "make store needs cargo (https://rustup.rs); without it the slower store that is installed serves"; exit 1; }
	cargo install --locked --ignore-rust-version secantus-mdb --version $(STORE_VERSION) --root "$(CACHE)"

.PHONY: clean
clean: ## Remove what was made here: environment, data, reports (downloads in the cache stay)
	rm -rf .venv build .local .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
