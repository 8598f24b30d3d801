import asyncio
from pathlib import Path

import pytest

from paddleocr_vl_service.models.document import PageImage, PageResult, ParseOptions
from paddleocr_vl_service.models.errors import PageFailed, ServiceError, ServiceStopping
from paddleocr_vl_service.services.engine_host.page_queue import PageQueue
from paddleocr_vl_service.services.engine_host.page_task import DocumentTurns, PageTask
from paddleocr_vl_service.services.engine_host.scheduler import PageScheduler, SchedulerFull
from paddleocr_vl_service.services.engine_host.spool import Spool

ERROR = PageFailed("It failed.")


class House:
    """A queue, and the files of the pages in it."""

    def __init__(self, folder: Path, *, capacity: int = 100, batch_pages: int = 1) -> None:
        self.demands = 0
        self.document = DocumentTurns(10)
        self._folder = folder
        self._spool = Spool()
        self._spool.open(folder)
        self.queue = PageQueue(PageScheduler(capacity, batch_pages), self._spool, self._note_demand)

    def _note_demand(self) -> None:
        self.demands += 1

    def page(self, number: int, document: DocumentTurns | None = None) -> PageTask:
        path = self._folder / f"{number}.bmp"
        path.touch()
        image = PageImage(number, str(path), 1, 1)
        return PageTask(document or self.document, image, ParseOptions(), None)

    def submitted(self, *numbers: int) -> list[PageTask]:
        pages = [self.page(number) for number in numbers]
        for page in pages:
            self.queue.submit(page)
        return pages

    async def files(self) -> set[str]:
        await self._spool.close()
        return {path.stem for path in self._folder.iterdir()}


@pytest.fixture
async def house(tmp_path: Path) -> House:
    return House(tmp_path)


async def error_of(page: PageTask) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        await page.answer
    return caught.value


async def test_a_page_that_comes_wakes_the_one_who_has_waited_longest(house: House) -> None:
    first, second, third = (house.queue.waiter() for _ in range(3))
    house.submitted(1)
    assert [each.done() for each in (first, second, third)] == [True, False, False]
    house.submitted(2)
    assert [each.done() for each in (first, second, third)] == [True, True, False]
    assert house.demands == 2


async def test_who_comes_while_pages_wait_need_not_wait(house: House) -> None:
    house.submitted(1)
    assert house.queue.waiter().done()


async def test_who_gives_up_before_the_page_came_is_not_woken(house: House) -> None:
    first, second = house.queue.waiter(), house.queue.waiter()
    house.queue.forget(first)
    house.submitted(1)
    assert (first.done(), second.done()) == (False, True)


async def test_who_gives_up_after_being_woken_passes_it_on(house: House) -> None:
    first, second = house.queue.waiter(), house.queue.waiter()
    house.submitted(1)
    house.queue.forget(first)  # without having taken the page
    assert second.done()


async def test_who_was_cancelled_does_not_swallow_the_call(house: House) -> None:
    first, second = house.queue.waiter(), house.queue.waiter()
    first.cancel()
    house.submitted(1)
    assert second.done()


async def test_nobody_is_woken_for_a_page_that_another_has_taken(house: House) -> None:
    first, second = house.queue.waiter(), house.queue.waiter()
    house.submitted(1)
    house.queue.take()
    house.queue.forget(first)
    assert not second.done()


async def test_calls_that_wait_are_counted_as_full_ones(tmp_path: Path) -> None:
    house = House(tmp_path, batch_pages=4)
    counts = []
    for number in range(1, 10):
        counts.append(house.queue.calls_waiting)
        house.submitted(number)
    assert counts == [0, 1, 1, 1, 1, 2, 2, 2, 2]


async def test_a_page_too_many_is_refused_and_stays_with_its_owner(tmp_path: Path) -> None:
    house = House(tmp_path, capacity=1)
    house.submitted(1)
    with pytest.raises(SchedulerFull):
        house.submitted(2)
    assert house.queue.waiting == 1
    assert await house.files() == {"1", "2"}


