# Each target hands over to config/bootstrap, which installs what is missing and answers in sentences.
PYTHON ?= python3
PORT ?= 8000
export PORT

.DEFAULT_GOAL := help
.PHONY: help demo serve worker stack test bench check format verify clean

RUN = @command -v $(PYTHON) >/dev/null || { echo "Quorum needs Python 3.11 or newer, and there is no program $(PYTHON). Install it, or name yours: make $@ PYTHON=/path/to/python3.11" >&2; exit 1; }; \
	exec $(PYTHON) config/bootstrap $@ $(ARGS)

help: ## list the targets
	@echo "Quorum, a living evidence database. The targets:"
	@sed -n 's/^\([a-z]*\):.*## /  make \1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do printf '%-16s%s\n' "$$name" "$$text"; done
	@echo "Variables: PYTHON=$(PYTHON) PORT=$(PORT), and ARGS for the program behind a target (make test ARGS=tests/engine)"

demo: ## install everything and fill a database with an example review
	$(RUN)

serve: ## start the site on http://127.0.0.1:PORT/
	$(RUN)

worker: ## compute runs for a broker (BROKER_URL)
	$(RUN)

stack: ## all of production on this machine: PostgreSQL, Redis, web, worker, beat
	$(RUN)

test: ## run the tests on SQLite and on PostgreSQL
	$(RUN)

bench: ## time the engine beside metafor and other programs
	$(RUN)

check: ## style, layers, migrations, Django's checks, types
	$(RUN)

format: ## format the code
	$(RUN)

verify: ## recompute stored runs and compare them with what is stored
	$(RUN)

clean: ## remove .venv and var (the local database), after asking
	$(RUN)
