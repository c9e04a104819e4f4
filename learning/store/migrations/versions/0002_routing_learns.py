"""What routing learns: states, credits, arms, rules, and the view over the runs."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from learning.store.types import AudienceType

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_COLUMNS = {
    "choices": (
        sa.Column("model", sa.Text(), server_default="", nullable=False),
        sa.Column("model_version", sa.Text(), server_default="", nullable=False),
        sa.Column("forced", sa.Text(), server_default="", nullable=False),
        sa.Column("settings", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("fallbacks", postgresql.JSONB(), server_default="[]", nullable=False),
    ),
    "interactions": (
        sa.Column("again", sa.Uuid(), nullable=True),
        sa.Column("asked_role", sa.Text(), nullable=True),
    ),
}
_INDEXES = {
    "runs": ("workspace_id", "created_at"),
    "signals": ("workspace_id", "occurred_at"),
}
_REFERENCES = ("supersedes", "again")
_WORKSPACE_TABLES = ("learned_states", "state_snapshots", "credits", "arms")
_AUDIENCE_TABLES = ("routing_rules",)


def upgrade() -> None:
    """Apply."""
    for table, columns in _COLUMNS.items():
        for column in columns:
            op.add_column(table, column, schema="mynah")
    op.create_foreign_key(
        "fk_interactions_again",
        "interactions",
        "interactions",
        ["workspace_id", "again"],
        ["workspace_id", "id"],
        ondelete="SET NULL (again)",
        deferrable=True,
        initially="DEFERRED",
        source_schema="mynah",
        referent_schema="mynah",
    )
    for name in _REFERENCES:
        op.create_index(
            op.f(f"ix_interactions_workspace_id_{name}"),
            "interactions",
            ["workspace_id", name],
            unique=False,
            schema="mynah",
            postgresql_where=sa.text(f"{name} IS NOT NULL"),
        )
    for table, indexed in _INDEXES.items():
        op.create_index(
            op.f(f"ix_{table}_{'_'.join(indexed)}"),
            table,
            list(indexed),
            unique=False,
            schema="mynah",
        )
    _states()
    _credits()
    _rules()
    _secure()
    op.execute(_VIEW)
    op.execute("GRANT SELECT ON mynah.model_performance TO mynah_app")


def downgrade() -> None:
    """Take back everything."""
    op.execute("DROP VIEW mynah.model_performance")
    for table in (*_AUDIENCE_TABLES, *_WORKSPACE_TABLES):
        op.drop_table(table, schema="mynah")
    for table, indexed in _INDEXES.items():
        op.drop_index(f"ix_{table}_{'_'.join(indexed)}", table, schema="mynah")
    op.drop_index("ix_interactions_workspace_id_supersedes", "interactions", schema="mynah")
    for table, columns in _COLUMNS.items():
        for column in columns:  # with the keys and indexes on them
            op.drop_column(table, column.name, schema="mynah")


def _time(name: str) -> sa.Column[datetime]:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )


def _states() -> None:
    op.create_table(
        "learned_states",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        _time("updated_at"),
        sa.PrimaryKeyConstraint("workspace_id", "name", name=op.f("pk_learned_states")),
        schema="mynah",
    )
    op.create_table(
        "state_snapshots",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        _time("created_at"),
        sa.PrimaryKeyConstraint("workspace_id", "name", "version", name=op.f("pk_state_snapshots")),
        schema="mynah",
    )


def _credits() -> None:
    op.create_table(
        "credits",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("interaction_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(), nullable=False),
        _time("updated_at"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "interaction_id"],
            ["mynah.interactions.workspace_id", "mynah.interactions.id"],
            name=op.f("fk_credits_interactions"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint(
            "workspace_id", "interaction_id", "subject", name=op.f("pk_credits")
        ),
        schema="mynah",
    )
    op.create_table(
        "arms",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("task_type", sa.Text(), nullable=False),
        sa.Column("option", sa.Text(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("total", sa.Float(), nullable=False),
        _time("updated_at"),
        sa.PrimaryKeyConstraint(
            "workspace_id", "user_id", "kind", "role", "task_type", "option", name=op.f("pk_arms")
        ),
        schema="mynah",
    )


def _rules() -> None:
    op.create_table(
        "routing_rules",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("audience", AudienceType(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        _time("created_at"),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_routing_rules")),
        schema="mynah",
    )
    for rule, further in (("pin", []), ("ban", ["role"])):
        op.create_index(
            f"uq_routing_rules_{rule}",
            "routing_rules",
            ["workspace_id", "audience", *further],
            unique=True,
            schema="mynah",
            postgresql_where=sa.text(f"rule = '{rule}'"),
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


# Read with the rights of the reader: the policies of the tables under it hold.
# A rating belongs to the run that gave the answer, which is the last one.
_VIEW = """
CREATE VIEW mynah.model_performance WITH (security_invoker = true) AS
SELECT
    workspace_id,
    model,
    role,
    task_type,
    count(*) AS runs,
    count(*) FILTER (WHERE ok) AS answered,
    count(*) FILTER (WHERE failed) AS failures,
    count(*) FILTER (WHERE ok)::float8
        / nullif(count(*) FILTER (WHERE ok OR failed), 0) AS ok_share,
    count(rating) AS rated,
    avg(rating) AS mean_rating,
    avg(latency_ms) FILTER (WHERE ok) AS mean_latency_ms,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY latency_ms) FILTER (WHERE ok) AS p50_latency_ms,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY latency_ms) FILTER (WHERE ok) AS p95_latency_ms,
    avg(cost_usd) AS mean_cost_usd,
    coalesce(sum(cost_usd), 0) AS total_cost_usd,
    max(created_at) AS last_used_at
FROM (
    SELECT
        r.workspace_id,
        r.model,
        r.role,
        coalesce(i.task_type, '') AS task_type,
        r.outcome = 'ok' AS ok,
        r.outcome NOT IN ('ok', 'cancelled', 'over_budget') AS failed,
        CASE
            WHEN r.outcome = 'ok' AND row_number() OVER (
                PARTITION BY r.workspace_id, r.interaction_id
                ORDER BY r.created_at DESC, r.attempt DESC
            ) = 1 THEN i.rating
        END AS rating,
        r.latency_ms,
        r.cost_usd,
        r.created_at
    FROM mynah.runs r
    JOIN mynah.interactions i ON i.workspace_id = r.workspace_id AND i.id = r.interaction_id
) AS attempts
GROUP BY workspace_id, model, role, task_type
"""
