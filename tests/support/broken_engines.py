"""Engines that fail in ways the echo engine does not."""

import os
import time
from pathlib import Path

from paddleocr_vl_service.engines.base import EngineCapabilities, EngineConfig
from tests.support.echo_engine import EchoEngine


class NeverLoads(EchoEngine):
    def warmup(self) -> EngineCapabilities:
        raise RuntimeError("no weights in /secret/path")


class LoadsWhenAllowed(EchoEngine):
    """Loads once the file named by ``ALLOW_FILE`` exists."""

    def warmup(self) -> EngineCapabilities:
        if not Path(os.environ["ALLOW_FILE"]).exists():
            os._exit(1)
        return super().warmup()


class SlowToLoad(EchoEngine):
    def warmup(self) -> EngineCapabilities:
        time.sleep(1)
        return super().warmup()


class SaysItUsesTheGpu(EchoEngine):
    def __init__(self, config: EngineConfig) -> None:
        super().__init__(EngineConfig(device="gpu:0"))
