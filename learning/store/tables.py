"""What every table has in common.

``workspace_id`` leads every primary and unique key, so that the store can be
partitioned or sharded by it. Every table says in ``info["person"]`` how one
person's rows are found, which is what erasing and exporting go by.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKeyConstraint,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
)

from learning.store.types import AudienceType

if TYPE_CHECKING:
    from sqlalchemy.schema import SchemaItem

SCHEMA = "mynah"
ROLE = "mynah_app"
"""The role every transaction runs as: not the owner, without BYPASSRLS."""

NO_WORKSPACE = "@"
"""Begins the ids under which is kept what belongs to no workspace yet; no platform gives such."""

LEXEME_SPACE = 1_000_000_000
"""Dimensions of a lexeme vector: the most that pgvector's sparsevec allows."""

metadata = MetaData(
    schema=SCHEMA,
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    },
)


@dataclass(frozen=True, slots=True)
class Personal:
    """How a table holds what belongs to one person.

    Attributes:
        column: the column with the person's id, when rows name a person.
        parent: the table whose rows take these with them by a cascading foreign
            key. With a ``column`` too, a row belongs to the person either way.
        export: whether rows are part of a person's export. Derived rows
            (indexes, vectors) are not: they say nothing the sources don't.
        reason: why nothing here is personal, for tables with neither, or why
            rows stay when a person is erased.
        erase: whether erasing a person removes their rows.
        shared: rows that others can read too stay when the person is erased;
            ``column`` and these columns are emptied instead.
    """

    column: str | None = None
    parent: str | None = None
    export: bool = True
    erase: bool = True
    shared: tuple[str, ...] | None = None
    reason: str = ""


def table(
    name: str,
    *columns: SchemaItem,
    person: Personal,
    keyed: bool = True,
    audience: bool = False,
) -> Table:
    """Return a table whose keys begin with the workspace.

    Args:
        name: its name.
        columns: what it holds beside its keys.
        person: how one person's rows are found.
        keyed: whether rows have an ``id``.
        audience: whether rows say who may read them.
    """
    keys: list[Column[Any]] = [Column("workspace_id", Text, primary_key=True)]
    if keyed:
        keys.append(Column("id", Uuid, primary_key=True))
    if audience:
        keys.append(Column("audience", AudienceType, nullable=False))
    return Table(name, metadata, *keys, *columns, info={"person": person})


def time(name: str, *, nullable: bool = False) -> Column[Any]:
    """Return a column with a time; one that must be there is now by default."""
    default = None if nullable else text("now()")
    return Column(name, DateTime(timezone=True), nullable=nullable, server_default=default)


def belongs_to(
    table: str,
    column: str,
    *,
    ondelete: Literal["CASCADE", "SET NULL"] = "CASCADE",
    name: str | None = None,
) -> ForeignKeyConstraint:
    """Return the key to the row that this one belongs to, and what its end means.

    Args:
        table: where that row is.
        column: holds its id.
        ondelete: whether this row goes with it, or forgets it.
        name: for the second key to the same table; the first is named after the tables.
    """
    # A plain SET NULL would also clear workspace_id, which is part of the key.
    action = f"SET NULL ({column})" if ondelete == "SET NULL" else ondelete
    return ForeignKeyConstraint(
        ["workspace_id", column],
        [f"{SCHEMA}.{table}.workspace_id", f"{SCHEMA}.{table}.id"],
        name=name,
        ondelete=action,
        deferrable=True,
        initially="DEFERRED",
    )
