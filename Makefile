# labelq: two commands for a newcomer (make demo, make test); the rest is for those who stay.
# Needs Python 3.11 or newer with venv and pip, and make. Everything else is installed here.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# A real Label Studio server for the live tests, in an environment of its own.
SERVER := .venv-label-studio
# The packages that benchmarks are held against; irrCAC pins old versions of what they need.
PEERS := .venv-peers
IRRCAC := .venv-irrcac
LIVE ?= 1
BROWSER ?= 1
WITHOUT := $(if $(filter 0,$(LIVE)),not live) $(if $(filter 0,$(BROWSER)),not browser)
NEEDS_SERVER := $(if $(filter 0,$(LIVE)),,$(SERVER)/template/users.json)
NEEDS_BROWSER := $(if $(filter 0,$(BROWSER)),,chromium)

.PHONY: help demo test chromium lint docs lock lowest bench label-studio clean

help:
	@echo "make demo    audit the sample round and print where the report is"
	@echo "make label-studio  start a Label Studio with the sample round in it, to try labelq on"
	@echo "make test    everything that must hold: lint, types, contracts, docs, tests"
	@echo "             (LIVE=0 leaves out the tests on a real Label Studio server, BROWSER=0"
	@echo "             those in Chromium, which is installed where apt-get may)"
	@echo "make docs    write the generated reference pages again"
	@echo "make bench   measure speed and memory beside named peers (takes minutes)"
	@echo "make lowest  run the tests on the lowest versions pyproject.toml admits"
	@echo "make lock    pin the newest versions in constraints.txt"

demo: $(VENV)/.runtime
	$(BIN)/labelq audit sample_data/support_triage/round_1.json \
		--guideline guidelines/support_triage.md --out audits/support_triage --replace

test: $(VENV)/.dev lint $(NEEDS_SERVER) $(NEEDS_BROWSER)
	$(BIN)/python -m pytest -n 2 -m "$(subst live not,live and not,$(strip $(WITHOUT)))"

# Debian's own package, and only where there is none and one may.
chromium: $(VENV)/.dev
	@$(BIN)/python tests/browser/chromium.py

label-studio: $(VENV)/.runtime $(SERVER)/template/users.json
	$(BIN)/python tests/live/serve.py

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/.dev
	$(BIN)/python docs/reference.py

bench: $(VENV)/.dev $(PEERS)/.installed $(IRRCAC)/.installed $(SERVER)/template/users.json
	$(BIN)/python benchmarks/agreement.py
	$(BIN)/python benchmarks/coefficients.py --peers $(PEERS)/bin/python --irrcac $(IRRCAC)/bin/python
	$(BIN)/python benchmarks/consensus.py --peers $(PEERS)/bin/python
	$(BIN)/python benchmarks/reading.py
	$(BIN)/python benchmarks/pull.py
	$(BIN)/python benchmarks/push.py

lock:
	$(PYTHON) -m venv $(VENV)
	$(PIP) install uv
	$(BIN)/uv pip compile --quiet --upgrade --python-version 3.11 --no-header --no-annotate \
		--no-emit-index-url --extra dev --output-file constraints.txt pyproject.toml
	echo 'label-studio~=1.23.2' | $(BIN)/uv pip compile --quiet --upgrade --python-version 3.11 \
		--no-header --no-annotate --no-emit-index-url --output-file tests/live/label_studio.txt -

# The environment of the lowest versions stands beside the other one.
lowest:
	$(PYTHON) -m venv $(VENV)-lowest
	$(VENV)-lowest/bin/python -m pip install --quiet uv
	$(VENV)-lowest/bin/uv pip install --quiet --python $(VENV)-lowest/bin/python \
		--resolution lowest-direct --editable '.[dev]'
	$(VENV)-lowest/bin/python -m pytest -n 2 -m "not live and not browser"

clean:
	rm -rf $(VENV) $(VENV)-lowest $(SERVER) $(PEERS) $(IRRCAC) audits build dist .*_cache .hypothesis

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

$(PEERS)/.installed: benchmarks/peers.txt
	@echo "installing the packages that benchmarks are held against into $(PEERS) (minutes, once)"
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip --disable-pip-version-check --quiet install --requirement $<
	@touch $@

$(IRRCAC)/.installed: benchmarks/irrcac.txt
	$(PYTHON) -m venv $(IRRCAC)
	$(IRRCAC)/bin/python -m pip --disable-pip-version-check --quiet install --requirement $<
	@touch $@

$(SERVER)/.installed: tests/live/label_studio.txt
	@echo "installing Label Studio for the live tests into $(SERVER) (two minutes, once)"
	$(PYTHON) -m venv $(SERVER)
	$(SERVER)/bin/python -m pip --disable-pip-version-check --quiet install \
		--constraint tests/live/label_studio.txt label-studio
	@touch $@

# Migrated once: a server that starts from a copy of it is up in seconds.
$(SERVER)/template/users.json: $(SERVER)/.installed tests/live/server.py
	@echo "preparing its database (a minute, once)"
	$(PYTHON) tests/live/server.py
