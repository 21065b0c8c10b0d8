# Two commands: `make book` and `make test`. Each sets up what it needs and is quick when nothing changed.
# What needs more than a line is in tools/.

VENV ?= .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
PORT ?= 8000
HOST ?= 127.0.0.1
FORCE ?=
NAMES ?=

INSTALLED := $(VENV)/.installed
MODULES := node_modules/.package-lock.json

.DEFAULT_GOAL := help
.PHONY: help book test notebooks checkpoints js serve lab bench clean

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

book: $(INSTALLED) ## build the book and print the page to open
	@$(PY) tools/build_book.py

test: $(INSTALLED) ## check everything that can be checked on this machine
	@$(PY) tools/check.py

notebooks: $(INSTALLED) ## run the chapters that changed and store their outputs (FORCE=1: all; NAMES="a b": only these)
	@$(PY) tools/notebooks.py $(if $(FORCE),--force) $(NAMES)

checkpoints: $(INSTALLED) ## train again the models that come with the package (NAMES="a b": only these)
	@$(PY) tools/checkpoints.py $(NAMES)

js: $(MODULES) ## bundle the explorers' JavaScript
	@node tools/bundle.mjs

serve: book ## serve the book on this machine
	@echo "http://$(HOST):$(PORT)/"
	@$(PY) -m http.server --bind $(HOST) --directory _build/html $(PORT)

lab: $(INSTALLED) ## open the chapters in JupyterLab
	@$(BIN)/jupyter lab book

bench: $(INSTALLED) ## measure layers, pages and steps
	@$(PY) -m benchmarks

clean: ## remove what was built; the environment stays
	rm -rf _build .stamps book/_autosummary

$(INSTALLED): requirements.txt pyproject.toml
	@python=$$(sh tools/find_python.sh) && { test -x $(PY) || "$$python" -m venv $(VENV); }
	@echo "Installing into $(VENV); the first time takes some minutes."
	@$(PY) -m pip install -qq --disable-pip-version-check -r requirements.txt
	@touch $@

$(MODULES): package.json package-lock.json
	@command -v npm >/dev/null || { echo "npm is needed to bundle; install Node 20 or later." >&2; exit 1; }
	@npm ci --ignore-scripts --silent
	@touch $@
