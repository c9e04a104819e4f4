"""When people do what: completions, weeks, energy, offers, calendars, manners, nudges."""

import sqlalchemy as sa
from alembic import op

from learning.store.types import EncryptedJSON

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TABLES = (
    "nudges",
    "syncs",
    "slot_offers",
    "calendars",
    "manners",
    "energy",
    "habits",
    "completions",
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "calendars",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("content", EncryptedJSON(), nullable=False),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "user_id", name=op.f("pk_calendars")),
        schema="mynah",
    )
    op.create_table(
        "energy",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("content", EncryptedJSON(), nullable=False),
        sa.Column("ratings", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "user_id", name=op.f("pk_energy")),
        schema="mynah",
    )
    op.create_table(
        "habits",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("task_type", sa.Text(), nullable=False),
        sa.Column("content", EncryptedJSON(), nullable=False),
        sa.Column("completions", sa.Integer(), server_default="0", nullable=False),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("synced_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "user_id", "task_type", name=op.f("pk_habits")),
        schema="mynah",
    )
    op.create_index(
        op.f("ix_habits_workspace_id_updated_at"),
        "habits",
        ["workspace_id", "updated_at"],
        unique=False,
        schema="mynah",
    )
    op.create_table(
        "manners",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("content", EncryptedJSON(), nullable=False),
        sa.Column("surface", sa.Text(), server_default="", nullable=False),
        sa.Column("nudged", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "user_id", name=op.f("pk_manners")),
        schema="mynah",
    )
    op.create_index(
        op.f("ix_manners_look_at"),
        "manners",
        ["look_at"],
        unique=False,
        schema="mynah",
        postgresql_where=sa.text("nudged AND look_at IS NOT NULL"),
    )
    op.create_table(
        "nudges",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("pattern", sa.LargeBinary(), nullable=False),
        sa.Column("occasion", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", EncryptedJSON(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("outbox_id", sa.Uuid(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_nudges")),
        sa.UniqueConstraint(
            "workspace_id",
            "user_id",
            "pattern",
            "occasion",
            name=op.f("uq_nudges_workspace_id_user_id_pattern_occasion"),
        ),
        schema="mynah",
    )
    op.create_index(
        op.f("ix_nudges_workspace_id_user_id_due_at"),
        "nudges",
        ["workspace_id", "user_id", "due_at"],
        unique=False,
        schema="mynah",
    )
    op.create_table(
        "syncs",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("completions", sa.Integer(), nullable=False),
        sa.Column("insights", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("adjustments", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("model", sa.Text(), server_default="", nullable=False),
        sa.Column("cost_usd", sa.Numeric(precision=12, scale=8), nullable=True),
        sa.Column("schedules", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "began_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_syncs")),
        schema="mynah",
    )
    op.create_index(
        op.f("ix_syncs_workspace_id_user_id_began_at"),
        "syncs",
        ["workspace_id", "user_id", "began_at"],
        unique=False,
        schema="mynah",
    )
    op.create_table(
        "completions",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("task_type", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("interaction_id", sa.Uuid(), nullable=True),
        sa.Column("action_id", sa.Uuid(), nullable=True),
        sa.Column("content", EncryptedJSON(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "action_id"],
            ["mynah.actions.workspace_id", "mynah.actions.id"],
            name=op.f("fk_completions_actions"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "interaction_id"],
            ["mynah.interactions.workspace_id", "mynah.interactions.id"],
            name=op.f("fk_completions_interactions"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_completions")),
        schema="mynah",
    )
    op.create_index(
        op.f("ix_completions_workspace_id_user_id_done_at"),
        "completions",
        ["workspace_id", "user_id", "done_at"],
        unique=False,
        schema="mynah",
    )
    op.create_index(
        "uq_completions_action",
        "completions",
        ["workspace_id", "action_id"],
        unique=True,
        schema="mynah",
        postgresql_where=sa.text("action_id IS NOT NULL"),
    )
    op.create_index(
        "uq_completions_interaction",
        "completions",
        ["workspace_id", "interaction_id", "task_type"],
        unique=True,
        schema="mynah",
        postgresql_where=sa.text("interaction_id IS NOT NULL"),
    )
    op.create_table(
        "slot_offers",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("task_type", sa.Text(), nullable=False),
        sa.Column("content", EncryptedJSON(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reminder_id", sa.Uuid(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "reminder_id"],
            ["mynah.reminders.workspace_id", "mynah.reminders.id"],
            name=op.f("fk_slot_offers_reminders"),
            ondelete="SET NULL (reminder_id)",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_slot_offers")),
        schema="mynah",
    )
    op.create_index(
        op.f("ix_slot_offers_workspace_id_reminder_id"),
        "slot_offers",
        ["workspace_id", "reminder_id"],
        unique=False,
        schema="mynah",
        postgresql_where=sa.text("reminder_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_slot_offers_workspace_id_user_id_created_at"),
        "slot_offers",
        ["workspace_id", "user_id", "created_at"],
        unique=False,
        schema="mynah",
    )
    for table in _TABLES:
        # The default privileges are those of the user who ran the first migration.
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON mynah.{table} TO mynah_app")
        op.execute(f"ALTER TABLE mynah.{table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY scope ON mynah.{table} TO mynah_app USING ({_IN_WORKSPACE})")


def downgrade() -> None:
    """Take back everything."""
    for table in _TABLES:
        op.drop_table(table, schema="mynah")


# In a sub-select the setting is read once a statement, not once a row.
_IN_WORKSPACE = "workspace_id = (SELECT current_setting('mynah.workspace_id', true))"
