# The words of this project; `make` alone prints them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.run
DEV := $(VENV)/.dev
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
.DEFAULT_GOAL := help
.PHONY: help run serve train test lint fix bench bench-accuracy bench-drift bench-shadow bench-reading bench-serving bench-speed

help: ## print this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	@$(PYTHON) -m venv $(VENV)

$(RUN): requirements/run.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing what the product needs (about a minute, once)"
	@$(PIP) install --require-hashes -r requirements/run.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): requirements/dev.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing what the tests need (about a minute, once)"
	@$(PIP) install --require-hashes -r requirements/dev.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

run: $(RUN) ## install, train, serve on 127.0.0.1:8000 and classify a sample ticket
	@$(BIN)/sortation train --if-changed
	@$(BIN)/sortation serve & server=$$!; trap 'kill $$server 2>/dev/null; wait $$server' INT TERM; \
	$(BIN)/sortation try && echo "stop with Ctrl-C" && wait $$server || { kill $$server 2>/dev/null; exit 1; }

serve: $(RUN) ## serve the champion
	@$(BIN)/sortation serve

train: $(RUN) ## train on the corpus and all corrections
	@$(BIN)/sortation train

test: $(DEV) ## run all tests
	@$(BIN)/python -m pytest -q -n auto --dist loadfile --no-loadscope-reorder

lint: $(DEV) ## ruff, mypy, import contracts
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

fix: $(DEV) ## mend what ruff can mend
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

bench: $(DEV) bench-serving ## measure speed and accuracy against peers
	@$(BIN)/python -m bench
	@$(BIN)/python -m bench.reading
	@$(BIN)/python -m bench.training

bench-accuracy: $(DEV) ## the accuracy half of bench
	@$(BIN)/python -m bench accuracy

bench-drift: $(DEV) ## print how often drift is seen where there is none, and where there is some
	@$(BIN)/python -m bench.drift

bench-shadow: $(DEV) ## print what a challenger in shadow costs the answers
	@$(BIN)/python -m bench.shadow

bench-reading: $(DEV) ## print what reading costs and gets right (documents: SORTATION_DOCUMENTS)
	@$(BIN)/python -m bench.reading

bench-serving: $(DEV) ## measure the server beside MLflow, scikit-learn behind FastAPI, and echoes
	@$(BIN)/sortation train --if-changed
	@$(BIN)/python -m bench.serving var

bench-speed: $(DEV) ## the speed half of bench
	@$(BIN)/python -m bench speed
