"""What is done: tasks, actions and their tries, reminders, tools; and views of what follows."""

import sqlalchemy as sa
from alembic import op

from learning.store.types import AudienceType, EncryptedJSON

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_WORKSPACE_TABLES = ("task_moves", "tool_sources", "tool_rules")
_AUDIENCE_TABLES = ("projects", "reminders", "action_tries", "actions", "tasks")
_VIEWS = ("api_patterns", "integration_patterns")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "tasks",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("audience", AudienceType(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("content", EncryptedJSON(), nullable=False),
        sa.Column("task_type", sa.Text(), server_default="", nullable=False),
        sa.Column("backend", sa.Text(), server_default="board", nullable=False),
        sa.Column("elsewhere", sa.LargeBinary(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_tasks")),
        schema="mynah",
    )
    op.create_index(
        op.f("ix_tasks_workspace_id_user_id_status"),
        "tasks",
        ["workspace_id", "user_id", "status"],
        unique=False,
        schema="mynah",
    )
    op.create_index(
        "uq_tasks_elsewhere",
        "tasks",
        ["workspace_id", "audience", "elsewhere"],
        unique=True,
        schema="mynah",
        postgresql_where=sa.text("elsewhere IS NOT NULL"),
    )
    op.create_table(
        "tool_rules",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("tool", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "tool", name=op.f("pk_tool_rules")),
        schema="mynah",
    )
    op.create_table(
        "tool_sources",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", EncryptedJSON(), nullable=False),
        sa.Column("tools", EncryptedJSON(), nullable=False),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "name", name=op.f("pk_tool_sources")),
        schema="mynah",
    )
    op.create_table(
        "task_moves",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("note", EncryptedJSON(), nullable=True),
        sa.Column(
            "moved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "task_id"],
            ["mynah.tasks.workspace_id", "mynah.tasks.id"],
            name=op.f("fk_task_moves_tasks"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_task_moves")),
        schema="mynah",
    )
    op.create_index(
        op.f("ix_task_moves_workspace_id_task_id_moved_at"),
        "task_moves",
        ["workspace_id", "task_id", "moved_at"],
        unique=False,
        schema="mynah",
    )
    op.create_table(
        "actions",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("audience", AudienceType(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("interaction_id", sa.Uuid(), nullable=True),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("surface", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), server_default="", nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("task_type", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("decided", sa.Text(), server_default="", nullable=False),
        sa.Column("success", sa.Boolean(), nullable=True),
        sa.Column("rating", sa.Float(), nullable=True),
        sa.Column("votes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("time_ms", sa.Float(), nullable=True),
        sa.Column("content", EncryptedJSON(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "conversation_id"],
            ["mynah.conversations.workspace_id", "mynah.conversations.id"],
            name=op.f("fk_actions_conversations"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "interaction_id"],
            ["mynah.interactions.workspace_id", "mynah.interactions.id"],
            name=op.f("fk_actions_interactions"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "task_id"],
            ["mynah.tasks.workspace_id", "mynah.tasks.id"],
            name=op.f("fk_actions_tasks"),
            ondelete="SET NULL (task_id)",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_actions")),
        schema="mynah",
    )
    op.create_index(
        op.f("ix_actions_workspace_id_conversation_id"),
        "actions",
        ["workspace_id", "conversation_id"],
        unique=False,
        schema="mynah",
        postgresql_where=sa.text("conversation_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_actions_workspace_id_interaction_id"),
        "actions",
        ["workspace_id", "interaction_id"],
        unique=False,
        schema="mynah",
        postgresql_where=sa.text("interaction_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_actions_workspace_id_kind_created_at"),
        "actions",
        ["workspace_id", "kind", "created_at"],
        unique=False,
        schema="mynah",
    )
    op.create_index(
        op.f("ix_actions_workspace_id_task_id"),
        "actions",
        ["workspace_id", "task_id"],
        unique=False,
        schema="mynah",
        postgresql_where=sa.text("task_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_actions_workspace_id_user_id_created_at"),
        "actions",
        ["workspace_id", "user_id", "created_at"],
        unique=False,
        schema="mynah",
    )
    op.create_table(
        "action_tries",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("audience", AudienceType(), nullable=False),
        sa.Column("action_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("fault", sa.Text(), server_default="", nullable=False),
        sa.Column("pattern", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.Column("content", EncryptedJSON(), nullable=False),
        sa.Column("time_ms", sa.Float(), nullable=False),
        sa.Column(
            "tried_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "action_id"],
            ["mynah.actions.workspace_id", "mynah.actions.id"],
            name=op.f("fk_action_tries_actions"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_action_tries")),
        sa.UniqueConstraint(
            "workspace_id",
            "action_id",
            "number",
            name=op.f("uq_action_tries_workspace_id_action_id_number"),
        ),
        schema="mynah",
    )
    op.create_index(
        op.f("ix_action_tries_workspace_id_kind_tried_at"),
        "action_tries",
        ["workspace_id", "kind", "tried_at"],
        unique=False,
        schema="mynah",
    )
    op.create_index(
        op.f("ix_action_tries_workspace_id_signature"),
        "action_tries",
        ["workspace_id", "signature"],
        unique=False,
        schema="mynah",
        postgresql_where=sa.text("signature IS NOT NULL"),
    )
    op.create_table(
        "reminders",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("audience", AudienceType(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("action_id", sa.Uuid(), nullable=True),
        sa.Column("surface", sa.Text(), nullable=False),
        sa.Column("content", EncryptedJSON(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "action_id"],
            ["mynah.actions.workspace_id", "mynah.actions.id"],
            name=op.f("fk_reminders_actions"),
            ondelete="SET NULL (action_id)",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_reminders")),
        schema="mynah",
    )
    op.create_index(
        op.f("ix_reminders_workspace_id_action_id"),
        "reminders",
        ["workspace_id", "action_id"],
        unique=False,
        schema="mynah",
        postgresql_where=sa.text("action_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_reminders_workspace_id_user_id_due_at"),
        "reminders",
        ["workspace_id", "user_id", "due_at"],
        unique=False,
        schema="mynah",
    )
    op.create_table(
        "projects",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("audience", AudienceType(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("revision", sa.Text(), server_default="", nullable=False),
        sa.Column("watched", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("body", EncryptedJSON(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("validated_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "source_id"],
            ["mynah.knowledge_sources.workspace_id", "mynah.knowledge_sources.id"],
            name=op.f("fk_projects_knowledge_sources"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_projects")),
        sa.UniqueConstraint(
            "workspace_id", "source_id", name=op.f("uq_projects_workspace_id_source_id")
        ),
        schema="mynah",
    )
    _secure()
    _summarise()


def downgrade() -> None:
    """Take back everything."""
    for view in _VIEWS:
        op.execute(f"DROP VIEW mynah.{view}")
    for table in ("task_moves", *_AUDIENCE_TABLES, "tool_sources", "tool_rules"):
        op.drop_table(table, schema="mynah")


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


def _summarise() -> None:
    # Views over the rows themselves: what is deleted there is gone here in the same moment.
    op.execute(
        """
        CREATE VIEW mynah.api_patterns WITH (security_invoker = true) AS
        SELECT workspace_id, audience, split_part(kind, '.', 1) AS api_name,
            substr(kind, strpos(kind, '.') + 1) AS action_type, pattern,
            count(*) FILTER (WHERE ok) AS successes,
            count(*) FILTER (WHERE NOT ok) AS failures,
            avg(ok::int)::float AS success_rate,
            count(*) AS times_used, max(tried_at) AS last_used
        FROM mynah.action_tries
        GROUP BY workspace_id, audience, kind, pattern
        """
    )
    op.execute(
        """
        CREATE VIEW mynah.integration_patterns WITH (security_invoker = true) AS
        WITH done AS (
            SELECT workspace_id, user_id, kind, finished_at,
                lead(kind) OVER person AS next_kind,
                lead(finished_at) OVER person - finished_at AS pause
            FROM mynah.actions
            WHERE success AND finished_at IS NOT NULL
            WINDOW person AS (PARTITION BY workspace_id, user_id ORDER BY finished_at, id)
        )
        SELECT workspace_id, user_id,
            split_part(kind, '.', 1) || ' + ' || split_part(next_kind, '.', 1)
                AS integration_combo,
            kind AS after, next_kind AS "then",
            count(*) AS frequency,
            count(*)::float / (
                SELECT count(*) FROM done every
                WHERE every.workspace_id = done.workspace_id
                    AND every.user_id = done.user_id AND every.kind = done.kind
            ) AS confidence,
            max(finished_at) AS last_seen
        FROM done
        WHERE next_kind IS NOT NULL AND next_kind <> kind AND pause <= interval '1 hour'
        GROUP BY workspace_id, user_id, kind, next_kind
        """
    )
    for view in _VIEWS:
        op.execute(f"GRANT SELECT ON mynah.{view} TO mynah_app")
