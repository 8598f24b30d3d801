from __future__ import annotations

from paddleocr_vl_service.jobs.names import (
    is_job_id,
    new_job_id,
    page_blob,
    upload_blob,
)


def test_names_are_different_and_sort_by_time() -> None:
    names = [new_job_id() for _ in range(200)]
    assert len(set(names)) == 200
    assert all(map(is_job_id, names))
    times = [name[4:13] for name in names]
    assert times == sorted(times)


def test_nothing_else_is_a_name() -> None:
    name = new_job_id()
    for text in ("", "job_", name.upper(), name + "0", f"{name}/..", f"../{name}", f"{name}\n"):
        assert not is_job_id(text)


def test_pages_of_one_epoch_are_not_those_of_another() -> None:
    assert page_blob("job_x", 7, 1) != page_blob("job_x", 7, 2)
    assert upload_blob("job_x").startswith("jobs/job_x/")
