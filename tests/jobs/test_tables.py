"""Databases of older versions, and of newer ones."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from paddleocr_vl_service.jobs import job_rows, tables
from paddleocr_vl_service.jobs.database import JobDatabase
from paddleocr_vl_service.jobs.repository import JobRepository
from paddleocr_vl_service.models.document import DocumentOptions
from paddleocr_vl_service.models.jobs import JobOrder

ORDER = JobOrder("book.pdf", 10, "0" * 64, DocumentOptions())


def columns(file: Path) -> dict[str, set[str]]:
    inspector = sa.inspect(sa.create_engine(f"sqlite:///{file}"))
    return {
        name: {column["name"] for column in inspector.get_columns(name)}
        for name in inspector.get_table_names()
    }


async def test_an_older_database_is_brought_up_to_date_and_keeps_its_jobs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(tables, "MIGRATIONS", tables.MIGRATIONS[:1])
        old = JobDatabase("", tmp_path)
        await old.open()
        row = {
            "id": "job_a",
            "status": "queued",
            "job_order": job_rows.ORDER.dump_json(ORDER).decode(),
            **dict.fromkeys(("epoch", "crashes", "pages_done", "pages_failed", "created_at"), 0),
            **dict.fromkeys(("purged", "cancelling"), False),
        }
        await old.run(lambda connection: connection.execute(sa.insert(tables.jobs).values(row)))
        old.close()
    assert "deliveries" not in columns(tmp_path / "jobs.db")

    database = JobDatabase("", tmp_path)
    await database.open()
    job = await JobRepository(database).get("job_a")
    assert job is not None
    assert job.order == ORDER
    database.close()
    fresh = JobDatabase("", tmp_path / "fresh")
    await fresh.open()
    fresh.close()
    assert columns(tmp_path / "jobs.db") == columns(tmp_path / "fresh" / "jobs.db")


async def test_a_newer_database_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = JobDatabase("", tmp_path)
    await database.open()
    database.close()
    monkeypatch.setattr(tables, "MIGRATIONS", tables.MIGRATIONS[:1])
    with pytest.raises(RuntimeError, match="run the newer program"):
        await JobDatabase("", tmp_path).open()
