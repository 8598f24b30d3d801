"""What a client would rather have."""

from __future__ import annotations

_JSON = "application/json"
_MARKDOWN = "text/markdown"


def prefers_markdown(accept: str | None) -> bool:
    """Whether an ``Accept`` header ranks ``text/markdown`` above JSON (RFC 9110, 12.5.1)."""
    if not accept:
        return False
    qualities = _qualities(accept)
    return _quality(qualities, _MARKDOWN) > _quality(qualities, _JSON)


def _qualities(accept: str) -> dict[str, float]:
    found = {}
    for item in accept.split(","):
        media_range, *parameters = (part.strip().lower() for part in item.split(";"))
        quality = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip() == "q":
                try:
                    quality = float(value)
                except ValueError:
                    quality = 0.0
        found[media_range] = quality
    return found


def _quality(qualities: dict[str, float], media_type: str) -> float:
    """The most specific range that matches decides."""
    main_type = media_type.partition("/")[0]
    for media_range in (media_type, f"{main_type}/*", "*/*"):
        if media_range in qualities:
            return qualities[media_range]
    return 0.0
