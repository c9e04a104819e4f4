# Everything happens in one virtual environment, .venv, which each target makes when it is
# missing and refreshes when pyproject.toml or a lock changes.
# Needed from the machine: Python 3.11 or newer (with venv), make, git.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test coverage check bench fmt lock clean

PYTHON ?=
ARGS ?=
SET ?=
BENCH ?=
# pytest-xdist: how many tests run side by side. Each worker may own a database and a browser.
WORKERS ?= logical
MAX_WORKERS ?= 4

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
SOURCES := bot learning integrations tests
# What can be measured without a file of data; the others want SET=FILE.
WITHOUT_DATA := scale turn

export PYTHONUNBUFFERED := 1

help:
	@printf '%s\n' \
	  'make run    start Mynah                    ARGS="--port 8080"' \
	  'make test   check, then all tests          ARGS="tests/models -k offline"' \
	  'make coverage  all tests, and which lines they never reach' \
	  'make check  lint, format, types, imports' \
	  'make bench  measure against the baselines  BENCH=recall SET=FILE ARGS="--embedder hashing"' \
	  'make fmt    format, and mend what can be mended' \
	  'make lock   resolve the dependencies again (needs uv)' \
	  'make clean  remove .venv and all caches' \
	  '' \
	  'PYTHON=/path/to/python3 chooses the interpreter of a new .venv.'

run: .venv/ready-run
	@exec $(BIN)/mynah run $(ARGS)

check: .venv/ready-dev
	@echo '— lint'
	@$(BIN)/ruff check .
	@echo '— format'
	@$(BIN)/ruff format --check .
	@echo '— types (the first time takes about a minute)'
	@$(BIN)/mypy
	@echo '— imports'
	@$(BIN)/lint-imports

test: check .venv/ready-node
	@echo '— tests'
	@$(BIN)/python -m pytest -n $(WORKERS) --maxprocesses $(MAX_WORKERS) --dist worksteal $(ARGS)

# Watching every line takes half as long again.
coverage: .venv/ready-node
	@$(BIN)/python -m pytest -n $(WORKERS) --maxprocesses $(MAX_WORKERS) --dist worksteal \
	  --cov --cov-report term $(ARGS)

bench: .venv/ready-dev
	@set -e; for name in $(or $(BENCH),$(WITHOUT_DATA)); do \
	  if [ ! -e "tests/benchmarks/$$name.py" ] && [ ! -e "tests/benchmarks/$$name/__main__.py" ]; \
	  then echo "There is no benchmark $$name in tests/benchmarks." >&2; exit 2; fi; \
	  echo "— $$name"; \
	  $(BIN)/python -m "tests.benchmarks.$$name" $(if $(SET),--set "$(SET)") $(ARGS); done

fmt: .venv/ready-dev
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

# Two locks from one resolution: what `make run` installs is a part of what `make test` installs.
# --universal: the same file serves every platform and every Python from 3.11 on.
LOCK = "$$uv" pip compile pyproject.toml --group build --universal --python-version 3.11 \
  --generate-hashes --no-emit-index-url --no-config --quiet --custom-compile-command 'make lock'
lock:
	@uv=$$(command -v uv || command -v $(BIN)/uv) || { \
	  echo 'make lock needs uv: python -m pip install uv, then make lock again.' >&2; exit 1; }; \
	set -e; \
	$(LOCK) --extra dev -o requirements.lock; \
	$(LOCK) --constraint requirements.lock -o requirements-run.lock

clean:
	rm -rf .venv build ./*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -rf .import_linter_cache .coverage .coverage.*

# ---- the virtual environment ----

.venv/bin/python:
	@interpreter=; without=; \
	for name in $(if $(PYTHON),'$(PYTHON)',python3.13 python3.12 python3.11 python3 python3.14 python); \
	do \
	  "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	  if "$$name" -c 'import ensurepip, venv' 2>/dev/null; then interpreter=$$name; break; fi; \
	  without=$${without:-$$name}; \
	done; \
	if [ -z "$$interpreter" ]; then \
	  if [ -n "$$without" ]; then \
	    echo "$$without comes without venv. On Debian and Ubuntu: apt-get install python3-venv." >&2; \
	  else \
	    echo 'Mynah needs Python 3.11 or newer, and $(if $(PYTHON),$(PYTHON) is not one,there is none on the PATH).' >&2; \
	  fi; \
	  echo 'Or name another interpreter: make PYTHON=/path/to/python3 …' >&2; exit 1; \
	fi; \
	echo "— virtual environment (.venv, $$("$$interpreter" --version))"; \
	rm -rf .venv && "$$interpreter" -m venv .venv || { rm -rf .venv; exit 1; }

# --no-deps: the locks are complete, so pip has nothing to resolve.
# --no-build-isolation: setuptools comes from the lock too, not from wherever pip finds one.
# The file .venv/failed carries pip's failure past the pipe, as sh has no pipefail.
define install
	@echo '— packages from $(1)'
	@total=$$(grep -c '==' $(1)); rm -f .venv/failed; \
	{ $(PIP) install --progress-bar off --no-deps --require-hashes -r $(1) || touch .venv/failed; } | \
	awk -v total="$$total" \
	  '/^(Collecting|Requirement already)/ { if (++n % 20 == 0) print "  " n " of " total; fflush() } \
	   /^Installing/ { print "  unpacking"; fflush() }'; \
	if [ -e .venv/failed ]; then { \
	  echo; \
	  echo 'The packages of $(1) could not be installed; pip says why above.'; \
	  echo 'Hashes differ: a mirror or a folder of wheels stands in front of the public registry.'; \
	  echo '  Unset PIP_INDEX_URL, PIP_EXTRA_INDEX_URL and PIP_FIND_LINKS, or resolve against it: make lock.'; \
	  echo 'No matching version: this platform has no wheel. Python 3.11 to 3.13 on Linux or macOS'; \
	  echo '  have them all: make clean, then make PYTHON=/path/to/python3 …'; \
	  } >&2; exit 1; fi
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
endef

.venv/ready-run: pyproject.toml requirements-run.lock | .venv/bin/python
	$(call install,requirements-run.lock)
	@touch $@

.venv/ready-dev: pyproject.toml requirements.lock | .venv/bin/python
	$(call install,requirements.lock)
	@touch .venv/ready-run $@

# Without the registry of npm the tests that need these are skipped, and the next run tries again.
.venv/ready-node: tests/standins/node/package.json .venv/ready-dev
	@echo '— stand-ins from npm'
	@$(BIN)/python -m tests.standins.npm && touch $@ || true
