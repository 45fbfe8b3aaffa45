# Everything stands in .venv; nothing outside this folder is touched.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# For two cores: who talks to a browser, a server or a database waits for a part of the time.
JOBS ?= 3
# Compiled modules are kept wherever that is: tests start the program some hundred times.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test coverage lint format docs bench kills pictures lock serve messages clean

help: ## what this file can do
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or later is needed, this is " + sys.version.split()[0] + "; try: make PYTHON=python3.12")'
	@echo "making $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

# The demo needs what the product needs; the tests need more, so they have a stamp of their own.
$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/.python
	@echo "installing what it runs on (once)"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/.run
	@echo "installing what its tests need (once)"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

setup: $(VENV)/.dev ## make .venv with everything in it

demo: $(VENV)/.run ## a whole week on sample data, into a local outbox
	@$(BIN)/digest demo

serve: $(VENV)/.run ## web, scheduler and worker in one process
	@$(BIN)/digest serve

test: $(VENV)/.dev ## every test
	@$(BIN)/python -m pytest -q -n $(JOBS) --dist loadgroup $(ARGS)

# Measuring takes two to three times as long, and what a browser does is tested below it as well.
coverage: $(VENV)/.dev ## every test without a browser, measured; fails below the floor in pyproject.toml
	@$(BIN)/python -m pytest -q -n $(JOBS) --dist loadgroup --timeout 600 --ignore tests/browser $(ARGS) --cov

lint: $(VENV)/.dev ## style, types and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/.dev ## put the code into shape
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

docs: $(VENV)/.dev ## the documents as a site, in build/docs; a link that leads nowhere fails
	@$(BIN)/python -m sphinx -q -W --keep-going -b html docs build/docs

bench: $(VENV)/.dev ## side-by-side figures, as ratios
	@$(BIN)/python -m benchmarks $(ARGS)

pictures: $(VENV)/.dev ## draw the README's pictures anew (needs Chromium)
	@$(BIN)/digest demo --folder var/pictures >/dev/null
	@$(BIN)/python -m tests.golden.pictures var/pictures/issue-1.html var/pictures
	@for name in 640-light:640 375-light:375 375-dark:375-dark; do \
	  cp var/pictures/issue-$${name%%:*}.png docs/pictures/issue-$${name##*:}.png; done
	@rm -r var/pictures
	@$(BIN)/python -m tests.golden.studio_pictures var/pictures readme reports
	@cp var/pictures/studio-1280-light.png docs/pictures/studio-1280.png
	@cp var/pictures/studio-375-dark.png docs/pictures/studio-375-dark.png
	@cp var/pictures/reports-first-screen-1280-dark.png docs/pictures/reports-1280-dark.png
	@rm -r var/pictures

kills: $(VENV)/.dev ## senders killed at 250 random moments; serve stopped; stores restored and copied
	@$(BIN)/python -m pytest -q tests/integration/test_stopped_serve.py tests/integration/test_restored.py tests/conformance/database/pipeline/test_hold.py
	@$(BIN)/python -m benchmarks.kills --database sqlite $(ARGS)
	@$(BIN)/python -m benchmarks.kills --database postgresql $(ARGS)

lock: ## renew the two lock files (needs uv)
	uv pip compile -q pyproject.toml --extra build --universal --generate-hashes --no-emit-index-url --no-annotate --no-header -o requirements.lock
	uv pip compile -q pyproject.toml --extra build --extra dev --universal --generate-hashes --no-emit-index-url --no-annotate --no-header -o requirements-dev.lock

messages: $(VENV)/.dev ## bring the catalogues of languages up to date with code and templates
	@$(BIN)/python -m digest.language.extraction

clean: ## remove .venv and caches; var/ (your data) stays
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage build dist
