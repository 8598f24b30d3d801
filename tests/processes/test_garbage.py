import gc
from collections.abc import Iterator

import pytest

from paddleocr_vl_service.processes.garbage import collect_seldom


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_what_is_there_is_never_looked_through_again() -> None:
    collect_seldom()
    assert gc.get_freeze_count() > 0


def test_cycles_are_still_found_in_the_end() -> None:
    class Node:
        alive = 0

        def __init__(self) -> None:
            self.itself = self
            Node.alive += 1

        def __del__(self) -> None:
            Node.alive -= 1

    collect_seldom()
    most = 0
    for _ in range(200_000):
        Node()
        most = max(most, Node.alive)
    assert most < 100_000
