# Two commands matter: `make run PHOTOS=~/Pictures` and `make test`. Both make the environment they need in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PHOTOS ?=
COLLECTIONS ?= $(if $(PHOTOS),$(HOME)/Collections,demo/collections)

.PHONY: run test fuzz check bench docs model lock release measure clean
.DEFAULT_GOAL := run

# One stamp per lock file: `run` needs the light environment, `test` everything. Pip compiles the bytecode.
$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "organiser needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	$(BIN)/python -m compileall -q organiser workers training migrations
	touch $@

$(VENV)/demo.stamp: requirements/demo.txt $(VENV)/run.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/demo.txt
	touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	touch $@

run: $(VENV)/run.stamp $(if $(PHOTOS),,$(VENV)/demo.stamp)
	$(if $(PHOTOS),,$(BIN)/python -m organiser.demo demo/photos)
	$(BIN)/organiser $(if $(PHOTOS),,--home demo/home) scan "$(or $(PHOTOS),demo/photos)" --collect "$(COLLECTIONS)"

test: $(VENV)/dev.stamp
	$(BIN)/python -m pytest

# The attacks of tests/faults with FUZZ times as many rounds as `make test` has; ends with a table of what held.
FUZZ ?= 20
fuzz: $(VENV)/dev.stamp
	FUZZ=$(FUZZ) $(BIN)/python -m pytest tests/faults --timeout 0

check: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	MYPYPATH=deploy $(BIN)/mypy benchmarks deploy/release.py
	$(BIN)/lint-imports

# Ratios from one run each; PHOTOS names a folder of JPEGs for the cold scan.
bench: $(VENV)/dev.stamp
	$(if $(PHOTOS),$(BIN)/python benchmarks/scan.py "$(PHOTOS)")
	$(if $(PHOTOS),$(BIN)/python benchmarks/where.py "$(PHOTOS)")
	$(BIN)/python benchmarks/rescan.py
	$(BIN)/python benchmarks/rescan_index.py
	$(BIN)/python benchmarks/decode.py
	$(BIN)/python benchmarks/feeding.py
	$(BIN)/python benchmarks/huge_root.py
	$(BIN)/python benchmarks/judge.py
	$(BIN)/python benchmarks/find.py
	$(BIN)/python benchmarks/record_index.py
	$(BIN)/python benchmarks/postgres_listing.py
	$(BIN)/python benchmarks/page.py
	$(BIN)/python benchmarks/page_queries.py
	$(BIN)/python benchmarks/place.py
	$(BIN)/python benchmarks/service.py

# From raw data to a bundle, in hours; DATA holds fer2013.tar, ferplus_votes.csv and muxspace.tar. Started again, it goes on.
TRAIN := $(BIN)/python -m organiser.training
model: $(VENV)/dev.stamp
	test -n "$(DATA)" || { echo "make model DATA=folder-with-the-sets"; exit 1; }
	$(TRAIN) prepare --faces fer2013="$(DATA)/fer2013.tar" --faces muxspace="$(DATA)/muxspace.tar" \
	  --votes "$(DATA)/ferplus_votes.csv" --leaks repair --out runs/faces
	$(TRAIN) fit --config ship --data runs/faces --out runs/ship
	$(TRAIN) fit --config polish --start runs/ship --data runs/faces --out runs/polish
	test -e runs/blend/run.json || $(TRAIN) blend --run runs/polish --earlier runs/ship --share 0.2 --out runs/blend
	$(TRAIN) fit --config taught --start runs/blend --teacher runs/ship --teacher runs/polish --data runs/faces \
	  --out runs/taught
	test -e runs/taught-blend/run.json || \
	  $(TRAIN) blend --run runs/taught --earlier runs/blend --share 0.2 --out runs/taught-blend
	$(TRAIN) fit --config consistent --start runs/taught-blend --teacher runs/taught --data runs/faces --out runs/consistent
	test -e runs/last/run.json || $(TRAIN) blend --run runs/consistent --earlier runs/taught --share 0.3 --out runs/last
	-$(TRAIN) audit --run runs/last --data runs/faces --fold val --out runs/audit
	$(TRAIN) export --run runs/last --data runs/faces --audit runs/audit --out runs/bundle
	$(TRAIN) evaluate --bundle runs/bundle --data runs/faces --fold held --source fer2013 --out runs/report
	$(TRAIN) compare --old organiser/models/faces7 --new runs/bundle --data runs/faces --out runs/compare

# The pages of docs/ that commands and settings print of themselves, and all of docs/ as a site in site/; tests check both.
docs: $(VENV)/dev.stamp
	$(BIN)/python docs/reference.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

# Pins everything with digests, for every platform.
LOCK := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --quiet
lock: $(VENV)/dev.stamp
	$(LOCK) pyproject.toml --extra web -o requirements/run.txt
	$(LOCK) pyproject.toml --extra raw --extra service --extra postgres --extra training --extra web --group dev --group demo -o requirements/dev.txt
	$(LOCK) --group demo -c requirements/dev.txt -o requirements/demo.txt
	$(LOCK) pyproject.toml --extra raw --extra service --extra postgres --extra web -c requirements/dev.txt -o requirements/image.txt
	$(LOCK) pyproject.toml --extra service --extra postgres --extra gpu -o requirements/image-gpu.txt
	$(LOCK) --group build -c requirements/dev.txt -o requirements/build.txt

# Builds wheel and sdist from a clean tree into dist/, checks them, and prints what is left to sign and to publish.
release: $(VENV)/dev.stamp
	$(BIN)/python deploy/release.py

# What a user's first command costs: a bare environment, the wheel and what it needs; prints seconds and megabytes.
measure: $(VENV)/dev.stamp
	$(BIN)/python benchmarks/install.py

clean:
	rm -rf $(VENV) demo build dist site .mypy_cache .ruff_cache .pytest_cache
