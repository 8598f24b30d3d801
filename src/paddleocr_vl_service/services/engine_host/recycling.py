"""When an engine process has done enough, and whether its successor may load beside it."""

from __future__ import annotations

from collections.abc import Callable

from paddleocr_vl_service.services import gpu_probe
from paddleocr_vl_service.services.engine_host.engine_process import EngineProcess
from paddleocr_vl_service.services.memory import MIB, available_bytes

_RESERVE_BYTES = 256 * MIB
_DEVICE_SHARE = 0.5


class RecyclingPlan:
    """After how much a process is replaced; one successor loads at a time.

    Args:
        max_pages: Pages it reads; 0 is any number.
        max_bytes: Resident memory it may hold between calls; 0 is any amount.
        has_room_beside: Whether a successor may load beside a process; may block.
    """

    def __init__(
        self,
        max_pages: int = 0,
        max_bytes: int = 0,
        has_room_beside: Callable[[EngineProcess], bool] | None = None,
    ) -> None:
        self.max_pages = max_pages
        self.max_bytes = max_bytes
        self.has_room_beside = has_room_beside or room_beside
        self._claimed = False

    def claim(self) -> bool:
        """Whether it is this process's turn to be replaced; if so, until `release`."""
        if self._claimed:
            return False
        self._claimed = True
        return True

    def release(self) -> None:
        """Let another process be replaced."""
        self._claimed = False

    def is_too_small_for(self, process: EngineProcess) -> bool:
        """Whether a process that was just loaded holds more than it may."""
        return 0 < self.max_bytes < (process.loaded_bytes or 0)

    def reason(self, process: EngineProcess) -> str | None:
        """Why the process should go; None while it may stay."""
        if self.max_pages and process.pages >= self.max_pages:
            return f"it has read {process.pages} pages"
        held = process.resident_bytes() if self.max_bytes else None
        # One that is above the limit as soon as it is loaded would be replaced for ever.
        if held is not None and held > max(self.max_bytes, 5 * (process.loaded_bytes or 0) // 4):
            return f"it holds {held // MIB} MiB"
        return None


def room_beside(process: EngineProcess) -> bool:
    """Whether the machine, and the GPU, can hold a second process like this one was when loaded.

    Unknown sizes count as fitting, except on a GPU: there a process takes what it takes, and the
    second one is let in only while at least half of the memory is free.
    """
    available = available_bytes()
    if available is not None and process.loaded_bytes is not None:
        needed = process.loaded_bytes + process.loaded_bytes // 4 + _RESERVE_BYTES
        if available < needed:
            return False
    kind, _, number = process.capabilities.device.partition(":")
    if kind != "gpu":
        return True
    number = number or "0"
    free = gpu_probe.free_share(int(number)) if number.isdecimal() else None
    return free is not None and free >= _DEVICE_SHARE
