"""What people and workspaces allowed and refused.

Decides nothing: what follows from their words, and from their silence, is decided in
``learning.consent``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import ARRAY, Text, any_, bindparam, select
from sqlalchemy.dialects.postgresql import insert as upsert

from learning.consent import Words, lacking, said_in
from learning.store.schema import consents, interactions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from learning.consent import Party
    from learning.store.store import Unit

LEARNING: Final = "learning"
_EVERYBODY: Final = ""
"""Stands in the place of a person for a workspace's own word; nobody's id is empty."""

# Asked in every turn and after every action, so written down once.
_SAID: Final = select(consents.c.user_id, consents.c.granted, consents.c.changed_at).where(
    consents.c.user_id == any_(bindparam("people", type_=ARRAY(Text))),
    consents.c.kind == bindparam("of"),
)
_EVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Word:
    """A yes or a no, and since when it holds."""

    granted: bool
    at: datetime


class Consents:
    """What was allowed and refused in a workspace."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def given(self, user_id: str, kind: str, *, default: bool) -> bool:
        """Return whether the person allows something that is theirs alone to allow."""
        word = (await self._said([user_id], kind)).get(user_id)
        return default if word is None else word.granted

    async def change(self, user_id: str, kind: str, *, granted: bool, now: datetime) -> None:
        """Record that a person allows or refuses something; saying it again changes nothing."""
        await self._db.execute(
            upsert(consents)
            .values(
                workspace_id=self._unit.workspace_id,
                user_id=user_id,
                kind=kind,
                granted=granted,
                changed_at=now,
            )
            .on_conflict_do_update(
                index_elements=["workspace_id", "user_id", "kind"],
                set_={"granted": granted, "changed_at": now},
                where=consents.c.granted != granted,
            )
        )

    async def decide(self, kind: str, *, granted: bool, now: datetime) -> None:
        """Record that the workspace allows or refuses something for everybody in it."""
        await self.change(_EVERYBODY, kind, granted=granted, now=now)

    async def lacking(self, user_id: str, surface: str) -> tuple[Party, ...]:
        """Return whose yes it takes before anything may be learned from a person."""
        said = await self._said([user_id, _EVERYBODY], LEARNING)
        return self._lacking(user_id, surface, said)

    async def learns(self, user_id: str, surface: str) -> bool:
        """Return whether anything may be learned from what a person says and does on a surface."""
        return not await self.lacking(user_id, surface)

    async def willing(self, user_ids: Iterable[str], surface: str) -> Mapping[str, datetime]:
        """Return those of these people whom anything may be learned from, and since when.

        What they said before that was said to somebody who did not learn from them. Who never
        had to say anything may be learned from since ever.
        """
        people = sorted(set(user_ids))
        said = await self._said([*people, _EVERYBODY], LEARNING)
        return {
            user_id: max(
                (said[who].at for who in (user_id, _EVERYBODY) if who in said), default=_EVER
            )
            for user_id in people
            if not self._lacking(user_id, surface, said)
        }

    async def willing_everywhere(self, user_id: str) -> datetime | None:
        """Return since when anything may be concluded from all that a person said; or that not."""
        surfaces = await self._db.scalars(
            select(interactions.c.surface).where(interactions.c.user_id == user_id).distinct()
        )
        since = _EVER
        for surface in surfaces.all() or [""]:
            willing = await self.willing([user_id], surface)
            if user_id not in willing:
                return None
            since = max(since, willing[user_id])
        return since

    def _lacking(self, user_id: str, surface: str, said: Mapping[str, _Word]) -> tuple[Party, ...]:
        person, everybody = (
            said[who].granted if who in said else None for who in (user_id, _EVERYBODY)
        )
        words = Words(person, everybody)
        return lacking(surface, said_in(self._unit.workspace_id, words))

    async def _said(self, user_ids: list[str], kind: str) -> dict[str, _Word]:
        rows = await self._db.execute(_SAID, {"people": user_ids, "of": kind})
        return {row.user_id: _Word(row.granted, row.changed_at) for row in rows}
