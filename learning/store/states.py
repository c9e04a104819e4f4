"""Learned states: what a policy knows of a workspace, versioned and restorable.

Refuses to know what is inside: a state is bytes with a name. Decides how two
processes that change the same one take turns, so that no update is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from learning.store.decisions import learned_states, state_snapshots

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from learning.store.store import Unit

NOTHING = b""


@dataclass(frozen=True, slots=True)
class Stored:
    """A state as it was last saved; versions of one name only grow."""

    version: int
    state: bytes


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A state that was put aside.

    Attributes:
        name: of the state.
        version: that it had.
        reason: why it was put aside.
        created_at: when.
        size: in bytes.
    """

    name: str
    version: int
    reason: str
    created_at: datetime
    size: int


class States:
    """Reads and writes learned states within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db = unit.connection

    async def versions(self, names: Collection[str]) -> dict[str, int]:
        """Return the versions of states; those that do not exist are left out."""
        rows = await self._db.execute(
            select(learned_states.c.name, learned_states.c.version).where(
                learned_states.c.name.in_(names), learned_states.c.state != NOTHING
            )
        )
        return {row.name: row.version for row in rows}

    async def load(self, name: str) -> Stored | None:
        """Return a state, if there is one."""
        return (await self.load_many([name])).get(name)

    async def load_many(self, names: Collection[str]) -> dict[str, Stored]:
        """Return states by name; those that do not exist are left out."""
        if not names:
            return {}
        rows = await self._db.execute(
            select(learned_states.c.name, learned_states.c.version, learned_states.c.state).where(
                learned_states.c.name.in_(names), learned_states.c.state != NOTHING
            )
        )
        return {row.name: Stored(row.version, bytes(row.state)) for row in rows}

    async def lock(self, name: str) -> Stored | None:
        """Return a state to be changed; whoever locks it next waits for this transaction's end.

        A state that does not exist is locked too. Who locks several takes them
        in the order of their names, or two may wait for each other forever.
        """
        statement = (
            select(learned_states.c.version, learned_states.c.state)
            .where(learned_states.c.name == name)
            .with_for_update()
        )
        row = (await self._db.execute(statement)).one_or_none()
        if row is None:
            # A row is what can be locked. Whoever makes it first lets the others wait here.
            await self._db.execute(
                upsert(learned_states)
                .values(workspace_id=self._unit.workspace_id, name=name, version=0, state=NOTHING)
                .on_conflict_do_nothing()
            )
            row = (await self._db.execute(statement)).one()
        return Stored(row.version, bytes(row.state)) if row.state else None

    async def lock_many(self, names: Collection[str]) -> dict[str, Stored | None]:
        """Return states to be changed, as ``lock`` does; they are locked in the order of names."""
        if not names:
            return {}
        rows = await self._db.execute(
            select(learned_states.c.name, learned_states.c.version, learned_states.c.state)
            .where(learned_states.c.name.in_(names))
            .order_by(learned_states.c.name)
            .with_for_update()
        )
        found = {
            row.name: Stored(row.version, bytes(row.state)) if row.state else None for row in rows
        }
        for name in sorted(set(names) - found.keys()):
            found[name] = await self.lock(name)
        return found

    async def save_many(self, states: Mapping[str, bytes], now: datetime) -> None:
        """Save states; none of them may be empty.

        Args:
            states: by name.
            now: the time.
        """
        if not states:
            return
        statement = upsert(learned_states).values(
            [
                {
                    "workspace_id": self._unit.workspace_id,
                    "name": name,
                    "version": 1,
                    "state": state,
                    "updated_at": now,
                }
                for name, state in sorted(states.items())
            ]
        )
        await self._db.execute(
            statement.on_conflict_do_update(
                index_elements=["workspace_id", "name"],
                set_={
                    "version": learned_states.c.version + 1,
                    "state": statement.excluded.state,
                    "updated_at": now,
                },
            )
        )

    async def save(self, name: str, state: bytes, now: datetime) -> int:
        """Save a state; return its version, one more than before.

        Raises:
            ValueError: if the state is empty: that stands for none.
        """
        if not state:
            raise ValueError(f"the state {name} is empty: delete it if there is none")
        statement = upsert(learned_states).values(
            workspace_id=self._unit.workspace_id,
            name=name,
            version=1,
            state=state,
            updated_at=now,
        )
        version: int = (
            await self._db.execute(
                statement.on_conflict_do_update(
                    index_elements=["workspace_id", "name"],
                    set_={
                        "version": learned_states.c.version + 1,
                        "state": statement.excluded.state,
                        "updated_at": now,
                    },
                ).returning(learned_states.c.version)
            )
        ).scalar_one()
        return version

    async def delete(self, name: str) -> None:
        """Delete a state and its snapshots, for good.

        The version is kept and counts on: a process that remembers the state
        must not take the next one of this name for it.
        """
        await self._db.execute(
            update(learned_states)
            .where(learned_states.c.name == name, learned_states.c.state != NOTHING)
            .values(state=NOTHING, version=learned_states.c.version + 1)
        )
        await self._db.execute(delete(state_snapshots).where(state_snapshots.c.name == name))

    async def snapshot(self, name: str, reason: str, now: datetime, keep: int = 20) -> int | None:
        """Put a copy of a state aside; return its version, or ``None`` if there is no state.

        Args:
            name: of the state.
            reason: why, for the person who looks for one to go back to.
            now: the time.
            keep: older ones than the newest so many go.

        Raises:
            ValueError: if not even this one is to be kept.
        """
        if keep < 1:
            raise ValueError(f"keep is {keep}: at least the snapshot itself must be kept")
        current = await self.load(name)
        if current is None:
            return None
        await self._db.execute(
            upsert(state_snapshots)
            .values(
                workspace_id=self._unit.workspace_id,
                name=name,
                version=current.version,
                state=current.state,
                reason=reason,
                created_at=now,
            )
            .on_conflict_do_nothing()
        )
        newest = (
            select(state_snapshots.c.version)
            .where(state_snapshots.c.name == name)
            .order_by(state_snapshots.c.version.desc())
            .limit(keep)
        )
        await self._db.execute(
            delete(state_snapshots).where(
                state_snapshots.c.name == name, state_snapshots.c.version.not_in(newest)
            )
        )
        return current.version

    async def drop_snapshots(self, name: str) -> None:
        """Delete what was put aside of a state."""
        await self._db.execute(delete(state_snapshots).where(state_snapshots.c.name == name))

    async def snapshots(self, name: str) -> list[Snapshot]:
        """Return what was put aside of a state, newest first."""
        columns = state_snapshots.c
        rows = await self._db.execute(
            select(
                columns.name,
                columns.version,
                columns.reason,
                columns.created_at,
                func.length(columns.state).label("size"),
            )
            .where(columns.name == name)
            .order_by(columns.version.desc())
        )
        return [Snapshot(r.name, r.version, r.reason, r.created_at, r.size) for r in rows]

    async def restore(self, name: str, version: int, now: datetime, keep: int = 20) -> int:
        """Go back to a snapshot; return the version of the state that holds it now.

        What there was until now is put aside first.

        Raises:
            LookupError: if there is no such snapshot; the message says which there are.
        """
        await self.lock(name)
        state: bytes | None = (
            await self._db.execute(
                select(state_snapshots.c.state).where(
                    state_snapshots.c.name == name, state_snapshots.c.version == version
                )
            )
        ).scalar_one_or_none()
        if state is None:
            there = ", ".join(str(found.version) for found in await self.snapshots(name))
            raise LookupError(
                f"there is no snapshot {version} of {name}: "
                + (f"choose one of {there}" if there else "none was taken yet")
            )
        await self.snapshot(name, f"before restoring {version}", now, keep)
        return await self.save(name, bytes(state), now)
