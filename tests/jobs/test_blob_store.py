"""Files of jobs, on a local disk and in a store that fsspec knows."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from paddleocr_vl_service.jobs.blob_store import (
    BlobStore,
    LocalBlobStore,
    RemoteBlobStore,
    open_blob_store,
)
from paddleocr_vl_service.models.errors import JobStoreUnavailable
from tests.support.s3 import new_bucket, s3_server


@pytest.fixture(scope="module")
def s3() -> Iterator[dict[str, str]]:
    with s3_server() as environment:
        yield environment
    loop = fsspec.asyn.get_loop()  # fsspec's own; it keeps a thread of its executor
    fsspec.asyn.sync(loop, loop.shutdown_default_executor)


@pytest.fixture
def bucket(s3: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in s3.items():
        monkeypatch.setenv(name, value)
    return new_bucket(s3)


@pytest.fixture(params=["local", "s3"])
def store(tmp_path: Path, request: pytest.FixtureRequest) -> BlobStore:
    url = request.getfixturevalue("bucket") if request.param == "s3" else ""
    return open_blob_store(url, tmp_path / "data")


async def test_a_blob_is_there_whole_and_can_be_replaced(store: BlobStore, tmp_path: Path) -> None:
    await store.put("jobs/a/pages/1.json", b"one")
    await store.put("jobs/a/pages/1.json", b"two")
    assert await store.get("jobs/a/pages/1.json") == b"two"
    names = [each.name for each in (tmp_path / "data").rglob("*") if each.is_file()]
    assert names in (["1.json"], [])


async def test_a_file_is_moved(store: BlobStore, tmp_path: Path) -> None:
    file = tmp_path / "upload"
    file.write_bytes(b"a document")
    await store.put_file("jobs/a/upload", file)
    assert not file.exists()
    fetched = await store.fetch("jobs/a/upload", tmp_path)
    assert fetched.read_bytes() == b"a document"


async def test_what_is_not_there_is_told(store: BlobStore, tmp_path: Path) -> None:
    await store.put("jobs/b/upload", b"of another job")
    with pytest.raises(FileNotFoundError):
        await store.get("jobs/a/nothing")
    with pytest.raises(FileNotFoundError):
        await store.fetch("jobs/a/nothing", tmp_path)


async def test_all_of_a_job_is_removed_and_nothing_else(store: BlobStore) -> None:
    await store.put("jobs/a/pages/1.json", b"one")
    await store.put("jobs/ab/pages/1.json", b"other")
    await store.remove_all("jobs/a")
    await store.remove_all("jobs/a")
    with pytest.raises(FileNotFoundError):
        await store.get("jobs/a/pages/1.json")
    assert await store.get("jobs/ab/pages/1.json") == b"other"


async def test_a_blob_is_not_missing_where_the_whole_store_is(tmp_path: Path) -> None:
    """A job fails for good where its document is gone, and waits where the store is away."""
    store = LocalBlobStore(tmp_path)
    await store.put("jobs/a/upload", b"1")
    (tmp_path / "jobs").rename(tmp_path / "away")
    for look in (store.get("jobs/a/upload"), store.fetch("jobs/a/upload", tmp_path)):
        with pytest.raises(JobStoreUnavailable):
            await look
    (tmp_path / "away").rename(tmp_path / "jobs")
    assert await store.get("jobs/a/upload") == b"1"


async def test_a_folder_that_vanishes_while_one_writes_is_no_missing_blob(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LocalBlobStore(tmp_path)
    monkeypatch.setattr(os, "fsync", lambda _: (tmp_path / "jobs").rename(tmp_path / "away"))
    with pytest.raises(JobStoreUnavailable):
        await store.put("jobs/a/pages/1-1.json", b"1")


async def test_two_may_remove_the_same(store: BlobStore) -> None:
    for page in range(100):
        await store.put(f"jobs/a/pages/{page}.json", b"1")
    await asyncio.gather(*(store.remove_all("jobs/a") for _ in range(4)))
    with pytest.raises(FileNotFoundError):
        await store.get("jobs/a/pages/1.json")


async def test_a_store_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(JobStoreUnavailable):
        await LocalBlobStore(tmp_path / "data").put("jobs/a/1", b"x")


async def test_room_is_known_on_a_disk(tmp_path: Path) -> None:
    free = await LocalBlobStore(tmp_path).free_bytes()
    assert free is not None
    assert free > 0


async def test_a_store_of_objects_that_is_away_is_told(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    store = open_blob_store(f"{bucket}/away", tmp_path)
    with pytest.raises(JobStoreUnavailable):
        await store.put("jobs/a/1", b"x")


def test_a_url_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="BLOB_URL"):
        open_blob_store("nonsense://bucket", tmp_path)


class _Hanging:
    """A store on a network that takes everything and answers nothing."""

    def __init__(self) -> None:
        self.over = threading.Event()

    def cat_file(self, _: str) -> bytes:
        self.over.wait(30)
        return b"late"

    def pipe_file(self, _: str, __: bytes) -> None:
        self.over.wait(30)


async def test_a_store_that_hangs_is_an_error_and_keeps_no_other_thread() -> None:
    hanging = _Hanging()
    store = RemoteBlobStore(hanging, "bucket", seconds=0.1)
    asked = [store.get("jobs/a/upload"), *(store.put(f"jobs/a/{n}", b"") for n in range(20))]
    waiting = [asyncio.ensure_future(each) for each in asked]
    assert await asyncio.to_thread(lambda: "at once") == "at once"
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    hanging.over.set()
    assert {type(each) for each in outcomes} == {JobStoreUnavailable}
