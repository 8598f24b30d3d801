"""A look at something that hangs holds nobody up, and is not begun twice."""

import asyncio

from paddleocr_vl_service.observability.lookup import Lookup


async def test_one_that_hangs_is_nothing_in_time_and_is_asked_once() -> None:
    asked = []
    answered = asyncio.Event()

    async def ask() -> str:
        asked.append(1)
        await answered.wait()
        return "late"

    lookup = Lookup(ask, seconds=0.02, fresh_seconds=60)
    assert await asyncio.gather(*(lookup.result() for _ in range(5))) == [None] * 5
    assert await lookup.result() is None
    assert len(asked) == 1
    answered.set()
    await asyncio.sleep(0)
    assert await lookup.result() == "late"
    assert await lookup.result() == "late"
    assert len(asked) == 1
    await lookup.close()


async def test_one_that_fails_is_nothing_and_is_asked_again() -> None:
    outcomes = iter([OSError("no"), RuntimeError("no")])

    async def ask() -> str:
        error = next(outcomes, None)
        if error is not None:
            raise error
        return "there"

    lookup = Lookup(ask, seconds=5)
    assert [await lookup.result() for _ in range(3)] == [None, None, "there"]


async def test_one_that_hangs_is_left_when_closing() -> None:
    lookup = Lookup(lambda: asyncio.Event().wait(), seconds=0)
    assert await lookup.result() is None
    await asyncio.wait_for(lookup.close(), 5)
