"""The programs that docs/operations.md has compose run for a backup, run without a container."""

from __future__ import annotations

import io
import os
import re
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import httpx

from tests.docs import pages
from tests.support.s3 import new_bucket, s3_server

PAGE = "docs/operations.md"


def programs(section: str) -> list[str]:
    """What stands after ``python -c`` in a section."""
    _, _, rest = pages.read(PAGE).partition(f"\n### {section}\n")
    return re.findall(r'-c "(.+?)"', re.split(r"\n##+ ", rest)[0], re.DOTALL)


def run(program: str, environment: Mapping[str, str], given: bytes = b"") -> bytes:
    joined = program.replace("\\\n", "")  # as a shell does
    command = [sys.executable, "-c", joined]
    return subprocess.run(
        command, env={**os.environ, **environment}, input=given, stdout=subprocess.PIPE, check=True
    ).stdout


def unpacked(packed: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        files = [(entry.name, tar.extractfile(entry)) for entry in tar]
        return {name: file.read() for name, file in files if file}


def test_a_database_that_is_written_to_is_copied_into_one_file(tmp_path: Path) -> None:
    (backup,) = programs("One machine, with compose")
    with closing(sqlite3.connect(tmp_path / "jobs.db")) as connection:
        connection.execute("pragma journal_mode=wal")
        connection.execute("create table jobs (name)")
        connection.execute("insert into jobs values ('kept')")
        connection.commit()
        run(backup, {"DATA_DIR": str(tmp_path)})
    assert sorted(path.name for path in tmp_path.glob("backup.db*")) == ["backup.db"]
    with closing(sqlite3.connect(tmp_path / "backup.db")) as connection:
        assert connection.execute("select * from jobs").fetchall() == [("kept",)]


def test_a_bucket_is_packed_into_one_file_and_out_of_it_into_another_bucket() -> None:
    backup, restore = programs("With workers, with compose")
    files = {"a/source": os.urandom(100_000), "a/pages/1.json": b"{}", "b/empty": b""}
    with s3_server() as environment:
        old, new = new_bucket(environment), new_bucket(environment)
        address = f"{environment['AWS_ENDPOINT_URL']}/{old.removeprefix('s3://')}"
        for name, content in files.items():
            httpx.put(f"{address}/{name}", content=content).raise_for_status()
        packed = run(backup, {**environment, "BLOB_URL": old})
        run(restore, {**environment, "BLOB_URL": new}, packed)
        assert unpacked(packed) == files
        assert unpacked(run(backup, {**environment, "BLOB_URL": new})) == files
