"""A Mynah with what this part adds to it, at a time of our own: a Tuesday at ten."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.habits.completing import Completing
from bot.habits.noticing import Noticing
from bot.habits.progress import Progressing
from bot.habits.saying import Saying
from bot.habits.syncing import Syncing
from bot.habits.zones import Zoning, zone_of_person
from bot.hours import Hours
from bot.memorise import Memorising
from integrations.contracts.model import Finished, ModelFailure, ModelRequest, ModelUnavailable
from learning.store.habits import Completions

if TYPE_CHECKING:
    from uuid import UUID

    from integrations.contracts.host import CommandReply
    from learning.store.store import Unit
    from tests.bot.support import World

TUESDAY = datetime(2024, 12, 17, 9, tzinfo=UTC)
"""10:00 in Berlin."""
MONDAY = TUESDAY - timedelta(days=1)
FRIDAY = TUESDAY + timedelta(days=3)


@dataclass
class ScriptedModel:
    """Answers with what it is given, and keeps what it was asked."""

    answers: list[str | ModelFailure] = field(default_factory=list)
    asked: list[ModelRequest] = field(default_factory=list)
    id: str = "test:reader"
    streams_text: bool = True

    async def complete(self, request: ModelRequest) -> tuple[str, Finished]:
        self.asked.append(request)
        answer = self.answers.pop(0) if self.answers else ModelUnavailable(self.id, "nobody there")
        if isinstance(answer, ModelFailure):
            raise answer
        return answer, Finished(100, 50, 0.02, "reader-1")

    def stream(self, request: ModelRequest) -> Any:
        raise NotImplementedError(request)


@dataclass
class HabitPlace:
    """The parts under test, and what people do with them."""

    world: World
    model: ScriptedModel | None = None
    time: datetime = TUESDAY

    def __post_init__(self) -> None:
        store = self.world.mynah.store
        self.completing = Completing(self.now)
        self.saying = Saying(store, self.completing, zone_of_person, self.now, self.forget)
        self.progressing = Progressing(store, zone_of_person, self.now)
        self.zoning = Zoning(store, self.now)
        self.hours = Hours(store, self.progressing.week)
        self.noticing = Noticing(store, self.completing, self.known)
        memorising = Memorising(self.world.mynah.embedding)
        self.syncing = Syncing(store, self.model, memorising, self.now)

    def now(self) -> datetime:
        return self.time

    async def known(self, surface: str, workspace_id: str, user_id: str) -> str:
        del workspace_id, user_id, surface
        return "Europe/Berlin"

    async def say(
        self, line: str, user: str = "ann", *, channel: str | None = None, tz: str = "Europe/Berlin"
    ) -> CommandReply:
        """Give a command."""
        who = replace(self.world.person(user, channel), tz=tz)
        name, _, rest = line.partition(" ")
        parts = (self.saying, self.progressing, self.zoning)
        commands = {c.name: c.run for part in parts for c in part.commands()}
        return await {**commands, "habits": self.hours.habits}[name](who, rest)

    async def did(
        self,
        kind: str,
        at: datetime,
        success: float | None = None,
        user: str = "ann",
        *,
        times: int = 1,
        comment: str = "",
    ) -> None:
        """Let somebody have done something, in as many weeks one after the other."""
        for back in reversed(range(times)):
            async with self.unit() as unit:
                await self.completing.record(
                    unit,
                    user,
                    kind,
                    at - timedelta(weeks=back),
                    "Europe/Berlin",
                    success,
                    surface=self.world.surface.name,
                    comment=comment,
                )

    async def forget(self, unit: Unit, user_id: str, completion_id: UUID) -> None:
        """Delete something that somebody did."""
        await Completions(unit).forget(completion_id)
        await self.completing.resum(unit, user_id)

    def unit(self) -> Any:
        """Open a transaction."""
        return self.world.mynah.store.begin(self.world.workspace, None)

    async def sync(self, **later: float) -> None:
        """Let time pass, and let the clock fire."""
        self.time += timedelta(**later)
        await self.syncing.sync(self.world.workspace)

    async def insights(self, user: str = "ann") -> list[str]:
        """Return what is told of somebody's week."""
        return [text for text in await self.world.known(user, "insight") if "says" not in text]
