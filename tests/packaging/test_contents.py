from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

from tests.packaging.conftest import ROOT, Build

PACKAGE = ROOT / "src" / "paddleocr_vl_service"
MODELS = "paddleocr_vl_service/engines/onnx/models"


def model_members() -> set[str]:
    listing = json.loads((PACKAGE / "engines/onnx/models.json").read_text(encoding="utf-8"))
    return {f"{MODELS}/{file['path']}" for file in listing["files"]}


def repository_files() -> list[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_the_wheel_holds_the_package_its_models_and_licences_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    metadata = "paddleocr_vl_service-1.0.0.dist-info/"
    sources = {name.removeprefix("src/") for name in repository_files() if name.startswith("src/")}
    assert {name for name in names if not name.startswith(metadata)} == sources | model_members()
    assert {f"{metadata}licenses/LICENSE", f"{metadata}licenses/NOTICE"} <= names


def test_the_sdist_holds_no_models_and_no_tests(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {
            str(PurePosixPath(name).relative_to("paddleocr_vl_service-1.0.0"))
            for name in archive.getnames()
        }
    outside = {name for name in names if not name.startswith("src/paddleocr_vl_service/")}
    assert outside == {
        "LICENSE",
        "NOTICE",
        "PKG-INFO",
        "README.md",
        ".gitignore",
        "hatch_build.py",
        "pyproject.toml",
    }
    assert not {name for name in names if f"{MODELS}/" in name}
    assert f"src/{PurePosixPath(MODELS).with_suffix('.json')}" in names


def test_a_wheel_built_from_the_sdist_is_the_same(
    sdist: Path, wheel: Path, build: Build, tmp_path: Path
) -> None:
    with tarfile.open(sdist) as archive:
        # Older patch releases know no filters; 3.12 and later warn where none is chosen.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(tmp_path)
    [project] = tmp_path.iterdir()
    shutil.copytree(ROOT / "src" / MODELS, project / "src" / MODELS)  # saves fetching them

    with zipfile.ZipFile(build("wheel", project)) as ours, zipfile.ZipFile(wheel) as theirs:
        assert {(i.filename, i.CRC) for i in ours.infolist()} == {
            (i.filename, i.CRC) for i in theirs.infolist()
        }


def test_the_repository_holds_no_large_file_and_no_compiled_one() -> None:
    compiled = {".dll", ".exe", ".onnx", ".pdiparams", ".pyc", ".safetensors", ".so", ".whl"}
    names = repository_files()
    assert [name for name in names if PurePosixPath(name).suffix in compiled] == []
    large = [name for name in names if (ROOT / name).stat().st_size > 1_000_000]
    assert set(large) <= {"uv.lock"}  # it names every wheel for every platform
