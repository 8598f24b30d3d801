import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager

import pytest

from paddleocr_vl_service.models.errors import ServiceBusy, ServiceStopping
from paddleocr_vl_service.services.admission import Admission, AdmissionLimits
from paddleocr_vl_service.services.engine_host.page_task import SHORT_PAGES, DocumentTurns

SHORT, LONG = SHORT_PAGES, SHORT_PAGES + 1


def admission(
    *,
    long: int = 1,
    short: int = 1,
    waiting: int = 2,
    uploaded_bytes: int = 1000,
    seconds_per_page: float = 1.0,
) -> Admission:
    limits = AdmissionLimits(long, short, waiting, uploaded_bytes)
    return Admission(limits, lambda: seconds_per_page)


@asynccontextmanager
async def reading(house: Admission, pages: int) -> AsyncIterator[None]:
    with house.enter(1) as visit:
        async with house.reading(visit, DocumentTurns(pages)):
            yield


class Documents:
    """Documents that come and are read until they are told to go."""

    def __init__(self, house: Admission) -> None:
        self.begun: list[str] = []
        self._house = house
        self._may_go: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def come(self, name: str, pages: int) -> None:
        self._may_go[name] = asyncio.Event()
        self._tasks[name] = asyncio.create_task(self._stay(name, pages))
        await asyncio.sleep(0)

    async def go(self, *names: str) -> None:
        for name in names:
            self._may_go[name].set()
            await asyncio.wait_for(self._tasks.pop(name), 5)
        await asyncio.sleep(0)

    async def give_up(self, name: str) -> None:
        task = self._tasks.pop(name)
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()

    async def _stay(self, name: str, pages: int) -> None:
        async with reading(self._house, pages):
            self.begun.append(name)
            await self._may_go[name].wait()


@pytest.fixture
def everybody() -> Iterator[ExitStack]:
    """Documents that have come in and stay."""
    with ExitStack() as stack:
        yield stack


def refused(house: Admission, size: int = 1) -> ServiceBusy:
    with pytest.raises(ServiceBusy) as caught, house.enter(size):
        pass
    return caught.value


async def refused_reading(house: Admission, pages: int) -> ServiceBusy:
    async def read() -> None:
        async with reading(house, pages):
            pass

    with pytest.raises(ServiceBusy) as caught:
        await asyncio.wait_for(read(), 5)
    return caught.value


async def test_so_many_documents_may_be_inside_before_they_are_known(everybody: ExitStack) -> None:
    house = admission(long=2, short=3, waiting=4)
    assert house.limits.documents == 9
    for _ in range(8):
        everybody.enter_context(house.enter(1))
    with house.enter(1):
        assert (house.waiting, house.running) == (9, 0)
        assert "9 documents" in refused(house).detail
    with house.enter(1):
        assert house.waiting == 9


async def test_the_announced_size_counts_until_the_real_one_is_known(
    everybody: ExitStack,
) -> None:
    house = admission(uploaded_bytes=1000)
    visit = everybody.enter_context(house.enter(900))
    assert house.uploaded_bytes == 900
    assert "900 bytes" in refused(house, 101).detail
    with house.enter(100):
        assert house.uploaded_bytes == 1000
    visit.received(300)
    assert house.uploaded_bytes == 300
    assert "300 bytes" in refused(house, 701).detail
    with house.enter(700):
        pass
    assert house.uploaded_bytes == 300


async def test_five_pages_are_short_and_six_are_long() -> None:
    house = admission(waiting=0)
    async with reading(house, 5):
        await refused_reading(house, 1)
        async with reading(house, 6):
            await refused_reading(house, 7)
            assert (house.running, house.waiting) == (2, 0)


@pytest.mark.parametrize(("many", "few"), [(LONG, SHORT), (SHORT, LONG)], ids=["long", "short"])
async def test_a_document_finds_a_place_while_the_other_kind_s_queue_is_full(
    many: int, few: int
) -> None:
    house = admission(long=2, short=2, waiting=3)
    documents = Documents(house)
    names = [f"other {number}" for number in range(5)]
    for name in names:
        await documents.come(name, many)
    assert (house.running, house.waiting) == (2, 3)
    assert "5 documents of this length" in (await refused_reading(house, many)).detail
    async with reading(house, few), reading(house, few):
        assert (house.running, house.waiting) == (4, 3)
    await documents.go(*names)
    assert documents.begun == names


async def test_who_waits_has_a_place_first_come_first_served() -> None:
    documents = Documents(admission(long=2, short=1, waiting=3))
    for name in "abcde":
        await documents.come(name, LONG)
    assert documents.begun == ["a", "b"]
    await documents.go("b")
    assert documents.begun == ["a", "b", "c"]
    await documents.go("a")
    assert documents.begun == ["a", "b", "c", "d"]
    await documents.come("f", LONG)
    await documents.go("c")
    assert documents.begun == ["a", "b", "c", "d", "e"]
    await documents.go("d", "e", "f")


