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

.PHONY: backup
backup: ## Copy log and tables of the running stack to .backups
	@$(STACK) backup

.PHONY: restore
restore: setup ## Start from a copy, after `make clean` or a loss; FROM=20261123T120000Z, else the newest
	@$(STACK) restore $(FROM)

.PHONY: secrets
secrets: ## Make the secrets of docker-compose.yml in ./secrets; keeps what is there
	@$(SYSTEM_PYTHON) -m deploy.docker_secrets

.PHONY: clean
clean: ## Stop the stack and remove its data folder
	@test ! -x $(BIN)/python || $(STACK) clean

# Two runs side by side, because one alone leaves a core idle while it waits for what it started. Each run has a broker
# and an engine of its own, which cost a quarter of a core until it ends: so the one whole stack that tests share has a
# run to itself. The longest begin first.
STACKS := tests/e2e/test_demo.py tests/integration/test_simulated_month.py tests/chaos
PAGES := $(wildcard tests/e2e/test_wallboard*.py)
WHOLE := $(filter-out $(STACKS) $(PAGES), $(wildcard tests/e2e/test_*.py))
SCORING := $(wildcard tests/integration/test_scoring_*.py)
ALERTS := $(wildcard tests/contract/test_alert_*.py tests/integration/test_alert_*.py)
PARTS := $(filter-out $(STACKS) $(SCORING) $(ALERTS), $(wildcard tests/contract/test_*.py tests/integration/test_*.py))
UNITS := tests/unit tests/architecture
# Where the variable is set, pytest prepares all tests and its plugins anew in every run.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest

.PHONY: test
test: setup-test ## Lint, types, import rules, every test; a part with ARGS="tests/unit -k heartbeat"
ifdef ARGS
	@$(MAKE) --no-print-directory check-code
	@$(PYTEST) $(ARGS)
else
	@echo "Two runs at a time; each is printed when it has ended."
	@$(MAKE) --no-print-directory --jobs=2 --keep-going --output-sync=target \
		test-parts test-scoring test-stacks test-whole test-alerts test-pages test-units check-code
endif

# Without setup, which must not change what runs beside it.
.PHONY: test-parts test-scoring test-stacks test-whole test-alerts test-pages test-units
test-stacks: TESTS := $(STACKS)
test-pages: TESTS := $(PAGES)
test-whole: TESTS := $(WHOLE)
test-scoring: TESTS := $(SCORING)
test-alerts: TESTS := $(ALERTS)
test-parts: TESTS := $(PARTS)
test-units: TESTS := $(UNITS)
test-parts test-scoring test-stacks test-whole test-alerts test-pages test-units:
	@$(PYTEST) $(TESTS)

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

.PHONY: grafana
grafana: ## Wallboards of an existing Grafana: ARGS="sync --dry-run", docs/grafana.md
	@$(SYSTEM_PYTHON) deploy/local/setup.py --for grafana
	@.venv-grafana/bin/python -m deploy.grafana $(or $(ARGS),--help)

.PHONY: lint
lint: setup check-code ## Ruff, mypy --strict, import contracts

.PHONY: check-code
check-code:
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
	@uv pip compile -q pyproject.toml --extra ingest --extra scoring --extra alerts --extra api --universal \
		--generate-hashes --no-header --no-annotate --no-emit-index-url -c requirements.lock -o requirements.services.lock
	@uv pip compile -q --group pyproject.toml:grafana --universal --generate-hashes --no-header --no-annotate \
		--no-emit-index-url -c requirements.lock -o requirements.grafana.lock
