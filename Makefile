SHELL := /bin/bash
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
PORT ?= 8000
DEMO_PORT ?= 8001
EXAMPLES ?= 500
SIZES ?= 0,1000000,10000000
ROUNDS ?= 7
PROGRAM_PORT ?= 8002
# Some of a test is waiting: one process more than there are cores.
PROCESSES ?= $(shell expr $$(nproc 2>/dev/null || echo 2) + 1)
BIN := .venv/bin
CODE := widget_host wsgi.py tests e2e bench

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help install run test e2e gallery fuzz bench bench-growth soak sure fix words lock

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: .venv/installed-dev ## make the virtual environment, with everything development needs

run: .venv/installed-run ## serve the host, a demo bank and a demo program (PORT, DEMO_PORT, PROGRAM_PORT)
	@$(BIN)/widget-host demo --port $(PORT) --demo-port $(DEMO_PORT) --program-port $(PROGRAM_PORT)

test: .venv/installed-dev ## run every test, on SQLite and PostgreSQL and in a browser
	@scripts/test-machine database redis deploy browser engines node
	@$(BIN)/pytest tests --numprocesses $(PROCESSES) --maxprocesses 6
	@$(BIN)/pytest e2e --numprocesses $(PROCESSES) --maxprocesses 2

e2e: .venv/installed-dev ## run the browser tests alone
	@scripts/test-machine database browser engines
	@$(BIN)/pytest e2e --numprocesses $(PROCESSES) --maxprocesses 2

gallery: .venv/installed-dev ## write the pictures of every state of the widgets that the docs show
	@scripts/test-machine browser
	@$(BIN)/python -m e2e.pictures

fuzz: .venv/installed-dev ## try the API against its own OpenAPI document at length (EXAMPLES of each operation)
	@scripts/test-machine database
	@WIDGET_HOST_TEST_EXAMPLES=$(EXAMPLES) $(BIN)/pytest tests/contracts/test_openapi_fuzzed.py -rP --show-capture=stdout

bench: .venv/installed-dev ## measure it all beside its peers, into docs/benchmarks.md (BENCH="orders calls" for some of it)
	@scripts/test-machine database redis browser npm wrk
	@$(BIN)/python -m bench $(BENCH)

bench-growth: .venv/installed-dev ## measure every call with 0, 1 and 10 million transactions (SIZES=0,100000 ROUNDS=1 for less)
	@scripts/test-machine database
	@SIZES="$(SIZES)" ROUNDS="$(ROUNDS)" $(BIN)/python -m bench.growth

soak: .venv/installed-dev ## meet every fault ten times as often, with a hundred thousand deliveries (WIDGET_HOST_SEED to repeat)
	@scripts/test-machine database redis
	@WIDGET_HOST_SOAK=10 $(BIN)/pytest tests/faults

sure: .venv/installed-dev ## check every convention: style, types, imports, house rules, wheel
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/djlint --lint templates widget_host/demo/templates
	$(BIN)/djlint --check templates widget_host/demo/templates
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest tests/house tests/functional/widgets/test_budgets.py tests/functional/widgets/multibrand/test_budgets.py

fix: .venv/installed-dev ## correct what the tools can correct by themselves
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)
	$(BIN)/djlint --quiet --reformat templates widget_host/demo/templates || true

words: .venv/installed-dev ## bring the catalogues of widget_host/locales up to date with the widgets' sentences
	@scripts/words

lock: ## pin what pyproject.toml asks for in constraints/ (needs uv)
	@scripts/lock

# The stamps lie in the environment they speak of: who deletes it installs again.
.venv/installed-run: constraints/run.txt pyproject.toml scripts/install
	@scripts/install "$(PYTHON)" run

.venv/installed-dev: constraints/dev.txt pyproject.toml scripts/install
	@scripts/install "$(PYTHON)" dev
