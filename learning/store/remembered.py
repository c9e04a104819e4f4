"""The tables of what is known of a person: memories, what they rest on, form, readings."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Date,
    Float,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from learning.store.tables import Personal, belongs_to, metadata, table, time
from learning.store.types import EncryptedJSON

memories = table(
    "memories",
    Column("user_id", Text, nullable=False),
    Column("kind", Text, nullable=False),  # goal, preference, history, insight
    Column("origin", Text, nullable=False),  # stated, chosen, observed, inferred
    Column("content", EncryptedJSON, nullable=False),  # text, slot, value, tags
    # Keyed digests: what is said is kept once, and of a slot's values one holds at a time.
    Column("digest", LargeBinary, nullable=False),
    Column("slot", LargeBinary),
    Column("trust", Float, nullable=False, server_default="1"),
    Column("confidence", Float, nullable=False),
    Column("times_observed", Integer, nullable=False, server_default="1"),
    Column("times_used", Integer, nullable=False, server_default="0"),
    Column("successes", Integer, nullable=False, server_default="0"),
    Column("failures", Integer, nullable=False, server_default="0"),
    time("valid_from"),
    time("valid_to", nullable=True),
    Column("superseded_by", Uuid),
    time("created_at"),
    time("last_seen_at"),
    time("last_used_at", nullable=True),
    belongs_to("memories", "superseded_by", ondelete="SET NULL"),
    Index(
        "uq_memories_standing",
        "workspace_id",
        "user_id",
        "digest",
        "audience",
        unique=True,
        postgresql_where=text("superseded_by IS NULL"),
    ),
    Index(None, "workspace_id", "user_id", "kind"),
    Index(
        None, "workspace_id", "superseded_by", postgresql_where=text("superseded_by IS NOT NULL")
    ),
    audience=True,
    person=Personal(column="user_id"),
)

memory_sources = Table(
    "memory_sources",
    metadata,
    Column("workspace_id", Text, primary_key=True),
    Column("memory_id", Uuid, primary_key=True),
    Column("interaction_id", Uuid, primary_key=True),
    belongs_to("memories", "memory_id"),
    belongs_to("interactions", "interaction_id"),
    Index(None, "workspace_id", "interaction_id"),
    info={"person": Personal(parent="memories", export=False)},
)

observations = table(
    "observations",
    Column("user_id", Text, nullable=False),
    Column("interaction_id", Uuid, nullable=False),
    Column("content", EncryptedJSON, nullable=False),  # slot, and a value or a number
    Column("digest", LargeBinary, nullable=False),
    time("observed_at"),
    belongs_to("interactions", "interaction_id"),
    UniqueConstraint("workspace_id", "interaction_id", "digest"),
    Index(None, "workspace_id", "user_id", "observed_at"),
    audience=True,
    person=Personal(column="user_id"),
)

personas = Table(
    "personas",
    metadata,
    Column("workspace_id", Text, primary_key=True),
    Column("user_id", Text, primary_key=True),
    Column("facets", JSONB, nullable=False),  # each in [0, 1]
    Column("changes", Integer, nullable=False, server_default="0"),
    time("updated_at"),
    info={"person": Personal(column="user_id")},
)

persona_changes = table(
    "persona_changes",
    Column("user_id", Text, nullable=False),
    Column("interaction_id", Uuid, nullable=False),
    Column("cause", Text, nullable=False),  # reading, vote, wish, edit, analysis
    Column("before", JSONB, nullable=False),
    Column("after", JSONB, nullable=False),
    Column("delta", JSONB, nullable=False),
    Column("signals", JSONB, nullable=False),  # numbers and names only, never text
    time("created_at"),
    belongs_to("interactions", "interaction_id"),
    UniqueConstraint("workspace_id", "user_id", "interaction_id", "cause"),
    Index(None, "workspace_id", "interaction_id"),
    person=Personal(column="user_id"),
)

interpretations = table(
    "interpretations",
    Column("interaction_id", Uuid, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("content", EncryptedJSON, nullable=False),  # readings, context, what was chosen
    Column("mode", Text, nullable=False),  # asked, advanced
    Column("confidence", Float, nullable=False),  # of the first reading
    Column("threshold", Float, nullable=False),  # from which it would have been taken
    Column("outcome", Text),  # first, another, typed; empty while it is open
    Column("sources", ARRAY(Uuid), nullable=False, server_default="{}"),  # memories it speaks of
    time("created_at"),
    time("settled_at", nullable=True),
    belongs_to("interactions", "interaction_id"),
    UniqueConstraint("workspace_id", "interaction_id"),
    Index(None, "workspace_id", "user_id", "created_at"),
    audience=True,
    person=Personal(column="user_id"),
)

learning_metrics = Table(
    "learning_metrics",
    metadata,
    Column("workspace_id", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("total_learnings", Integer, nullable=False, server_default="0"),
    Column("confidence_avg", Float),
    Column("success_rate", Float),
    Column("learnings_applied", Integer, nullable=False, server_default="0"),
    Column("learnings_successful", Integer, nullable=False, server_default="0"),
    Column("learnings_failed", Integer, nullable=False, server_default="0"),
    Column("learnings_faded", Integer, nullable=False, server_default="0"),
    info={"person": Personal(reason="counts over a whole workspace")},
)

knowledge_corrections = Table(
    "knowledge_corrections",
    metadata,
    Column("workspace_id", Text, primary_key=True),
    Column("item_id", Uuid, primary_key=True),  # a passage that a corrected answer was built on
    Column("learning_id", Uuid, primary_key=True),
    belongs_to("knowledge", "item_id"),
    belongs_to("learnings", "learning_id"),
    Index(None, "workspace_id", "learning_id"),
    info={"person": Personal(parent="learnings", export=False)},
)
