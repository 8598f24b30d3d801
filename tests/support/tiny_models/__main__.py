"""``python -m tests.support.tiny_models FOLDER [--version v1.6] [--weights taught|random]``."""

from __future__ import annotations

import argparse
import logging
import warnings
from pathlib import Path

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)


def main() -> None:
    """Fill a folder as upstream's own cache is filled."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--version", default="v1.6")
    parser.add_argument("--weights", choices=("taught", "random"), default="taught")
    given = parser.parse_args()

    from tests.support.tiny_models import (  # noqa: PLC0415 - after warnings are silenced
        LAYOUT_NAMES,
        ORIENTATION,
        UNWARPING,
        VLM_FOLDERS,
    )
    from tests.support.tiny_models.layout import (  # noqa: PLC0415
        write_layout,
        write_orientation,
        write_unwarping,
    )
    from tests.support.tiny_models.vlm import write_vlm  # noqa: PLC0415

    folder: Path = given.folder
    write_layout(folder / LAYOUT_NAMES[given.version], given.version)
    write_orientation(folder / ORIENTATION)
    write_unwarping(folder / UNWARPING)
    write_vlm(folder / VLM_FOLDERS[given.version], given.version, taught=given.weights == "taught")


if __name__ == "__main__":
    main()
