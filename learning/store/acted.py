"""The tables of what was done: actions and their tries, tasks, reminders, and the tools for it.

What is learned from actions is worked out from the actions themselves, so that it goes with
them: ``api_patterns`` and ``integration_patterns`` are views.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from learning.store.tables import Personal, belongs_to, metadata, table, time
from learning.store.types import EncryptedJSON

tasks = table(
    "tasks",
    Column("user_id", Text, nullable=False),  # whose task it is
    Column("status", Text, nullable=False),  # as in learning.tasks
    Column("content", EncryptedJSON, nullable=False),  # title, detail, project, approach
    Column("task_type", Text, nullable=False, server_default=""),
    Column("backend", Text, nullable=False, server_default="board"),  # board, github
    # Keyed digest of where it is elsewhere, "acme/api#12": it is taken over once.
    Column("elsewhere", LargeBinary),
    time("due_at", nullable=True),
    time("created_at"),
    time("changed_at"),
    Index(None, "workspace_id", "user_id", "status"),
    Index(
        "uq_tasks_elsewhere",
        "workspace_id",
        "audience",
        "elsewhere",
        unique=True,
        postgresql_where=text("elsewhere IS NOT NULL"),
    ),
    audience=True,
    person=Personal(column="user_id"),
)

task_moves = table(
    "task_moves",
    Column("task_id", Uuid, nullable=False),
    Column("user_id", Text, nullable=False),  # who moved it
    Column("before", Text, nullable=False),  # empty: it is new
    Column("after", Text, nullable=False),
    Column("note", EncryptedJSON),  # why, in their words; approach then; what was learned
    time("moved_at"),
    belongs_to("tasks", "task_id"),
    Index(None, "workspace_id", "task_id", "moved_at"),
    person=Personal(column="user_id", parent="tasks"),
)

actions = table(
    "actions",
    Column("user_id", Text, nullable=False),
    Column("interaction_id", Uuid),
    Column("conversation_id", Uuid),
    Column("task_id", Uuid),
    Column("surface", Text, nullable=False),
    Column("channel_id", Text, nullable=False, server_default=""),
    Column("origin", Text, nullable=False),  # person, model, pattern, task, schedule
    Column("kind", Text, nullable=False),  # the tool: github.create_issue
    Column("task_type", Text, nullable=False, server_default=""),
    Column("status", Text, nullable=False),
    Column("decided", Text, nullable=False, server_default=""),  # asked, sure, free
    Column("success", Boolean),
    Column("rating", Float),
    Column("votes", Integer, nullable=False, server_default="0"),
    Column("time_ms", Float),
    # asked, params, result, approach, project, phases, errors, resolution, changed: redacted.
    Column("content", EncryptedJSON, nullable=False),
    time("created_at"),
    time("decided_at", nullable=True),
    time("started_at", nullable=True),
    time("finished_at", nullable=True),
    belongs_to("interactions", "interaction_id"),
    belongs_to("conversations", "conversation_id"),
    belongs_to("tasks", "task_id", ondelete="SET NULL"),
    Index(None, "workspace_id", "user_id", "created_at"),
    Index(None, "workspace_id", "kind", "created_at"),
    Index(
        None, "workspace_id", "interaction_id", postgresql_where=text("interaction_id IS NOT NULL")
    ),
    Index(
        None,
        "workspace_id",
        "conversation_id",
        postgresql_where=text("conversation_id IS NOT NULL"),
    ),
    Index(None, "workspace_id", "task_id", postgresql_where=text("task_id IS NOT NULL")),
    audience=True,
    person=Personal(column="user_id"),
)

action_tries = table(
    "action_tries",
    Column("action_id", Uuid, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("number", SmallInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("ok", Boolean, nullable=False),
    Column("fault", Text, nullable=False, server_default=""),  # its kind
    Column("pattern", LargeBinary, nullable=False),  # keyed digest of the parameters' shape
    Column("signature", LargeBinary),  # keyed digest of the fault's signature
    Column("content", EncryptedJSON, nullable=False),  # asked, params, fault, lessons, schema
    Column("time_ms", Float, nullable=False),
    time("tried_at"),
    belongs_to("actions", "action_id"),
    UniqueConstraint("workspace_id", "action_id", "number"),
    Index(None, "workspace_id", "kind", "tried_at"),
    Index(None, "workspace_id", "signature", postgresql_where=text("signature IS NOT NULL")),
    audience=True,
    person=Personal(column="user_id", parent="actions"),
)

reminders = table(
    "reminders",
    Column("user_id", Text, nullable=False),
    Column("action_id", Uuid),
    Column("surface", Text, nullable=False),
    Column("content", EncryptedJSON, nullable=False),  # text, and where: channel, thread, label
    Column("status", Text, nullable=False),  # waiting, sent, done, cancelled
    Column("due_at", DateTime(timezone=True), nullable=False),
    time("created_at"),
    time("settled_at", nullable=True),
    belongs_to("actions", "action_id", ondelete="SET NULL"),
    Index(None, "workspace_id", "user_id", "due_at"),
    Index(None, "workspace_id", "action_id", postgresql_where=text("action_id IS NOT NULL")),
    audience=True,
    person=Personal(column="user_id"),
)

tool_sources = Table(
    "tool_sources",
    metadata,
    Column("workspace_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),  # what stands before the dot: "github", "search"
    Column("kind", Text, nullable=False),  # mcp, github, music, http
    Column("body", EncryptedJSON, nullable=False),  # address, token, allow-list, limits
    Column("tools", EncryptedJSON, nullable=False),  # name → digest of the schema last seen
    time("changed_at"),
    time("checked_at", nullable=True),
    info={"person": Personal(reason="how a whole workspace reaches a service")},
)

tool_rules = Table(
    "tool_rules",
    metadata,
    Column("workspace_id", Text, primary_key=True),
    Column("tool", Text, primary_key=True),  # "github.create_issue", or "github" for all of it
    Column("rule", Text, nullable=False),  # ask, auto, off
    time("changed_at"),
    info={"person": Personal(reason="what admins allow in a whole workspace")},
)

projects = table(
    "projects",
    Column("source_id", Uuid, nullable=False),
    Column("origin", Text, nullable=False),  # local, github
    Column("revision", Text, nullable=False, server_default=""),  # where it stood when it was read
    Column("watched", Boolean, nullable=False, server_default="true"),
    Column("failures", Integer, nullable=False, server_default="0"),  # looks that failed in a row
    # name, repo, ref, etag, marks of its files, summary, progress, problem.
    Column("body", EncryptedJSON, nullable=False),
    time("created_at"),
    time("learned_at", nullable=True),
    time("validated_at", nullable=True),
    belongs_to("knowledge_sources", "source_id"),
    UniqueConstraint("workspace_id", "source_id"),
    audience=True,
    person=Personal(parent="knowledge_sources"),
)
