# Few verbs, no logic: what each does stands in the target it calls. `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
LINT := .venv-lint
DUCKDB15 := .venv-duckdb15
BENCH := .venv-bench
TESTDATA := build/testdata
UV := $(VENV)/bin/uv
# Compiled once here: else each Airflow, dbt and Great Expectations process may compile its imports.
INSTALL := $(UV) pip install --quiet --require-hashes --compile-bytecode
# A shell may forbid it: then each of the many processes of a run and of the tests would compile us.
export PYTHONDONTWRITEBYTECODE :=
ISSUE ?=
SIZE ?=

.DEFAULT_GOAL := help
.PHONY: help run test up check accept bench bench-graph contracts docs locks clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

run: $(VENV)/.ready ## the daily DAG on the bundled real data, to a published warehouse
	@$(VENV)/bin/crm run

test: $(VENV)/.tests $(DUCKDB15)/.ready $(TESTDATA)/.ready ## the whole suite
	@$(VENV)/bin/python -m pytest --numprocesses 2 --dist loadscope --no-loadscope-reorder

up: $(VENV)/.ready ## Airflow with UI, scheduler and API on this machine only
	@$(VENV)/bin/crm up

check: $(VENV)/.tests $(LINT)/.ready ## style, types, imports, SQL, generated files
	@$(LINT)/bin/ruff check .
	@$(LINT)/bin/ruff format --check .
	@$(LINT)/bin/mypy --python-executable $(VENV)/bin/python
	@$(LINT)/bin/lint-imports --no-cache
	@$(LINT)/bin/sqlfluff lint --disable-progress-bar --nocolor dbt_project/models dbt_project/tests
	@$(VENV)/bin/python -m crm_tasks.contracts --check
	@$(LINT)/bin/prek run --all-files --quiet

accept: $(VENV)/.tests $(DUCKDB15)/.ready ## acceptance lines too long for the suite: make accept [ISSUE=1] [LINE=words]
	@$(VENV)/bin/python -m benchmarks.accept $(if $(ISSUE),--issue $(ISSUE)) $(if $(LINE),--line "$(LINE)")

bench: $(VENV)/.tests ## the run by stage, and the same job in pandas and networkx
	@$(VENV)/bin/python -m benchmarks.run

bench-graph: $(VENV)/.tests $(BENCH)/.ready ## the graph engine beside its peers: make bench-graph [SIZE=1M]
	@$(VENV)/bin/python -m benchmarks.graph $(if $(SIZE),--size $(SIZE))

contracts: $(VENV)/.ready ## write what is generated from the contracts: yml, table pages, .env.example
	@$(VENV)/bin/python -m crm_tasks.contracts

docs: $(VENV)/.ready contracts ## table pages and the dbt documentation site, into build/docs
	@$(VENV)/bin/python -m crm_tasks.cli.docs build/docs

locks: $(VENV)/.ready ## resolve the requirements again: *.in to *.lock
	@for name in "" -test -lint -duckdb15 -bench -bootstrap; do \
	    $(UV) pip compile --quiet --python-version 3.11 --generate-hashes --no-annotate --no-header \
	        requirements$$name.in --output-file requirements$$name.lock || exit 1; done
	@$(UV) pip compile --quiet --python-version 3.11 --generate-hashes --no-annotate --no-header \
	    --no-deps requirements-testdata.in --output-file requirements-testdata.lock

clean: ## remove environments and build folders; CRM_HOME (./var) stays
	rm -rf $(VENV) $(LINT) $(DUCKDB15) $(BENCH) build

$(UV): requirements-bootstrap.lock
	@echo "making $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --require-hashes --requirement requirements-bootstrap.lock
	@touch $@

$(VENV)/.ready: requirements.lock pyproject.toml | $(UV)
	@echo "installing requirements.lock into $(VENV)"
	@$(INSTALL) --python $(VENV)/bin/python --requirement requirements.lock
	@$(UV) pip install --quiet --python $(VENV)/bin/python --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.tests: requirements-test.lock $(VENV)/.ready
	@$(INSTALL) --python $(VENV)/bin/python --requirement requirements-test.lock
	@touch $@

$(LINT)/.ready: requirements-lint.lock | $(UV)
	@$(UV) venv --quiet --python $(VENV)/bin/python --clear $(LINT)
	@$(INSTALL) --python $(LINT)/bin/python --requirement requirements-lint.lock
	@touch $@

$(DUCKDB15)/.ready: requirements-duckdb15.lock | $(UV)
	@$(UV) venv --quiet --python $(VENV)/bin/python --clear $(DUCKDB15)
	@$(INSTALL) --python $(DUCKDB15)/bin/python --requirement requirements-duckdb15.lock
	@touch $@

$(BENCH)/.ready: requirements-bench.lock | $(UV)
	@$(UV) venv --quiet --python $(VENV)/bin/python --clear $(BENCH)
	@$(INSTALL) --python $(BENCH)/bin/python --requirement requirements-bench.lock
	@touch $@

$(TESTDATA)/.ready: requirements-testdata.lock | $(UV)
	@$(INSTALL) --no-deps --target $(TESTDATA) --python $(VENV)/bin/python --requirement requirements-testdata.lock
	@touch $@
