"""A program that answers as tesseract does, for what the real one would do only by chance."""

import stat
from pathlib import Path

HEADER = (
    "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"
)

_SCRIPT = """#!/bin/sh
folder={folder}
case "$1" in
  --version) echo "tesseract {version}"; echo " leptonica-1.82.0"; exit ;;
  --list-langs) cat "$folder/languages"; exit ;;
esac
echo "$@" >> "$folder/arguments"
echo "$OMP_THREAD_LIMIT" > "$folder/threads"
cat > "$folder/input.$$"
{does}
"""


def fake_tesseract(
    folder: Path,
    table: str = "",
    *,
    does: str = 'cat "$folder/table"',
    languages: tuple[str, ...] = ("eng", "osd", "rus"),
    version: str = "5.3.0",
) -> str:
    """Write the program and return its path.

    It leaves `arguments` (a line a call), `threads` and `input.PID` in its folder.

    Args:
        folder: Its own.
        table: What it answers to a page, without the header.
        does: Shell commands instead of that.
        languages: Its packs.
        version: As it tells.
    """
    title = f'List of available languages in "/x/" ({len(languages)}):'
    (folder / "languages").write_text("\n".join((title, *languages)) + "\n")
    (folder / "table").write_text(f"{HEADER}\n{table}", "utf-8")
    program = folder / "tesseract"
    script = _SCRIPT.format(folder=folder, version=version, does=does)
    program.write_text(script)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)
