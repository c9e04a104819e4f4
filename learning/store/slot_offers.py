"""Slots that were offered to people, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Text, cast, delete, func, select, update

from learning.spans import Span
from learning.store.habitual import slot_offers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta
    from uuid import UUID

    from learning.store.store import Unit

OfferStatus = Literal["open", "taken", "moved", "refused", "expired", "done", "missed"]
BOOKED: tuple[OfferStatus, ...] = ("taken", "moved")


@dataclass(frozen=True, slots=True)
class Offer:
    """Slots offered for a task.

    Attributes:
        task: what the person calls it.
        minutes: how long it takes.
        zone: the name of their time zone then.
        slots: what was offered, the best first.
        shown: what was offered for the same before.
        booked: what was taken of it, or moved to; nothing if nothing was.
        surface: where it was asked for, and where to ask what became of it.
        deadline: when it must be done.
        after: when it can begin at the earliest.
        times: how often it was moved.
    """

    id: UUID
    user_id: str
    task_type: str
    task: str
    minutes: int
    zone: str
    slots: tuple[Span, ...]
    status: OfferStatus
    created_at: datetime
    surface: str = ""
    shown: tuple[Span, ...] = ()
    booked: Span | None = None
    deadline: datetime | None = None
    after: datetime | None = None
    reminder_id: UUID | None = None
    times: int = 0

    def turned(self, status: OfferStatus, **values: Any) -> Offer:  # noqa: ANN401 - its own fields
        """Return it as it is after something became of it."""
        return replace(self, status=status, **values)


class SlotOffers:
    """Reads and writes offers within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def add(self, offer: Offer) -> None:
        """Keep an offer."""
        await self._db.execute(
            slot_offers.insert().values(
                workspace_id=self._unit.workspace_id,
                id=offer.id,
                user_id=offer.user_id,
                task_type=offer.task_type,
                content=_content(offer),
                status=offer.status,
                reminder_id=offer.reminder_id,
                created_at=offer.created_at,
            )
        )

    async def find(self, offer_id: UUID, *, lock: bool = False) -> Offer | None:
        """Return an offer; locked, it is held until the transaction ends."""
        statement = select(slot_offers).where(slot_offers.c.id == offer_id)
        row = (
            await self._db.execute(statement.with_for_update() if lock else statement)
        ).one_or_none()
        return None if row is None else _offer(row)

    async def resolve(self, user_id: str, suffix: str) -> list[UUID]:
        """Return those of the person's offers whose ids end with what they typed."""
        ends = func.replace(cast(slot_offers.c.id, Text), "-", "").endswith(suffix, autoescape=True)
        return list(
            await self._db.scalars(
                select(slot_offers.c.id).where(ends, slot_offers.c.user_id == user_id).limit(2)
            )
        )

    async def change(self, offer: Offer, now: datetime) -> None:
        """Keep what became of an offer."""
        await self._db.execute(
            update(slot_offers)
            .where(slot_offers.c.id == offer.id)
            .values(
                content=_content(offer),
                status=offer.status,
                reminder_id=offer.reminder_id,
                settled_at=None if offer.status == "open" else now,
            )
        )

    async def booked(self, user_id: str, since: datetime, within: timedelta) -> list[Offer]:
        """Return what a person booked that is not over yet.

        Args:
            user_id: whose.
            since: what ended before is over.
            within: how long ago it can have been offered, or moved, at most.
        """
        rows = await self._db.execute(
            select(slot_offers)
            .where(
                slot_offers.c.user_id == user_id,
                slot_offers.c.status.in_(BOOKED),
                slot_offers.c.settled_at >= since - within,
            )
            .order_by(slot_offers.c.created_at)
        )
        found = [_offer(row) for row in rows]
        return [each for each in found if each.booked is not None and each.booked.end > since]

    async def count(self, user_id: str, since: datetime) -> int:
        """Return how many times slots were worked out for a person."""
        found = await self._db.scalar(
            select(func.count())
            .select_from(slot_offers)
            .where(slot_offers.c.user_id == user_id, slot_offers.c.created_at >= since)
        )
        return int(found or 0)

    async def drop_unused(self, user_id: str, before: datetime) -> int:
        """Forget offers of which nothing became, and that are too old for it; return how many."""
        done = await self._db.execute(
            delete(slot_offers).where(
                slot_offers.c.user_id == user_id,
                slot_offers.c.status == "open",
                slot_offers.c.created_at < before,
            )
        )
        return int(done.rowcount)


def _content(offer: Offer) -> dict[str, Any]:
    return {
        "task": offer.task,
        "minutes": offer.minutes,
        "zone": offer.zone,
        "surface": offer.surface,
        "slots": _spans(offer.slots),
        "shown": _spans(offer.shown),
        "booked": _spans([offer.booked])[0] if offer.booked else None,
        "deadline": offer.deadline.isoformat() if offer.deadline else None,
        "after": offer.after.isoformat() if offer.after else None,
        "times": offer.times,
    }


def _spans(spans: Sequence[Span]) -> list[list[str]]:
    return [[each.start.isoformat(), each.end.isoformat()] for each in spans]


def _read(spans: Sequence[Sequence[str]]) -> tuple[Span, ...]:
    return tuple(Span(*map(datetime.fromisoformat, pair)) for pair in spans)


def _offer(row: Any) -> Offer:  # noqa: ANN401 - SQLAlchemy's row
    content = row.content
    deadline, after = (
        datetime.fromisoformat(content[name]) if content[name] else None
        for name in ("deadline", "after")
    )
    return Offer(
        row.id,
        row.user_id,
        row.task_type,
        content["task"],
        content["minutes"],
        content["zone"],
        _read(content["slots"]),
        row.status,
        row.created_at,
        content["surface"],
        _read(content["shown"]),
        _read([content["booked"]])[0] if content["booked"] else None,
        deadline,
        after,
        row.reminder_id,
        content["times"],
    )
