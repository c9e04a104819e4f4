"""The commands about what was read: sources, what is known from them, forgetting one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.describe import short, suffix_of
from bot.knowledge import describe
from bot.readers import readable_by
from integrations.contracts.host import CommandReply
from learning.store.index import RecallIndex
from learning.store.knowledge import Knowledge

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.ingest import Ingestion
    from integrations.contracts.host import Person
    from learning.store.store import Store


class Sources:
    """Answers ``sources``, ``knowledge`` and ``forget-source``.

    Args:
        store: where they are.
        ingestion: removes sources.
        clock: tells the time.
    """

    def __init__(self, store: Store, ingestion: Ingestion, clock: Clock) -> None:
        self._store = store
        self._ingestion = ingestion
        self._clock = clock

    async def knowledge(self, who: Person, rest: str) -> CommandReply:
        """Return what is known, by topic and by where it is from."""
        async with self._store.begin(who.workspace_id, readable_by(who)) as unit:
            return await describe(unit, who, rest, self._clock())

    async def list(self, who: Person, rest: str) -> CommandReply:
        """Return the folders, files and pages that were read."""
        del rest
        async with self._store.begin(who.workspace_id, readable_by(who)) as unit:
            sources = await Knowledge(unit).sources()
            counts = await RecallIndex(unit).counts()
        if not sources:
            return CommandReply(
                "I have read nothing yet. Point me at a folder, a file or a page: "
                "`mynah ingest PATH` or the page's “Add knowledge”.",
                {"sources": []},
            )
        lines = [
            f"- `#{short(s.id)}` {s.location} ({s.kind}, {s.documents} "
            f"file{'' if s.documents == 1 else 's'})"
            for s in sources
        ]
        return CommandReply(
            "\n".join(lines),
            {
                "sources": [
                    {"id": str(s.id), "location": s.location, "kind": s.kind, "files": s.documents}
                    for s in sources
                ],
                "items": counts,
            },
        )

    async def forget(self, who: Person, rest: str) -> CommandReply:
        """Forget a source that the person added, with everything read from it."""
        async with self._store.begin(who.workspace_id, readable_by(who)) as unit:
            sources = await Knowledge(unit).sources()
        suffix = suffix_of(rest)
        matching = [s for s in sources if suffix and s.id.hex.endswith(suffix)]
        if len(matching) != 1:
            return CommandReply("Name one source by its id; `sources` lists them.", ok=False)
        if matching[0].added_by != who.user_id:
            return CommandReply("Somebody else added that source; only they can.", ok=False)
        await self._ingestion.remove(who.workspace_id, matching[0].id)
        return CommandReply(
            f"Forgotten: {matching[0].location}", {"forgotten": str(matching[0].id)}
        )
