"""What is known of people: memories, observations, personas, readings; and what was corrected."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from learning.store.types import AudienceType, EncryptedJSON

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_COLUMNS: dict[str, tuple[sa.Column[Any], ...]] = {
    "conversations": (sa.Column("distilled_to", sa.Integer(), server_default="0", nullable=False),),
    "interactions": (sa.Column("clarifies", sa.Uuid(), nullable=True),),
    "knowledge_documents": (
        sa.Column("topics", EncryptedJSON(), nullable=True),
        sa.Column("confidence", sa.Float(), server_default="1", nullable=False),
        sa.Column(
            "validated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
    ),
    "recall_items": (sa.Column("confidence", sa.Float(), server_default="1", nullable=False),),
}
_WORKSPACE_TABLES = (
    "memory_sources",
    "personas",
    "persona_changes",
    "learning_metrics",
    "knowledge_corrections",
)
_AUDIENCE_TABLES = ("memories", "observations", "interpretations")


def upgrade() -> None:
    """Apply."""
    for table, columns in _COLUMNS.items():
        for column in columns:
            op.add_column(table, column, schema="mynah")
    op.create_foreign_key(
        "fk_interactions_clarifies",
        "interactions",
        "interactions",
        ["workspace_id", "clarifies"],
        ["workspace_id", "id"],
        ondelete="SET NULL (clarifies)",
        deferrable=True,
        initially="DEFERRED",
        source_schema="mynah",
        referent_schema="mynah",
    )
    op.create_index(
        op.f("ix_interactions_workspace_id_clarifies"),
        "interactions",
        ["workspace_id", "clarifies"],
        unique=False,
        schema="mynah",
        postgresql_where=sa.text("clarifies IS NOT NULL"),
    )
    _memories()
    _personas()
    _interpretations()
    _knowledge()
    _secure()


def downgrade() -> None:
    """Take back everything."""
    for table in (
        "memory_sources",
        "knowledge_corrections",
        "persona_changes",
        "personas",
        "learning_metrics",
        *_AUDIENCE_TABLES,
    ):
        op.drop_table(table, schema="mynah")
    for table, columns in _COLUMNS.items():
        for column in columns:  # with the keys and indexes on them
            op.drop_column(table, column.name, schema="mynah")


def _time(name: str) -> sa.Column[datetime]:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )


def _memories() -> None:
    op.create_table(
        "memories",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("audience", AudienceType(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("content", EncryptedJSON(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("slot", sa.LargeBinary(), nullable=True),
        sa.Column("trust", sa.Float(), server_default="1", nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("times_observed", sa.Integer(), server_default="1", nullable=False),
        sa.Column("times_used", sa.Integer(), server_default="0", nullable=False),
        sa.Column("successes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        _time("valid_from"),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("superseded_by", sa.Uuid(), nullable=True),
        _time("created_at"),
        _time("last_seen_at"),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "superseded_by"],
            ["mynah.memories.workspace_id", "mynah.memories.id"],
            name=op.f("fk_memories_memories"),
            ondelete="SET NULL (superseded_by)",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_memories")),
        schema="mynah",
    )
    op.create_index(
        op.f("ix_memories_workspace_id_superseded_by"),
        "memories",
        ["workspace_id", "superseded_by"],
        unique=False,
        schema="mynah",
        postgresql_where=sa.text("superseded_by IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_memories_workspace_id_user_id_kind"),
        "memories",
        ["workspace_id", "user_id", "kind"],
        unique=False,
        schema="mynah",
    )
    op.create_index(
        "uq_memories_standing",
        "memories",
        ["workspace_id", "user_id", "digest", "audience"],
        unique=True,
        schema="mynah",
        postgresql_where=sa.text("superseded_by IS NULL"),
    )
    op.create_table(
        "memory_sources",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("memory_id", sa.Uuid(), nullable=False),
        sa.Column("interaction_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "interaction_id"],
            ["mynah.interactions.workspace_id", "mynah.interactions.id"],
            name=op.f("fk_memory_sources_interactions"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "memory_id"],
            ["mynah.memories.workspace_id", "mynah.memories.id"],
            name=op.f("fk_memory_sources_memories"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint(
            "workspace_id", "memory_id", "interaction_id", name=op.f("pk_memory_sources")
        ),
        schema="mynah",
    )
    op.create_index(
        op.f("ix_memory_sources_workspace_id_interaction_id"),
        "memory_sources",
        ["workspace_id", "interaction_id"],
        unique=False,
        schema="mynah",
    )
    op.create_table(
        "observations",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("audience", AudienceType(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("interaction_id", sa.Uuid(), nullable=False),
        sa.Column("content", EncryptedJSON(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        _time("observed_at"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "interaction_id"],
            ["mynah.interactions.workspace_id", "mynah.interactions.id"],
            name=op.f("fk_observations_interactions"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_observations")),
        sa.UniqueConstraint(
            "workspace_id",
            "interaction_id",
            "digest",
            name=op.f("uq_observations_workspace_id_interaction_id_digest"),
        ),
        schema="mynah",
    )
    op.create_index(
        op.f("ix_observations_workspace_id_user_id_observed_at"),
        "observations",
        ["workspace_id", "user_id", "observed_at"],
        unique=False,
        schema="mynah",
    )


def _personas() -> None:
    op.create_table(
        "personas",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("facets", postgresql.JSONB(), nullable=False),
        sa.Column("changes", sa.Integer(), server_default="0", nullable=False),
        _time("updated_at"),
        sa.PrimaryKeyConstraint("workspace_id", "user_id", name=op.f("pk_personas")),
        schema="mynah",
    )
    op.create_table(
        "persona_changes",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("interaction_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=False),
        sa.Column("after", postgresql.JSONB(), nullable=False),
        sa.Column("delta", postgresql.JSONB(), nullable=False),
        sa.Column("signals", postgresql.JSONB(), nullable=False),
        _time("created_at"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "interaction_id"],
            ["mynah.interactions.workspace_id", "mynah.interactions.id"],
            name=op.f("fk_persona_changes_interactions"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_persona_changes")),
        sa.UniqueConstraint(
            "workspace_id",
            "user_id",
            "interaction_id",
            "cause",
            name=op.f("uq_persona_changes_workspace_id_user_id_interaction_id_cause"),
        ),
        schema="mynah",
    )
    op.create_index(
        op.f("ix_persona_changes_workspace_id_interaction_id"),
        "persona_changes",
        ["workspace_id", "interaction_id"],
        unique=False,
        schema="mynah",
    )


def _interpretations() -> None:
    op.create_table(
        "interpretations",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("audience", AudienceType(), nullable=False),
        sa.Column("interaction_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("content", EncryptedJSON(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("threshold", sa.Float(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("sources", postgresql.ARRAY(sa.Uuid()), server_default="{}", nullable=False),
        _time("created_at"),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "interaction_id"],
            ["mynah.interactions.workspace_id", "mynah.interactions.id"],
            name=op.f("fk_interpretations_interactions"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_interpretations")),
        sa.UniqueConstraint(
            "workspace_id",
            "interaction_id",
            name=op.f("uq_interpretations_workspace_id_interaction_id"),
        ),
        schema="mynah",
    )
    op.create_index(
        op.f("ix_interpretations_workspace_id_user_id_created_at"),
        "interpretations",
        ["workspace_id", "user_id", "created_at"],
        unique=False,
        schema="mynah",
    )


def _knowledge() -> None:
    op.create_table(
        "learning_metrics",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("total_learnings", sa.Integer(), server_default="0", nullable=False),
        sa.Column("confidence_avg", sa.Float(), nullable=True),
        sa.Column("success_rate", sa.Float(), nullable=True),
        sa.Column("learnings_applied", sa.Integer(), server_default="0", nullable=False),
        sa.Column("learnings_successful", sa.Integer(), server_default="0", nullable=False),
        sa.Column("learnings_failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("learnings_faded", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "day", name=op.f("pk_learning_metrics")),
        schema="mynah",
    )
    op.create_table(
        "knowledge_corrections",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("learning_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "item_id"],
            ["mynah.knowledge.workspace_id", "mynah.knowledge.id"],
            name=op.f("fk_knowledge_corrections_knowledge"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "learning_id"],
            ["mynah.learnings.workspace_id", "mynah.learnings.id"],
            name=op.f("fk_knowledge_corrections_learnings"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint(
            "workspace_id", "item_id", "learning_id", name=op.f("pk_knowledge_corrections")
        ),
        schema="mynah",
    )
    op.create_index(
        op.f("ix_knowledge_corrections_workspace_id_learning_id"),
        "knowledge_corrections",
        ["workspace_id", "learning_id"],
        unique=False,
        schema="mynah",
    )


# In a sub-select the setting is read once a statement, not once a row.
_IN_WORKSPACE = "workspace_id = (SELECT current_setting('mynah.workspace_id', true))"
_IN_AUDIENCE = """(
    (SELECT current_setting('mynah.audiences', true)) = '*'
    OR audience = ANY (
        string_to_array((SELECT current_setting('mynah.audiences', true)), chr(31))
    )
)
"""


def _secure() -> None:
    for table in (*_AUDIENCE_TABLES, *_WORKSPACE_TABLES):
        # The default privileges are those of the user who ran the first migration.
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON mynah.{table} TO mynah_app")
        op.execute(f"ALTER TABLE mynah.{table} ENABLE ROW LEVEL SECURITY")
    for table in _WORKSPACE_TABLES:
        op.execute(f"CREATE POLICY scope ON mynah.{table} TO mynah_app USING ({_IN_WORKSPACE})")
    for table in _AUDIENCE_TABLES:
        op.execute(
            f"CREATE POLICY scope ON mynah.{table} TO mynah_app "
            f"USING ({_IN_WORKSPACE} AND {_IN_AUDIENCE}) WITH CHECK ({_IN_WORKSPACE})"
        )
