# Two commands, each enough on a fresh machine with Python 3.11+ and git:
#   make run     serves the built-in demo app
#   make test    sets up all that the tests need and runs them all
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
.PHONY: run test check bench clean

run: $(VENV)/.installed
	@$(BIN)/homeport demo

test: $(VENV)/.installed-dev
	@scripts/system-packages
	@scripts/front-end >/dev/null || true
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

check: $(VENV)/.installed-dev
	@BIN=$(BIN) scripts/check

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "homeport needs Python 3.11 or newer: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	@echo "installing homeport into $(VENV) (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/bin/python
	@echo "installing homeport and what its tests need into $(VENV) (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) .node .mypy_cache .ruff_cache .pytest_cache
