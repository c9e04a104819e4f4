"""The tables of people's weeks: what they did when, what is usual, what was offered to them.

Weeks have 168 slots of an hour, Sunday 00:00 first, in the time zone where the person was. What
is learned of a week is a sum over ``completions``: it can be summed up again when some of them
are forgotten.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
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

from learning.store.tables import Personal, belongs_to, metadata, table, time
from learning.store.types import EncryptedJSON

completions = table(
    "completions",
    Column("user_id", Text, nullable=False),
    Column("task_type", Text, nullable=False),
    Column("source", Text, nullable=False),  # said, message, action, reminder
    Column("interaction_id", Uuid),
    Column("action_id", Uuid),
    # slot, success, energy, comment, zone: when somebody works is nobody else's business.
    Column("content", EncryptedJSON, nullable=False),
    Column("done_at", DateTime(timezone=True), nullable=False),
    time("created_at"),
    belongs_to("interactions", "interaction_id"),
    belongs_to("actions", "action_id"),
    Index(None, "workspace_id", "user_id", "done_at"),
    # One message, or one action, is one completion of a kind.
    Index(
        "uq_completions_interaction",
        "workspace_id",
        "interaction_id",
        "task_type",
        unique=True,
        postgresql_where=text("interaction_id IS NOT NULL"),
    ),
    Index(
        "uq_completions_action",
        "workspace_id",
        "action_id",
        unique=True,
        postgresql_where=text("action_id IS NOT NULL"),
    ),
    person=Personal(column="user_id"),
)

habits = Table(
    "habits",
    metadata,
    Column("workspace_id", Text, primary_key=True),
    Column("user_id", Text, primary_key=True),
    Column("task_type", Text, primary_key=True),  # "" is all of them together
    # The design's week, our forecaster's sums, and the adjustments that insights asked for.
    Column("content", EncryptedJSON, nullable=False),
    Column("completions", Integer, nullable=False, server_default="0"),
    Column("version", Integer, nullable=False, server_default="0"),  # only ever grows
    time("updated_at"),
    time("synced_at", nullable=True),
    Index(None, "workspace_id", "updated_at"),
    info={"person": Personal(column="user_id")},
)

energy = Table(
    "energy",
    metadata,
    Column("workspace_id", Text, primary_key=True),
    Column("user_id", Text, primary_key=True),
    Column("content", EncryptedJSON, nullable=False),
    Column("ratings", Integer, nullable=False, server_default="0"),
    time("updated_at"),
    info={"person": Personal(column="user_id")},
)

slot_offers = table(
    "slot_offers",
    Column("user_id", Text, nullable=False),
    Column("task_type", Text, nullable=False),
    # task, the slots with their reasons, which was taken or moved to: theirs alone.
    Column("content", EncryptedJSON, nullable=False),
    # open, taken, moved, refused, expired; of what was booked later: done, missed
    Column("status", Text, nullable=False),
    Column("reminder_id", Uuid),
    time("created_at"),
    time("settled_at", nullable=True),
    belongs_to("reminders", "reminder_id", ondelete="SET NULL"),
    Index(None, "workspace_id", "user_id", "created_at"),
    Index(None, "workspace_id", "reminder_id", postgresql_where=text("reminder_id IS NOT NULL")),
    person=Personal(column="user_id"),
)

calendars = Table(
    "calendars",
    metadata,
    Column("workspace_id", Text, primary_key=True),
    Column("user_id", Text, primary_key=True),
    Column("content", EncryptedJSON, nullable=False),  # address or file, busy times, its problem
    time("changed_at"),
    time("read_at", nullable=True),
    info={"person": Personal(column="user_id")},
)

manners = Table(
    "manners",
    metadata,
    Column("workspace_id", Text, primary_key=True),
    Column("user_id", Text, primary_key=True),
    # zone, quiet hours, most a day, kinds, digest, similar: how somebody wants to be nudged.
    Column("content", EncryptedJSON, nullable=False),
    Column("surface", Text, nullable=False, server_default=""),  # where they usually talk
    Column("nudged", Boolean, nullable=False, server_default="false"),  # whether they said yes
    # When the planner has to look at them again; it passes over everybody else.
    time("look_at", nullable=True),
    time("changed_at"),
    Index(None, "look_at", postgresql_where=text("nudged AND look_at IS NOT NULL")),
    info={"person": Personal(column="user_id")},
)

nudges = table(
    "nudges",
    Column("user_id", Text, nullable=False),
    Column("kind", Text, nullable=False),  # habit, digest
    Column("pattern", LargeBinary, nullable=False),  # keyed digest of what recurs
    # The day on which it would be done, as midnight in UTC wherever the person is: an hour that
    # moves is no second occasion.
    Column("occasion", DateTime(timezone=True), nullable=False),
    # words, what recurs, what a yes does, hour learned so far.
    Column("content", EncryptedJSON, nullable=False),
    # planned, sent, accepted, refused, snoozed, stopped, silent, missed
    Column("status", Text, nullable=False),
    Column("outbox_id", Uuid),
    Column("due_at", DateTime(timezone=True), nullable=False),
    time("sent_at", nullable=True),
    time("settled_at", nullable=True),
    time("created_at"),
    # Never twice for the same occasion, whoever plans it.
    UniqueConstraint("workspace_id", "user_id", "pattern", "occasion"),
    Index(None, "workspace_id", "user_id", "due_at"),
    person=Personal(column="user_id"),
)

syncs = table(
    "syncs",
    Column("user_id", Text, nullable=False),
    Column("completions", Integer, nullable=False),  # new ones that were looked at
    Column("insights", SmallInteger, nullable=False, server_default="0"),
    Column("adjustments", SmallInteger, nullable=False, server_default="0"),
    Column("model", Text, nullable=False, server_default=""),  # empty: rules alone
    Column("cost_usd", Numeric(12, 8)),
    # What it would have cost to ask a model for every schedule instead.
    Column("schedules", Integer, nullable=False, server_default="0"),
    time("began_at"),
    time("ended_at", nullable=True),
    Index(None, "workspace_id", "user_id", "began_at"),
    person=Personal(column="user_id"),
)
