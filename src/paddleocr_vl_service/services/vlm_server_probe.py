"""Whether the VLM server that an engine depends on answers."""

from __future__ import annotations

import asyncio
import http.client
import logging
from urllib.parse import urlsplit

logger = logging.getLogger(__name__)

_SECONDS_BETWEEN = 5.0
_SECONDS_WHILE_DOWN = 1.0
_DEADLINE = 3.0


class VlmServerProbe:
    """Asks an OpenAI-compatible server for its models again and again.

    Implements `engine_host.host.OutsideServer`.

    Args:
        url: Of the API, ``http://host:port/v1``.
        key: Sent as a bearer token; empty is without.
    """

    def __init__(self, url: str, key: str = "") -> None:
        self._parts = urlsplit(url.rstrip("/") + "/models")
        self._name = f"The VLM server at {self._parts.scheme}://{self._parts.netloc}"
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.failure: str | None = None

    async def watch(self) -> None:
        """Keep ``failure`` true until cancelled."""
        while True:
            failure = await self.ask()
            if failure != self.failure:
                logger.warning(failure or f"{self._name} answers again.")
            self.failure = failure
            await asyncio.sleep(_SECONDS_WHILE_DOWN if failure else _SECONDS_BETWEEN)

    async def ask(self) -> str | None:
        """What is wrong with the server, in one sentence."""
        try:
            # The connection counts its deadline anew with every byte that arrives.
            status = await asyncio.wait_for(asyncio.to_thread(self._status), 2 * _DEADLINE)
        except (OSError, http.client.HTTPException, asyncio.TimeoutError):
            return f"{self._name} does not answer."
        if status in (401, 403):
            return f"{self._name} refuses the key in VL_REC_API_KEY (HTTP {status})."
        if status == 404:
            return f"{self._name} has no such path: check VL_REC_SERVER_URL."
        if status >= 300:
            return f"{self._name} is not ready (HTTP {status})."
        return None

    def _status(self) -> int:
        """Of its answer; follows no redirect and uses no proxy. Blocks."""
        is_safe = self._parts.scheme == "https"
        kind = http.client.HTTPSConnection if is_safe else http.client.HTTPConnection
        connection = kind(self._parts.netloc, timeout=_DEADLINE)
        try:
            connection.request("GET", self._parts.path, headers=self._headers)
            return connection.getresponse().status
        finally:
            connection.close()
