"""``python -m tests.support.transformers_environment``: what the transformers engine needs.

Its libraries are six gigabytes, so they are no part of the environment that `make test` fills.
`.ci/run` makes this one; where it was not made, the tests that need it say so.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.server import REPOSITORY

FOLDER = REPOSITORY / ".bench" / "transformers"
PYTHON = FOLDER / "bin" / "python"


def main() -> None:
    """Make it what the lock file says."""
    uv = Path(sys.executable).with_name("uv")
    subprocess.run(
        [
            *(str(uv), "sync", "--frozen", "--quiet", "--no-dev", "--extra", "transformers"),
            *("--python", getattr(sys, "_base_executable", None) or sys.executable),
        ],
        cwd=REPOSITORY,
        env={**os.environ, "UV_PROJECT_ENVIRONMENT": str(FOLDER)},
        check=True,
    )


if __name__ == "__main__":
    main()
