"""The indexes for approximate search by meaning: one for each large workspace and embedder.

Decides when a workspace gets one, and when it is built anew. Refuses to be waited for: what is
stored after an index was built is not put into it. Searches compare that one by one, until
enough of it has gathered for background work to build the index again.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy import text

from learning.store.tables import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.ext.asyncio import AsyncConnection

    from learning.store.store import Store

EXACT_UP_TO: Final = 8_000
"""Vectors of one workspace that need no index; comparing them takes about 0.5 ms a thousand."""

WAITING: Final = 4_000
"""Vectors outside of an index that a search compares one by one, or a tenth of those inside."""

NEIGHBOURS: Final = 32
"""Links of a vector in a layer of the graph (HNSW's M, Malkov and Yashunin 2018)."""
CANDIDATES: Final = 128
"""Vectors looked at to choose them from (efConstruction)."""

_MOST_INDEXABLE: Final = 4_000
"""Dimensions of a half vector that pgvector can index."""
_BUILDING_MEMORY: Final = "256MB"
"""For the graph while it is being built; about 100,000 vectors. Beyond, building is slow."""

_TRY_LOCK = text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))")
_UNLOCK = text("SELECT pg_advisory_unlock(hashtextextended(:name, 0))")
_STANDING = text(
    """
    SELECT c.relname, i.indisvalid FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid
    WHERE c.relnamespace = CAST(:schema AS regnamespace) AND starts_with(c.relname, :prefix)
    ORDER BY c.relname
    """
)
_OF_WORKSPACE = text(
    """
    SELECT c.relname FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid
    WHERE i.indrelid = CAST(:table AS regclass)
      AND strpos(pg_get_expr(i.indpred, i.indrelid),
                 'workspace_id = ' || quote_literal(:ws) || '::text') > 0
    """
)
_SIZES = text(
    """
    SELECT count(*) FILTER (WHERE item_id <= :up_to), count(*) FILTER (WHERE item_id > :up_to)
    FROM vectors WHERE workspace_id = :ws AND embedder = :embedder
    """
)
_LAST = text(
    """
    SELECT item_id FROM vectors WHERE workspace_id = :ws AND embedder = :embedder
    ORDER BY item_id DESC LIMIT 1
    """
)
_NOTHING = UUID(int=0)


def is_due(inside: int, waiting: int) -> bool:
    """Return whether an index is to be built: the first one, or one that holds more.

    A tenth more each time: what building costs a vector does not grow with the workspace
    faster than the index itself.

    Args:
        inside: vectors in the index there is; 0 without one.
        waiting: vectors outside of it.
    """
    return waiting > (max(WAITING, inside // 10) if inside else EXACT_UP_TO)


async def index_vectors(
    store: Store,
    workspace_id: str,
    embedder: str,
    dimension: int,
    due: Callable[[int, int], bool] = is_due,
) -> bool:
    """Build a workspace's approximate index where it is due; return whether it was.

    For background work: it takes about a minute for 100,000 vectors, and searches
    and writes go on meanwhile.

    Args:
        store: the store.
        workspace_id: whose vectors.
        embedder: name of the embedder they come from.
        dimension: of its vectors.
        due: as ``is_due``.
    """
    if dimension > _MOST_INDEXABLE:
        return False
    key = f"{workspace_id}/{embedder}/{dimension}"
    prefix = f"ix_vectors_{hashlib.sha256(key.encode()).hexdigest()[:16]}_"
    async with store.connect() as connection:
        plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
        # Who waits for a lock holds up the building itself; who comes second has nothing to do.
        if not (await plain.execute(_TRY_LOCK, {"name": prefix})).scalar_one():
            return False
        try:
            standing = await _standing(plain, prefix)
            of = {"ws": workspace_id, "embedder": embedder}
            up_to = UUID(standing[-1][-32:]) if standing else _NOTHING
            inside, waiting = (await plain.execute(_SIZES, of | {"up_to": up_to})).one()
            if not inside + waiting or not due(inside, waiting):
                return False
            last: UUID = (await plain.execute(_LAST, of)).scalar_one()
            built = f"{prefix}{last.hex}"
            await _build(plain, built, last, of, dimension)
            for name in standing:
                await _drop(plain, name)
            if (await plain.execute(_LAST, of)).first() is None:
                await _drop(plain, built)  # the workspace was erased meanwhile
                return False
            return True
        finally:
            await plain.execute(_UNLOCK, {"name": prefix})


async def drop_indexes_of(store: Store, workspace_id: str) -> None:
    """Drop every index of a workspace; one that is being built is dropped when it is built."""
    async with store.connect() as connection:
        plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
        found = await plain.execute(
            _OF_WORKSPACE, {"table": f"{SCHEMA}.vectors", "ws": workspace_id}
        )
        for (name,) in found.all():
            await _drop(plain, name)


async def _standing(plain: AsyncConnection, prefix: str) -> list[str]:
    """Return the names of the indexes that can be used, oldest first; drop the others."""
    found = (await plain.execute(_STANDING, {"schema": SCHEMA, "prefix": prefix})).all()
    for name, valid in found:
        if not valid:  # a building that was cut short left it: in use by nobody
            await _drop(plain, name)
    return [name for name, valid in found if valid]


async def _drop(plain: AsyncConnection, name: str) -> None:
    await plain.exec_driver_sql(f"DROP INDEX CONCURRENTLY IF EXISTS {SCHEMA}.{name}")


async def _build(
    plain: AsyncConnection, name: str, last: UUID, of: dict[str, str], dimension: int
) -> None:
    # A condition of an index takes no parameters; the driver would read a % as one.
    workspace, embedder = (
        of[key].replace("'", "''").replace("%", "%%") for key in ("ws", "embedder")
    )
    await plain.exec_driver_sql(f"SET maintenance_work_mem = '{_BUILDING_MEMORY}'")
    try:
        await plain.exec_driver_sql(
            f"CREATE INDEX CONCURRENTLY {name} ON {SCHEMA}.vectors "
            f"USING hnsw ((embedding::halfvec({int(dimension)})) halfvec_cosine_ops) "
            f"WITH (m = {NEIGHBOURS}, ef_construction = {CANDIDATES}) "
            f"WHERE workspace_id = '{workspace}' AND embedder = '{embedder}' "
            f"AND item_id <= '{last}'"
        )
        # Without figures of the table the planner takes it for empty and scans it.
        await plain.exec_driver_sql(f"ANALYZE {SCHEMA}.vectors")
    finally:
        await plain.exec_driver_sql("RESET maintenance_work_mem")
