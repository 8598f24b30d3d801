# Needs make and Python 3.10 to 3.13, nothing else: tools/bootstrap.py brings uv and fills .venv.

PYTHON ?= python3
BIN := .venv/bin
CORPUS ?=
ENGINE ?=
ARGS ?=
PROCESSES ?= 4
export UV_PYTHON_DOWNLOADS := never
unexport VIRTUAL_ENV

.PHONY: help serve test lint format bench eval verify-deploy clean lock setup setup-dev python

help:
	@echo "make serve    start the service on http://localhost:8000"
	@echo "make test     run everything that has to pass: lint, then the tests (PROCESSES=4 at a time)"
	@echo "make lint     check style, formatting and types"
	@echo "make format   format the code and mend what can be mended automatically"
	@echo "make bench    measure speed and memory side by side with other OCR programs"
	@echo "make eval     measure accuracy against a folder: make eval CORPUS=folder ENGINE=onnx"
	@echo "make verify-deploy  as root: build the images with a Docker engine of its own, run and break them"
	@echo "make lock     write uv.lock and requirements.txt anew; newer versions: make lock ARGS=--upgrade"
	@echo "make clean    remove what make, the tests and the tools left behind, .venv included"
	@echo
	@echo "Another Python than python3: make PYTHON=python3.12 serve"

serve: setup
	@exec $(BIN)/paddleocr-vl-service serve

test: lint
	$(BIN)/pytest -n logical --maxprocesses $(PROCESSES) --dist worksteal

lint: setup-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: setup-dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: setup-dev
	$(BIN)/python -m benchmarks $(ARGS)

eval: setup-dev
	$(BIN)/python -m benchmarks.accuracy $(if $(ENGINE),--engine $(ENGINE)) $(ARGS) $(CORPUS)

verify-deploy: setup-dev
	$(BIN)/python -m tools.verify_deploy $(ARGS)

lock: setup-dev
	$(BIN)/uv lock $(ARGS)
	$(BIN)/uv export --frozen --no-dev --no-emit-project --no-annotate --no-header --quiet --output-file requirements.txt

clean:
	rm -rf .venv .tools .bench build dist src/paddleocr_vl_service/engines/onnx/models
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .schemathesis
	find . -name __pycache__ -prune -exec rm -rf {} +

setup: python
	@$(PYTHON) tools/bootstrap.py

setup-dev: python
	@$(PYTHON) tools/bootstrap.py --dev

python:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "PaddleOCR-VL Service needs Python 3.10 to 3.13, and there is no $(PYTHON)." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 10) <= v <= (3, 13) else "PaddleOCR-VL Service needs Python 3.10 to 3.13, and $(PYTHON) is %d.%d: name another one, as in make PYTHON=python3.12 serve." % v)'
