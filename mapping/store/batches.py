"""What is asked for while the database is busy is done together, by one statement."""

import asyncio
import os
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")
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
        """
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(kind, _Waiting(work, most)).asked.append((asked, answer))
        if len(self._workers) < self._at_once:
            worker = asyncio.ensure_future(self._work())
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)
        return await answer

    async def _work(self) -> None:
        """Do what waits, whatever waits longest first, until nothing does."""
        while self._waiting:
            kind, waiting = self._waiting.popitem(last=False)
            batch = waiting.asked[: waiting.most]
            del waiting.asked[: waiting.most]
            if waiting.asked:
                self._waiting[kind] = waiting
            await _answer(waiting.work, batch)


async def _answer(
    work: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer]]], batch: list[tuple[Asked, asyncio.Future[Answer]]]
) -> None:
    try:
        answers = await work([asked for asked, _ in batch])
    except Exception as error:
        if len(batch) > 1:
            for one in batch:
                await _answer(work, [one])
        elif not batch[0][1].done():
            batch[0][1].set_exception(error)
        return
    for (_, answer), found in zip(batch, answers, strict=True):
        if not answer.done():  # whoever asked may be gone
            answer.set_result(found)
