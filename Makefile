# Two commands matter: `make demo` shows Baton, `make test` proves it. `make help` lists the rest.
VENV := .venv
PY := $(VENV)/bin/python
PYTHON ?= python3
ARGS ?=
export BATON_DATA ?= $(CURDIR)/data
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD = 1

.PHONY: help setup demo test check format bench lock clean browser
.DEFAULT_GOAL := help

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

setup: $(VENV)/.ready  ## the environment alone: .venv with every dependency, checked by hash

$(VENV)/.ready: requirements.txt requirements-dev.txt pyproject.toml
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt -r requirements-dev.txt
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup  ## the demo town: makes it if needed, serves it, prints the address and one sign-in per role
	$(VENV)/bin/baton demo $(ARGS)

browser: setup
	@scripts/browser.sh
	@$(PY) scripts/smart_client.py

test: setup browser  ## everything: checks (with the house tests), then every other test (browser journeys too, where a chromium can be had)
	$(MAKE) --no-print-directory check
	$(PY) -m pytest -n 2 --dist worksteal --ignore tests/house

check: setup  ## format, lint, types, import contracts, unsafe habits, known vulnerabilities, house tests
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-cache
	$(PY) -m bandit --quiet --recursive src/baton --severity-level medium --configfile pyproject.toml
	scripts/audit.sh $(PY)
	$(PY) -m pytest tests/house

format: setup  ## write the code the way `make check` wants it
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

bench: setup  ## speed, with the ratio to what PostgreSQL alone does in the same run
	$(VENV)/bin/baton bench

lock:  ## work out the locked dependencies anew (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header pyproject.toml -o requirements.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt

clean:  ## remove the environment and the demo's data
	rm -rf $(VENV) data
