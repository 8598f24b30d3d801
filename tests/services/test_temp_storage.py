import asyncio
import errno
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from paddleocr_vl_service.models.errors import StorageUnavailable
from paddleocr_vl_service.services import temp_storage
from paddleocr_vl_service.services.temp_storage import TempStorage


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[TempStorage]:
    storage = TempStorage(tmp_path / "tmp")
    storage.open()
    yield storage
    storage.close()
    assert list((tmp_path / "tmp").iterdir()) == []


async def test_a_document_s_folder_goes_with_everything_in_it(storage: TempStorage) -> None:
    async with storage.document_folder() as folder:
        (folder / "deep").mkdir()
        (folder / "deep" / "file").write_text("x")
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()


async def test_it_goes_after_a_failure_and_a_cancellation(storage: TempStorage) -> None:
    folders = list[Path]()

    async def work(error: BaseException | None) -> None:
        async with storage.document_folder() as folder:
            folders.append(folder)
            if error:
                raise error
            await asyncio.sleep(60)

    with pytest.raises(ValueError, match="broken"):
        await work(ValueError("broken"))
    task = asyncio.create_task(work(None))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(folders) == 2
    assert not any(folder.exists() for folder in folders)


_VICTIM = """
import os, sys
from pathlib import Path
from paddleocr_vl_service.services import temp_storage
from paddleocr_vl_service.services.temp_storage import TempStorage
storage = TempStorage(Path(sys.argv[1]))
storage.open()
(next(Path(sys.argv[1]).glob("instance-*")) / "left").write_text("x")
os.kill(os.getpid(), 9)
"""


def test_sweeps_what_a_killed_process_left_and_nothing_else(tmp_path: Path) -> None:
    living = TempStorage(tmp_path)
    living.open()
    (tmp_path / "of somebody else").write_text("x")
    subprocess.run([sys.executable, "-c", _VICTIM, str(tmp_path)], check=False)
    assert len(list(tmp_path.glob("instance-*"))) == 2
    newcomer = TempStorage(tmp_path)
    newcomer.open()
    assert len(list(tmp_path.glob("instance-*"))) == 2  # the living one's and the newcomer's
    assert (tmp_path / "of somebody else").exists()
    living.close()
    newcomer.close()


_NEWCOMER = """
import sys
import threading
import time
from pathlib import Path
from paddleocr_vl_service.services import temp_storage
from paddleocr_vl_service.services.temp_storage import TempStorage
for _ in range(150):
    storage = TempStorage(Path(sys.argv[1]))
    storage.open()
    assert len(list(Path(sys.argv[1]).glob("instance-*"))) >= 1
    storage.close()
"""


def test_processes_that_start_together_do_not_sweep_each_other(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _NEWCOMER, str(tmp_path)]
    newcomers = [subprocess.Popen(command) for _ in range(4)]
    assert [newcomer.wait() for newcomer in newcomers] == [0, 0, 0, 0]
    assert list(tmp_path.iterdir()) == []


def test_what_was_never_finished_is_swept_when_it_is_old(tmp_path: Path) -> None:
    for name, age in (("new-1-old", 3600), ("new-2-young", 0)):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    storage = TempStorage(tmp_path)
    storage.open()
    storage.close()
    assert [each.name for each in tmp_path.iterdir()] == ["new-2-young"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT])
async def test_a_full_or_read_only_disk_is_told_without_a_path(
    storage: TempStorage, number: int
) -> None:
    with pytest.raises(StorageUnavailable) as caught:
        async with storage.document_folder():
            raise OSError(number, os.strerror(number), "/secret/path")
    assert "/secret" not in caught.value.detail


async def test_a_vanished_tmp_dir_is_told(storage: TempStorage, tmp_path: Path) -> None:
    instance = next((tmp_path / "tmp").glob("instance-*"))
    instance.rename(tmp_path / "away")
    with pytest.raises(StorageUnavailable):
        async with storage.document_folder():
            pass
    (tmp_path / "away").rename(instance)


async def test_other_failures_stay_what_they_are(storage: TempStorage) -> None:
    with pytest.raises(OSError, match="broken disk"):
        async with storage.document_folder():
            raise OSError(errno.EIO, "broken disk")


async def test_health_does_not_wait_for_a_disk_that_hangs(
    storage: TempStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StorageUnavailable):
        async with storage.document_folder():
            raise OSError(errno.ENOSPC, "full")
    over = threading.Event()
    monkeypatch.setattr(temp_storage, "_has_room", lambda _: over.wait(30))
    monkeypatch.setattr(temp_storage, "_LOOK_SECONDS", 0.02)
    assert {await storage.failure() for _ in range(3)} == {await storage.failure()} != {None}
    over.set()
    monkeypatch.setattr(temp_storage, "_LOOK_SECONDS", 5)
    assert await storage.failure() is None
