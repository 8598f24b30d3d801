"""A handler that does to its process what a hostile document might."""

import os
import signal
import time
from pathlib import Path
from typing import Any

from paddleocr_vl_service.intake.handler import ReaderHandler


class BrokenReader(ReaderHandler):
    """What it does depends on the document's name: crash, hang, stumble, lie, at open or page 2."""

    def handle(self, method: str, payload: Any) -> Any:
        document = payload if method == "inspect" else payload["document"]
        deed, _, when = Path(document["path"]).stem.partition("-")
        if (
            (method == "inspect")
            if when == "open"
            else (method == "render" and payload["page"] == 2)
        ):
            if deed == "crash":
                os.kill(os.getpid(), signal.SIGSEGV)
            if deed == "hang":
                time.sleep(600)
            if deed == "stumble":
                raise ZeroDivisionError("secret")
            if deed == "lie":
                return {"kind": "page", "page_count": "many"}
        return super().handle(method, payload)


def never(config: dict[str, Any]) -> None:
    raise RuntimeError("no")
