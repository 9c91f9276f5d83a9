"""What is asked for while the database is busy is done together, by one statement."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Generic, TypeVar

from mapping.errors import Unavailable

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")
WAIT_S = 10.0
Work = Callable[[Sequence[Asked]], Awaitable[Sequence[Answer]]]


@dataclass(slots=True)
class _One(Generic[Asked, Answer]):
    """One thing that is asked, until when, and where it is answered."""

    asked: Asked
    answer: asyncio.Future[Answer]
    until: float


@dataclass(slots=True)
class _Waiting(Generic[Asked, Answer]):
    """What one statement can do together."""

    work: Work[Asked, Answer]
    most: int
    ones: list[_One[Asked, Answer]] = field(default_factory=list)


class Batches(Generic[Asked, Answer]):
    """Runs as many statements as the database has use for; each takes what waits.

    Parameters
    ----------
    at_once : int
        Statements at the same time.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._waiting: OrderedDict[Hashable, _Waiting[Asked, Answer]] = OrderedDict()
        self._workers: dict[asyncio.Task[None], list[_One[Asked, Answer]]] = {}  # and what each works at
        self._watch: asyncio.TimerHandle | None = None

    def ask(self, kind: Hashable, asked: Asked, work: Work[Asked, Answer], most: int) -> asyncio.Future[Answer]:
        """What `work` answers to one thing, alone or among others.

        Parameters
        ----------
        kind : hashable
            Things of one kind can be done together.
        asked : object
            The thing.
        work : callable
            Answers a number of things of this kind, in their order, and may be called again with the same. What it
            raises for several is tried one by one, and what it raises for one is raised to whoever asks for it.
        most : int
            Things at a time.

        Returns
        -------
        Future
            The answer; Unavailable if there is none within ten seconds, or one more: the thing may be done all the
            same.
        """
        loop = asyncio.get_running_loop()
        one: _One[Asked, Answer] = _One(asked, loop.create_future(), loop.time() + WAIT_S)
        waiting = self._waiting.get(kind)
        if waiting is None:
            waiting = self._waiting[kind] = _Waiting(work, most)
        waiting.ones.append(one)
        if len(self._workers) < self._at_once:
            self._workers[asyncio.ensure_future(self._work())] = []
        if self._watch is None:
            self._watch = loop.call_later(WAIT_S / 10, self._tell_late)
        return one.answer

    async def _work(self) -> None:
        """Do what waits, whatever waits longest first, until nothing does."""
        worker = asyncio.current_task()
        assert worker is not None
        try:
            while self._waiting:
                kind, waiting = self._waiting.popitem(last=False)
                batch = waiting.ones[: waiting.most]
                del waiting.ones[: waiting.most]
                if waiting.ones:
                    self._waiting[kind] = waiting
                batch = [one for one in batch if not one.answer.done()]  # whoever asked may be gone
                self._workers[worker] = batch
                await _answer(waiting.work, batch)
        finally:
            # In the very step that saw nothing wait: whoever asks next has to find that nobody works.
            _tell(self._workers.pop(worker), _busy())

    def _tell_late(self) -> None:
        """One watch for all: a timer for each would cost more than to keep its place."""
        loop = asyncio.get_running_loop()
        ones = chain(*self._workers.values(), *(waiting.ones for waiting in self._waiting.values()))
        _tell([one for one in ones if one.until <= loop.time()], _busy())
        is_needed = self._workers or self._waiting
        self._watch = loop.call_later(WAIT_S / 10, self._tell_late) if is_needed else None


def _busy() -> Unavailable:
    return Unavailable("The database is busy; try again in a few seconds.")


async def _answer(work: Work[Asked, Answer], batch: Sequence[_One[Asked, Answer]]) -> Exception | None:
    """Do some things; gives what the work of the last try raised."""
    if not batch:
        return None
    try:
        answers = await work([one.asked for one in batch])
        for one, found in zip(batch, answers, strict=True):
            if not one.answer.done():
                one.answer.set_result(found)
    except Exception as error:
        if len(batch) == 1:
            _tell(batch, error)
            return error
        await _answer_each(work, batch)
    return None


async def _answer_each(work: Work[Asked, Answer], batch: Sequence[_One[Asked, Answer]]) -> None:
    """One by one, until the database does not answer for one alone: it would not for the others."""
    for place, one in enumerate(batch):
        error = await _answer(work, [one])  # not what was told: that may be that it waited too long
        if isinstance(error, Unavailable):
            _tell(batch[place + 1 :], error)
            return


def _tell(batch: Sequence[_One[Asked, Answer]], error: Exception) -> None:
    for one in batch:
        if not one.answer.done():
            one.answer.set_exception(error)
