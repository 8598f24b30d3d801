"""A document as the body of an answer, in the form that was asked for."""

from __future__ import annotations

from dataclasses import dataclass, field

from paddleocr_vl_service.exports.extract_answer import extract_response
from paddleocr_vl_service.exports.markdown import to_markdown
from paddleocr_vl_service.models.document import ParsedDocument


@dataclass(frozen=True)
class DocumentAnswer:
    """A body and what is to be said of it."""

    content: str
    media_type: str
    headers: dict[str, str] = field(default_factory=dict)


def document_answer(
    document: ParsedDocument, *, as_markdown: bool, heading: bool, seconds: float
) -> DocumentAnswer:
    """The document as the contract's JSON, or as Markdown; long ones take a while.

    Args:
        document: Read.
        as_markdown: Whether Markdown is wanted.
        heading: Whether the JSON's Markdown begins with the contract's heading.
        seconds: That reading it took.
    """
    if as_markdown:
        headers = {}
        if document.errors:
            headers["X-Failed-Pages"] = ",".join(str(error.page) for error in document.errors)
        return DocumentAnswer(to_markdown(document), "text/markdown", headers)
    answer = extract_response(document, to_markdown(document, heading=heading), seconds)
    return DocumentAnswer(answer.model_dump_json(exclude_unset=True), "application/json")
