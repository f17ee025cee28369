# labelq: two commands for a newcomer (make demo, make test); the rest is for those who stay.
# Needs Python 3.11 or newer with venv and pip, and make. Everything else is installed here.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help demo test lint docs lock lowest bench clean

help:
	@echo "make demo    audit the sample round and print where the report is"
	@echo "make test    everything that must hold: lint, types, contracts, docs, tests"
	@echo "make docs    write the generated reference pages again"
	@echo "make bench   measure speed and memory beside named peers (takes minutes)"
	@echo "make lowest  run the tests on the lowest versions pyproject.toml admits"
	@echo "make lock    pin the newest versions in constraints.txt"

demo: $(VENV)/.runtime
	$(BIN)/labelq audit sample_data/support_triage/round_1.json \
		--guideline guidelines/support_triage.md --out audits/support_triage --replace

test: $(VENV)/.dev lint
	$(BIN)/python -m pytest -n 2

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/.dev
	$(BIN)/python docs/reference.py

bench: $(VENV)/.dev
	$(BIN)/python benchmarks/agreement.py
	$(BIN)/python benchmarks/reading.py

lock:
	$(PYTHON) -m venv $(VENV)
	$(PIP) install uv
	$(BIN)/uv pip compile --quiet --upgrade --python-version 3.11 --no-header --no-annotate \
		--no-emit-index-url --extra dev --output-file constraints.txt pyproject.toml

# The environment of the lowest versions stands beside the other one.
lowest:
	$(PYTHON) -m venv $(VENV)-lowest
	$(VENV)-lowest/bin/python -m pip install --quiet uv
	$(VENV)-lowest/bin/uv pip install --quiet --python $(VENV)-lowest/bin/python \
		--resolution lowest-direct --editable '.[dev]'
	$(VENV)-lowest/bin/python -m pytest -n 2

clean:
	rm -rf $(VENV) $(VENV)-lowest audits build dist .*_cache .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "installing labelq and its locked dependencies into $(VENV) (about a minute)"
	$(PIP) install --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "installing labelq, its locked dependencies and the tools into $(VENV) (about a minute)"
	$(PIP) install --constraint constraints.txt --editable '.[dev]'
	@touch $@ $(VENV)/.runtime
