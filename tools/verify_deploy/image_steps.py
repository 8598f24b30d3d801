"""Building the images: the engine, bases that stand in for the real ones, both targets."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from tools.verify_deploy.bench import (
    CPU_BASE,
    CPU_IMAGE,
    CUDA_BASE,
    GPU_IMAGE,
    POSTGRES_IMAGE,
    S3_IMAGE,
    STAND_INS,
    Bench,
    megabytes,
)
from tools.verify_deploy.programs import attempt, run
from tools.verify_deploy.steps import NotHere, NotSo, Step, expect

_SLIM = [f"--dpkgopt=path-exclude=/usr/share/{each}/*" for each in ("doc", "man", "locale", "info")]
_UBUNTU = "http://archive.ubuntu.com/ubuntu"
_UBUNTU_KEYS = "usr/share/keyrings/ubuntu-archive-keyring.gpg"
_PADDLE_ON_PYPI = ("PADDLE=paddlepaddle==3.3.1", "PADDLE_INDEX=https://pypi.org/simple")
_NOBODY = "http://127.0.0.1:9"


def _engine(bench: Bench) -> Iterator[str]:
    bench.engine.bring()
    bench.copy_source()
    bench.engine.start(isolated=False)
    told = bench.engine.description()
    bench.version = told["version"]
    yield (
        f"Docker engine {told['version']} with runc {told['runc']}, storage {told['storage']}, "
        f"cgroups v{told['cgroups']}, {told['security']}."
    )


def _bases(bench: Bench) -> Iterator[str]:
    debian = _tar(bench, "debian-trixie", [*_SLIM, "--include=ca-certificates", "trixie"])
    bench.engine.docker("import", str(debian), CPU_BASE)
    size = _size(bench, CPU_BASE)
    yield f"In place of `debian:trixie-slim`: Debian 13 made with mmdebstrap, {size}."
    bench.engine.docker("import", str(_ubuntu(bench) if bench.ubuntu else debian), CUDA_BASE)
    bench.gpu_base = "Ubuntu 22.04" if bench.ubuntu else "Debian 13"
    yield (
        f"In place of `nvidia/cuda:...-ubuntu22.04`: {bench.gpu_base} made with mmdebstrap, "
        f"{_size(bench, CUDA_BASE)}, without CUDA."
    )


def _tar(bench: Bench, name: str, arguments: list[str]) -> Path:
    tar = bench.cache / f"{name}.tar"
    if not tar.exists():
        making = tar.with_suffix(".making.tar")
        suite, *mirror = [each for each in arguments if not each.startswith("--")]
        options = [each for each in arguments if each.startswith("--")]
        run(["mmdebstrap", "--variant=minbase", *options, suite, str(making), *mirror], seconds=900)
        making.rename(tar)
    return tar


def _ubuntu(bench: Bench) -> Path:
    """Ubuntu, with the keys that Debian has of it."""
    keys = bench.cache / "ubuntu-archive-keyring.gpg"
    if not keys.exists():
        folder = bench.work / "keys"
        include = "--include=ubuntu-archive-keyring"
        run(["mmdebstrap", "--variant=extract", include, "trixie", str(folder)], seconds=300)
        shutil.copy2(folder / _UBUNTU_KEYS, keys)
        shutil.rmtree(folder)
    options = [f"--keyring={keys}", "--components=main,universe", "--include=apt,ca-certificates"]
    return _tar(bench, "ubuntu-jammy", [*_SLIM, *options, "jammy", _UBUNTU])


def _size(bench: Bench, image: str) -> str:
    return megabytes(bench.inspect(image)["Size"])


def _cpu_image(bench: Bench) -> Iterator[str]:
    started = time.monotonic()
    arguments = ["--target", "cpu", "--build-arg", f"CPU_IMAGE={CPU_BASE}"]
    status, log = bench.build(CPU_IMAGE, *arguments, "--build-arg", "REVISION=abc123")
    expect(status == 0, f"the build failed:\n{log[-3000:]}")
    base = int(str(bench.inspect(CPU_BASE)["Size"]))
    size = int(str(bench.inspect(CPU_IMAGE)["Size"]))
    yield (
        f"Built in {time.monotonic() - started:.0f} s. {megabytes(size)}, of which the base is "
        f"{megabytes(base)}. Layers: {_layers(bench, CPU_IMAGE)}."
    )
    yield from _contents(bench, CPU_IMAGE)


def _layers(bench: Bench, image: str) -> str:
    told = bench.engine.docker(
        *("history", "--no-trunc", "--format", "{{.Size}}\t{{.CreatedBy}}", image)
    )
    named = {
        "install-system.sh": "system packages",
        "COPY /opt/venv": "libraries",
        "engines/onnx/models": "embedded models",
        "COPY /opt/models /opt/models": "models",
        "COPY /opt/service": "the service",
    }
    found = []
    for line in reversed(told.splitlines()):
        size, _, what = line.partition("\t")
        if name := next((named[key] for key in named if key in what), None):
            found.append(f"{name} {size}")
    return ", ".join(found)


def _contents(bench: Bench, image: str) -> Iterator[str]:
    """Nothing is in an image that should not be."""

    def inside(command: str) -> str:
        words = ["run", "--rm", "--network", "none", "--entrypoint", "sh", image, "-c", command]
        return bench.engine.docker(*words).strip()

    tools = "gcc cc g++ make pip pip3 uv git"
    found = inside(f"for each in {tools}; do command -v $each; done; true")
    expect(not found, f"the image has {found}")
    found = inside(
        "find / -xdev \\( -type d \\( -name tests -not -path '/opt/venv/*' -o -path '*/.cache/*' "
        "-o -path '/var/cache/apt/*' -o -path '/var/lib/apt/lists/*' \\) -o -type f -perm /6000 "
        "-o -name 'pkgcache.bin' \\) -not -path '/proc/*' 2>/dev/null | head -5"
    )
    expect(not found, f"the image has {found}")
    config = str(bench.inspect(image)["Config"])
    history = bench.engine.docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", image)
    for word in ("_PROXY", "_proxy", "CERT", "TOKEN", "/run/secrets/"):
        expect(word not in config, f"the image's configuration has {word}")
    expect("BEGIN CERTIFICATE" not in history, "a certificate is in the history")
    expect(inside("id -u; id -un").split() == ["1000", "appuser"], "it does not run as appuser")
    labels = bench.inspect(image)["Config"]["Labels"]  # type: ignore[index]
    expect(labels["org.opencontainers.image.licenses"] == "Apache-2.0", "labels are missing")
    yield (
        "No compiler, pip, uv, git, caches, tests of ours or set-user-id programs are in it, no "
        "proxy, certificate or token in its configuration; it runs as `appuser`, 1000."
    )


def _layer_cache(bench: Bench) -> Iterator[str]:
    changed = bench.source / "src/paddleocr_vl_service/server.py"
    changed.write_text(changed.read_text("utf-8") + "\n# changed\n", "utf-8")
    arguments = ["--target", "cpu", "--build-arg", f"CPU_IMAGE={CPU_BASE}"]
    started = time.monotonic()
    status, log = bench.build("verify/again", *arguments)
    expect(status == 0, f"the build failed:\n{log[-3000:]}")
    for kept in ("cpu-libraries 1/1", "embedded-models 3/3"):
        (number,) = re.findall(rf"^#(\d+) \[{kept}\]", log, re.MULTILINE)[:1] or ("",)
        expect(re.search(rf"^#{number} CACHED", log, re.MULTILINE), f"{kept} was done again")
    yield (
        f"After a change of the service a build takes {time.monotonic() - started:.0f} s: "
        "libraries and models come from the cache."
    )


def _failing_builds(bench: Bench) -> Iterator[str]:
    status, log = bench.build("verify/broken", *_gpu_arguments(_NOBODY), "--target", "gpu")
    if "Model directory not created" not in log:
        raise NotSo(f"the build ended otherwise, with {status}:\n{log[-3000:]}")
    expect(status != 0, "a build without models passes")
    yield "A hub that does not answer: the build fails with `Model directory not created`."
    with _hub({name: {} for name in _model_names()}) as url:
        status, log = bench.build("verify/broken", *_gpu_arguments(url), "--target", "gpu")
    expect(status != 0, "a build with empty models passes")
    expect("Model directory is empty" in log, f"it ended otherwise:\n{log[-3000:]}")
    yield "A hub whose repositories are empty: it fails with `Model directory is empty`."


def _gpu_image(bench: Bench) -> Iterator[str]:
    started = time.monotonic()
    with _hub(_tiny_models(bench)) as url:
        status, log = bench.build(GPU_IMAGE, *_gpu_arguments(url), "--target", "gpu")
    expect(status == 0, f"the build failed:\n{log[-3000:]}")
    yield (
        f"Built on {bench.gpu_base} in {time.monotonic() - started:.0f} s, with `paddlepaddle` of "
        "PyPI (no GPU) in place of `paddlepaddle-gpu`, and tiny checkpoints from a hub on the "
        f"loopback in place of the weights. {_size(bench, GPU_IMAGE)}; layers: "
        f"{_layers(bench, GPU_IMAGE)}. `models verify` passes in the build."
    )
    yield from _contents(bench, GPU_IMAGE)


def _gpu_arguments(hub: str) -> list[str]:
    values = (f"CPU_IMAGE={CPU_BASE}", f"CUDA_IMAGE={CUDA_BASE}", *_PADDLE_ON_PYPI)
    named = [word for value in values for word in ("--build-arg", value)]
    return [*named, "--build-arg", f"HF_ENDPOINT={hub}"]


def _model_names() -> list[str]:
    from paddleocr_vl_service.engines.paddleocr_vl.model_folders import (  # noqa: PLC0415
        model_names,
    )

    return list(model_names("v1.6").values())


@contextmanager
def _hub(models: dict[str, dict[str, bytes]]) -> Iterator[str]:
    from tests.support.model_hub import model_hub  # noqa: PLC0415 - not for every step

    with model_hub(models) as hub:
        yield hub.url


def _tiny_models(bench: Bench) -> dict[str, dict[str, bytes]]:
    import sys  # noqa: PLC0415

    folder = bench.work / "tiny"
    status, said = attempt(
        [sys.executable, "-m", "tests.support.tiny_models", str(folder)],
        environment={"PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": "True"},
        seconds=300,
    )
    if status:
        raise NotHere(f"tiny checkpoints could not be made: {said.strip().splitlines()[-1]}")
    return {
        model.name: {
            file.relative_to(model).as_posix(): file.read_bytes()
            for file in model.rglob("*")
            if file.is_file()
        }
        for model in folder.iterdir()
    }


def _stand_ins(bench: Bench) -> Iterator[str]:
    arguments = ["--build-arg", f"BASE={CPU_BASE}"]
    status, log = bench.build(POSTGRES_IMAGE, *arguments, folder=STAND_INS / "postgres")
    expect(status == 0, f"the build failed:\n{log[-3000:]}")
    words = ["run", "--rm", "--network", "none", "--entrypoint", "postgres", POSTGRES_IMAGE]
    found = bench.engine.docker(*words, "--version").strip()
    yield f"In place of the image of PostgreSQL: {found}."
    folder = bench.work / "s3"
    shutil.copytree(STAND_INS / "s3", folder)
    wanted = [f"{name}=={version(name)}" for name in ("moto", "flask", "flask-cors")]
    wanted[0] = wanted[0].replace("moto", "moto[s3]")
    (folder / "requirements.txt").write_text("\n".join(wanted) + "\n", "utf-8")
    status, log = bench.build(S3_IMAGE, *arguments, folder=folder)
    expect(status == 0, f"the build failed:\n{log[-3000:]}")
    yield f"In place of the S3-compatible store: the server of moto {version('moto')}."


STEPS = (
    Step("engine", "A Docker engine", _engine),
    Step("bases", "Base images", _bases, ("engine",)),
    Step("cpu-image", "The image `cpu`", _cpu_image, ("bases",)),
    Step("layer-cache", "What a change of the service costs", _layer_cache, ("cpu-image",)),
    Step("failing-builds", "Builds that have to fail", _failing_builds, ("bases",)),
    Step("gpu-image", "The image `gpu`, as far as it goes", _gpu_image, ("bases",)),
    Step("stand-ins", "Images beside the service", _stand_ins, ("bases",)),
)
