"""Whose page is read next. Pure bookkeeping: no clock, no tasks, no processes."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Hashable, Iterator
from typing import Generic, Protocol, TypeVar


class Schedulable(Protocol):
    """What the scheduler has to know of a page."""

    @property
    def document(self) -> Hashable:
        """Whose page it is."""
        ...

    @property
    def short(self) -> bool:
        """Whether that is a short document; the same for all of its pages."""
        ...

    @property
    def options(self) -> Hashable:
        """Pages with equal options may share a call."""
        ...

    @property
    def suspect(self) -> bool:
        """Whether it was in a call that failed; it then gets a call of its own."""
        ...


PageT = TypeVar("PageT", bound=Schedulable)


class SchedulerFull(Exception):
    """As many pages wait, or are being read, as there may be."""


class PageScheduler(Generic[PageT]):
    """The pages of all documents, each either waiting or taken.

    Turns alternate between short documents and long ones while both wait. Among documents of
    the same kind they go round: a document that was served steps back behind the others, and a
    new one stands behind those that are there. A document's own pages keep their order.

    Args:
        capacity: Pages that may be in it, waiting and taken together.
        batch_pages: Pages that one call may carry.
    """

    def __init__(self, capacity: int, batch_pages: int = 1) -> None:
        self.capacity = capacity
        self.batch_pages = batch_pages
        self._short = _Rotation[PageT]()
        self._long = _Rotation[PageT]()
        self._short_is_next = True
        self._taken: set[PageT] = set()

    @property
    def waiting(self) -> int:
        """Pages that wait for their turn."""
        return len(self._short) + len(self._long)

    @property
    def taken(self) -> int:
        """Pages that are being read."""
        return len(self._taken)

    def add(self, page: PageT) -> None:
        """Let a page wait behind the others of its document.

        Raises:
            SchedulerFull: There is no room.
        """
        if self.waiting + self.taken >= self.capacity:
            raise SchedulerFull
        self._rotation_of(page).append(page)

    def take(self) -> list[PageT]:
        """The pages of the next call; none where none wait.

        They have equal options. A suspect page is always alone.
        """
        first = self._next(None)
        if first is None:
            return []
        batch = [first]
        while not first.suspect and len(batch) < self.batch_pages:
            page = self._next(first)
            if page is None:
                break
            batch.append(page)
        self._short_is_next = not first.short  # whatever else this call carries
        self._taken.update(batch)
        return batch

    def put_back(self, page: PageT) -> None:
        """Let a taken page wait again, before the others of its document.

        Raises:
            KeyError: It was not taken.
        """
        self._taken.remove(page)
        self._rotation_of(page).append_left(page)

    def finish(self, page: PageT) -> None:
        """Forget a taken page.

        Raises:
            KeyError: It was not taken.
        """
        self._taken.remove(page)

    def withdraw(self, page: PageT) -> bool:
        """Forget a waiting page; False where it does not wait, because it is taken or gone."""
        return self._rotation_of(page).remove(page)

    def withdraw_all(self) -> list[PageT]:
        """Forget every waiting page; returns them."""
        pages = [*self._short, *self._long]
        for page in pages:
            self.withdraw(page)
        return pages

    def _rotation_of(self, page: PageT) -> _Rotation[PageT]:
        return self._short if page.short else self._long

    def _next(self, like: PageT | None) -> PageT | None:
        rotations = (self._short, self._long) if self._short_is_next else (self._long, self._short)
        for rotation in rotations:
            page = rotation.next(like)
            if page is not None:
                self._short_is_next = rotation is self._long
                return page
        return None


class _Rotation(Generic[PageT]):
    """Documents that take turns, each with its waiting pages."""

    def __init__(self) -> None:
        self._documents: OrderedDict[Hashable, deque[PageT]] = OrderedDict()

    def __len__(self) -> int:
        return sum(map(len, self._documents.values()))

    def __iter__(self) -> Iterator[PageT]:
        for pages in self._documents.values():
            yield from pages

    def append(self, page: PageT) -> None:
        self._documents.setdefault(page.document, deque()).append(page)

    def append_left(self, page: PageT) -> None:
        self._documents.setdefault(page.document, deque()).appendleft(page)

    def next(self, like: PageT | None) -> PageT | None:
        """The first page of the first document whose turn it is and whose page may join ``like``.

        A document that is passed over keeps its place.
        """
        for document, pages in self._documents.items():
            if like is None or (not pages[0].suspect and pages[0].options == like.options):
                page = pages.popleft()
                self._documents.move_to_end(document)
                if not pages:
                    del self._documents[document]
                return page
        return None

    def remove(self, page: PageT) -> bool:
        pages = self._documents.get(page.document)
        if pages is None or page not in pages:
            return False
        pages.remove(page)
        if not pages:
            del self._documents[page.document]
        return True
