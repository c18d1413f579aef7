.PHONY: help demo test check model clean
PYTHON ?= python3
RUN = .venv/bin/python

help:                ## what there is to do
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## */\t/'

demo: .venv/light    ## install, tag the article that ships with claimml, show it in colour
	@$(RUN) -m claimml demo

test: .venv/dev      ## install what the tests need and run them
	$(RUN) -m pytest

check: .venv/dev     ## types and style
	.venv/bin/ruff check .
	.venv/bin/ruff format --check claimml tests training
	.venv/bin/mypy

model: .venv/dev     ## make models/mini again from text and annotations (hours)
	bash training/make_model.sh

clean:
	rm -rf .venv build dist *.egg-info

.venv/light: pyproject.toml
	@test -x $(RUN) || $(PYTHON) -m venv .venv
	@$(RUN) -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

# The CPU build of torch is a tenth of the default one; constraints.txt names it.
.venv/dev: pyproject.toml constraints.txt
	test -x $(RUN) || $(PYTHON) -m venv .venv
	$(RUN) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[train,dev]'
	@touch .venv/light $@
