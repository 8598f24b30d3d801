"""Request and response schemas of jobs."""

from __future__ import annotations

from pydantic import Field

from paddleocr_vl_service.models.api_models import (
    ApiModel,
    ElementModel,
    EngineModel,
    ExtractForm,
    PageErrorModel,
    PageModel,
    Timestamp,
    WarningModel,
)
from paddleocr_vl_service.models.jobs import JobStatus

_EXAMPLE_TIME = "2025-01-15T10:30:00Z"
_EXAMPLE_ID = "job_1hv3k9q2mzj4x8n5w7c6r0bta"


class JobForm(ExtractForm):
    """Fields of a job's multipart form: those of a document that one waits for, and one more."""

    webhook_url: str = Field(
        "",
        description="Is told when the job is finished, signed with `WEBHOOK_SECRET`.",
        examples=["https://example.org/hooks/ocr"],
        max_length=2000,
    )


class DeliveryModel(ApiModel):
    """An attempt to tell the webhook."""

    attempt: int = Field(description="From 1.", examples=[1])
    due_at: Timestamp = Field(description="UTC.", examples=[_EXAMPLE_TIME])
    made_at: Timestamp | None = Field(
        description="Null while it is not due or under way.", examples=[_EXAMPLE_TIME]
    )
    status: int | None = Field(description="Of the answer; null without one.", examples=[200])
    error: str | None = Field(
        description="Why it failed; null where it did not.",
        examples=["The receiver answered 500."],
    )


class JobProgressModel(ApiModel):
    """How many pages are read."""

    pages_done: int = Field(description="Those that failed included.", examples=[120])
    pages_total: int | None = Field(
        description="Null before the document was opened.", examples=[500]
    )
    pages_failed: int = Field(description="Could not be read.", examples=[0])


class JobErrorModel(ApiModel):
    """What made a job fail."""

    code: str = Field(description="For programs.", examples=["document-encrypted"])
    message: str = Field(description="For people.", examples=["The PDF needs a password."])


class JobModel(ApiModel):
    """A job as it stands."""

    id: str = Field(description="Of the job.", examples=[_EXAMPLE_ID])
    status: JobStatus = Field(description="How far it is.", examples=["running"])
    progress: JobProgressModel = Field(description="How many pages are read.")
    filename: str = Field(description="As its owner calls the document.", examples=["scan.pdf"])
    size: int = Field(description="Of the document, in bytes.", examples=[1048576])
    created_at: Timestamp = Field(description="UTC.", examples=[_EXAMPLE_TIME])
    started_at: Timestamp | None = Field(
        description="When it was first begun.", examples=[_EXAMPLE_TIME]
    )
    finished_at: Timestamp | None = Field(
        description="When its status became final.", examples=[_EXAMPLE_TIME]
    )
    expires_at: Timestamp | None = Field(
        description="When its files and results go, or went.", examples=[_EXAMPLE_TIME]
    )
    purged: bool = Field(description="Whether they are gone.", examples=[False])
    error: JobErrorModel | None = Field(description="Null unless it failed.")
    deliveries: list[DeliveryModel] | None = Field(
        None, description="Of the webhook; where one job was asked for that has one."
    )


class JobListModel(ApiModel):
    """Jobs, the newest first."""

    jobs: list[JobModel] = Field(description="At most `limit`.")
    next_cursor: str | None = Field(
        description="For `cursor` of the next request; null at the end.",
        examples=["MTczNjkzNzAwMC4wLGpvYl8x"],
    )


class JobPageModel(ApiModel):
    """One page of a job, as it was read by itself: nothing is joined over pages yet."""

    page: PageModel | None = Field(description="Null where it could not be read.")
    elements: list[ElementModel] = Field(description="In reading order.")
    warnings: list[WarningModel] = Field(description="About this page.")
    error: PageErrorModel | None = Field(description="Null where it was read.")
    engine: EngineModel | None = Field(description="What read it.")
