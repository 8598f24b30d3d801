import os
from pathlib import Path

import psutil
import pytest

from paddleocr_vl_service.services.memory import (
    MIB,
    available_bytes,
    resident_bytes,
    total_bytes,
)


@pytest.fixture
def meminfo(tmp_path: Path) -> Path:
    path = tmp_path / "meminfo"
    path.write_text(
        "MemTotal:        8192000 kB\nMemFree:          100000 kB\nMemAvailable:    4096000 kB\n"
    )
    return path


def cgroup(folder: Path, **files: str) -> Path:
    """A control group: `memory_max` is its `memory.max`."""
    folder = folder / "cgroup"
    folder.mkdir()
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    return folder


def test_the_resident_memory_of_a_process_is_what_others_see() -> None:
    held = resident_bytes(os.getpid())
    assert held is not None
    assert abs(held - psutil.Process().memory_info().rss) < 8 * MIB


def test_a_process_that_is_gone_has_no_known_size() -> None:
    assert resident_bytes(2**22 + 1) is None


def test_a_machine_without_containers_has_its_own_memory(meminfo: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    assert total_bytes(meminfo, nowhere) == 8_192_000 * 1024
    assert available_bytes(meminfo, nowhere) == 4_096_000 * 1024


def test_a_container_has_what_it_was_given(meminfo: Path, tmp_path: Path) -> None:
    group = cgroup(
        tmp_path,
        memory_max=f"{1000 * MIB}\n",
        memory_current=f"{900 * MIB}\n",
        memory_stat=f"anon 1\nfile 2\ninactive_file {50 * MIB}\nactive_file 3\n",
    )
    assert total_bytes(meminfo, group) == 1000 * MIB
    assert available_bytes(meminfo, group) == 150 * MIB


def test_a_service_manager_s_limit_around_the_process_holds(meminfo: Path, tmp_path: Path) -> None:
    membership = tmp_path / "membership"
    membership.write_text("0::/system.slice/ocr.service\n")
    (tmp_path / "system.slice/ocr.service").mkdir(parents=True)
    (tmp_path / "system.slice/memory.max").write_text(f"{700 * MIB}\n")
    (tmp_path / "system.slice/memory.current").write_text(f"{300 * MIB}\n")
    (tmp_path / "system.slice/ocr.service/memory.max").write_text("max\n")
    assert total_bytes(meminfo, tmp_path, membership) == 700 * MIB
    assert available_bytes(meminfo, tmp_path, membership) == 400 * MIB


def test_the_first_kind_of_control_groups_is_understood(meminfo: Path, tmp_path: Path) -> None:
    membership = tmp_path / "membership"
    membership.write_text("5:cpu:/\n4:memory:/docker/abc\n")
    group = tmp_path / "memory/docker/abc"
    group.mkdir(parents=True)
    (group / "memory.limit_in_bytes").write_text(f"{800 * MIB}\n")
    (group / "memory.usage_in_bytes").write_text(f"{500 * MIB}\n")
    (group / "memory.stat").write_text(f"inactive_file 1\ntotal_inactive_file {100 * MIB}\n")
    (tmp_path / "memory/memory.limit_in_bytes").write_text("9223372036854771712\n")
    assert total_bytes(meminfo, tmp_path, membership) == 800 * MIB
    assert available_bytes(meminfo, tmp_path, membership) == 400 * MIB


def test_a_container_may_be_given_more_than_the_machine_has(meminfo: Path, tmp_path: Path) -> None:
    group = cgroup(tmp_path, memory_max=str(10**15), memory_current="0")
    assert total_bytes(meminfo, group) == 8_192_000 * 1024
    assert available_bytes(meminfo, group) == 4_096_000 * 1024


def test_a_container_above_its_limit_has_nothing_left(meminfo: Path, tmp_path: Path) -> None:
    assert available_bytes(meminfo, cgroup(tmp_path, memory_max="10", memory_current="30")) == 0


def test_a_container_without_a_limit_has_the_machine_s_memory(
    meminfo: Path, tmp_path: Path
) -> None:
    group = cgroup(tmp_path, memory_max="max\n", memory_current="5")
    assert total_bytes(meminfo, group) == 8_192_000 * 1024
    assert available_bytes(meminfo, group) == 4_096_000 * 1024


@pytest.mark.parametrize("text", ["", "something else\n", "MemTotal: many kB\n", "\xff"])
def test_what_cannot_be_read_is_not_known(tmp_path: Path, text: str) -> None:
    path = tmp_path / "meminfo"
    path.write_text(text, "latin-1")
    assert total_bytes(path, tmp_path / "nowhere") is None
    assert available_bytes(path, tmp_path / "nowhere") is None


def test_without_any_files_nothing_is_known(tmp_path: Path) -> None:
    assert total_bytes(tmp_path / "a", tmp_path / "b") is None
    assert available_bytes(tmp_path / "a", tmp_path / "b") is None


def test_this_machine_has_memory() -> None:
    total, available = total_bytes(), available_bytes()
    assert total is not None
    assert available is not None
    assert 0 <= available <= total
