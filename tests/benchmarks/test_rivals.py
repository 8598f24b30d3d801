import stat
import sys
from pathlib import Path

import pytest

from benchmarks import rivals
from benchmarks.readers import running

TESSERACT = """\
#!/bin/sh
case "$1" in
  --version) echo "tesseract 5.0" ;;
  --list-langs) echo "List of available languages (2):" && echo eng && echo deu ;;
  *) echo "$4 limit $OMP_THREAD_LIMIT" ;;
esac
"""


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The only folder of PATH besides that of the shell."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def install(path: Path, script: str) -> None:
    path.write_text(script)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_tesseract_that_is_not_installed(programs: Path, tmp_path: Path) -> None:
    with pytest.raises(rivals.RivalMissing, match="not installed"):
        rivals.prepare(rivals.TESSERACT, tmp_path)


def test_tesseract_gets_one_thread(programs: Path, tmp_path: Path) -> None:
    install(programs / "tesseract", TESSERACT)
    spec = rivals.prepare(rivals.TESSERACT, tmp_path)
    with running([spec], tmp_path) as (reader,):
        assert reader.versions == {"tesseract": "5.0"}
        assert reader.read(tmp_path / "page.png").text == "eng limit 1\n"


def test_tesseract_in_several_languages(programs: Path, tmp_path: Path) -> None:
    install(programs / "tesseract", TESSERACT)
    with running([rivals.prepare(rivals.TESSERACT, tmp_path, ("eng", "deu"))], tmp_path) as (
        reader,
    ):
        assert reader.read(tmp_path / "page.png").text == "eng+deu limit 1\n"


def test_tesseract_without_a_language(programs: Path, tmp_path: Path) -> None:
    install(programs / "tesseract", TESSERACT)
    with pytest.raises(rivals.RivalMissing, match=r"no chi_sim \(apt-get install .*-chi-sim"):
        rivals.prepare(rivals.TESSERACT, tmp_path, ("eng", "chi_sim"))


def test_rapidocr_without_uv(
    programs: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(rivals.RivalMissing, match="uv"):
        rivals.prepare(rivals.RAPIDOCR, tmp_path)


def test_rapidocr_that_cannot_be_installed(
    programs: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    install(programs / "uv", "#!/bin/sh\necho 'no network' >&2\nexit 1\n")
    with pytest.raises(rivals.RivalMissing, match="could not be installed: no network"):
        rivals.prepare(rivals.RAPIDOCR, tmp_path)


def test_rapidocr_s_environment_is_kept(
    programs: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    calls = tmp_path / "calls"
    folder = tmp_path / "rapidocr-3.10.0" / "bin"
    install(
        programs / "uv",
        f'#!/bin/sh\necho "$@" >> {calls}\n/bin/mkdir -p {folder}\n: > {folder}/python\n',
    )
    specs = [rivals.prepare(rivals.RAPIDOCR, tmp_path) for _ in range(2)]
    assert specs[0] == specs[1]
    assert specs[0].command[0] == str(folder / "python")
    made, filled = calls.read_text().splitlines()
    assert made.startswith("venv ")
    assert "rapidocr==3.10.0 onnxruntime==" in filled
