"""The folder of real documents that may lie beside the checkout; the repository holds none."""

from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parents[2]


def corpus_dir() -> Path | None:
    """``shared/corpus`` in or beside the checkout, if it is there."""
    for place in (_CHECKOUT / "shared", _CHECKOUT.parent / "shared"):
        if (place / "corpus").is_dir():
            return place / "corpus"
    return None
