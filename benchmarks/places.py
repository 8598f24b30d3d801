"""Where the benchmark finds and leaves things."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DEFAULT_FOLDER = ROOT / ".bench"
PERFORMANCE_PAGE = ROOT / "docs" / "performance.md"


def prepared(folder: Path) -> Path:
    """The folder, made if need be, with a note for git to ignore all that is in it."""
    folder.mkdir(parents=True, exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", "ascii")
    return folder
