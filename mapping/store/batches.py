"""What is asked for while the database is busy is done together, by one statement."""

import asyncio
import os
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from mapping.errors import Unavailable

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")
WAIT_S = 10.0
AT_ONCE = (os.cpu_count() or 1) + 1  # statements: one is told to us while the others are worked at


@dataclass
class _Waiting(Generic[Asked, Answer]):
    """What one statement can do together."""

    work: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer]]]
    most: int
    asked: list[tuple[Asked, asyncio.Future[Answer]]] = field(default_factory=list)


class Batches(Generic[Asked, Answer]):
    """Runs as many statements as the database has use for; each takes what waits.

    Parameters
    ----------
    at_once : int
        Statements at the same time.
    """

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._waiting: OrderedDict[Hashable, _Waiting[Asked, Answer]] = OrderedDict()
        self._workers: set[asyncio.Task[None]] = set()

    async def ask(
        self, kind: Hashable, asked: Asked, work: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer]]], most: int
    ) -> Answer:
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

        Raises
        ------
        Unavailable
            If there is no answer within ten seconds; the thing may be done all the same.
        """
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(kind, _Waiting(work, most)).asked.append((asked, answer))
        if len(self._workers) < self._at_once:
            self._workers.add(asyncio.ensure_future(self._work()))
        try:
            async with asyncio.timeout(WAIT_S):
                return await answer
        except TimeoutError:
            raise Unavailable("The database is busy; try again in a few seconds.") from None

    async def _work(self) -> None:
        """Do what waits, whatever waits longest first, until nothing does."""
        try:
            while self._waiting:
                kind, waiting = self._waiting.popitem(last=False)
                batch = waiting.asked[: waiting.most]
                del waiting.asked[: waiting.most]
                if waiting.asked:
                    self._waiting[kind] = waiting
                await _answer(waiting.work, [one for one in batch if not one[1].done()])  # whoever asked may be gone
        finally:
            # In the very step that saw nothing wait: whoever asks next has to find that nobody works.
            self._workers.discard(asyncio.current_task())


async def _answer(
    work: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer]]], batch: list[tuple[Asked, asyncio.Future[Answer]]]
) -> None:
    if not batch:
        return
    try:
        answers = await work([asked for asked, _ in batch])
        for (_, answer), found in zip(batch, answers, strict=True):
            if not answer.done():
                answer.set_result(found)
    except Exception as error:
        if len(batch) == 1:
            _tell(batch, error)
        else:
            await _answer_each(work, batch)


async def _answer_each(
    work: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer]]], batch: list[tuple[Asked, asyncio.Future[Answer]]]
) -> None:
    """One by one, until the database does not answer for one alone: it would not for the others."""
    for place, one in enumerate(batch):
        await _answer(work, [one])
        error = None if one[1].cancelled() else one[1].exception()
        if isinstance(error, Unavailable):
            _tell(batch[place + 1 :], error)
            return


def _tell(batch: list[tuple[Asked, asyncio.Future[Answer]]], error: Exception) -> None:
    for _, answer in batch:
        if not answer.done():
            answer.set_exception(error)
