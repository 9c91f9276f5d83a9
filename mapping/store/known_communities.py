"""The community that a report is sent to, with its secret: asked for together, and known for a few seconds."""

import asyncio
from functools import partial

from mapping.errors import NotFound
from mapping.store.bare import Rows
from mapping.store.batches import Batches
from mapping.store.communities import Community, find_with_secrets

KEPT_S = 5.0  # so long after a change of a community its reports may still be held against what it was
MOST_KEPT = 4096
MOST_AT_ONCE = 16  # of one question
Found = tuple[Community, bytes]


class KnownCommunities:
    """Communities by their names; one that is not there is looked for each time.

    Parameters
    ----------
    rows : Rows
        Of the application's role.
    """

    def __init__(self, rows: Rows) -> None:
        self._work = partial(find_with_secrets, rows)
        self._asked: Batches[str, Found | None] = Batches(at_once=1)
        self._kept: dict[str, tuple[float, Found]] = {}

    async def find_with_secret(self, slug: str) -> Found:
        """A community and the secret that seeds its masks, as they were at most `KEPT_S` before.

        Raises
        ------
        NotFound
            If there is none.
        """
        now = asyncio.get_running_loop().time()
        until, kept = self._kept.get(slug, (0.0, None))
        if kept is not None and now < until:
            return kept
        found = await self._asked.ask("communities", slug, self._work, MOST_AT_ONCE)
        self._kept.pop(slug, None)
        if found is None:
            raise NotFound("There is no community of this name here.")
        self._kept[slug] = (now + KEPT_S, found)
        if len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        return found
