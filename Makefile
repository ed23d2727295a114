# `make run` serves the dashboard, `make test` runs every test; both set themselves up.
# `make help` lists the rest.

HOST   ?= 127.0.0.1
PORT   ?= 8501
PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
# Compiled byte code makes TensorFlow's import two to four times faster.
PIP    := env -u PYTHONDONTWRITEBYTECODE $(PY) -m pip install --quiet --disable-pip-version-check
NICE   := nice -n 10
# Tests train as runners do (core/jobs/engine/supervisor.py).
export TF_ENABLE_ONEDNN_OPTS := 1

.DEFAULT_GOAL := help
.PHONY: help run test check format setup test-cluster fuzz faults results results-federated \
        bench bench-federated sample pictures clean

help: ## Show this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 20

run: $(VENV)/app ## Serve the dashboard on http://127.0.0.1:8501 (PORT=…; HOST=0.0.0.0 for others, with a token)
	@exec $(PY) -m core serve --host $(HOST) --port $(PORT)

test: $(VENV)/dev ## Set up and run every test, a real browser included
	@sh tests/setup_system.sh
	$(PY) -m pytest -q -n 2 --dist loadfile -m "not browser and not cluster" $(ARGS)
	$(PY) -m pytest -q -n 2 --dist loadfile -m "browser or cluster" $(ARGS)

check: $(VENV)/dev ## Lint, types and the fast tests, in about a minute
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(PY) -m pytest -q -m "not slow and not browser and not cluster" -n 2 $(ARGS)

format: $(VENV)/dev ## Format the code
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

setup: $(VENV)/dev ## Install everything without running anything

test-cluster: $(VENV)/dev ## Only the tests with a Dask cluster and PostgreSQL
	@sh tests/setup_system.sh
	$(PY) -m pytest -m cluster

fuzz: $(VENV)/dev ## Fuzz every reader of uploads for MINUTES (10) each
	$(PY) -m tests.fuzz --minutes $(or $(MINUTES),10)

faults: $(VENV)/dev ## Kill processes at KILLS (100) random instants and compare the results
	$(PY) -m tests.faults --kills $(or $(KILLS),100) --seed $(or $(SEED),1)

results: $(VENV)/app ## Compute docs/results.md (hours; resumable) from DATA=path
	$(NICE) $(PY) -m benchmarks.results --data $(DATA) $(ARGS)

results-federated: $(VENV)/dev ## Compute docs/federated-results.md (resumable)
	$(NICE) $(PY) -m benchmarks.federated_results

bench-federated: $(VENV)/dev ## Compare the federated engine with its peers
	$(PY) -m benchmarks.federated_speed --install --large

sample: $(VENV)/app ## Recompute the bundled sample runs
	$(PY) -m benchmarks.sample

pictures: $(VENV)/dev ## Take the screenshots that README and docs show
	@sh tests/setup_system.sh
	$(PY) -m tests.browser.pictures

clean: ## Remove the virtual environment and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis

# A Python without ensurepip (Debian's, before python3-venv) cannot make the environment: say so.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@sh tests/setup_venv.sh "$(PYTHON)" "$(VENV)"

$(VENV)/app: $(VENV)/bin/python requirements.txt
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/dev: $(VENV)/app requirements-dev.txt
	$(PIP) -r requirements-dev.txt
	@touch $@