async def test_a_place_is_kept_for_who_waits_and_not_for_who_comes_then() -> None:
    house = admission(long=1, waiting=2)
    documents = Documents(house)
    await documents.come("first", LONG)
    await documents.come("second", LONG)
    leaving = asyncio.create_task(documents.go("first"))
    arriving = asyncio.create_task(documents.come("third", LONG))
    await asyncio.gather(leaving, arriving)
    assert documents.begun == ["first", "second"]
    await documents.go("second", "third")


async def test_who_gives_up_while_waiting_leaves_the_queue() -> None:
    house = admission(long=1, waiting=1)
    documents = Documents(house)
    await documents.come("first", LONG)
    await documents.come("second", LONG)
    await refused_reading(house, LONG)
    await documents.give_up("second")
    await documents.come("third", LONG)
    assert (house.running, house.waiting) == (1, 1)
    await documents.give_up("first")
    await asyncio.sleep(0)
    assert documents.begun == ["first", "third"]
    await documents.go("third")
    assert (house.running, house.waiting, house.uploaded_bytes) == (0, 0, 0)


async def test_a_place_that_comes_as_its_document_gives_up_goes_to_the_next() -> None:
    house = admission(long=1, waiting=2)
    documents = Documents(house)
    for name in ("first", "second", "third"):
        await documents.come(name, LONG)
    await asyncio.gather(documents.go("first"), documents.give_up("second"))
    await asyncio.sleep(0)
    assert documents.begun[-1] == "third"
    await documents.go("third")
    assert (house.running, house.waiting) == (0, 0)


@pytest.mark.parametrize("pages", [SHORT, LONG])
async def test_a_failed_document_gives_everything_back(pages: int) -> None:
    house = admission(waiting=0, uploaded_bytes=10)
    for _ in range(3):
        with pytest.raises(ValueError, match="broken"), house.enter(10) as visit:
            async with house.reading(visit, DocumentTurns(pages)):
                raise ValueError("broken")
        with pytest.raises(ValueError, match="broken"), house.enter(10):
            raise ValueError("broken")
    assert (house.running, house.waiting, house.uploaded_bytes) == (0, 0, 0)


async def test_a_refused_document_gives_everything_back() -> None:
    house = admission(waiting=0)
    async with reading(house, LONG):
        await refused_reading(house, LONG)
        assert (house.running, house.waiting, house.uploaded_bytes) == (1, 0, 1)


async def test_who_is_refused_comes_again_when_a_document_may_have_been_read(
    everybody: ExitStack,
) -> None:
    house = admission(long=4, short=2, waiting=0, seconds_per_page=0.5)
    for _ in range(4):
        visit = everybody.enter_context(house.enter(1))
        visit.opened(DocumentTurns(100))
    for _ in range(2):
        everybody.enter_context(house.enter(1)).opened(DocumentTurns(1))
    # 402 pages in 201 seconds, in which six documents end.
    assert refused(house).retry_after == 34
    for _ in range(60):
        visit.page_done()
    assert refused(house).retry_after == 29


async def test_retry_after_counts_the_places_of_the_kind_that_is_full() -> None:
    house = admission(long=2, short=4, waiting=0, seconds_per_page=0.25)
    documents = Documents(house)
    for name, pages in (("a", 60), ("b", 40), ("c", 5), ("d", 5)):
        await documents.come(name, pages)
    # The engine needs 27.5 seconds for the 110 pages, until when both long documents have ended;
    # the pages of who is refused do not count, or it would wait for itself.
    assert 14 <= (await refused_reading(house, 2000)).retry_after <= 15
    await documents.go("a", "b", "c", "d")


@pytest.mark.parametrize(("seconds", "retry_after"), [(0.0, 1), (0.001, 1), (3600.0, 600)])
async def test_retry_after_stays_within_reason(seconds: float, retry_after: int) -> None:
    house = admission(waiting=0, seconds_per_page=seconds)
    async with reading(house, LONG):
        assert (await refused_reading(house, LONG)).retry_after == retry_after


async def test_no_page_is_done_more_often_than_there_are_pages() -> None:
    with admission().enter(1) as visit:
        visit.opened(DocumentTurns(1))
        visit.page_done()
        visit.page_done()
        assert visit.pages_left == 0


async def test_a_stopping_house_lets_nobody_in_and_those_inside_finish() -> None:
    house = admission(long=1)
    documents = Documents(house)
    await documents.come("read", LONG)
    await documents.come("waits", LONG)
    house.stop()
    with pytest.raises(ServiceStopping), house.enter(0):
        pass
    await documents.go("read")
    assert documents.begun == ["read", "waits"]
    await documents.go("waits")


async def test_one_can_wait_until_everybody_has_left() -> None:
    house = admission()
    assert await house.wait_until_empty(0)
    documents = Documents(house)
    await documents.come("a", SHORT)
    await documents.come("b", LONG)
    assert not await house.wait_until_empty(0.01)
    assert not await house.wait_until_empty(0)
    waiting = asyncio.create_task(house.wait_until_empty(5))
    await documents.go("a")
    await asyncio.sleep(0)
    assert not waiting.done()
    await documents.go("b")
    assert await waiting
