from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from paddleocr_vl_service.services.engine_host.circuit import Circuit
from tests.services.engine_host.house import House, children
from tests.support.server import REPOSITORY


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """In the end no process and no file of its hosts is left."""
    house = House(tmp_path)
    for name, value in house.faults.environment(PYTHONPATH=str(REPOSITORY)).items():
        monkeypatch.setenv(name, value)
    yield house
    house.faults.open_gate()
    for host in house.hosts:
        await host.close()
    assert children() == []
    assert house.files() == []


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not load is tried again at once; what failed three times, after a while."""
    delay = property(lambda circuit: 0.3 if circuit.open else 0.01)
    monkeypatch.setattr(Circuit, "delay", delay)
