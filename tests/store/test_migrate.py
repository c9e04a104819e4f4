"""Bringing a database to the current schema, and saying why it cannot be done."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import create_engine, inspect

from bot.queue import schema_sql
from learning.scope import WORKSPACE
from learning.store import schema, tables
from learning.store.address import conninfo_of, url_of
from learning.store.approximate import index_vectors
from learning.store.cipher import Cipher
from learning.store.errors import StoreUnavailable
from learning.store.ids import new_id
from learning.store.index import RecallIndex
from learning.store.interactions import Interactions
from learning.store.migrate import check_pgvector, migrate, newest
from learning.store.performance import Performance
from learning.store.states import States
from learning.store.store import SEARCH_PATH, Store
from tests.store.support import DIMENSION, EMBEDDER, NOW, ask, directions, exchange, item

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
MIGRATIONS = Path(schema.__file__).parent / "migrations"
SECRET = "s3cret-Pass"


def test_nothing_becomes_the_current_schema_and_twice_is_a_no_op(empty_database: str) -> None:
    assert migrate(empty_database, schema_sql()) is True
    assert ask(empty_database, "SELECT version_num FROM mynah.schema_version") == [(newest(),)]
    assert migrate(empty_database, schema_sql()) is False
    (jobs,) = ask(empty_database, "SELECT to_regclass('mynah.procrastinate_jobs') IS NOT NULL")
    assert jobs == (True,)


def test_the_queue_can_be_added_to_a_database_that_has_none_yet(empty_database: str) -> None:
    assert migrate(empty_database) is True
    assert ask(empty_database, "SELECT to_regclass('mynah.procrastinate_jobs')") == [(None,)]
    assert migrate(empty_database, schema_sql()) is False
    assert ask(
        empty_database,
        "SELECT has_table_privilege('mynah_app', 'mynah.procrastinate_jobs', 'INSERT')",
    ) == [(True,)]


def test_a_newer_database_is_left_alone(fresh_database: str) -> None:
    ask(fresh_database, "UPDATE mynah.schema_version SET version_num = '9999'")
    with pytest.raises(StoreUnavailable, match=r"schema 9999 .* a newer Mynah has used it"):
        migrate(fresh_database, schema_sql())
    assert ask(fresh_database, "SELECT version_num FROM mynah.schema_version") == [("9999",)]


def test_the_newest_revision_is_the_one_that_alembic_ends_at() -> None:
    script = ScriptDirectory(str(MIGRATIONS))
    assert script.get_heads() == [newest()]


def test_two_processes_at_once_migrate_one_after_the_other(empty_database: str) -> None:
    program = (
        "import sys; from bot.queue import schema_sql; from learning.store.migrate import migrate;"
        "sys.stdin.readline(); print(migrate(sys.argv[1], schema_sql()))"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, empty_database],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate(timeout=60)[0].strip() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sorted(said) == ["False", "True"]


def test_the_tables_are_what_the_metadata_says(database: str) -> None:
    engine = create_engine(url_of(database), connect_args={"options": "-csearch_path=public,mynah"})
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(
                connection,
                opts={
                    "include_schemas": True,
                    "include_name": lambda name, type_, _: (
                        type_ != "schema" or name == tables.SCHEMA
                    ),
                    "include_object": lambda _object, name, type_, *_: (
                        type_ != "table" or not name.startswith("procrastinate_")
                    ),
                    "version_table": "schema_version",
                    "version_table_schema": tables.SCHEMA,
                    "compare_type": True,
                    "compare_server_default": True,
                },
            )
            assert compare_metadata(context, tables.metadata) == []
            # What the comparison does not look at.
            seen = inspect(connection)
            for table in tables.metadata.sorted_tables:
                keys = {
                    key["name"]: key["options"]
                    for key in seen.get_foreign_keys(table.name, tables.SCHEMA)
                }
                for wanted in table.foreign_key_constraints:
                    options = keys[str(wanted.name)]
                    assert options.get("ondelete") == wanted.ondelete, wanted.name
                    assert options.get("deferrable") is wanted.deferrable, wanted.name
    finally:
        engine.dispose()


def alembic(conninfo: str, step: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    engine = create_engine(url_of(conninfo), connect_args={"options": SEARCH_PATH})
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS mynah")
        config.attributes["connection"] = connection
        getattr(command, step)(config, revision)
    engine.dispose()


def kept(conninfo: str) -> dict[str, int]:
    return {
        table: ask(conninfo, f"SELECT count(*) FROM {table}")[0][0]
        for table in ("workspaces", "conversations", "interactions", "choices", "runs", "signals")
    }


async def test_a_database_of_the_first_release_keeps_its_rows(
    empty_database: str, cipher: Cipher
) -> None:
    alembic(empty_database, "upgrade", "0001")
    conversation, first, second, choice = (new_id() for _ in range(4))
    ask(
        empty_database,
        "INSERT INTO workspaces (workspace_id, lexeme_key) VALUES ('T1', %s)",
        cipher.encrypt(Cipher.new_key().encode()),
    )
    ask(
        empty_database,
        "INSERT INTO conversations (workspace_id, id, audience, surface, channel_id, thread_id, "
        "user_id) VALUES ('T1', %s, 'workspace', 'web', 'C1', 't', 'U1')",
        conversation,
    )
    for id_, replaced in ((first, None), (second, first)):
        ask(
            empty_database,
            "INSERT INTO interactions (workspace_id, id, audience, conversation_id, user_id, "
            "surface, status, role, task_type, rating, supersedes) "
            "VALUES ('T1', %s, 'workspace', %s, 'U1', 'web', 'done', 'lead', 'math', 5, %s)",
            id_, conversation, replaced,
        )  # fmt: skip
    ask(
        empty_database,
        "INSERT INTO choices (workspace_id, id, interaction_id, policy, arm, propensity, context, "
        "candidates) VALUES ('T1', %s, %s, 'priors', 'lead', 1, '{\"n\": 1}', '[]')",
        choice, first,
    )  # fmt: skip
    ask(
        empty_database,
        "INSERT INTO runs (workspace_id, id, interaction_id, choice_id, attempt, role, model, "
        "outcome, latency_ms) VALUES ('T1', %s, %s, %s, 1, 'lead', 'offline', 'ok', 7)",
        new_id(), first, choice,
    )  # fmt: skip
    ask(
        empty_database,
        "INSERT INTO signals (workspace_id, id, interaction_id, user_id, kind, value, occurred_at) "
        "VALUES ('T1', %s, %s, 'U1', 'reaction', '+1', now())",
        new_id(), first,
    )  # fmt: skip
    before = kept(empty_database)
    assert migrate(empty_database, schema_sql()) is True
    assert migrate(empty_database, schema_sql()) is False
    assert kept(empty_database) == before
    async with Store(empty_database, cipher) as store, store.begin("T1", None) as unit:
        interactions = Interactions(unit)
        chosen = await interactions.choice_of(first)
        assert chosen is not None
        assert (chosen.id, chosen.arm, chosen.context) == (choice, "lead", {"n": 1})
        assert (chosen.model, chosen.forced, chosen.settings, chosen.fallbacks) == ("", "", {}, ())
        found = await interactions.find(second)
        assert found is not None
        assert (found.supersedes, found.again, found.asked_role) == (first, None, None)
        (performed,) = await Performance(unit).rows()
        assert (performed.model, performed.runs, performed.mean_rating) == ("offline", 1, 5.0)
        await States(unit).save("policy:p", b"state", NOW)
        await exchange(unit, "U1", "And now?")
    after = kept(empty_database)
    alembic(empty_database, "downgrade", "0001")
    assert kept(empty_database) == after
    assert ask(empty_database, "SELECT to_regclass('mynah.learned_states')") == [(None,)]
    assert migrate(empty_database, schema_sql()) is True


def test_every_key_begins_with_the_workspace() -> None:
    for table in tables.metadata.sorted_tables:
        if table is not schema.store_facts:
            assert next(iter(table.primary_key)).name == "workspace_id", table.name


@pytest.mark.parametrize("version", ["0.8.0", "0.8.5", "0.10", "1.0.0"])
def test_new_enough_pgvector_passes(version: str) -> None:
    check_pgvector(version, offered=version)


def test_old_pgvector_is_refused_with_the_way_out() -> None:
    with pytest.raises(StoreUnavailable, match=r"0\.7\.4 is too old: run ALTER EXTENSION"):
        check_pgvector("0.7.4", offered="0.8.1")
    with pytest.raises(StoreUnavailable, match=r"0\.5\.1 is too old: install 0\.8"):
        check_pgvector("0.5.1", offered="0.5.1")
    with pytest.raises(StoreUnavailable, match=r"0\.7\.4 is too old: install 0\.8"):
        check_pgvector("0.7.4", offered="")


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://mynah:{}@127.0.0.1:1/mynah",
        "postgresql+psycopg://mynah:{}@127.0.0.1:1/mynah?connect_timeout=2",
        "host=127.0.0.1 port=1 user=mynah password={} dbname=mynah",
        "host=/nowhere port=5432 user=mynah password={}",
    ],
)
async def test_a_server_that_is_not_there_is_said_without_the_password(address: str) -> None:
    conninfo = conninfo_of(address.format(SECRET))
    with pytest.raises(StoreUnavailable, match="cannot be reached") as caught:
        migrate(conninfo)
    assert_helpful(caught.value)
    async with Store(conninfo, Cipher([Cipher.new_key()])) as store:
        with pytest.raises(StoreUnavailable, match="cannot be reached") as caught:
            await store.ping()
        assert_helpful(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "mynah",
        "mysql://mynah:{}@localhost/mynah",
        "postgresql:/mynah:{}@localhost",
        "postgresql://mynah:{}@localhost:five/mynah",
        "host=localhost password='{}",
        "nonsense={}",
        # Characters that must be percent-encoded: what follows would be taken for the host.
        "postgresql://mynah:p@{}@localhost/mynah",
        "postgresql://mynah:{}/x@localhost/mynah",
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(
        StoreUnavailable, match="MYNAH_DATABASE_URL is no database address"
    ) as caught:
        conninfo_of(address.format(SECRET))
    assert_helpful(caught.value)


def assert_helpful(error: BaseException) -> None:
    assert "MYNAH_DATABASE_URL" in str(error)
    seen: BaseException | None = error
    while seen is not None:  # a log may show the causes too
        assert SECRET not in str(seen)
        seen = seen.__cause__


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("postgres://u:p%40w@h/d", {"host": "h", "password": "p@w", "dbname": "d"}),
        (" postgresql+psycopg://u@h:6543/d \n", {"host": "h", "port": "6543", "user": "u"}),
        ("postgresql://h1:1,h2:2/d", {"host": "h1,h2", "port": "1,2"}),
        ("postgresql://[::1]:5433/d", {"host": "::1", "port": "5433"}),
        ("postgresql:///d?host=/run/x&sslmode=disable", {"host": "/run/x", "sslmode": "disable"}),
        ("host=/run/x dbname=d", {"host": "/run/x", "dbname": "d"}),
    ],
)
def test_every_usual_spelling_is_understood(address: str, parts: dict[str, str]) -> None:
    conninfo = conninfo_of(address)
    assert conninfo_to_dict(conninfo).items() >= parts.items()
    url = url_of(conninfo)
    assert str(url.query.get("host", "")) == parts.get("host", "")
    assert url.password == parts.get("password")


@pytest.fixture
def owner(empty_database: str) -> Iterator[str]:
    """Connection string of a user without rights for a database that is not its own."""
    name = f"mynah_test_{uuid4().hex[:8]}"
    ask(empty_database, f"CREATE ROLE {name} LOGIN PASSWORD '{SECRET}'")
    yield make_conninfo(empty_database, user=name, password=SECRET)
    ask(empty_database, f"REASSIGN OWNED BY {name} TO CURRENT_USER")
    ask(empty_database, f"DROP OWNED BY {name} CASCADE")
    ask(empty_database, f"DROP ROLE {name}")


def test_a_user_without_rights_is_told_which_are_needed(owner: str) -> None:
    with pytest.raises(StoreUnavailable, match="permission denied for database") as caught:
        migrate(owner, schema_sql())
    assert "must own the database" in str(caught.value)
    assert_helpful(caught.value)


async def test_the_owner_needs_not_be_a_superuser(owner: str, empty_database: str) -> None:
    parts = conninfo_to_dict(owner)
    ask(empty_database, f"ALTER DATABASE {parts['dbname']} OWNER TO {parts['user']}")
    # The extension and the role are an administrator's to make; the role is the cluster's.
    ask(empty_database, "CREATE EXTENSION vector SCHEMA public")
    ask(empty_database, f"GRANT mynah_app TO {parts['user']} WITH ADMIN OPTION")
    assert migrate(owner, schema_sql()) is True
    async with Store(owner, Cipher([Cipher.new_key()])) as store:
        await store.check_key()
        async with store.begin("T1", (WORKSPACE,)) as unit:
            await exchange(unit, "U1", "Who is the owner?")
            indexed = item("Who is the owner?", vectors=directions(1))
            await RecallIndex(unit).add([indexed], EMBEDDER)
        async with store.begin("T2", None) as unit:
            seen = await unit.connection.exec_driver_sql("SELECT FROM mynah.messages")
            assert seen.all() == []
        assert await store.workspace_ids() == ["T1", "T2"]
        assert await index_vectors(store, "T1", EMBEDDER, DIMENSION, lambda *_: True)
        await store.vacuum()


def test_an_unknown_database_is_named(database: str) -> None:
    with pytest.raises(StoreUnavailable, match='database "nowhere" does not exist'):
        migrate(make_conninfo(database, dbname="nowhere"))


def test_the_search_path_finds_the_tables(database: str) -> None:
    with psycopg.connect(database, options=SEARCH_PATH) as connection:
        connection.execute("SELECT FROM messages, procrastinate_jobs")
