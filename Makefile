# Everything here runs in a virtual environment of its own. `make demo` needs nothing but Python 3.11 and, for real parts,
# terraform and packer on PATH.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
SCHEMA := src/dcosmaint/dcosmaint.schema.json

.DEFAULT_GOAL := demo
.PHONY: demo test test-all run-real run-pure lint schema clean

demo: $(VENV)/.sandbox ## Roll a pretend cluster of twelve nodes
	$(BIN)/dcosmaint sandbox demo

# Two processes, since there are two cores: real programs mostly wait, all else computes.
test: $(VENV)/.dev ## What a change is tested with
	$(MAKE) --jobs=2 --output-sync=target run-real SLOW="and not slow" run-pure

test-all: $(VENV)/.dev ## Every test
	$(MAKE) --jobs=2 --output-sync=target run-real run-pure

run-real:
	$(BIN)/python -m pytest -m "real $(SLOW)"

run-pure:
	$(BIN)/python -m pytest -m "not real $(SLOW)"

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
