"""Who sees what: workspaces and audiences, in the tables and in the search functions."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from pgvector import SparseVector
from pgvector.sqlalchemy import HALFVEC, SPARSEVEC
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.types import (
    ARRAY,
    JSON,
    Boolean,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    Uuid,
)

from learning.scope import WORKSPACE, Audience, Scope, channel, person
from learning.store.ids import new_id
from learning.store.index import RecallIndex
from learning.store.schema import messages, store_facts, vectors, workspaces
from learning.store.tables import LEXEME_SPACE, ROLE, metadata
from learning.store.types import EncryptedJSON
from tests.store.support import EMBEDDER, NOW, ask, directions, exchange, item

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Column, Table
    from sqlalchemy.ext.asyncio import AsyncConnection

    from learning.store.store import Store, Unit

SCOPED = [table for table in metadata.sorted_tables if table is not store_facts]
AUDIENCED = [table for table in SCOPED if "audience" in table.c]


VALUES: dict[type[Any], Any] = {
    EncryptedJSON: {"a": 1},
    JSON: {"a": 1},
    Boolean: True,
    Date: NOW.date(),
    DateTime: NOW,
    Float: 0.5,
    Integer: 1,
    Numeric: 1,
    ARRAY: [1],
    HALFVEC: np.ones(3, np.float16),
    SPARSEVEC: SparseVector({1: 1.0}, LEXEME_SPACE),
}


def value(column: Column[Any]) -> Any:
    """Return something that the column takes; ids and texts are new ones."""
    id_ = new_id()
    if isinstance(column.type, Uuid):
        return id_
    if isinstance(column.type, LargeBinary):
        return id_.bytes
    if isinstance(column.type, ARRAY) and isinstance(column.type.item_type, Uuid):
        return [id_]
    made = (made for kind, made in VALUES.items() if isinstance(column.type, kind))
    return next(made, id_.hex)


def row(table: Table, workspace: str, audience: Audience = WORKSPACE) -> dict[str, Any]:
    made = {column.name: value(column) for column in table.columns}
    given: dict[str, Any] = {"workspace_id": workspace}
    if "audience" in table.c:
        given["audience"] = audience
    return made | given


async def become(
    connection: AsyncConnection, workspace: str, audiences: Sequence[Audience] | None
) -> None:
    """Go on in the same transaction as another reader: foreign keys wait for its end."""
    names = "*" if audiences is None else "\x1f".join(map(str, audiences))
    await connection.execute(
        select(
            func.set_config("mynah.workspace_id", workspace, True),
            func.set_config("mynah.audiences", names, True),
        )
    )


async def count(unit: Unit, table: Table) -> int:
    found: int = (
        await unit.connection.execute(select(func.count()).select_from(table))
    ).scalar_one()
    return found


def test_row_level_security_is_on_for_every_table(database: str) -> None:
    secured = {
        name: (enabled, policies)
        for name, enabled, policies in ask(
            database,
            "SELECT relname, relrowsecurity, "
            "(SELECT count(*) FROM pg_policy WHERE polrelid = c.oid) FROM pg_class c "
            "WHERE relnamespace = 'mynah'::regnamespace AND relkind = 'r'",
        )
    }
    for table in SCOPED:
        assert secured[table.name] == (True, 1), table.name
    assert secured["store_facts"] == (True, 0), "nobody but the owner reads it"


def test_the_role_is_bound_by_it(database: str) -> None:
    assert ask(
        database,
        "SELECT rolsuper, rolbypassrls, rolcanlogin FROM pg_roles WHERE rolname = %s",
        ROLE,
    ) == [(False, False, False)]
    assert (
        ask(
            database,
            "SELECT relname FROM pg_class WHERE relnamespace = 'mynah'::regnamespace "
            "AND pg_has_role(%s, relowner, 'USAGE')",
            ROLE,
        )
        == []
    )


async def test_transactions_run_as_the_role(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        assert (await unit.connection.execute(text("SELECT current_user"))).scalar_one() == ROLE
    async with store.connect() as connection:
        assert (await connection.execute(text("SELECT current_user"))).scalar_one() != ROLE
        left = await connection.execute(text("SELECT current_setting('mynah.workspace_id', true)"))
        assert left.scalar_one() in {None, ""}


@pytest.mark.parametrize("table", SCOPED, ids=lambda table: table.name)
async def test_a_workspace_neither_reads_nor_changes_anothers_rows(
    store: Store, workspace: str, table: Table
) -> None:
    other = f"{workspace}-other"
    async with store.begin(other, None), store.begin(workspace, None) as unit:
        if table is not workspaces:
            await unit.connection.execute(insert(table).values(row(table, workspace)))
        assert await count(unit, table) == 1

        await become(unit.connection, other, None)
        assert await count(unit, table) == (table is workspaces)
        theirs = table.c.workspace_id == workspace
        changed = await unit.connection.execute(
            update(table).where(theirs).values(workspace_id=other)
        )
        assert changed.rowcount == 0
        assert (await unit.connection.execute(delete(table).where(theirs))).rowcount == 0
        with pytest.raises(ProgrammingError, match="row-level security"):
            async with unit.connection.begin_nested():
                await unit.connection.execute(insert(table).values(row(table, workspace)))

        await become(unit.connection, workspace, None)
        assert await count(unit, table) == 1
        if table is not workspaces:
            with pytest.raises(ProgrammingError, match="row-level security"):
                async with unit.connection.begin_nested():
                    await unit.connection.execute(update(table).values(workspace_id=other))
        await unit.connection.rollback()


@pytest.mark.parametrize("table", AUDIENCED, ids=lambda table: table.name)
async def test_a_reader_neither_reads_nor_changes_what_is_not_for_them(
    store: Store, workspace: str, table: Table
) -> None:
    audiences = [WORKSPACE, channel("C1"), channel("C2"), person("U1"), person("U2")]
    async with store.begin(workspace, None) as unit:
        for audience in audiences:
            await unit.connection.execute(insert(table).values(row(table, workspace, audience)))
        for readable in (
            (WORKSPACE,),
            (WORKSPACE, channel("C1")),
            (WORKSPACE, person("U2"), channel("C2")),
            (),
        ):
            await become(unit.connection, workspace, readable)
            seen = (await unit.connection.execute(select(table.c.audience))).scalars().all()
            assert sorted(seen) == sorted(readable)
            for statement in (update(table).values(audience=WORKSPACE), delete(table)):
                savepoint = await unit.connection.begin_nested()
                assert (await unit.connection.execute(statement)).rowcount == len(readable)
                await savepoint.rollback()
        await become(unit.connection, workspace, None)
        assert await count(unit, table) == len(audiences)
        await unit.connection.rollback()


@pytest.mark.parametrize("table", AUDIENCED, ids=lambda table: table.name)
async def test_without_a_scope_nothing_is_seen(store: Store, workspace: str, table: Table) -> None:
    async with store.begin(workspace, None) as unit:
        await unit.connection.execute(insert(table).values(row(table, workspace)))
        await unit.connection.execute(
            text(
                "SELECT set_config('mynah.workspace_id', '', true), "
                "set_config('mynah.audiences', '', true)"
            )
        )
        assert await count(unit, table) == 0
        await unit.connection.rollback()


async def test_the_fact_table_is_the_owners(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        with pytest.raises(ProgrammingError, match="permission denied"):
            await unit.connection.execute(select(store_facts.c.name))
        await unit.connection.rollback()


async def test_a_reply_in_a_channel_draws_on_no_direct_message(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace, None) as unit:
        await exchange(unit, "U1", "private", audience=person("U1"), thread="d")
        await exchange(unit, "U1", "elsewhere", audience=channel("C2"), thread="e")
        here = await exchange(unit, "U1", "here", audience=channel("C1"), thread="h")
    scope = Scope(workspace, "U1", channel("C1"), frozenset({"C2"}))
    async with store.begin_in(scope) as unit:
        seen = await unit.connection.execute(text("SELECT conversation_id FROM mynah.messages"))
        assert set(seen.scalars()) == {here.conversation_id}


async def test_an_id_cannot_smuggle_in_another_audience(store: Store, workspace: str) -> None:
    async with store.begin(workspace, None) as unit:
        await exchange(unit, "U1", "private", audience=person("U1"))
    with pytest.raises(ValueError, match="control character"):
        async with store.begin(workspace, (channel("C1\x1fuser:U1"),)):
            pytest.fail("the transaction was opened")
    async with store.begin(workspace, (person("*"), channel("*"))) as unit:
        assert await count(unit, messages) == 0


AUDIENCES = st.sampled_from([WORKSPACE, channel("C1"), channel("C2"), person("U1"), person("U2")])
ONE_WAY = directions(1)[0]


async def found_by(unit: Unit, leg: str) -> set[UUID]:
    """Ask a search function directly, without the row-level security around it."""
    if leg == "lexical":
        (term,) = unit.hasher.terms("beacon")
        statement = text(
            "SELECT item_id FROM mynah.recall_lexical(ARRAY[:term]::int[], :query, 99)"
        )
        values: dict[str, Any] = {"term": term, "query": f"{{{term + 1}:1}}/1000000000"}
    else:
        statement = text(
            "SELECT item_id FROM mynah.recall_dense(:embedder, 8, :query, 99, :approximate)"
        )
        values = {
            "embedder": EMBEDDER,
            "query": str(ONE_WAY.tolist()),
            "approximate": leg == "approximate",
        }
    return set((await unit.connection.execute(statement, values)).scalars())


@given(
    stored=st.lists(AUDIENCES, min_size=1, max_size=8), readable=st.lists(AUDIENCES, unique=True)
)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_search_finds_all_that_is_readable_and_nothing_else(
    store: Store, stored: list[Audience], readable: list[Audience]
) -> None:
    workspace, other = str(new_id()), str(new_id())
    items = [item("beacon", audience=audience, vectors=ONE_WAY[None]) for audience in stored]
    for where, what in ((workspace, items), (other, [item("beacon", vectors=ONE_WAY[None])])):
        async with store.begin(where, None) as unit:
            await RecallIndex(unit).add(what, EMBEDDER)
    expected = {i.id for i in items if i.audience in readable}
    async with store.begin(workspace, readable) as unit:
        for leg in ("lexical", "exact", "approximate"):
            assert await found_by(unit, leg) == expected, leg
        found = await RecallIndex(unit).search("beacon", ONE_WAY, EMBEDDER)
        assert {hit.id for hit in found.hits} == expected
    async with store.begin(workspace, None) as unit:
        for leg in ("lexical", "exact", "approximate"):
            assert await found_by(unit, leg) == {i.id for i in items}, leg


async def test_not_even_the_same_hashes_bring_anothers_items(
    store: Store, workspace: str, database: str
) -> None:
    mine, theirs = item("beacon"), item("beacon")
    for where, what in ((workspace, mine), (f"{workspace}-other", theirs)):
        async with store.begin(where) as unit:
            await RecallIndex(unit).add([what], EMBEDDER)
    ask(
        database,
        "UPDATE recall_items o SET lexemes = m.lexemes, weights = m.weights "
        "FROM recall_items m WHERE m.id = %s AND o.id = %s",
        mine.id,
        theirs.id,
    )
    async with store.begin(workspace, None) as unit:
        assert await found_by(unit, "lexical") == {mine.id}


async def test_the_search_functions_are_for_the_role_alone(database: str) -> None:
    functions = ask(
        database,
        "SELECT proname, has_function_privilege('public', oid, 'EXECUTE'), "
        "has_function_privilege('mynah_app', oid, 'EXECUTE'), prosecdef, proconfig::text "
        "FROM pg_proc WHERE pronamespace = 'mynah'::regnamespace AND prosecdef",
    )
    assert {name for name, *_ in functions} == {
        "recall_lexical",
        "recall_dense",
        "all_workspaces",
        "installed_workspaces",
    }
    for name, anybody, role, _, configuration in functions:
        assert (anybody, role) == (False, True), name
        assert "search_path=mynah" in configuration, name


async def test_background_work_sees_every_workspace_by_name_only(
    store: Store, workspace: str
) -> None:
    async with store.begin(workspace):
        pass
    assert workspace in await store.workspace_ids()


async def test_narrowing_an_item_narrows_its_vectors(store: Store, workspace: str) -> None:
    told = item("beacon", audience=WORKSPACE, vectors=ONE_WAY[None])
    secret = item("beacon", id_=told.id, audience=person("U1"))
    async with store.begin(workspace, None) as unit:
        await RecallIndex(unit).add([told], EMBEDDER)
        await RecallIndex(unit).add([secret], EMBEDDER)
        seen = await unit.connection.execute(select(vectors.c.audience))
        assert set(seen.scalars()) <= {person("U1")}
    async with store.begin(workspace, (WORKSPACE,)) as unit:
        for leg in ("lexical", "exact", "approximate"):
            assert await found_by(unit, leg) == set()


def test_times_are_aware() -> None:
    assert isinstance(NOW, datetime)
    assert NOW.tzinfo is not None
    for table in metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, DateTime):
                assert column.type.timezone, f"{table.name}.{column.name}"
