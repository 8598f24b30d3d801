import os
from pathlib import Path

import pytest

from paddleocr_vl_service.services.cpus import usable_cpus


@pytest.mark.parametrize(
    ("quota", "cpus"), [("150000 100000", 2), ("50000 100000", 1), ("max 100000", 99), ("", 99)]
)
def test_a_container_s_quota_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quota: str, cpus: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(99)))
    (tmp_path / "cpu.max").write_text(quota)
    assert usable_cpus(tmp_path / "cpu.max") == cpus


def test_without_a_quota_file_the_affinity_counts(tmp_path: Path) -> None:
    assert usable_cpus(tmp_path / "none") == len(os.sched_getaffinity(0))
