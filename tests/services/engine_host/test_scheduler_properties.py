"""What holds for the scheduler whatever happens, as seen by those who wait.

Fairness has one measure here: a document's patience, which is how long it has been without a
turn. A turn, or coming anew, sets it back to nothing. Whoever begins a call has been the most
patient of its kind, so between two such turns of one document each other one that waited all the
time has had one as well; and nobody is passed over in more calls than `_most_calls_without`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from paddleocr_vl_service.services.engine_host.scheduler import PageScheduler, SchedulerFull

Options = str


@dataclass(eq=False)
class Document:
    """Keeps the books of one document: the pages that should be waiting, and its patience.

    Attributes:
        line: Pages that wait, the next one first.
        since: When it had its last turn, or came if that was later.
        calls_without: Calls since then.
        ahead: Others of its kind that waited then, at most so many have their turn before it.
    """

    name: str
    short: bool
    options: Options
    line: list[Page] = field(default_factory=list)
    since: int = 0
    calls_without: int = 0
    ahead: int = 0

    def may_join(self, first: Page | None) -> bool:
        """Whether its next page may be in a call that begins so."""
        return bool(self.line) and (
            first is None
            or (
                not first.suspect
                and not self.line[0].suspect
                and self.options == first.document.options
            )
        )


@dataclass(eq=False)
class Page:
    document: Document
    suspect: bool = False

    @property
    def short(self) -> bool:
        return self.document.short

    @property
    def options(self) -> Options:
        return self.document.options


def _most_calls_without(document: Document) -> int:
    """Calls that a document may see begin and end without a page of it.

    Each call that begins with its kind either begins with one of those ahead, who goes behind it,
    or with itself. While both kinds wait, every other call begins with its kind.
    """
    return 2 * document.ahead + 1


class Scheduling(RuleBasedStateMachine):
    """Documents come, wait, are read, fail and go, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = count(1)
        self.taken: list[Page] = []
        self.gone: list[Page] = []
        self.previous: Page | None = None

    @initialize(
        capacity=st.integers(1, 12),
        batch_pages=st.integers(1, 5),
        options=st.lists(st.sampled_from("xy"), min_size=8, max_size=8),
    )
    def begin(self, capacity: int, batch_pages: int, options: list[Options]) -> None:
        self.scheduler = PageScheduler[Page](capacity, batch_pages)
        self.documents = [
            Document(name, name.islower(), choice)
            for name, choice in zip("abcdABCD", options, strict=True)
        ]

    @property
    def waiting(self) -> list[Page]:
        return [page for document in self.documents for page in document.line]

    def kind_waits(self, short: bool) -> bool:
        return any(each.line for each in self.documents if each.short is short)

    # What may happen

    @rule(which=st.integers(0, 7), pages=st.integers(1, 3))
    def add(self, which: int, pages: int) -> None:
        document = self.documents[which]
        for _ in range(pages):
            page = Page(document)
            if len(self.waiting) + len(self.taken) >= self.scheduler.capacity:
                with pytest.raises(SchedulerFull):
                    self.scheduler.add(page)
                return
            self.scheduler.add(page)
            self.begins_to_wait(document)
            document.line.append(page)

    @rule()
    def take(self) -> None:
        both_kinds_wait = self.kind_waits(True) and self.kind_waits(False)
        call = self.scheduler.take()
        assert bool(call) == bool(self.waiting), "some call while pages wait, and none after"
        if not call:
            return
        assert len(call) <= self.scheduler.batch_pages
        if self.previous and both_kinds_wait:
            assert call[0].short is not self.previous.short, "kinds begin in turn"
        for place, page in enumerate(call):
            self.check_turn(call[:place], page)
            self.leaves_for_a_turn(page)
        if len(call) < self.scheduler.batch_pages:
            left_out = [each.name for each in self.documents if each.may_join(call[0])]
            assert not left_out, "a call with room for pages that wait"
        self.previous = call[0]
        self.check_patience(call)

    @rule()
    def take_all(self) -> None:
        while self.waiting:
            self.take()

    @precondition(lambda self: self.taken)
    @rule(which=st.integers(0, 99))
    def finish(self, which: int) -> None:
        page = self.taken.pop(which % len(self.taken))
        self.scheduler.finish(page)
        self.gone.append(page)

    @precondition(lambda self: self.taken)
    @rule(which=st.integers(0, 99), failed=st.booleans())
    def put_back(self, which: int, failed: bool) -> None:
        page = self.taken.pop(which % len(self.taken))
        page.suspect = page.suspect or failed
        self.scheduler.put_back(page)
        self.begins_to_wait(page.document)
        page.document.line.insert(0, page)

    @precondition(lambda self: self.waiting)
    @rule(which=st.integers(0, 99))
    def withdraw_who_waits(self, which: int) -> None:
        page = self.waiting[which % len(self.waiting)]
        assert self.scheduler.withdraw(page)
        page.document.line.remove(page)
        self.gone.append(page)

    @rule()
    def withdraw_all_who_wait(self) -> None:
        pages = self.waiting
        assert set(self.scheduler.withdraw_all()) == set(pages)
        for page in pages:
            page.document.line.remove(page)
        self.gone.extend(pages)

    @precondition(lambda self: self.taken or self.gone)
    @rule(which=st.integers(0, 99))
    def withdraw_who_does_not_wait(self, which: int) -> None:
        others = self.taken + self.gone
        assert not self.scheduler.withdraw(others[which % len(others)])

    @precondition(lambda self: self.gone)
    @rule(which=st.integers(0, 99))
    def touch_who_is_gone(self, which: int) -> None:
        page = self.gone[which % len(self.gone)]
        with pytest.raises(KeyError):
            self.scheduler.put_back(page)
        with pytest.raises(KeyError):
            self.scheduler.finish(page)

    # What must hold

    @invariant()
    def every_page_is_counted_once_and_there_are_not_too_many(self) -> None:
        assert self.scheduler.waiting == len(self.waiting)
        assert self.scheduler.taken == len(self.taken)
        assert len(self.waiting) + len(self.taken) <= self.scheduler.capacity
        assert max(Counter(self.waiting + self.taken + self.gone).values(), default=1) == 1

    def check_turn(self, before: list[Page], page: Page) -> None:
        """Of one page of a call, given those before it in the call."""
        document = page.document
        assert page in document.line, "waits, so nobody else is reading it"
        assert page is document.line[0], "its document's own order"
        first = before[0] if before else None
        assert document.may_join(first), "equal options, and suspect pages alone"
        rivals = [each for each in self.documents if each.may_join(first) and each is not document]
        for rival in rivals:
            if rival.short is document.short:
                assert rival.since > document.since, f"{rival.name} has been more patient"
            else:
                in_turn = not before or before[-1].short is not document.short
                assert in_turn, f"it is the turn of {rival.name}'s kind"

    def check_patience(self, call: list[Page]) -> None:
        for document in self.documents:
            if document.line and document not in {page.document for page in call}:
                document.calls_without += 1
                assert document.calls_without <= _most_calls_without(document), document.name

    # How the books are kept

    def begins_to_wait(self, document: Document) -> None:
        if not document.line:
            self.steps_back(document)

    def leaves_for_a_turn(self, page: Page) -> None:
        page.document.line.remove(page)
        self.taken.append(page)
        self.steps_back(page.document)

    def steps_back(self, document: Document) -> None:
        document.since = next(self.clock)
        document.calls_without = 0
        document.ahead = sum(
            bool(each.line) and each.short is document.short and each is not document
            for each in self.documents
        )


TestScheduling = Scheduling.TestCase
TestScheduling.settings = settings(
    max_examples=300, stateful_step_count=40, deadline=None, report_multiple_bugs=False
)
