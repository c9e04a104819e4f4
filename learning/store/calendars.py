"""People's calendars: where each is read, and when its owner is busy. No more of it is kept."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as upsert

from learning.spans import Span
from learning.store.habitual import calendars

if TYPE_CHECKING:
    from learning.store.store import Unit


@dataclass(frozen=True, slots=True)
class Calendar:
    """A person's calendar.

    Attributes:
        user_id: whose.
        busy: when they are, in UTC.
        until: to when that is known.
        address: where it is read; empty for a file. A secret.
        tag: what names the state that was read last.
        events: how many events it held.
        skipped: how many of them could not be read.
        problem: why it could not be read the last time; empty if it could.
        read_at: when it was asked for last, and when it was read.
        known_at: when it was read last with success.
    """

    user_id: str
    busy: tuple[Span, ...]
    until: datetime
    address: str = field(default="", repr=False)
    tag: str = field(default="", repr=False)
    events: int = 0
    skipped: int = 0
    problem: str = ""
    read_at: datetime | None = None
    known_at: datetime | None = None

    def failed(self, problem: str) -> Calendar:
        """Return it with why it could not be read; what is known of it stays."""
        return replace(self, problem=problem)


class Calendars:
    """Reads and writes calendars within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def find(self, user_id: str, *, lock: bool = False) -> Calendar | None:
        """Return a person's calendar."""
        statement = select(calendars).where(calendars.c.user_id == user_id)
        row = (
            await self._db.execute(statement.with_for_update() if lock else statement)
        ).one_or_none()
        return None if row is None else _calendar(row)

    async def put(self, calendar: Calendar, now: datetime) -> None:
        """Keep a person's calendar in the place of what they had."""
        values = {"content": _content(calendar), "changed_at": now, "read_at": calendar.read_at}
        await self._db.execute(
            upsert(calendars)
            .values(workspace_id=self._unit.workspace_id, user_id=calendar.user_id, **values)
            .on_conflict_do_update(index_elements=["workspace_id", "user_id"], set_=values)
        )

    async def drop(self, user_id: str) -> bool:
        """Forget a person's calendar; return whether there was one."""
        done = await self._db.execute(delete(calendars).where(calendars.c.user_id == user_id))
        return bool(done.rowcount)


def _content(calendar: Calendar) -> dict[str, Any]:
    return {
        "busy": [[int(s.start.timestamp()), int(s.end.timestamp())] for s in calendar.busy],
        "until": calendar.until.isoformat(),
        "address": calendar.address,
        "tag": calendar.tag,
        "events": calendar.events,
        "skipped": calendar.skipped,
        "problem": calendar.problem,
        "known_at": calendar.known_at.isoformat() if calendar.known_at else None,
    }


def _calendar(row: Any) -> Calendar:  # noqa: ANN401 - SQLAlchemy's row
    content = row.content
    known_at = content["known_at"]
    return Calendar(
        row.user_id,
        tuple(
            Span(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))
            for start, end in content["busy"]
        ),
        datetime.fromisoformat(content["until"]),
        content["address"],
        content["tag"],
        content["events"],
        content["skipped"],
        content["problem"],
        row.read_at,
        datetime.fromisoformat(known_at) if known_at else None,
    )
