# Everything runs in a virtual environment in .venv, made on first use from the newest Python
# (3.11 or later) on PATH. PYTHON=... chooses another one; pip's own settings (PIP_INDEX_URL and
# the like) are left as the environment has them.

VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
DEMO := fixtures/demo/terraform
PYTEST_ARGS ?=

# Usable: new enough, and able to put pip into a new environment (Debian splits that off).
USABLE := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3.14 python3.13 python3.12 python3.11 python3 python; do \
  if $$python -c '$(USABLE)' >/dev/null 2>&1; then echo $$python; break; fi; done)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test check format docs lock image clean find-python

help:
	@echo "make demo    scan the demo project, which has faults on purpose"
	@echo "make test    run the tests                 (PYTEST_ARGS='-k name' to choose)"
	@echo "make check   lint, format, types, layers   (make format mends what can be mended)"
	@echo "make docs    write the generated pages and tables of docs/ anew"
	@echo "make lock    pin the newest dependencies in requirements.lock, with hashes"
	@echo "make image   build the container image \"kmsiac\" (needs docker)"
	@echo "make clean   remove the virtual environment, caches and builds"

# The demo has findings, so exit code 1 is what we want; any other one is a fault of ours.
demo: $(VENV)/.installed
	@code=0; $(BIN)/kmsiac scan $(DEMO) || code=$$?; \
	case $$code in \
	  1) echo "exit code 1: findings at or above medium, as expected" ;; \
	  0) echo "exit code 0: the demo should have findings" >&2; exit 1 ;; \
	  *) echo "exit code $$code: the demo could not be scanned" >&2; exit $$code ;; \
	esac

# loadgroup: tests that share something slow to make (a built wheel) stay in one worker.
test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n auto --dist loadgroup $(PYTEST_ARGS)

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.installed-dev
	$(BIN)/python -m kmsiac.authoring docs
	$(BIN)/python -m tests.action.tables

# One lock for every system and Python: what does not fit one is left out by its marker.
lock: | $(BIN)/python
	$(INSTALL) uv
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-config --custom-compile-command "make lock" --output-file requirements.lock pyproject.toml

image:
	docker build --tag kmsiac .

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -path ./.git -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +

# Prints the Python that .venv would be made from; nothing if there is none.
find-python:
	@echo $(PYTHON)

# The first scan would build the grammar of HCL, which takes over a second; that it cannot be kept is
# no fault.
PRIME := from kmsiac.frontends.terraform.grammar_cache import prime; prime()

# One stamp a set of dependencies: a changed pyproject.toml installs again, nothing else does.
$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(INSTALL) --editable .
	@$(BIN)/python -c '$(PRIME)'
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(BIN)/python
	$(INSTALL) --editable '.[dev]'
	@$(BIN)/python -c '$(PRIME)'
	@touch $@ $(VENV)/.installed

# Also when .venv is there, but the Python it was made from is gone.
$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
	  echo "No usable Python: kmsiac needs 3.11 or later with the venv and ensurepip modules." >&2; \
	  echo "On Debian and Ubuntu: apt-get install python3-venv" >&2; \
	  exit 1; \
	fi
	$(PYTHON) -m venv --clear $(VENV)
