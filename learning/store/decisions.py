"""The tables of what was decided, what came of it, and what routing learned from that."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from learning.store.tables import Personal, belongs_to, metadata, table, time
from learning.store.types import EncryptedText

# What was decided, and what came of it.

choices = table(
    "choices",
    Column("interaction_id", Uuid, nullable=False),
    Column("policy", Text, nullable=False),
    Column("arm", Text, nullable=False),
    Column("propensity", Float, nullable=False),
    Column("context", JSONB, nullable=False),  # numbers and names only, never text
    Column("candidates", JSONB, nullable=False),
    Column("model", Text, nullable=False, server_default=""),
    Column("model_version", Text, nullable=False, server_default=""),
    # Why the policy had no say: pinned, asked, sticky, only_one; empty if it chose freely.
    Column("forced", Text, nullable=False, server_default=""),
    Column("settings", JSONB, nullable=False, server_default="{}"),  # with propensities
    Column("fallbacks", JSONB, nullable=False, server_default="[]"),  # roles, in order
    time("created_at"),
    belongs_to("interactions", "interaction_id"),
    Index(None, "workspace_id", "interaction_id"),
    person=Personal(parent="interactions"),
)

runs = table(
    "runs",
    Column("interaction_id", Uuid, nullable=False),
    Column("choice_id", Uuid),
    Column("attempt", SmallInteger, nullable=False),
    Column("role", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("model_version", Text, nullable=False, server_default=""),
    Column("outcome", Text, nullable=False),  # ok, or the kind of failure
    Column("input_tokens", Integer, nullable=False, server_default="0"),
    Column("output_tokens", Integer, nullable=False, server_default="0"),
    Column("cost_usd", Numeric(12, 8)),
    Column("latency_ms", Float, nullable=False),
    Column("first_piece_ms", Float),
    time("created_at"),
    belongs_to("interactions", "interaction_id"),
    belongs_to("choices", "choice_id", ondelete="SET NULL"),
    Index(None, "workspace_id", "interaction_id"),
    Index(None, "workspace_id", "model", "created_at"),
    Index(None, "workspace_id", "created_at"),
    person=Personal(parent="interactions"),
)

recalled = Table(
    "recalled",
    metadata,
    Column("workspace_id", Text, primary_key=True),
    Column("interaction_id", Uuid, primary_key=True),
    Column("item_id", Uuid, primary_key=True),
    Column("mark", SmallInteger, nullable=False),  # 0 for what others said before in the thread
    Column("cited", Boolean, nullable=False),
    Column("score", Float, nullable=False),
    Column("signals", JSONB, nullable=False),
    belongs_to("interactions", "interaction_id"),
    Index(None, "workspace_id", "item_id"),
    info={"person": Personal(parent="interactions", export=False)},
)

signals = table(
    "signals",
    Column("interaction_id", Uuid, nullable=False),
    Column("user_id", Text, nullable=False),
    # reaction, correction, reason; of our making: regenerated, asked_again, asked_other, wish
    Column("kind", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("note", EncryptedText),  # of a reason: the person's own words
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("removed_at", DateTime(timezone=True)),
    belongs_to("interactions", "interaction_id"),
    UniqueConstraint("workspace_id", "interaction_id", "user_id", "kind", "value"),
    Index(None, "workspace_id", "occurred_at"),
    person=Personal(column="user_id"),
)

# What routing learned.

learned_states = Table(
    "learned_states",
    metadata,
    Column("workspace_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("version", Integer, nullable=False),  # only ever grows
    Column("state", LargeBinary, nullable=False),  # empty: none
    time("updated_at"),
    info={"person": Personal(reason="sums over a whole workspace")},
)

state_snapshots = Table(
    "state_snapshots",
    metadata,
    Column("workspace_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("state", LargeBinary, nullable=False),
    Column("reason", Text, nullable=False),
    time("created_at"),
    info={"person": Personal(reason="earlier sums over a whole workspace")},
)

ledger = Table(
    "credits",
    metadata,
    Column("workspace_id", Text, primary_key=True),
    Column("interaction_id", Uuid, primary_key=True),
    Column("subject", Text, primary_key=True),  # what was credited
    Column("detail", JSONB, nullable=False),  # how, so that it can be taken back
    time("updated_at"),
    belongs_to("interactions", "interaction_id"),
    info={"person": Personal(parent="interactions")},
)

arms = Table(
    "arms",
    metadata,
    Column("workspace_id", Text, primary_key=True),
    Column("user_id", Text, primary_key=True, server_default=""),  # empty: everybody
    Column("kind", Text, primary_key=True),
    Column("role", Text, primary_key=True),
    Column("task_type", Text, primary_key=True),
    Column("option", Text, primary_key=True),
    Column("weight", Float, nullable=False),
    Column("total", Float, nullable=False),  # of the rewards, weighted
    time("updated_at"),
    info={"person": Personal(column="user_id")},
)

routing_rules = table(
    "routing_rules",
    Column("user_id", Text, nullable=False),  # who set it
    Column("rule", Text, nullable=False),  # pin, ban
    Column("role", Text, nullable=False),
    time("created_at"),
    # Two indexes and not one over both: an upsert waits for a rival on one index only.
    Index(
        "uq_routing_rules_pin",
        "workspace_id",
        "audience",
        unique=True,
        postgresql_where=text("rule = 'pin'"),
    ),
    Index(
        "uq_routing_rules_ban",
        "workspace_id",
        "audience",
        "role",
        unique=True,
        postgresql_where=text("rule = 'ban'"),
    ),
    audience=True,
    person=Personal(column="user_id", shared=()),
)
