"""Tries: each call of a tool, with which parameters, and how it went.

Decides nothing: what follows from them is worked out in ``learning.actions`` when it is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ARRAY, Uuid, any_, bindparam, insert, select

from learning.actions.contract import Fault, Try
from learning.scope import may_tell
from learning.store.acted import action_tries
from learning.store.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from learning.scope import Audience
    from learning.store.store import Unit


# What is executed each time is written down once: putting it together takes as long as running it.
_ADD: Final = insert(action_tries)
_ALL: Final = select(action_tries)
_OF_KIND: Final = (
    select(action_tries.c.id)
    .where(action_tries.c.kind == bindparam("wanted"))
    .order_by(
        action_tries.c.tried_at.desc(),
        action_tries.c.action_id.desc(),
        action_tries.c.number.desc(),
    )
    .limit(bindparam("most"))
)
_THESE: Final = _ALL.where(action_tries.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))


class Tries:
    """Reads and writes tries within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def add(
        self, action_id: UUID, user_id: str, audience: Audience, tries: Sequence[Try]
    ) -> None:
        """Record the tries of an action, redacted, in their order."""
        if not tries:
            return
        await self._db.execute(
            _ADD,
            [
                {
                    "workspace_id": self._unit.workspace_id,
                    "id": new_id(),
                    "audience": audience,
                    "action_id": action_id,
                    "user_id": user_id,
                    "number": number,
                    "kind": each.kind,
                    "ok": each.ok,
                    "fault": each.fault.kind if each.fault else "",
                    "pattern": self._unit.digest("pattern", each.kind, _shape(each.params)),
                    "signature": self._unit.digest("signature", each.fault.signature)
                    if each.fault and each.fault.signature
                    else None,
                    "content": _content(each),
                    "time_ms": each.time_ms,
                    "tried_at": each.at,
                }
                for number, each in enumerate(tries)
            ],
        )

    async def of_kind(
        self, kind: str, user_id: str, limit: int = 200, *, here: Audience | None = None
    ) -> list[Try]:
        """Return the latest tries of a tool, oldest first.

        Args:
            kind: the tool.
            user_id: who asks now.
            limit: at most so many.
            here: who reads along. What the person did where those do not read is not taken for
                their own: its words stay there.
        """
        return list((await self.known_of_kind(kind, user_id, limit, {}, here=here)).values())

    async def known_of_kind(
        self,
        kind: str,
        user_id: str,
        limit: int,
        known: Mapping[UUID, Try],
        *,
        here: Audience | None = None,
    ) -> dict[UUID, Try]:
        """Return the same by id, reading only those that are not known yet: nobody changes them.

        Args:
            kind: as with ``of_kind``.
            user_id: as there.
            limit: as there.
            known: what this returned before, for the same person and those who read along.
            here: as there.
        """
        found = await self._db.scalars(_OF_KIND, {"wanted": kind, "most": limit})
        ids = list(reversed(found.all()))
        new: dict[UUID, Try] = {}
        if missing := [id_ for id_ in ids if id_ not in known]:
            rows = await self._db.execute(_THESE, {"ids": missing})
            new = {row.id: _seen(row, user_id, here) for row in rows}
        return {id_: known[id_] if id_ in known else new[id_] for id_ in ids}

    async def of_api(
        self, api: str, user_id: str, limit: int = 200, *, here: Audience | None = None
    ) -> list[Try]:
        """Return the latest tries of all tools of an API, oldest first; as ``of_kind``."""
        tools = action_tries.c.kind.startswith(f"{api}.", autoescape=True)
        return await self._latest(tools, user_id, limit, here)

    async def of_action(self, action_id: UUID) -> list[Try]:
        """Return the tries of an action, in their order."""
        rows = await self._db.execute(
            _ALL.where(action_tries.c.action_id == action_id).order_by(action_tries.c.number)
        )
        return [_try(row, own=True) for row in rows]

    async def _latest(
        self, which: ColumnElement[bool], user_id: str, limit: int, here: Audience | None
    ) -> list[Try]:
        rows = await self._db.execute(
            _ALL.where(which)
            .order_by(
                action_tries.c.tried_at.desc(),
                action_tries.c.action_id.desc(),
                action_tries.c.number.desc(),
            )
            .limit(limit)
        )
        return [_seen(row, user_id, here) for row in reversed(rows.all())]


def _shape(params: Mapping[str, Any]) -> str:
    """Return which parameters there are, and of which type, without their values."""
    return ",".join(f"{name}:{type(params[name]).__name__}" for name in sorted(params))


def _content(each: Try) -> dict[str, Any]:
    fault = each.fault
    return {
        "asked": dict(each.asked),
        "params": dict(each.params),
        "schema": each.schema,
        "lessons": [dict(lesson) for lesson in each.lessons],
        "fault": None
        if fault is None
        else {"text": fault.text, "status": fault.status, "signature": fault.signature},
    }


def _seen(row: Any, user_id: str, here: Audience | None) -> Try:  # noqa: ANN401 - as below
    """Return a try as it is for somebody, among those who read along."""
    own = row.user_id == user_id and (here is None or may_tell(row.audience, here))
    return _try(row, own=own)


def _try(row: Any, *, own: bool) -> Try:  # noqa: ANN401 - SQLAlchemy's row
    content = row.content
    fault = content["fault"]
    return Try(
        kind=row.kind,
        asked=content["asked"],
        params=content["params"],
        ok=row.ok,
        at=row.tried_at,
        fault=None if fault is None else Fault(row.fault, **fault),
        lessons=tuple(content["lessons"]),
        schema=content["schema"],
        time_ms=row.time_ms,
        own=own,
        learned_from=row.action_id,
    )
