"""What one thing done takes from the store and leaves there, in two statements.

Decides that a thing which was known before changes nothing, whoever records it first. It is the
path that every message and action may take, so all of it is built once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    ARRAY,
    DateTime,
    Integer,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from learning.consent import Words
from learning.habits.energy import Ratings, decode, encode
from learning.habits.habit import Habit
from learning.store.consents import LEARNING
from learning.store.habits import Week, content_of
from learning.store.habitual import completions, energy, habits
from learning.store.schema import consents
from learning.store.types import EncryptedJSON

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Select

    from learning.store.habits import Completion
    from learning.store.store import Unit

_EVERYBODY: Final = ""
"""In the place of a person, for a workspace's own word."""
_WORD: Final = -1
"""In the place of a version, for what was said about learning."""


@dataclass(frozen=True, slots=True)
class Before:
    """What is known of a person when something was done; their weeks are locked.

    Attributes:
        weeks: of all kinds of work together and of this one, as far as there are any.
        ratings: of energy.
        words: what was said about learning from them.
    """

    weeks: Mapping[str, Week]
    ratings: Ratings
    words: Words


class Completed:
    """Reads what was known before something was done, and writes what is known after."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def before(self, user_id: str, task_types: set[str]) -> Before:
        """Return what is known of a person, to be changed."""
        rows = await self._db.execute(_BEFORE, {"user": user_id, "kinds": sorted(task_types)})
        weeks, ratings = {}, decode(())
        said: dict[str, bool] = {}
        for key, content, count, version in rows:
            if key is None:
                ratings = decode(content.get("energy") or ())
            elif version == _WORD:
                said[key] = bool(count)
            else:
                weeks[key] = Week(Habit.from_data(content, count), version)
        return Before(weeks, ratings, Words(said.get(user_id), said.get(_EVERYBODY)))

    async def after(
        self,
        completion: Completion,
        weeks: Mapping[str, Week],
        ratings: Ratings | None,
        now: datetime,
    ) -> bool | None:
        """Save what is known after something was done.

        Args:
            completion: what was done.
            weeks: that changed by it.
            ratings: of energy, if they did.
            now: the time.

        Returns:
            Whether all of it was saved; not what somebody else saved meanwhile, who made it first.
            ``None`` if it was known before, and then nothing is saved.
        """
        kinds = sorted(weeks)
        found = (
            await self._db.execute(
                _AFTER,
                {
                    "workspace": self._unit.workspace_id,
                    "now": now,
                    "id": completion.id,
                    "user": completion.user_id,
                    "kind": completion.task_type,
                    "source": completion.source,
                    "interaction": completion.interaction_id,
                    "action": completion.action_id,
                    "done": content_of(completion),
                    "done_at": completion.done_at,
                    "kinds": kinds,
                    "contents": [weeks[kind].habit.as_data() for kind in kinds],
                    "counts": [weeks[kind].habit.count for kind in kinds],
                    "versions": [weeks[kind].version + 1 for kind in kinds],
                    "energy": {"energy": encode(ratings)} if ratings else None,
                    "ratings": ratings.count if ratings else 0,
                },
            )
        ).one()
        if not found.added:
            return None
        return found.saved == len(kinds) and (ratings is None or found.rated == 1)


def _before() -> Select[Any]:
    user = bindparam("user", type_=Text)
    weeks = (
        select(habits.c.task_type, habits.c.content, habits.c.completions, habits.c.version)
        .where(
            habits.c.user_id == user,
            habits.c.task_type == func.any(bindparam("kinds", type_=ARRAY(Text))),
        )
        .order_by(habits.c.task_type)
        .with_for_update()
        .cte("weeks")
    )
    rated = select(energy.c.content).where(energy.c.user_id == user).with_for_update().cte("rated")
    said = select(consents.c.user_id, null(), cast(consents.c.granted, Integer), literal(_WORD))
    everything = union_all(
        select(weeks),
        select(literal(None, Text), rated.c.content, literal(0), literal(0)),
        said.where(
            consents.c.user_id.in_([user, literal(_EVERYBODY)]), consents.c.kind == LEARNING
        ),
    ).subquery()
    return select(everything)


def _after() -> Select[Any]:
    workspace, user, now = (
        bindparam("workspace", type_=Text),
        bindparam("user", type_=Text),
        bindparam("now", type_=DateTime(timezone=True)),
    )
    added = (
        upsert(completions)
        .values(
            workspace_id=workspace,
            id=bindparam("id", type_=Uuid),
            user_id=user,
            task_type=bindparam("kind", type_=Text),
            source=bindparam("source", type_=Text),
            interaction_id=bindparam("interaction", type_=Uuid),
            action_id=bindparam("action", type_=Uuid),
            content=bindparam("done", type_=EncryptedJSON),
            done_at=bindparam("done_at", type_=DateTime(timezone=True)),
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(completions.c.id)
        .cte("added")
    )
    new = select(added.c.id).exists()
    rows = (
        func.unnest(
            bindparam("kinds", type_=ARRAY(Text)),
            bindparam("contents", type_=ARRAY(EncryptedJSON)),
            bindparam("counts", type_=ARRAY(Integer)),
            bindparam("versions", type_=ARRAY(Integer)),
        )
        .table_valued("task_type", "content", "completions", "version")
        .render_derived()
    )
    columns = ("task_type", "content", "completions", "version")
    weeks = upsert(habits).from_select(
        ["workspace_id", "user_id", *columns, "updated_at"],
        select(workspace, user, *(rows.c[name] for name in columns), now).where(new),
    )
    saved = (
        weeks.on_conflict_do_update(
            index_elements=["workspace_id", "user_id", "task_type"],
            set_={
                "content": weeks.excluded.content,
                "completions": weeks.excluded.completions,
                "version": weeks.excluded.version,
                "updated_at": weeks.excluded.updated_at,
            },
            where=habits.c.version == weeks.excluded.version - 1,
        )
        .returning(habits.c.task_type)
        .cte("saved")
    )
    content = cast(bindparam("energy", type_=EncryptedJSON), EncryptedJSON)
    count = bindparam("ratings", type_=Integer)
    rating = upsert(energy).from_select(
        ["workspace_id", "user_id", "content", "ratings", "updated_at"],
        select(workspace, user, content, count, now).where(new, count > 0),
    )
    rated = (
        rating.on_conflict_do_update(
            index_elements=["workspace_id", "user_id"],
            set_={
                "content": rating.excluded.content,
                "ratings": rating.excluded.ratings,
                "updated_at": rating.excluded.updated_at,
            },
            where=energy.c.ratings == rating.excluded.ratings - 1,
        )
        .returning(energy.c.user_id)
        .cte("rated")
    )
    return select(
        *(
            select(func.count()).select_from(each).scalar_subquery().label(each.name)
            for each in (added, saved, rated)
        )
    )


_BEFORE: Final = _before()
_AFTER: Final = _after()
