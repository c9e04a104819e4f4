"""Alembic's entry: runs the migrations on the connection it is given."""

from alembic import context

from learning.store import schema  # noqa: F401 - fills the metadata
from learning.store.tables import SCHEMA, metadata


def _ours(
    _object: object, name: str | None, type_: str, _reflected: bool, _compare_to: object
) -> bool:
    # The queue's tables live in the same schema and migrate themselves.
    return not (type_ == "table" and (name or "").startswith("procrastinate_"))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table="schema_version",
    version_table_schema=SCHEMA,
    include_schemas=True,
    include_object=_ours,
    include_name=lambda name, type_, _parents: type_ != "schema" or name == SCHEMA,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
