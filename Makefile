# Two commands matter: `make demo` and `make test`. Both set everything up first.
.DEFAULT_GOAL := help
.PHONY: help setup speech demo reproduce test check lint format coverage ui app docs

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
TORCH := torch==2.13.0

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY)  ## a virtual environment with the locked packages

# torch first and by itself: the same line takes the CPU build where pip is set up
# to offer one, and the CUDA build elsewhere. The lock holds everything else, with
# nothing left to resolve. Compiling in parallel at the end halves the wait.
PIP := $(BIN)/python -m pip install -q --disable-pip-version-check --no-compile

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, found " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@echo "setting up .venv: a few minutes the first time"
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip show -q torch 2>/dev/null || $(PIP) $(TORCH)
	$(PIP) --no-deps --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q -j 0 .venv/lib >/dev/null 2>&1 || true
	$(BIN)/python -m pipeline.views.warm
	@touch $@

speech: setup  ## what views of pretrained speech encoders need besides, and the study of them
	$(PIP) --no-deps --require-hashes -r requirements-speech.lock
	cp stages/recipes.yaml studies/encoders/dvc.yaml

demo: setup  ## run the demo recipe from nothing to its report
	$(BIN)/ser run demo
	$(BIN)/ser report show demo
	@echo "compare its heads in MLflow: make ui"

reproduce: setup  ## run a recipe, hold it to what is recorded: make reproduce RECIPE=ravdess-hybrid
	@test -n "$(RECIPE)" || { echo "which recipe? such as: make reproduce RECIPE=demo"; exit 2; }
	$(BIN)/ser reproduce $(RECIPE)

test: setup  ## run every test, slow ones too
	$(BIN)/python -m pytest -n auto --dist worksteal

check: lint  ## lint, types and the quick tests: under two minutes
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not slow"

coverage: setup  ## run every test and show which lines none of them ran
	$(BIN)/python -m pytest -n auto --dist worksteal --cov=pipeline --cov-report=term:skip-covered

lint: setup  ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup  ## rewrite the code in the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: setup  ## the documentation as a site, in site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

ui: setup  ## MLflow's page on the heads of each dataset, at http://127.0.0.1:5000
	@MLFLOW_DISABLE_TELEMETRY=true DO_NOT_TRACK=true $(BIN)/ser track ui --port $${PORT:-5000}

app: setup  ## the page and the interface at http://127.0.0.1:8000, of an export (MODEL=…), or of the demo
	@ls exports/*/package.json >/dev/null 2>&1 || $(BIN)/ser export demo
	$(BIN)/ser app --port $${PORT:-8000} $(if $(MODEL),--model $(MODEL))
