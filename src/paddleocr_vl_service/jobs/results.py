"""What became of a job's pages, and the document that they make."""

from __future__ import annotations

import asyncio

from paddleocr_vl_service.assembly.assemble import assemble
from paddleocr_vl_service.assembly.crop_allowance import CropAllowance
from paddleocr_vl_service.jobs.blob_store import BlobStore
from paddleocr_vl_service.jobs.names import document_blob
from paddleocr_vl_service.jobs.repository import JobRepository
from paddleocr_vl_service.jobs.runner import DOCUMENT, StoredPage, load_page
from paddleocr_vl_service.models.document import (
    EngineInfo,
    PageError,
    PageResult,
    ParsedDocument,
)
from paddleocr_vl_service.models.errors import JobGone, JobNotFound, JobUnfinished
from paddleocr_vl_service.models.jobs import Job, JobEvent, JobStatus


def refuse_tombstone(job: Job) -> None:
    """Raise `JobGone` where nothing but its name is left of a job."""
    if job.purged:
        raise JobGone("The job's files and results were removed.")


class JobResults:
    """Reads what the workers wrote.

    Args:
        repository: Knows which pages there are.
        blobs: Where the files are.
    """

    def __init__(self, repository: JobRepository, blobs: BlobStore) -> None:
        self._repository = repository
        self._blobs = blobs

    async def page(self, job: Job, page: int) -> StoredPage:
        """A page as soon as it is read.

        Raises:
            JobNotFound: It was not read yet.
            JobGone: It was removed.
        """
        refuse_tombstone(job)
        event = await self._repository.page_event(job.id, page)
        if event is None:
            raise JobNotFound("That page of the job was not read yet.")
        return await self._load(event)

    async def document(self, job: Job, *, partial: bool) -> ParsedDocument:
        """The document.

        Args:
            job: As it is now.
            partial: Whether what there is will do.

        Raises:
            JobGone: It was removed.
            JobUnfinished: It has no result, now or for good.
        """
        refuse_tombstone(job)
        if job.status is JobStatus.SUCCEEDED:
            return await self._whole(job)
        if partial:
            return await self._partial(job)
        raise JobUnfinished(_why_no_result(job))

    async def _whole(self, job: Job) -> ParsedDocument:
        try:
            content = await self._blobs.get(document_blob(job.id))
        except FileNotFoundError as error:
            raise JobGone("The job's result is gone.") from error
        return await asyncio.to_thread(DOCUMENT.validate_json, content)

    async def _partial(self, job: Job) -> ParsedDocument:
        numbers, count = await self._repository.pages_to_read(job.id)
        events = {event.page: event for event in await self._repository.page_events(job.id)}
        engine: EngineInfo | None = None
        crops = CropAllowance()
        outcomes: list[PageResult | PageError] = []
        for number in (each for each in numbers if each in events):
            page = await self._load(events[number])
            engine = engine or page.engine
            if page.result is not None:
                outcomes.append(crops.within(page.result))
            elif page.error is not None:
                outcomes.append(page.error)
        if engine is None or not any(isinstance(each, PageResult) for each in outcomes):
            raise JobUnfinished("No page of the job was read yet.")
        return await asyncio.to_thread(assemble, count, outcomes, (), engine)

    async def _load(self, event: JobEvent) -> StoredPage:
        try:
            return await load_page(self._blobs, event)
        except FileNotFoundError as error:
            raise JobGone("The job's result is gone.") from error


def _why_no_result(job: Job) -> str:
    if job.status is JobStatus.FAILED:
        return f"The job failed: {job.error_message}"
    if job.status is JobStatus.CANCELLED:
        return "The job was cancelled."
    return f"The job is {job.status.value}."
