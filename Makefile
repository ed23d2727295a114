# `make run` serves the dashboard, `make test` runs every test; both set themselves up.
# `make help` lists the rest.

HOST   ?= 127.0.0.1
PORT   ?= 8501
PYTHON ?= python3
# GPU=yes adds the libraries by which TensorFlow computes on an NVIDIA card.
GPU    ?=
VENV   := .venv
PY     := $(VENV)/bin/python
SETUP  := sh tests/setup_venv.sh "$(PYTHON)" "$(VENV)"
NICE   := nice -n 10
# Tests train as runners do (core/jobs/engine/supervisor.py).
export TF_ENABLE_ONEDNN_OPTS := 1
# Byte code is kept: without it every start compiles the tests and what they import anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help app dev tools run lint fast check test test-nightly format setup test-cluster fuzz faults \
        docs audit sbom wheel lock results ablations competition results-federated bench-federated sample pictures clean

help: ## Show this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 20

# Each makes or mends the virtual environment; a tenth of a second when nothing has changed.
app:
	@$(SETUP) requirements.lock $(if $(GPU),requirements-gpu.lock)
dev:
	@$(SETUP) requirements.lock requirements-dev.lock
tools:
	@$(SETUP) requirements.lock requirements-dev.lock requirements-tools.lock

run: app ## Serve the dashboard on http://127.0.0.1:8501 (PORT=…; HOST=0.0.0.0 for others, with a token)
	@exec $(PY) -m core serve --host $(HOST) --port $(PORT)

lint: dev ## Lint, format and types
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

fast: dev ## The fast tests
	$(PY) -m pytest -q -n 2 --dist worksteal -m "not slow and not nightly and not browser and not cluster" $(ARGS)

check: dev ## Lint, types and the fast tests, at the same time, in less than a minute
	@$(MAKE) -j2 --no-print-directory lint fast

test: dev ## Set up and run every test a merge needs, a real browser included
	@sh tests/setup_system.sh
	$(PY) -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder --durations=25 -m "not nightly" $(ARGS)

test-nightly: tools ## What is long and rare: nightly tests, docs, 100 kills, fuzzers (hours)
	@sh tests/setup_system.sh
	$(PY) -m pytest -q -m nightly $(ARGS)
	$(MAKE) docs faults fuzz

format: dev ## Format the code
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

setup: dev ## Install everything without running anything

test-cluster: dev ## Only the tests with a Dask cluster and PostgreSQL
	@sh tests/setup_system.sh
	$(PY) -m pytest -m "cluster and not nightly"

fuzz: dev ## Fuzz every reader of uploads for MINUTES (10) each
	$(PY) -m tests.fuzz --minutes $(or $(MINUTES),10)

faults: dev ## Kill processes at KILLS (100) random instants and compare the results
	$(PY) -m tests.faults --kills $(or $(KILLS),100) --seed $(or $(SEED),1)

docs: tools ## Make the documentation's site in build/site
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --quiet --strict

audit: tools ## Ask the advisory database about every pinned package
	for part in "" -dev -tools -gpu; do \
	  $(VENV)/bin/pip-audit --strict --progress-spinner off --require-hashes --disable-pip \
	    --requirement requirements$$part.lock || exit 1; \
	done

sbom: tools ## Write what a release consists of to dist/sbom.json (CycloneDX)
	@mkdir -p dist
	$(VENV)/bin/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible \
	  --output-file dist/sbom.json requirements.lock

wheel: tools ## Build the wheel into dist/
	$(PY) -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .

lock: tools ## Write the .lock files anew from requirements*.txt and constraints.txt
	for part in "" -dev -tools -gpu; do \
	  $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --no-annotate --custom-compile-command "make lock" requirements$$part.txt \
	    --output-file requirements$$part.lock || exit 1; \
	done

results: app ## Compute docs/results.md (hours; resumable) from DATA=path
	$(NICE) $(PY) -m benchmarks.results --data $(DATA) $(ARGS)

ablations: app ## Compute docs/ablations.md (hours; resumable) from DATA=path; ARGS=--next says what is next
	$(NICE) $(PY) -m benchmarks.ablations --data $(DATA) $(ARGS)

competition: app ## Hold a competition for docs/competitions.md from DATA=path ARGS="--minutes 30 --seed 0" (nothing else may run)
	$(PY) -m benchmarks.competitions --data $(DATA) $(ARGS)

results-federated: app ## Compute docs/federated-results.md (resumable)
	$(NICE) $(PY) -m benchmarks.federated_results

bench-federated: dev ## Compare the federated engine with its peers
	$(PY) -m benchmarks.federated_speed --install --large

sample: app ## Recompute the bundled sample runs
	$(PY) -m benchmarks.sample

pictures: dev ## Take the screenshots that README and docs show
	@sh tests/setup_system.sh
	$(PY) -m tests.browser.pictures

clean: ## Remove the virtual environment and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
