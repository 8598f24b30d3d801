from dataclasses import dataclass

import pytest

from paddleocr_vl_service.services.engine_host.scheduler import PageScheduler, SchedulerFull


@dataclass(eq=False)
class Page:
    """Documents with small letters are short ones, those with capitals are long."""

    name: str
    options: str = ""
    suspect: bool = False

    @property
    def document(self) -> str:
        return self.name[0]

    @property
    def short(self) -> bool:
        return self.document.islower()


def scheduler_with(
    names: str, *, batch_pages: int = 1, options: dict[str, str] | None = None
) -> PageScheduler[Page]:
    """Pages that wait, such as `a1`; `options` says which ones a document has."""
    scheduler = PageScheduler[Page](100, batch_pages)
    for name in names.split():
        scheduler.add(Page(name, (options or {}).get(name[0], "")))
    return scheduler


def calls(scheduler: PageScheduler[Page], most: int = 100) -> list[str]:
    """The next calls, each as the names of its pages."""
    taken: list[str] = []
    while len(taken) < most and (pages := scheduler.take()):
        taken.append(" ".join(page.name for page in pages))
        for page in pages:
            scheduler.finish(page)
    return taken


def test_nothing_is_taken_where_nothing_waits() -> None:
    assert PageScheduler[Page](1).take() == []


def test_documents_take_turns_and_each_keeps_the_order_of_its_pages() -> None:
    scheduler = scheduler_with("a1 a2 a3 b1 b2 c1")
    assert calls(scheduler) == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_short_and_long_documents_alternate_while_both_wait() -> None:
    scheduler = scheduler_with("A1 A2 A3 A4 B1 B2 B3 a1 b1 c1")
    assert calls(scheduler) == ["a1", "A1", "b1", "B1", "c1", "A2", "B2", "A3", "B3", "A4"]


def test_a_short_document_has_its_turn_however_many_long_ones_wait() -> None:
    scheduler = scheduler_with("A1 A2 B1 B2 C1 C2 D1 D2")
    assert calls(scheduler, 1) == ["A1"]
    scheduler.add(Page("a1"))
    assert calls(scheduler, 1) == ["a1"]


def test_a_new_document_stands_behind_those_that_are_there() -> None:
    scheduler = scheduler_with("a1 a2 a3 b1 b2 b3")
    assert calls(scheduler, 1) == ["a1"]
    scheduler.add(Page("c1"))
    assert calls(scheduler) == ["b1", "a2", "c1", "b2", "a3", "b3"]


def test_a_document_that_waits_for_nothing_comes_back_as_a_new_one() -> None:
    scheduler = scheduler_with("a1 b1 b2 c1")
    assert calls(scheduler, 1) == ["a1"]
    scheduler.add(Page("a2"))
    assert calls(scheduler) == ["b1", "c1", "a2", "b2"]


def test_a_call_carries_pages_of_several_documents_and_of_both_kinds() -> None:
    scheduler = scheduler_with("a1 a2 b1 A1 A2", batch_pages=4)
    assert calls(scheduler) == ["a1 A1 b1 A2", "a2"]


def test_a_call_carries_several_pages_of_a_document_that_is_alone() -> None:
    assert calls(scheduler_with("A1 A2 A3", batch_pages=2)) == ["A1 A2", "A3"]


def test_only_pages_with_equal_options_share_a_call() -> None:
    scheduler = scheduler_with("a1 b1 c1 d1", batch_pages=4, options={"b": "x", "d": "x"})
    assert calls(scheduler) == ["a1 c1", "b1 d1"]


def test_a_document_that_is_passed_over_keeps_its_place() -> None:
    scheduler = scheduler_with("a1 a2 b1 b2 c1 c2", batch_pages=2, options={"b": "x"})
    assert calls(scheduler) == ["a1 c1", "b1 b2", "a2 c2"]


def test_calls_begin_with_either_kind_in_turn_so_that_no_options_wait_for_ever() -> None:
    scheduler = scheduler_with("a1 a2 a3 a4 A1 A2 A3 B1 B2", batch_pages=2, options={"B": "x"})
    # The calls' last pages are long ones; B is nevertheless not passed over again and again.
    assert calls(scheduler) == ["a1 A1", "B1 B2", "a2 A2", "A3 a3", "a4"]


def test_a_suspect_page_is_alone_and_before_the_others_of_its_document() -> None:
    scheduler = scheduler_with("a1 a2 a3 b1", batch_pages=2)
    for page in scheduler.take():
        page.suspect = page.name == "a1"
        scheduler.put_back(page)
    assert calls(scheduler) == ["a1", "b1 a2", "a3"]


def test_a_suspect_page_joins_no_call() -> None:
    scheduler = PageScheduler[Page](10, batch_pages=3)
    for page in (Page("a1"), Page("b1", suspect=True), Page("c1")):
        scheduler.add(page)
    assert calls(scheduler) == ["a1 c1", "b1"]


def test_waiting_and_taken_pages_count_against_the_capacity() -> None:
    scheduler = PageScheduler[Page](2)
    scheduler.add(Page("a1"))
    scheduler.add(Page("A1"))
    (taken,) = scheduler.take()
    assert (scheduler.waiting, scheduler.taken) == (1, 1)
    with pytest.raises(SchedulerFull):
        scheduler.add(Page("b1"))
    scheduler.finish(taken)
    scheduler.add(Page("b1"))
    assert (scheduler.waiting, scheduler.taken) == (2, 0)


def test_a_full_scheduler_takes_its_own_pages_back() -> None:
    scheduler = scheduler_with("a1 a2")
    scheduler.capacity = 2
    (taken,) = scheduler.take()
    scheduler.put_back(taken)
    assert calls(scheduler) == ["a1", "a2"]


@pytest.mark.parametrize("method", ["put_back", "finish"])
def test_only_a_taken_page_comes_back_or_is_finished(method: str) -> None:
    scheduler = scheduler_with("a1")
    with pytest.raises(KeyError):
        getattr(scheduler, method)(Page("a2"))
    (page,) = scheduler.take()
    getattr(scheduler, method)(page)
    with pytest.raises(KeyError):
        getattr(scheduler, method)(page)


def test_a_waiting_page_can_be_withdrawn_and_a_taken_one_cannot() -> None:
    scheduler = scheduler_with("a1 b1")
    first, second = Page("c1"), Page("c2")
    scheduler.add(first)
    scheduler.add(second)
    assert scheduler.withdraw(first)
    assert not scheduler.withdraw(first)
    (taken,) = scheduler.take()
    assert not scheduler.withdraw(taken)
    assert (scheduler.waiting, scheduler.taken) == (2, 1)
    assert calls(scheduler) == ["b1", "c2"]


def test_a_document_without_pages_left_has_no_turn() -> None:
    scheduler = scheduler_with("a1")
    only = Page("b1")
    scheduler.add(only)
    scheduler.add(Page("c1"))
    assert scheduler.withdraw(only)
    assert calls(scheduler) == ["a1", "c1"]


def test_all_waiting_pages_can_be_withdrawn() -> None:
    scheduler = scheduler_with("a1 a2 b1 A1")
    (taken,) = scheduler.take()
    assert {page.name for page in scheduler.withdraw_all()} == {"a2", "b1", "A1"}
    assert (scheduler.waiting, scheduler.taken) == (0, 1)
    assert scheduler.take() == []
    scheduler.put_back(taken)
    assert calls(scheduler) == ["a1"]
