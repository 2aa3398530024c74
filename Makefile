# The README's two commands, each complete on a fresh machine with Python >= 3.11 and make:
#   make demo   the main job on the bundled sample newsroom
#   make test   the tests
# and for maintainers: make check (the model gate), make lock (renew the pinned requirements).
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# uv ignores pip's own configuration: hand over where it finds local wheels.
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
export UV_COMPILE_BYTECODE := 1

.PHONY: demo test check lock clean

demo: $(VENV)/.runtime
	$(BIN)/monitor demo

test: $(VENV)/.dev
	$(BIN)/python -m pytest

check: $(VENV)/.dev
	$(BIN)/python -m pytest tests/gate -q

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml
	.ci/install runtime "$(PYTHON)" "$(VENV)"

$(VENV)/.dev: requirements/dev.txt pyproject.toml
	.ci/install dev "$(PYTHON)" "$(VENV)"

lock: $(VENV)/.dev
	.ci/lock "$(VENV)"

clean:
	rm -rf $(VENV)
