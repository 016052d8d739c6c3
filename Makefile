# Two commands on a fresh machine: `make search` runs the main job, `make test` passes the tests.
# Either sets everything up in .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.setup-stamp

.PHONY: setup search test test-all lint types docs clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

search: setup
	$(BIN)/evokan search --space gakan --dataset wine --seed 0

lint types: setup
	$(BIN)/python tests/parts.py $@

test: setup
	$(BIN)/python tests/parts.py

test-all: setup
	$(BIN)/python tests/parts.py lint types
	$(BIN)/pytest --junitxml=.pytest_cache/report.xml
	$(BIN)/pytest --doctest-modules evokan search_spaces
	$(BIN)/python -m experiments.reliability .pytest_cache/report.xml
	$(BIN)/python tests/parts.py packages

docs: setup
	$(BIN)/mkdocs build --strict

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
