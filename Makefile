# Seconde Prise. `make run` and `make test` do all set-up by themselves, on a fresh Debian machine too.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
FLASK := $(VENV)/bin/flask --app wsgi
RUNTIME_PACKAGES := libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0
SHELL := /bin/bash

.PHONY: run test check bench soak shots lock translations system clean

run: $(VENV)/.run-ready translations
	@$(PY) -m marketplace.ops.start

test: $(VENV)/.test-ready translations
	@$(PY) -m tests.browser_setup
	@$(PY) -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(VENV)/.test-ready translations
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(PY) -m pytest -q tests/house

bench: $(VENV)/.test-ready translations
	@$(PY) -m bench $(ARGS)

soak: $(VENV)/.test-ready translations
	@$(PY) -m bench.soak

shots: $(VENV)/.test-ready translations
	@$(PY) -m tests.browser_setup
	@$(PY) -m bench.shots

# What the operating system must have: named when it lacks, installed when we are root on Debian.
system:
	@missing=""; for package in $(RUNTIME_PACKAGES); do dpkg -s $$package >/dev/null 2>&1 || missing="$$missing $$package"; done; \
	$(PYTHON) -c 'import ensurepip' 2>/dev/null || missing="$$missing python3-venv"; \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Paquets du système :$$missing"; apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing >/dev/null; \
	  else echo "Il manque des paquets du système. En root : apt-get install$$missing" >&2; fi; \
	fi

$(VENV)/bin/python: | system
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { echo "Il faut Python 3.11 à 3.13 (réglage PYTHON)." >&2; exit 1; }
	@echo "Environnement Python : $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run-ready: requirements.lock | $(VENV)/bin/python
	@echo "Bibliothèques : installation des versions figées"
	@$(VENV)/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.test-ready: requirements-dev.lock $(VENV)/.run-ready
	@echo "Outils de test : installation des versions figées"
	@$(VENV)/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

translations: $(VENV)/.run-ready
	@for po in marketplace/translations/*/LC_MESSAGES/messages.po; do \
	  mo=$${po%.po}.mo; [ ! -e "$$po" ] || [ "$$mo" -nt "$$po" ] || $(VENV)/bin/pybabel -q compile -i $$po -o $$mo; done

# After changing pyproject.toml: pins and hashes everything, for every Python we serve.
lock: $(VENV)/.test-ready
	$(VENV)/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock" pyproject.toml -o requirements.lock
	$(VENV)/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --group dev --custom-compile-command "make lock" pyproject.toml -o requirements-dev.lock

# After adding a sentence: brings the English catalogue up to date, its gaps to be filled by hand.
messages: $(VENV)/.test-ready
	$(VENV)/bin/pybabel -q extract -F babel.cfg -k _l -k lazy_gettext --no-location --sort-output --project "Seconde Prise" -o marketplace/translations/messages.pot .
	$(VENV)/bin/pybabel -q update -N --no-fuzzy-matching --ignore-obsolete -i marketplace/translations/messages.pot -d marketplace/translations -l en
	rm marketplace/translations/messages.pot

clean:
	rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis
