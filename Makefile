# Chỉ tiêu. `make` or `make help` lists what there is.
#
# Two stacks side by side:  CHITIEU_DATA=/tmp/second CHITIEU_PORT_BASE=18000 make up

.DEFAULT_GOAL := help
SHELL := /bin/bash
SYSTEM_PYTHON := $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
STACK := $(BIN)/python -m deploy.local.stack

.PHONY: help
help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.PHONY: setup
setup: ## Install what is missing: Debian packages, Python libraries, Kafka
	@$(SYSTEM_PYTHON) deploy/local/setup.py
	@$(BIN)/python -m compileall -q services shared deploy

.PHONY: setup-test
setup-test:
	@$(SYSTEM_PYTHON) deploy/local/setup.py --for test
	@$(BIN)/python -m compileall -q services shared deploy tests

.PHONY: demo
demo: setup ## Everything: install, start, send a realistic stream, print the link
	@$(STACK) demo

.PHONY: up
up: setup ## Start the stack in the background and wait until it is ready
	@$(STACK) up

.PHONY: down
down: ## Stop the stack; data stay
	@test ! -x $(BIN)/python || $(STACK) down

.PHONY: status
status: ## What runs, whether it is ready, its memory
	@$(STACK) status

.PHONY: logs
logs: ## Follow the logs; one process with P=ingest
	@$(STACK) logs $(P)

.PHONY: clean
clean: ## Stop the stack and remove its data folder
	@test ! -x $(BIN)/python || $(STACK) clean

.PHONY: test
test: setup-test lint ## Lint, types, import rules, then every test
	@$(BIN)/python -m pytest $(ARGS)

.PHONY: chaos
chaos: setup-test ## Kill, freeze and cut off everything under load: ROUNDS=20 SEED=1, ARGS=--help
	@$(BIN)/python -m tests.chaos --rounds $(or $(ROUNDS),20) --seed $(or $(SEED),1) $(ARGS)

.PHONY: soak
soak: setup-test ## The scoring machine over 10,000 worlds; ARGS="--examples 50000 --first-seed 1000"
	@$(BIN)/python -m tests.soak $(ARGS)

.PHONY: bench
bench: ## Every figure beside its baseline; ARGS="--quick --only board"
	@$(SYSTEM_PYTHON) deploy/local/setup.py --for bench
	@$(BIN)/python -m compileall -q services shared deploy tests
	@$(BIN)/python -m tests.bench $(ARGS)

.PHONY: lint
lint: setup ## Ruff, mypy --strict, import contracts
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

.PHONY: fmt
fmt: setup ## Format and fix what can be fixed
	@$(BIN)/ruff check --fix-only
	@$(BIN)/ruff format

.PHONY: lock
lock: ## Choose versions anew and write requirements.lock
	@uv pip compile -q --upgrade pyproject.toml --all-extras --group dev --universal --generate-hashes \
		--no-header --no-annotate --no-emit-index-url -o requirements.lock
