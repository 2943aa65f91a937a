# Everything from a clean clone needs Python 3.11+, make and a package index; the targets install the rest into .venv.
PYTHON ?= python3
PY := .venv/bin/python
LOCAL := $(PY) -m deployment.local
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test machine walks properties long races class faults kills browser check openapi bench bench-answers bench-fanout bench-ranks bench-tenants bench-enumeration bench-roster bench-invigilator bench-starts bench-submits bench-expiry bench-bank bench-papers bench-imports bench-live watch shell reset clean venv venv-dev

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

run: venv ## the whole stack with demo data (PORT=8000, DEMO_CLASS=0, DATABASE_URL, REDIS_URL)
	@exec $(LOCAL) run

test: venv-dev ## the whole suite (ARGS="-k name")
	@$(LOCAL) test $(ARGS)

machine: venv-dev ## 2,000 random sequences of a sitting against a model (MACHINE_SEQUENCES=2000; 10 minutes)
	@MACHINE_SEQUENCES=$${MACHINE_SEQUENCES:-2000} $(LOCAL) test tests/machine/test_machine.py -k model $(ARGS)

walks: venv-dev ## everybody, and every kind of id in every place, at every operation, where the suite tries some (15 minutes)
	@WHOLE_WALKS=1 $(LOCAL) test tests/api/matrix tests/tenancy/test_walk.py $(ARGS)

properties: venv-dev ## what holds for whatever is drawn, with four times the examples (5 minutes)
	@WHOLE_PROPERTIES=1 $(LOCAL) test -m hypothesis $(ARGS)

long: venv-dev ## single tests of half a minute and more
	@$(LOCAL) test -m long $(ARGS)

races: venv-dev ## eleven pairs of what happens at once, 200 rounds each (RACE_ROUNDS=200)
	@RACE_ROUNDS=$${RACE_ROUNDS:-200} $(LOCAL) test tests/apps/attempts/test_race_rounds.py -k holds $(ARGS)

class: venv-dev ## a class of 300 sits while every part is killed in turn, and once more without Redis (CLASS_STUDENTS=300; 11 minutes)
	@$(LOCAL) test -m faults tests/faults/test_class.py $(ARGS)

faults: venv-dev ## a class sits while every part of the stack is killed, locked or full, and the class of 300 (25 minutes)
	@$(LOCAL) test -m faults tests/faults $(ARGS)

kills: venv-dev ## PostgreSQL killed 20 times, and everything at once 10 times (POSTGRES_KILLS=20 LIGHTS_OUT=10; 12 minutes)
	@POSTGRES_KILLS=$${POSTGRES_KILLS:-20} LIGHTS_OUT=$${LIGHTS_OUT:-10} $(LOCAL) test -m faults tests/faults/test_postgres.py tests/faults/test_everything.py -k "killed_database or everything_dies" $(ARGS)

browser: venv-dev ## a student sits in Chromium while the connection breaks (needs Chromium)
	@$(LOCAL) test -m browser tests/browser -o faulthandler_timeout=300 $(ARGS)

check: export DJANGO_SETTINGS_MODULE = config.settings.test
check: venv-dev ## style, types, boundaries, migrations, API documents
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy .
	$(PY) .venv/bin/lint-imports
	$(PY) -W ignore manage.py makemigrations --check --dry-run
	$(call openapi,var/openapi)
	diff -ru docs/openapi var/openapi && diff -u docs/permissions.md var/permissions.md || { echo "The API has changed: make openapi"; exit 1; }

openapi: export DJANGO_SETTINGS_MODULE = config.settings.test
openapi: venv-dev ## write docs/openapi and docs/permissions.md anew from the code
	$(call openapi,docs/openapi)

# The document of each host, without a warning, into a folder, and the table of permissions beside it.
define openapi
	mkdir -p $(1)
	$(PY) manage.py spectacular --validate --fail-on-warn --skip-checks --urlconf config.urls --custom-settings config.documentation.CENTER --file $(1)/center.yaml
	$(PY) manage.py spectacular --validate --fail-on-warn --skip-checks --urlconf config.urls_public --custom-settings config.documentation.OWNER --file $(1)/owner.yaml
	$(PY) manage.py permissions_page --skip-checks --file $(1)/../permissions.md
endef

bench: bench-answers bench-fanout bench-ranks bench-tenants bench-enumeration bench-roster bench-invigilator bench-starts bench-submits bench-expiry bench-bank bench-papers bench-imports bench-live ## all benchmarks, on servers of their own

bench-answers: venv-dev ## answers of a large class per second
	@$(PY) -m benchmarks.answers $(ARGS)

bench-fanout: venv-dev ## news to many sockets
	@$(PY) -m benchmarks.fanout $(ARGS)

bench-ranks: venv-dev ## ranks of large boards
	@$(PY) -m benchmarks.ranks $(ARGS)

bench-tenants: venv-dev ## many centers on one database
	@$(PY) -m benchmarks.tenants $(ARGS)

bench-enumeration: venv-dev ## whether a stop-watch tells who has an account
	@$(PY) -m benchmarks.enumeration $(ARGS)

bench-roster: venv-dev ## a list of a thousand people
	@$(PY) -m benchmarks.roster $(ARGS)

bench-invigilator: venv-dev ## a thousand seats under the eyes of twenty
	@$(PY) -m benchmarks.invigilator $(ARGS)

bench-starts: venv-dev ## 500 who begin at the same moment, and within five seconds over HTTP
	@$(PY) -m benchmarks.starts $(ARGS)

bench-submits: venv-dev ## a class of 300 that hands in within one second, with its sockets open
	@$(PY) -m benchmarks.submits $(ARGS)

bench-expiry: venv-dev ## a thousand whose time is up at the same moment
	@$(PY) -m benchmarks.expiry $(ARGS)

bench-bank: venv-dev ## a list of 10,000 questions, searched and filtered
	@$(PY) -m benchmarks.bank $(ARGS)

bench-papers: venv-dev ## publishing 200 questions, and their paper when 500 begin
	@$(PY) -m benchmarks.papers $(ARGS)

bench-imports: venv-dev ## 5,000 questions with 500 files come in
	@$(PY) -m benchmarks.imports $(ARGS)

bench-live: venv-dev ## a live quiz of a thousand players
	@$(PY) -m benchmarks.live $(ARGS)

watch: venv ## the board of the running exam, in this terminal
	@$(LOCAL) exec python manage.py watch_board $(ARGS)

shell: venv ## Django's shell on the data of `make run`
	@$(LOCAL) exec python manage.py shell

reset: venv ## stop what runs and forget its data
	@$(LOCAL) reset

clean: ## reset, and remove what was installed
	@test ! -e .venv/.installed || $(LOCAL) reset
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis htmlcov .coverage

venv:
	@$(PYTHON) deployment/local/bootstrap.py

venv-dev:
	@$(PYTHON) deployment/local/bootstrap.py --dev
