# `make` lists the targets; `make run` starts the portal, `make test` runs what CI runs.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PORT ?= 8000
# PYTHON=python3.13 recreates .venv with that Python; without it, .venv is kept, or created with the newest Python found.
export PORT PYTHON

.PHONY: help setup run test unit browser postgres lint types fmt lock screenshots bench mutants fuzz audit clean

help: ## List the targets
	@echo "SolarNet Portal. Targets:"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do printf '%-18s %s\n' "$$name" "$$text"; done

setup: ## Make the virtual environment, keys, database and demo account, without starting anything
	@scripts/install.sh run && .venv/bin/python manage.py setup --demo

run: ## Start the portal at http://127.0.0.1:8000 (make run PORT=8010, make run PYTHON=python3.13)
	@scripts/install.sh run && exec .venv/bin/python manage.py run --demo

test: ## Run everything that CI runs: checks, tests on SQLite, PostgreSQL, in a browser, on two Pythons
	@scripts/test.sh

unit: ## Run the tests that need no browser, on SQLite
	@scripts/test.sh unit

browser: ## Run the browser tests
	@scripts/test.sh browser

postgres: ## Run the tests that use the database on PostgreSQL (TEST_DATABASE_URL, or a server of its own)
	@scripts/test.sh postgres

lint: ## Check style, format and layers
	@scripts/test.sh lint

types: ## Check types
	@scripts/test.sh types

fmt: ## Format the code and fix what ruff can fix
	@scripts/install.sh test
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format .

lock: ## Pin the newest versions that pyproject.toml allows (LOCK="" keeps what is pinned)
	@scripts/lock.sh

screenshots: ## Take the pictures of every page again (docs/screenshots)
	@scripts/install.sh test
	@.venv/bin/python -m scripts.screenshots

bench: ## Measure speed against the targets of docs/spec.md
	@scripts/install.sh bench
	@.venv/bin/python -m benchmarks

# Options choose the sample: make mutants MUTANTS="signing --count 200 --seed 2"
mutants: ## Change the rules of signing, secrets and authorization one place at a time: do the tests notice? (takes minutes)
	@scripts/install.sh test
	@.venv/bin/python scripts/mutants.py $(MUTANTS)

# Options: make fuzz FUZZ_INPUTS=20000 FUZZ_SEED=2. Logs are not kept: pytest would hold those of all inputs.
fuzz: ## Try 100,000 inputs that programs stumble over: no 500, none that takes more than 2 seconds (takes minutes)
	@scripts/install.sh test
	@FUZZ_INPUTS=$${FUZZ_INPUTS:-100000} FUZZ_SECONDS=2 .venv/bin/python -m pytest --quiet --numprocesses 2 -p no:logging --show-capture=no tests/fuzz

audit: ## Look for known vulnerabilities of the pinned packages (asks the index's own database, or OSV)
	@VENV=.venv-audit scripts/install.sh audit
	@.venv-audit/bin/pip-audit --strict --disable-pip --require-hashes -r requirements/run.txt

clean: ## Remove the virtual environments and caches; var/ with keys and data stays
	rm -rf .venv .venv-* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis test-results tests/js/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
