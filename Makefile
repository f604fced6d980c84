# The two commands of the README. Everything they need is a Python package; nothing else is downloaded.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Python compiles what it imports once and keeps it; a shell that forbids that makes every start slow.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test lint benchmark

run: $(VENV)/.ready
	@$(BIN)/mien

# Two processes, a file of tests in one of them; torch's own threads would only be in each other's way. Kernels are
# compiled first, or both would compile them and pages under test would wait.
test: $(VENV)/.ready-test lint
	@$(BIN)/python -m engines.faceworld.precompile
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(VENV)/.ready-test
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports --no-cache

benchmark: $(VENV)/.ready-test
	@$(BIN)/python -m pytest tests/benchmarks --benchmark-enable --benchmark-only

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install -e .
	@touch $@

# Chromium drives the pages in the browser tests: Debian's where apt may install it, Playwright's elsewhere.
$(VENV)/.ready-test: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install -e '.[test]'
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null \
		|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq chromium; } \
		|| $(BIN)/python -m playwright install chromium \
		|| echo "Chromium could not be installed: the browser tests will be skipped."
	@touch $(VENV)/.ready $@
