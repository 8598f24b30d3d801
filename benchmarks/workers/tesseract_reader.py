"""Reads pages with the tesseract program, one process a page, as it is used from scripts.

``python -m benchmarks.workers.tesseract_reader PROGRAM LANGUAGES``
"""

from __future__ import annotations

import subprocess
import sys

from benchmarks.workers.protocol import ReadPage, serve


def load(program: str, languages: str) -> tuple[dict[str, str], ReadPage]:
    """Tesseract loads its models for every page anew, so there is nothing to load."""

    def read_page(path: str) -> str:
        command = [program, path, "stdout", "-l", languages]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
        return done.stdout.decode("utf-8", "replace")

    told = subprocess.run([program, "--version"], check=True, capture_output=True, text=True)
    first_line = (told.stdout or told.stderr).splitlines()[0]
    return {"tesseract": first_line.removeprefix("tesseract ")}, read_page


if __name__ == "__main__":
    arguments = sys.argv[1:]
    serve(lambda: load(arguments[0], arguments[1]))
