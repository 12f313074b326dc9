# Everything a contributor types. Needs Python 3.11 or newer, git and make; fetches the rest into
# .tools (uv) and .venv (what requirements/dev.txt pins, by hash), and touches nothing else.
# Paths stay relative, so that the checkout may lie in a folder with spaces in its name.

PYTHON ?= python3
ARGS ?=

UV := .tools/bin/uv
VENV := .venv
PY := $(VENV)/bin/python
# mypy and ruff are told what to read; benchmarks and examples are read where they exist.
CODE := src $(wildcard tests tools bench examples)

export UV_PYTHON_DOWNLOADS := never
export UV_PYTHON_PREFERENCE := only-system
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# uv would take an activated environment for the target; ours is always .venv.
unexport VIRTUAL_ENV

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test test-slow check bench bench-ledger bench-engine docs tables surface lock clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup: $(VENV)/.installed ## fetch the tools and install the project (every target does it by itself)

demo: $(VENV)/.installed ## run the demonstration; ARGS="--json" and the like are handed on
	@$(PY) -m ordercore demo $(ARGS)

test: $(VENV)/.installed ## run the quick tests in parallel, with branch coverage; ARGS="tests/money -x"
	@$(PY) -m pytest -n auto --cov --cov-report=term $(ARGS)

test-slow: $(VENV)/.installed ## run the slow tests too, with many more random examples
	@ORDERCORE_HYPOTHESIS=thorough $(PY) -m pytest -n auto -m "slow or not slow" $(ARGS)

check: $(VENV)/.installed ## lint, formatting, both type checkers, floors
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy $(CODE)
	@$(PY) -m pyright --project pyproject.toml --pythonpath $(PY)
	@$(PY) -c "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_logo=True))"

bench: $(VENV)/.installed ## measure
	@if [ -d bench ]; then $(PY) -m bench $(ARGS); else echo "there is no bench/ here yet"; fi

bench-ledger: $(VENV)/.installed ## measure the ledger beside a floor written by hand
	@$(PY) -m bench ledger $(ARGS)

bench-engine: $(VENV)/.installed ## measure the engine beside its peers, which it installs into .bench
	@$(PY) -m bench engine $(ARGS)

docs: $(VENV)/.installed ## write the generated pages and the outputs of the examples anew
	@$(PY) -m tools.generate_docs
	@$(PY) -m tools.page_output

tables: $(VENV)/.installed ## write the compiled lifecycles anew
	@$(PY) -m tools.compile_lifecycles

surface: $(VENV)/.installed ## accept changes of the public surface and smaller ratchets
	@$(PY) -m tests.architecture.update

lock: $(UV) ## resolve the newest allowed versions into requirements/; ARGS="--upgrade" for newer
	@$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
		--python "$(PYTHON)" pyproject.toml --group dev -o requirements/dev.txt $(ARGS)
	@$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
		--python "$(PYTHON)" --python-version 3.11 --group peers -o requirements/peers.txt $(ARGS)

clean: ## remove everything that make has made
	rm -rf .venv .tools .bench .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache \
		.coverage .coverage.* htmlcov build dist
	find src tests tools -name __pycache__ -prune -exec rm -rf {} +

# --target leaves the system's own packages alone, which PEP 668 systems allow; the second line is
# for those whose pip refuses all the same.
$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "ordercore needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@$(PYTHON) -m pip --version >/dev/null 2>&1 \
		|| $(PYTHON) -m ensurepip >/dev/null 2>&1 \
		|| $(PYTHON) -m ensurepip --user
	@rm -rf .tools
	@$(PYTHON) -m pip install --quiet --no-warn-script-location --target .tools 'uv>=0.9,<1' 2>.uv.log \
		|| $(PYTHON) -m pip install --quiet --break-system-packages --target .tools 'uv>=0.9,<1' \
		|| { cat .uv.log; rm -rf .tools .uv.log; exit 1; }
	@rm -f .uv.log

$(VENV)/.created: | $(UV)
	@$(UV) venv --quiet --clear --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" $(VENV)
	@touch $@

$(VENV)/.synced: requirements/dev.txt $(VENV)/.created | $(UV)
	@$(UV) pip sync --quiet --python $(PY) --require-hashes requirements/dev.txt
	@touch $@

# The backend is pinned with the rest and needs no network. A sync removes the project, hence the
# dependency on the stamp above.
$(VENV)/.installed: $(VENV)/.synced pyproject.toml LICENSE | $(UV)
	@$(UV) pip install --quiet --offline --python $(PY) --no-deps --no-build-isolation --editable .
	@touch $@
