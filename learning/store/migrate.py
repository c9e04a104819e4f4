"""Brings the database to the current schema.

Decides when a migration may run: one process at a time, under an advisory
lock. The steps themselves are Alembic revisions beside this file.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

from learning.store import tables
from learning.store.address import url_of
from learning.store.errors import StoreUnavailable
from learning.store.store import SEARCH_PATH, unreachable

if TYPE_CHECKING:
    from sqlalchemy import Connection

_LOCK = 0x6D796E6168  # "mynah"
_OLDEST_POSTGRES = 150000
_OLDEST_PGVECTOR = (0, 8)
_MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION = f"{tables.SCHEMA}.schema_version"


def migrate(conninfo: str, queue_schema: str = "") -> bool:
    """Apply what is missing; return whether anything was.

    Args:
        conninfo: a libpq connection string of the owner.
        queue_schema: SQL of the queue's own tables, run once, when they are missing,
            in the same transaction and under the same lock.

    Raises:
        StoreUnavailable: if the database is unreachable, too old, or the user
            may not do what is needed; the message says which.
    """
    engine = create_engine(url_of(conninfo), connect_args={"options": SEARCH_PATH})
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            _check_versions(connection)
            before = _revision(connection)
            if before is not None and before > newest():
                raise StoreUnavailable(
                    f"the database is at schema {before} and this Mynah knows {newest()}: "
                    "a newer Mynah has used it; upgrade this one"
                )
            if before != newest():
                _upgrade(connection)
            if queue_schema and not _has_queue(connection):
                connection.exec_driver_sql(queue_schema.replace("%", "%%"))
                connection.execute(text(_GRANT_QUEUE))
            return before != newest()
    except OperationalError as error:
        raise unreachable(error) from error
    except DBAPIError as error:
        first = str(error.orig).strip().splitlines()[0]
        raise StoreUnavailable(
            f"the schema cannot be set up ({first}): the user of MYNAH_DATABASE_URL must own the "
            "database, or be allowed to create a schema, a role and the extension vector "
            "(an admin can do the last beforehand: CREATE EXTENSION vector)"
        ) from error
    finally:
        engine.dispose()


def newest() -> str:
    """Return the revision that the code expects: revisions are numbered, files named after them."""
    return max(path.name.split("_", 1)[0] for path in (_MIGRATIONS / "versions").glob("*_*.py"))


def _revision(connection: Connection) -> str | None:
    if connection.execute(text(f"SELECT to_regclass('{_VERSION}')")).scalar_one() is None:
        return None
    found: str | None = connection.execute(
        text(f"SELECT version_num FROM {_VERSION}")
    ).scalar_one_or_none()
    return found


def _upgrade(connection: Connection) -> None:
    # Alembic takes half a second to load, and most starts have nothing to migrate.
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415 - see above

    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {tables.SCHEMA}"))
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _has_queue(connection: Connection) -> bool:
    found = connection.execute(text("SELECT to_regclass('mynah.procrastinate_jobs')"))
    return found.scalar_one() is not None


_GRANT_QUEUE = f"""
DO $$ DECLARE t text; BEGIN
    FOR t IN SELECT tablename FROM pg_tables
        WHERE schemaname = '{tables.SCHEMA}' AND tablename LIKE 'procrastinate%'
    LOOP EXECUTE format('GRANT ALL ON {tables.SCHEMA}.%I TO {tables.ROLE}', t); END LOOP;
END $$;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA {tables.SCHEMA} TO {tables.ROLE}
"""


def _check_versions(connection: Connection) -> None:
    server = int(connection.execute(text("SHOW server_version_num")).scalar_one())
    if server < _OLDEST_POSTGRES:
        raise StoreUnavailable(
            f"the database is PostgreSQL {server // 10000} and 15 or newer is needed: upgrade it"
        )
    version = connection.execute(
        text("SELECT default_version FROM pg_available_extensions WHERE name = 'vector'")
    ).scalar_one_or_none()
    installed = connection.execute(
        text("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
    ).scalar_one_or_none()
    if version is None and installed is None:
        raise StoreUnavailable(
            "the database has no pgvector: install the extension "
            "(https://github.com/pgvector/pgvector) or use a database that has it"
        )
    check_pgvector(installed or version or "", offered=version or "")


def check_pgvector(version: str, *, offered: str) -> None:
    """Refuse a pgvector without sparse and half vectors.

    Raises:
        StoreUnavailable: with the way to upgrade.
    """
    if tuple(int(part) for part in version.split(".")[:2]) < _OLDEST_PGVECTOR:
        newer = tuple(int(part) for part in (offered or "0.0").split(".")[:2]) >= _OLDEST_PGVECTOR
        mend = "run ALTER EXTENSION vector UPDATE" if newer else "install 0.8 or newer"
        raise StoreUnavailable(f"pgvector {version} is too old: {mend} (0.8 is needed)")
