# Needs Python 3.11 or newer, git and make; everything else goes into .venv, pinned by hash. `make` lists the targets.

VENV := .venv
BIN := $(VENV)/bin
UV := $(or $(shell command -v uv 2>/dev/null),$(BIN)/uv)
COMPILE := UV_CUSTOM_COMPILE_COMMAND='make lock' $(UV) pip compile --quiet --universal --generate-hashes \
  --no-emit-index-url --no-emit-find-links -p 3.11 $(ARGS)

PYTEST := $(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder -rs --durations=30 --durations-min=5

WEB := app/_web/chatkit.js
EXAMPLE := web/example/dist/index.html
HAS_NODE := $(shell node -e 'console.log(parseInt(process.versions.node) >= 18 ? "yes" : "")' 2>/dev/null)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run install test test-slow test-all smoke check format docs-settings messages web web-check web-example bench bench-store soak lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/runtime.stamp $(HAS_NODE:yes=$(WEB)) ## Install what is missing and serve on http://127.0.0.1:8000
	@$(BIN)/python -m app serve

install: $(VENV)/dev.stamp ## Install everything that development needs

test: $(VENV)/dev.stamp ## Prove the project in a few minutes; ARGS="-k widgets" chooses some tests
	$(PYTEST) -m 'not slow' $(ARGS)

test-slow: $(VENV)/dev.stamp $(HAS_NODE:yes=$(WEB) $(EXAMPLE)) ## Run what repeats, waits or needs a browser
	$(PYTEST) -m slow $(ARGS)

test-all: test test-slow ## Run all tests

smoke: $(VENV)/runtime.stamp ## Check a server of this checkout by the conformance kit, in half a minute
	$(BIN)/python -m app conformance

check: $(VENV)/dev.stamp $(HAS_NODE:yes=web-check) ## Check style, types and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

web: ## Build the chat for the browser; needs Node 18 or newer
	@test '$(HAS_NODE)' || { echo 'The chat for the browser needs Node 18 or newer, with npm.' >&2; exit 1; }
	@$(MAKE) --no-print-directory $(WEB)

web-check: web/node_modules/.package-lock.json ## Check and test the code of the browser's side
	cd web && npm run --silent check && npm run --silent test

web-example: ## Build the React page in web/example; needs Node 18 or newer
	@test '$(HAS_NODE)' || { echo 'The example needs Node 18 or newer, with npm.' >&2; exit 1; }
	@$(MAKE) --no-print-directory $(EXAMPLE)

$(WEB): web/node_modules/.package-lock.json web/vite.config.ts $(shell find web/src -name '*.ts')
	cd web && npm run --silent build
	@touch $@

$(EXAMPLE): $(addprefix web/example/,node_modules/.package-lock.json index.html tsconfig.json vite.config.ts) \
  $(wildcard web/example/src/*)
	cd web/example && npm run --silent check && npm run --silent build
	@touch $@

%/node_modules/.package-lock.json: %/package-lock.json
	cd $* && npm ci --silent --ignore-scripts
	@touch $@

format: $(VENV)/dev.stamp ## Bring the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs-settings: $(VENV)/runtime.stamp ## Write .env.example and docs/configuration.md from the settings
	$(BIN)/python -m app settings --format env > .env.example
	$(BIN)/python -m app settings --format markdown > docs/configuration.md

messages: $(VENV)/dev.stamp ## Collect the texts to translate into app/locale
	$(BIN)/pybabel --quiet extract --keywords '_ deferred plural:1,2' --omit-header --no-location --sort-output \
	  --output-file $(VENV)/anyport.pot app
	$(BIN)/pybabel --quiet update --domain anyport --input-file $(VENV)/anyport.pot --output-dir app/locale \
	  --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width 120

bench: $(VENV)/dev.stamp ## Measure a token's cost against the servers in bench/reference
	$(BIN)/python -m bench.speed $(ARGS)

bench-store: $(VENV)/dev.stamp ## Measure the stores
	$(BIN)/python -m bench.store $(ARGS)

soak: $(VENV)/dev.stamp ## Three replicas behind nginx, crashes, and an audit; needs nginx
	$(BIN)/python -m bench.soak $(ARGS)

lock: | $(BIN)/python $(UV) ## Resolve the locks again; ARGS=--upgrade takes newer versions
	$(COMPILE) --group uv -o requirements-uv.txt
	$(COMPILE) --all-extras --group dev -o requirements-dev.txt pyproject.toml
	$(COMPILE) --all-extras --group build -c requirements-dev.txt -o requirements.txt pyproject.toml

clean: ## Remove the environment and all caches; data/ stays
	rm -rf $(VENV) .mypy_cache app/_web web/node_modules web/example/node_modules web/example/dist .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist
	find app bench migrations tests -type d -name __pycache__ -prune -exec rm -rf {} +

$(BIN)/python:
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    exec $$python -m venv --clear $(VENV); \
	  fi; \
	done; \
	echo 'Anyport needs Python 3.11 or newer. Install it, or name it: make PYTHON=/path/to/python3.12' >&2; exit 1

$(BIN)/uv: requirements-uv.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.txt
	@touch $@

$(VENV)/runtime.stamp: requirements.txt
$(VENV)/dev.stamp: requirements-dev.txt
$(VENV)/%.stamp: pyproject.toml | $(BIN)/python $(UV)
	$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r $(filter requirements%,$^)
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q app migrations
	@touch $@
