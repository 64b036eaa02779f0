# Everything here runs in a virtual environment of its own. `make demo` needs nothing but Python 3.11 and, for real parts,
# terraform and packer on PATH.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
SCHEMA := src/dcosmaint/dcosmaint.schema.json

.DEFAULT_GOAL := demo
.PHONY: demo test test-all lint schema clean

demo: $(VENV)/.sandbox ## Roll a pretend cluster of twelve nodes
	$(BIN)/dcosmaint sandbox demo

test: $(VENV)/.dev ## What a change is tested with
	$(BIN)/python -m pytest -m "not slow"

test-all: $(VENV)/.dev ## Every test
	$(BIN)/python -m pytest

lint: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

schema: $(VENV)/.dev ## Write the shipped schema of the configuration anew
	$(BIN)/python -m dcosmaint.config > $(SCHEMA).new
	mv $(SCHEMA).new $(SCHEMA)

clean:
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is younger than what it was installed from, so a rerun asks no network. Without --no-compile, pip would compile
# every module of every library; Python compiles those that are imported.
$(VENV)/.sandbox $(VENV)/.dev: $(VENV)/.%: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --editable '.[$*]'
	touch $@
