"""The tables of what was said, learned and read, and of the doors."""

from __future__ import annotations

from pgvector.sqlalchemy import HALFVEC, SPARSEVEC
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    Identity,
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
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from learning.store import acted, decisions, habitual, remembered  # noqa: F401 - their tables
from learning.store.tables import LEXEME_SPACE, Personal, belongs_to, metadata, table, time
from learning.store.types import AudienceType, EncryptedJSON, EncryptedText

# What people said.

workspaces = Table(
    "workspaces",
    metadata,
    Column("workspace_id", Text, primary_key=True),
    # The key of this workspace's lexeme hashes: without it, hashes cannot be
    # tried against a dictionary, and two workspaces never share a hash.
    Column("lexeme_key", EncryptedText, nullable=False),
    Column("settings", JSONB, nullable=False, server_default="{}"),
    time("created_at"),
    info={"person": Personal(reason="settings of a whole workspace")},
)

conversations = table(
    "conversations",
    Column("surface", Text, nullable=False),
    Column("channel_id", Text, nullable=False),
    Column("thread_id", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("title", EncryptedText),
    Column("next_position", Integer, nullable=False, server_default="0"),
    # Up to where a model has read it for memories.
    Column("distilled_to", Integer, nullable=False, server_default="0"),
    time("created_at"),
    time("updated_at"),
    # What one person alone can read in a thread is a conversation of its own.
    UniqueConstraint("workspace_id", "surface", "channel_id", "thread_id", "audience"),
    Index(None, "workspace_id", "user_id", "updated_at"),
    audience=True,
    person=Personal(column="user_id", shared=("title",)),
)

interactions = table(
    "interactions",
    Column("conversation_id", Uuid, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("surface", Text, nullable=False),
    Column("status", Text, nullable=False),  # accepted, running, done
    Column("outcome", Text),
    Column("task_type", Text),
    Column("role", Text),
    Column("model", Text),
    # The question and answer of a correction are the person's; it replaces this one.
    Column("supersedes", Uuid),
    Column("again", Uuid),  # the answer that another one was wanted for
    Column("asked_role", Text),  # who was asked in particular
    Column("clarifies", Uuid),  # the question that this one says more clearly
    Column("cancel_requested", Boolean, nullable=False, server_default="false"),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("rating", Float),  # mean vote in [1, 5]
    Column("votes", Integer, nullable=False, server_default="0"),
    Column("explanation", EncryptedJSON),  # what `why` shows: evidence, recall, candidates
    Column("overhead_ms", Float),
    time("created_at"),
    time("completed_at", nullable=True),
    belongs_to("conversations", "conversation_id"),
    belongs_to("interactions", "supersedes", ondelete="SET NULL"),
    *(
        belongs_to("interactions", name, ondelete="SET NULL", name=f"fk_interactions_{name}")
        for name in ("again", "clarifies")
    ),
    Index(None, "workspace_id", "conversation_id", "created_at"),
    Index(None, "workspace_id", "user_id", "created_at"),
    # Deleting an interaction looks for those that refer to it.
    *(
        Index(None, "workspace_id", name, postgresql_where=text(f"{name} IS NOT NULL"))
        for name in ("supersedes", "again", "clarifies")
    ),
    audience=True,
    person=Personal(column="user_id"),
)

messages = table(
    "messages",
    Column("conversation_id", Uuid, nullable=False),
    Column("interaction_id", Uuid),
    Column("position", Integer, nullable=False),
    Column("author_id", Text, nullable=False),
    Column("by", Text, nullable=False),  # person, mynah, correction
    Column("text", EncryptedText, nullable=False),
    Column("citations", EncryptedJSON),
    Column("message_ref", Text),
    time("said_at"),
    time("created_at"),
    belongs_to("conversations", "conversation_id"),
    belongs_to("interactions", "interaction_id"),
    UniqueConstraint("workspace_id", "conversation_id", "position"),
    Index(None, "workspace_id", "interaction_id"),
    Index(None, "workspace_id", "author_id"),
    Index(None, "workspace_id", "message_ref", postgresql_where=text("message_ref IS NOT NULL")),
    audience=True,
    # What Mynah answered to a person is theirs too.
    person=Personal(column="author_id", parent="interactions"),
)

attachments = table(
    "attachments",
    Column("message_id", Uuid, nullable=False),
    Column("position", SmallInteger, nullable=False),
    Column("name", EncryptedText, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("ref", EncryptedText, nullable=False),  # what its surface needs to fetch it
    Column("text", EncryptedText),  # what it holds, once it was read
    Column("problem", EncryptedText),  # why it could not be read, for the person
    time("read_at", nullable=True),
    belongs_to("messages", "message_id"),
    UniqueConstraint("workspace_id", "message_id", "position"),
    audience=True,
    person=Personal(parent="messages"),
)

# What was learned from it; what was chosen and tried for it is in ``decisions``.

learnings = table(
    "learnings",
    Column("kind", Text, nullable=False),  # rated_answer, correction
    Column("user_id", Text, nullable=False),  # whose doing it was learned from
    Column("content", EncryptedJSON, nullable=False),
    Column("learned_from", Uuid, nullable=False),  # an interaction
    Column("trust", Float, nullable=False, server_default="1"),
    Column("rating", Float),
    Column("confidence", Float, nullable=False),
    Column("times_used", Integer, nullable=False, server_default="0"),
    Column("successes", Integer, nullable=False, server_default="0"),
    Column("failures", Integer, nullable=False, server_default="0"),
    time("valid_from"),
    time("valid_to", nullable=True),
    Column("superseded_by", Uuid),
    time("created_at"),
    time("last_used_at", nullable=True),
    belongs_to("interactions", "learned_from"),
    belongs_to("learnings", "superseded_by", ondelete="SET NULL"),
    UniqueConstraint("workspace_id", "kind", "learned_from"),
    Index(None, "workspace_id", "user_id", "created_at"),
    audience=True,
    person=Personal(column="user_id"),
)

# What was read.

knowledge_sources = table(
    "knowledge_sources",
    Column("location", EncryptedText, nullable=False),
    Column("digest", LargeBinary, nullable=False),  # keyed digest of the location
    Column("added_by", Text, nullable=False),
    Column("kind", Text, nullable=False),  # file, folder, git, web
    time("created_at"),
    time("read_at", nullable=True),
    UniqueConstraint("workspace_id", "audience", "digest"),
    audience=True,
    person=Personal(column="added_by", shared=()),
)

knowledge_documents = table(
    "knowledge_documents",
    Column("source_id", Uuid, nullable=False),
    Column("name", EncryptedText, nullable=False),
    Column("name_digest", LargeBinary, nullable=False),
    Column("title", EncryptedText),
    Column("digest", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("topics", EncryptedJSON),  # what it is about, most telling first
    Column("confidence", Float, nullable=False, server_default="1"),
    time("read_at"),
    time("validated_at"),  # when it was last found to be as it was read
    belongs_to("knowledge_sources", "source_id"),
    UniqueConstraint("workspace_id", "source_id", "name_digest"),
    person=Personal(parent="knowledge_sources"),
)

knowledge = table(
    "knowledge",
    Column("document_id", Uuid, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("title", EncryptedText),
    Column("text", EncryptedText, nullable=False),
    Column("start_line", Integer),
    Column("end_line", Integer),
    Column("page", Integer),
    belongs_to("knowledge_documents", "document_id"),
    Index(None, "workspace_id", "document_id"),
    audience=True,
    person=Personal(parent="knowledge_documents"),
)

# The index over all of it. One row per thing that can be recalled; the id is
# the id of the message, learning or passage itself.

recall_items = table(
    "recall_items",
    Column("kind", Text, nullable=False),
    Column("user_id", Text),
    Column("sequence_id", Uuid, nullable=False),  # the conversation or document it stands in
    Column("position", Integer, nullable=False),  # its place there: neighbours are ±1, ±2
    Column("speaker", BigInteger),  # hash of the speaker's name
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("length", Integer, nullable=False),  # lexemes, with repeats
    Column("asks", Boolean, nullable=False),  # whether it ends as a question
    Column("lexemes", ARRAY(Integer), nullable=False),
    Column("weights", SPARSEVEC(LEXEME_SPACE), nullable=False),  # BM25's document side
    Column("rating", Float),
    Column("trust", Float, nullable=False, server_default="1"),
    Column("confidence", Float, nullable=False, server_default="1"),
    Column("valid_to", DateTime(timezone=True)),
    Column(
        "folded", BigInteger, Identity(), nullable=False
    ),  # order in which statistics take it in
    Index(None, "workspace_id", "sequence_id", "position"),
    Index(None, "workspace_id", "folded"),
    # One row is one message: writing it must not leave work for the next search.
    Index(
        "ix_recall_items_lexemes",
        "lexemes",
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    ),
    audience=True,
    person=Personal(column="user_id", export=False),
)

vectors = Table(
    "vectors",
    metadata,
    Column("workspace_id", Text, primary_key=True),
    Column("item_id", Uuid, primary_key=True),
    Column("embedder", Text, primary_key=True),
    Column("part", SmallInteger, primary_key=True),  # a long text has one vector per part
    Column(
        "audience", AudienceType, nullable=False
    ),  # the item's own, so that a scan needs no join
    Column("embedding", HALFVEC(), nullable=False),
    belongs_to("recall_items", "item_id"),
    info={"person": Personal(parent="recall_items", export=False)},
)

lexeme_statistics = Table(
    "lexeme_statistics",
    metadata,
    Column("workspace_id", Text, primary_key=True),
    Column("lexeme", Integer, primary_key=True),
    Column("documents", Integer, nullable=False),
    info={"person": Personal(reason="counts of keyed hashes over a whole workspace")},
)

scope_statistics = Table(
    "scope_statistics",
    metadata,
    Column("workspace_id", Text, primary_key=True),
    Column("documents", Integer, nullable=False, server_default="0"),
    Column("folded_to", BigInteger, nullable=False, server_default="0"),
    info={"person": Personal(reason="counts over a whole workspace")},
)

# The doors: what came in, what goes out, who allowed what.

inbox = table(
    "inbox",
    Column("surface", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("payload", EncryptedJSON),  # cleared once the event has been handled
    Column("conversation_id", Uuid),
    Column("interaction_id", Uuid),
    time("received_at"),
    time("handled_at", nullable=True),
    UniqueConstraint("workspace_id", "surface", "event_id"),
    Index(None, "workspace_id", "user_id"),
    person=Personal(column="user_id", export=False),
)

outbox = table(
    "outbox",
    Column("key", Text, nullable=False),
    Column("surface", Text, nullable=False),
    Column("conversation_id", Uuid, nullable=False),
    Column("interaction_id", Uuid),
    Column("user_id", Text, nullable=False),
    Column("body", EncryptedJSON, nullable=False),
    Column("status", Text, nullable=False),  # pending, delivered, failed
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("ref", Text),
    Column("error", Text),
    time("created_at"),
    time("delivered_at", nullable=True),
    belongs_to("conversations", "conversation_id"),
    belongs_to("interactions", "interaction_id"),
    UniqueConstraint("workspace_id", "key"),
    Index(None, "workspace_id", "user_id"),
    # A reply in several messages has several references, joined by commas.
    Index(
        "ix_outbox_ref",
        text("string_to_array(ref, ',')"),
        postgresql_using="gin",
        postgresql_where=text("ref IS NOT NULL"),
    ),
    person=Personal(column="user_id", export=False),
)

installations = Table(
    "installations",
    metadata,
    Column("workspace_id", Text, primary_key=True),
    Column("surface", Text, primary_key=True),
    Column("body", EncryptedJSON, nullable=False),  # tokens and ids, as the platform gave them
    Column("version", Integer, nullable=False, server_default="1"),
    Column("claimed_until", DateTime(timezone=True)),  # some process renews the tokens
    time("installed_at"),
    info={"person": Personal(reason="tokens of a whole workspace")},
)

oauth_states = Table(
    "oauth_states",
    metadata,
    Column("workspace_id", Text, primary_key=True),  # none yet: all have the same
    Column("surface", Text, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    time("expires_at"),
    info={"person": Personal(reason="keyed digests of secrets that live for minutes")},
)

consents = Table(
    "consents",
    metadata,
    Column("workspace_id", Text, primary_key=True),
    Column("user_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),  # learning
    Column("granted", Boolean, nullable=False),
    time("changed_at"),
    info={
        "person": Personal(
            column="user_id", erase=False, reason="a refusal to be learned from outlives the data"
        )
    },
)

audit = table(
    "audit",
    Column("actor", LargeBinary, nullable=False),  # keyed digest: says "the same person", not who
    Column("action", Text, nullable=False),
    Column("object_id", Uuid),
    Column("detail", JSONB, nullable=False, server_default="{}"),  # counts, never text
    time("created_at"),
    Index(None, "workspace_id", "created_at"),
    person=Personal(reason="keyed digests and counts"),
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("workspace_id", Text, primary_key=True),
    Column(
        "digest", LargeBinary, primary_key=True
    ),  # keyed digest of what must not be learned again
    time("created_at"),
    info={"person": Personal(reason="keyed digests of what was forgotten, so that it stays so")},
)

store_facts = Table(
    "store_facts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", EncryptedText, nullable=False),
    info={"person": Personal(reason="facts about the store itself: the sealed probe of its key")},
)
