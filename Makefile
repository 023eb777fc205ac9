# Targets for people. `make help` lists them.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# The first Python of version 3.12 or newer: on the path, or among pyenv's (which `.python-version` may not select).
PYTHON ?= $(shell for candidate in python3.13 python3.14 python3.12 python3 $$HOME/.pyenv/versions/3.1[234]*/bin/python3; do \
  command -v $$candidate >/dev/null 2>&1 || continue; \
  $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1 && { echo $$candidate; break; }; done)

.DEFAULT_GOAL := help
.PHONY: help demo test check lint types contracts slow docs bench bench-full mutants mesa-next lock wheel clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Rectify needs Python 3.12 or newer; none was found. Install one (with pyenv: pyenv install 3.13) or say which: make PYTHON=/path/to/python3" >&2; exit 2; }
	@echo "building $(VENV) with $(PYTHON)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

demo: $(STAMP) ## run the main scenario: the national campaign of 10 March - 22 May 2023
	$(BIN)/rectify run

test: $(STAMP) ## run the tests, on two cores
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(STAMP) ## check style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP) ## check types, strictly, on the package
	$(BIN)/mypy

contracts: $(STAMP) ## check that imports point one way
	$(BIN)/lint-imports

check: lint types contracts test ## everything that must hold before a change lands

slow: $(STAMP) ## run the slow tests, which `make test` leaves out
	$(BIN)/python -m pytest -m slow -n 2 --dist loadfile

docs: $(STAMP) ## make the generated tables of sim/README.md anew
	$(BIN)/python -m rectify.commands.document

bench: $(STAMP) ## measure speed, up to ten million rows
	$(BIN)/python -m pytest tests/benchmarks --benchmark-only -q -s

bench-full: $(STAMP) ## measure speed, up to a hundred million rows, which takes 10 GiB
	$(BIN)/python -m pytest tests/benchmarks --benchmark-only -q -s -m "slow or not slow"

mutants: $(STAMP) ## change the engine in many small ways, and see that the tests notice each
	$(BIN)/python -m tests.mutants.run

mesa-next: $(STAMP) ## try the model on Mesa's newest pre-release; a failure is news, and no error
	$(BIN)/python -m pip install --quiet --pre --upgrade --no-deps --target build/mesa-next mesa
	-MESA_NEXT=build/mesa-next $(BIN)/python -m pytest tests/reproducibility/test_next_mesa.py -rxX

lock: $(STAMP) ## pin every dependency again, with hashes
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --all-extras --python-version 3.12 pyproject.toml --output-file requirements.lock

wheel: $(STAMP) ## build the wheel into dist/
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

clean: ## remove the environment and everything built
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
