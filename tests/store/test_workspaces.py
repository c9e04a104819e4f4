"""The end of a workspace: nothing is left of it, and nobody who knew it brings it back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import Boolean, DateTime, Float, Integer, LargeBinary, insert, select

from bot.learned import Learned, Seen, health_state
from learning.routing.health import Health
from learning.routing.registry import DEFAULT
from learning.scope import WORKSPACE
from learning.store import acted, habitual
from learning.store.approximate import index_vectors
from learning.store.errors import WorkspaceErased
from learning.store.ids import new_id
from learning.store.installations import KeptTokens
from learning.store.people import People
from learning.store.remembered import knowledge_corrections
from learning.store.schema import attachments, knowledge_sources, tombstones
from learning.store.states import States
from learning.store.store import Store, staying
from learning.store.workspaces import erase_workspace
from tests.store.support import DIMENSION, EMBEDDER, NOW, ask, dump, holds
from tests.store.world import HERS, World

if TYPE_CHECKING:
    from sqlalchemy import Table

    from learning.store.cipher import Cipher
    from learning.store.store import Unit

MINE, THEIRS = "T0it's_erased", "T0stays"
ONE = UUID(int=1)
DONE = (
    acted.tasks,
    acted.task_moves,
    acted.actions,
    acted.action_tries,
    acted.reminders,
    acted.projects,
    acted.tool_sources,
    acted.tool_rules,
    habitual.completions,
    habitual.habits,
    habitual.energy,
    habitual.slot_offers,
    habitual.calendars,
    habitual.manners,
    habitual.nudges,
    habitual.syncs,
)
"""Tables of what was done and when, those that others refer to first."""


async def yes(_: Unit) -> bool:
    return True


async def fill(store: Store, workspace: str) -> None:
    """Let a workspace hold something in every table."""
    async with store.begin(workspace, None) as unit:
        world = await World(unit).build()
        await KeptTokens(unit).put("chat", {"token": "xoxb"}, NOW)
        await unit.connection.execute(
            insert(attachments).values(
                workspace_id=workspace,
                id=new_id(),
                audience=WORKSPACE,
                message_id=world.shared.question_id,
                position=0,
                name=HERS,
                media_type="text/plain",
                size=1,
                ref=HERS,
            )
        )
        await unit.connection.execute(
            insert(tombstones).values(workspace_id=workspace, digest=b"d", created_at=NOW)
        )
        await unit.connection.execute(
            insert(knowledge_corrections).values(
                workspace_id=workspace, item_id=world.handbook, learning_id=world.hers
            )
        )
        source = (await unit.connection.execute(select(knowledge_sources.c.id))).scalars().first()
        refers = {
            "task_id": ONE,
            "action_id": ONE,
            "interaction_id": world.shared.interaction_id,
            "source_id": source,
        }
        for table in DONE:
            await unit.connection.execute(insert(table).values(_row(table, workspace, refers)))
    assert await index_vectors(store, workspace, EMBEDDER, DIMENSION, lambda *_: True)


def _row(table: Table, workspace: str, refers: dict[str, UUID | None]) -> dict[str, Any]:
    """Return a row with something in each column that has to hold something."""
    given: dict[str, Any] = {"workspace_id": workspace, "audience": WORKSPACE, "id": ONE}
    for column in table.columns:
        if column.name in given or column.nullable or column.server_default is not None:
            continue
        kinds = {LargeBinary: b"x", DateTime: NOW, Integer: 1, Boolean: True, Float: 1.0}
        made = (value for kind, value in kinds.items() if isinstance(column.type, kind))
        given[column.name] = refers.get(column.name, next(made, "x"))
    return {name: value for name, value in given.items() if name in table.columns}


def counts(conninfo: str, workspace: str) -> dict[str, int]:
    """Return how many rows there are in every table that names a workspace, ours or not."""
    tables = ask(
        conninfo,
        "SELECT table_name FROM information_schema.columns JOIN pg_tables "
        "ON tablename = table_name AND schemaname = table_schema "
        "WHERE table_schema = 'mynah' AND column_name = 'workspace_id'",
    )
    return {
        name: ask(conninfo, f"SELECT count(*) FROM {name} WHERE workspace_id = %s", workspace)[0][0]
        for (name,) in tables
    }


async def test_nothing_is_left_of_an_erased_workspace_and_all_of_another(
    fresh_database: str, cipher: Cipher
) -> None:
    async with Store(fresh_database, cipher) as store:
        for workspace in (MINE, THEIRS):
            await fill(store, workspace)
        before, others = counts(fresh_database, MINE), counts(fresh_database, THEIRS)
        empty = {name for name, count in before.items() if not count}
        assert empty <= {"oauth_states"}, "those are of no workspace"
        named = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'mynah'"
        assert sum("_erased" in definition for (definition,) in ask(fresh_database, named)) == 1
        assert await erase_workspace(store, MINE, yes)
        assert set(counts(fresh_database, MINE).values()) == {0}
        assert counts(fresh_database, THEIRS) == others
        assert not holds(dump(fresh_database), MINE)
        definitions = "".join(definition for (definition,) in ask(fresh_database, named))
        assert "_erased" not in definitions
        assert THEIRS in definitions
        assert await store.workspace_ids() == [THEIRS]
        assert not await erase_workspace(store, MINE, yes), "it was erased before"
        assert await store.workspace_ids() == [THEIRS]


async def test_who_is_not_sure_erases_nothing(store: Store, workspace: str) -> None:
    async def no(_: Unit) -> bool:
        return False

    async with store.begin(workspace, None):
        pass
    assert not await erase_workspace(store, workspace, no)
    assert workspace in await store.workspace_ids()


async def test_a_process_that_knew_an_erased_workspace_takes_up_the_new_one(
    store: Store, cipher: Cipher, workspace: str
) -> None:
    learned = Learned(DEFAULT, {}, None, "none", NOW)

    async def seen(store: Store, save: str = "") -> tuple[bytes, str]:
        async with store.begin(workspace, None) as unit:
            if save:
                state = Seen(Health(), save).dump()
                await States(unit).save(health_state("m"), state, NOW)
            return unit.digest("word"), (await learned.seen(unit, ["m"]))["m"].version

    async with Store(store.conninfo, cipher) as other:
        old = await seen(other, "of the old one")
        assert await erase_workspace(store, workspace, yes)
        async with store.begin(workspace, None) as unit:
            new = unit.digest("word")
            # The same name, and the same version, as what the other process still has open.
            await States(unit).save(health_state("m"), Seen(Health(), "new").dump(), NOW)
        assert new != old[0]
        assert await seen(other) == (new, "new")


@pytest.mark.parametrize("again", [False, True])
async def test_a_job_does_not_bring_back_what_was_erased_meanwhile(
    store: Store, cipher: Cipher, workspace: str, again: bool
) -> None:
    async with store.begin(workspace, None):
        pass
    with staying():
        async with store.begin(workspace, None):
            pass
        async with Store(store.conninfo, cipher) as other:
            assert await erase_workspace(other, workspace, yes)
            if again:
                # Somebody outside of the job is let in anew.
                ask(
                    store.conninfo,
                    "INSERT INTO workspaces (workspace_id, lexeme_key) VALUES (%s, %s)",
                    workspace,
                    cipher.encrypt(b"k" * 32),
                )
        with pytest.raises(WorkspaceErased):
            async with store.begin(workspace, None):
                pass
    with staying(), pytest.raises(WorkspaceErased):
        async with store.begin(f"{workspace}-never", None):
            pass
    assert (workspace in await store.workspace_ids()) is again


async def test_erasing_waits_for_who_is_in_the_workspace(
    store: Store, cipher: Cipher, workspace: str
) -> None:
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    before = ask(store.conninfo, waiting)
    async with Store(store.conninfo, cipher) as other:
        async with store.begin(workspace, None) as unit:
            erasing = asyncio.create_task(erase_workspace(other, workspace, yes))
            async with asyncio.timeout(4):
                while await asyncio.to_thread(ask, store.conninfo, waiting) == before:
                    pass
            await People(unit).note("ann", "export", None, {}, NOW)
        assert await erasing
    assert set(counts(store.conninfo, workspace).values()) == {0}
