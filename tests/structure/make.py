"""``python -m tests.structure.make FOLDER`` writes the documents as PDFs, for a look."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.structure.documents import DOCUMENTS
from tests.structure.typesetting import typeset


def main(folder: Path) -> None:
    """Write every document."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in DOCUMENTS.items():
        (folder / f"{name}.pdf").write_bytes(typeset(document).pdf)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