async def test_a_page_that_was_read_takes_its_file_away(house: House) -> None:
    (page,) = house.submitted(1)
    assert house.queue.take() == [page]
    assert (house.queue.waiting, house.queue.running) == (0, 1)
    assert await house.files() == {"1"}
    house.queue.finished(page)
    assert (house.queue.waiting, house.queue.running) == (0, 0)
    assert await house.files() == set()


async def test_a_waiting_page_that_is_given_up_goes_at_once(house: House) -> None:
    first, second = house.submitted(1, 2)
    house.queue.withdraw(first)
    assert await house.files() == {"2"}
    assert house.queue.take() == [second]


async def test_a_page_that_is_given_up_while_it_is_read_stays_until_then(house: House) -> None:
    (page,) = house.submitted(1)
    house.queue.take()
    house.queue.withdraw(page)
    assert await house.files() == {"1"}
    assert house.queue.running == 1
    house.queue.finished(page)
    house.queue.withdraw(page)
    assert await house.files() == set()


async def test_a_page_that_fails_is_tried_once_more_alone_and_first(tmp_path: Path) -> None:
    house = House(tmp_path, batch_pages=2)
    first, second = house.submitted(1, 2)
    house.submitted(3)
    assert house.queue.take() == [first, second]
    house.queue.finished(second)
    waiter = house.queue.waiter()
    assert house.queue.failed(first, ERROR, alone=True)
    assert waiter.done()
    assert not first.answer.done()
    assert house.queue.take() == [first]
    assert await house.files() == {"1", "3"}


async def test_a_page_that_fails_twice_alone_is_given_up_with_the_last_error(house: House) -> None:
    (page,) = house.submitted(1)
    last = PageFailed("It failed again.")
    house.queue.take()
    assert house.queue.failed(page, ERROR, alone=True)
    house.queue.take()
    assert not house.queue.failed(page, last, alone=True)
    assert await error_of(page) is last
    assert (house.queue.waiting, house.queue.running) == (0, 0)
    assert await house.files() == set()


async def test_a_failure_in_company_makes_suspect_and_does_not_count(tmp_path: Path) -> None:
    house = House(tmp_path, batch_pages=2)
    first, second = house.submitted(1, 2)
    calls = [house.queue.take()]
    for page in reversed(calls[0]):
        assert house.queue.failed(page, ERROR, alone=False)
    calls.append(house.queue.take())
    assert house.queue.failed(first, ERROR, alone=True)
    calls.append(house.queue.take())
    assert not house.queue.failed(first, ERROR, alone=True)
    calls.append(house.queue.take())
    assert calls == [[first, second], [first], [first], [second]]
    await error_of(first)


async def test_a_page_whose_caller_gave_up_is_not_tried_again(house: House) -> None:
    (page,) = house.submitted(1)
    house.queue.take()
    page.answer.cancel()
    assert not house.queue.failed(page, ERROR, alone=True)
    assert (house.queue.waiting, house.queue.running) == (0, 0)
    assert await house.files() == set()


async def test_a_page_that_failed_in_company_waits_again_uncharged(house: House) -> None:
    page, _ = house.submitted(1, 2)
    house.queue.take()
    demands, waiter = house.demands, house.queue.waiter()
    assert house.queue.failed(page, ERROR, alone=False)
    assert waiter.done()
    assert house.demands == demands + 1
    assert (page.failures, page.suspect) == (0, True)
    assert house.queue.take() == [page]


async def test_all_waiting_pages_can_be_failed_and_none_that_is_read(house: House) -> None:
    read, *waiting = house.submitted(1, 2, 3)
    house.queue.take()
    stopping = ServiceStopping("Stopping.")
    house.queue.fail_all(stopping)
    errors = [await error_of(page) for page in waiting]
    assert [str(error) for error in errors] == ["Stopping.", "Stopping."]
    assert errors[0] is not errors[1]  # each is raised, with a traceback of its own
    assert not read.answer.done()
    assert await house.files() == {"1"}


async def test_a_result_or_an_error_for_nobody_is_dropped(house: House) -> None:
    for page in house.submitted(1, 2):
        page.answer.cancel()
        page.succeed(PageResult(page.number, 1, 1))
        page.fail(ERROR)
        with pytest.raises(asyncio.CancelledError):
            await page.answer
