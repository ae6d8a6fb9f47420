# `make` lists what can be done. Everything runs in .venv, which is made on first use.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
TYPES := tests/types/node_modules

.DEFAULT_GOAL := help
.PHONY: help report test lab check bench notebooks clean

help:  ## List what can be done
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

report: $(READY)  ## Set up, then make the reports of this map in reports/
	@$(BIN)/mapanalysis run

test: $(READY)  ## Set up, then run all tests
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile

lab: $(READY)  ## Open the notebooks in JupyterLab
	@$(BIN)/jupyter lab --notebook-dir=. notebooks

check: $(READY)  ## Check the raw data, then format, lint and types of the code
	@$(BIN)/mapanalysis check
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@if command -v npm >/dev/null; then \
	  $(MAKE) --silent $(TYPES)/.package-lock.json && $(TYPES)/.bin/tsc --project tests/types; \
	else \
	  echo "Types of the map on screen not checked: that needs nodejs and npm." >&2; \
	  case "$${CI:-0}" in 0|false) ;; *) exit 1 ;; esac; \
	fi

bench: $(READY)  ## Measure speed and accuracy against named alternatives
	@for file in benchmarks/*.py; do echo; echo "== $$file"; $(BIN)/python $$file || exit 1; done

notebooks: $(READY)  ## Make each .ipynb anew from its .py, with the outputs that tests compare
	@$(BIN)/python notebooks/build.py

clean:  ## Remove what was made: reports, built tables, .venv; data/raw stays
	@rm -rf .venv data/processed data/.processed* reports/*/ reports/.[a-z0-9]* .pytest_cache .mypy_cache .ruff_cache .hypothesis $(TYPES)

$(TYPES)/.package-lock.json: tests/types/package-lock.json
	@npm ci --prefix tests/types --loglevel=error

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; this is " + sys.version)'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9'
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --compile-bytecode --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --compile-bytecode -e .
	@touch $(READY)
