"""The first tables, their row-level security, and the search functions."""

import sqlalchemy as sa
from alembic import op
from pgvector.sqlalchemy import HALFVEC, SPARSEVEC
from sqlalchemy.dialects import postgresql

from learning.store.types import AudienceType, EncryptedJSON, EncryptedText

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute("CREATE EXTENSION IF NOT EXISTS vector")
    op.create_table(
        "audit",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("actor", sa.LargeBinary(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=True),
        sa.Column(
            "detail", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_audit")),
        schema="mynah",
    )
    op.create_index(
        op.f("ix_audit_workspace_id_created_at"),
        "audit",
        ["workspace_id", "created_at"],
        unique=False,
        schema="mynah",
    )
    op.create_table(
        "consents",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "user_id", "kind", name=op.f("pk_consents")),
        schema="mynah",
    )
    op.create_table(
        "conversations",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("audience", AudienceType(), nullable=False),
        sa.Column("surface", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("thread_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("title", EncryptedText(), nullable=True),
        sa.Column("next_position", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_conversations")),
        sa.UniqueConstraint(
            "workspace_id",
            "surface",
            "channel_id",
            "thread_id",
            "audience",
            name=op.f("uq_conversations_workspace_id_surface_channel_id_thread_id_audience"),
        ),
        schema="mynah",
    )
    op.create_index(
        op.f("ix_conversations_workspace_id_user_id_updated_at"),
        "conversations",
        ["workspace_id", "user_id", "updated_at"],
        unique=False,
        schema="mynah",
    )
    op.create_table(
        "inbox",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("surface", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("payload", EncryptedJSON(), nullable=True),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("interaction_id", sa.Uuid(), nullable=True),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_inbox")),
        sa.UniqueConstraint(
            "workspace_id",
            "surface",
            "event_id",
            name=op.f("uq_inbox_workspace_id_surface_event_id"),
        ),
        schema="mynah",
    )
    op.create_index(
        op.f("ix_inbox_workspace_id_user_id"),
        "inbox",
        ["workspace_id", "user_id"],
        unique=False,
        schema="mynah",
    )
    op.create_table(
        "knowledge_sources",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("audience", AudienceType(), nullable=False),
        sa.Column("location", EncryptedText(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_knowledge_sources")),
        sa.UniqueConstraint(
            "workspace_id",
            "audience",
            "digest",
            name=op.f("uq_knowledge_sources_workspace_id_audience_digest"),
        ),
        schema="mynah",
    )
    op.create_table(
        "lexeme_statistics",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("lexeme", sa.Integer(), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "lexeme", name=op.f("pk_lexeme_statistics")),
        schema="mynah",
    )
    op.create_table(
        "recall_items",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("audience", AudienceType(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("sequence_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("speaker", sa.BigInteger(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("asks", sa.Boolean(), nullable=False),
        sa.Column("lexemes", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("weights", SPARSEVEC(dim=1000000000), nullable=False),
        sa.Column("rating", sa.Float(), nullable=True),
        sa.Column("trust", sa.Float(), server_default="1", nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("folded", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_recall_items")),
        schema="mynah",
    )
    op.create_index(
        "ix_recall_items_lexemes",
        "recall_items",
        ["lexemes"],
        unique=False,
        schema="mynah",
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )
    op.create_index(
        op.f("ix_recall_items_workspace_id_folded"),
        "recall_items",
        ["workspace_id", "folded"],
        unique=False,
        schema="mynah",
    )
    op.create_index(
        op.f("ix_recall_items_workspace_id_sequence_id_position"),
        "recall_items",
        ["workspace_id", "sequence_id", "position"],
        unique=False,
        schema="mynah",
    )
    op.create_table(
        "scope_statistics",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("documents", sa.Integer(), server_default="0", nullable=False),
        sa.Column("folded_to", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_scope_statistics")),
        schema="mynah",
    )
    op.create_table(
        "store_facts",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", EncryptedText(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_store_facts")),
        schema="mynah",
    )
    op.create_table(
        "tombstones",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "digest", name=op.f("pk_tombstones")),
        schema="mynah",
    )
    op.create_table(
        "workspaces",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("lexeme_key", EncryptedText(), nullable=False),
        sa.Column(
            "settings", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_workspaces")),
        schema="mynah",
    )
    op.create_table(
        "interactions",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("audience", AudienceType(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("surface", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("task_type", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("supersedes", sa.Uuid(), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("rating", sa.Float(), nullable=True),
        sa.Column("votes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("explanation", EncryptedJSON(), nullable=True),
        sa.Column("overhead_ms", sa.Float(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "conversation_id"],
            ["mynah.conversations.workspace_id", "mynah.conversations.id"],
            name=op.f("fk_interactions_conversations"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "supersedes"],
            ["mynah.interactions.workspace_id", "mynah.interactions.id"],
            name=op.f("fk_interactions_interactions"),
            ondelete="SET NULL (supersedes)",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_interactions")),
        schema="mynah",
    )
    op.create_index(
        op.f("ix_interactions_workspace_id_conversation_id_created_at"),
        "interactions",
        ["workspace_id", "conversation_id", "created_at"],
        unique=False,
        schema="mynah",
    )
    op.create_index(
        op.f("ix_interactions_workspace_id_user_id_created_at"),
        "interactions",
        ["workspace_id", "user_id", "created_at"],
        unique=False,
        schema="mynah",
    )
    op.create_table(
        "knowledge_documents",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("name", EncryptedText(), nullable=False),
        sa.Column("name_digest", sa.LargeBinary(), nullable=False),
        sa.Column("title", EncryptedText(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column(
            "read_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "source_id"],
            ["mynah.knowledge_sources.workspace_id", "mynah.knowledge_sources.id"],
            name=op.f("fk_knowledge_documents_knowledge_sources"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_knowledge_documents")),
        sa.UniqueConstraint(
            "workspace_id",
            "source_id",
            "name_digest",
            name=op.f("uq_knowledge_documents_workspace_id_source_id_name_digest"),
        ),
        schema="mynah",
    )
    op.create_table(
        "vectors",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("embedder", sa.Text(), nullable=False),
        sa.Column("part", sa.SmallInteger(), nullable=False),
        sa.Column("audience", AudienceType(), nullable=False),
        sa.Column("embedding", HALFVEC(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "item_id"],
            ["mynah.recall_items.workspace_id", "mynah.recall_items.id"],
            name=op.f("fk_vectors_recall_items"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint(
            "workspace_id", "item_id", "embedder", "part", name=op.f("pk_vectors")
        ),
        schema="mynah",
    )
    op.create_table(
        "choices",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("interaction_id", sa.Uuid(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("arm", sa.Text(), nullable=False),
        sa.Column("propensity", sa.Float(), nullable=False),
        sa.Column("context", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("candidates", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "interaction_id"],
            ["mynah.interactions.workspace_id", "mynah.interactions.id"],
            name=op.f("fk_choices_interactions"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_choices")),
        schema="mynah",
    )
    op.create_index(
        op.f("ix_choices_workspace_id_interaction_id"),
        "choices",
        ["workspace_id", "interaction_id"],
        unique=False,
        schema="mynah",
    )
    op.create_table(
        "knowledge",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("audience", AudienceType(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", EncryptedText(), nullable=True),
        sa.Column("text", EncryptedText(), nullable=False),
        sa.Column("start_line", sa.Integer(), nullable=True),
        sa.Column("end_line", sa.Integer(), nullable=True),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "document_id"],
            ["mynah.knowledge_documents.workspace_id", "mynah.knowledge_documents.id"],
            name=op.f("fk_knowledge_knowledge_documents"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_knowledge")),
        schema="mynah",
    )
    op.create_index(
        op.f("ix_knowledge_workspace_id_document_id"),
        "knowledge",
        ["workspace_id", "document_id"],
        unique=False,
        schema="mynah",
    )
    op.create_table(
        "learnings",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("audience", AudienceType(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("content", EncryptedJSON(), nullable=False),
        sa.Column("learned_from", sa.Uuid(), nullable=False),
        sa.Column("trust", sa.Float(), server_default="1", nullable=False),
        sa.Column("rating", sa.Float(), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("times_used", sa.Integer(), server_default="0", nullable=False),
        sa.Column("successes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "valid_from",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("superseded_by", sa.Uuid(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "learned_from"],
            ["mynah.interactions.workspace_id", "mynah.interactions.id"],
            name=op.f("fk_learnings_interactions"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "superseded_by"],
            ["mynah.learnings.workspace_id", "mynah.learnings.id"],
            name=op.f("fk_learnings_learnings"),
            ondelete="SET NULL (superseded_by)",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_learnings")),
        sa.UniqueConstraint(
            "workspace_id",
            "kind",
            "learned_from",
            name=op.f("uq_learnings_workspace_id_kind_learned_from"),
        ),
        schema="mynah",
    )
    op.create_index(
        op.f("ix_learnings_workspace_id_user_id_created_at"),
        "learnings",
        ["workspace_id", "user_id", "created_at"],
        unique=False,
        schema="mynah",
    )
    op.create_table(
        "messages",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("audience", AudienceType(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("interaction_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("text", EncryptedText(), nullable=False),
        sa.Column("citations", EncryptedJSON(), nullable=True),
        sa.Column("message_ref", sa.Text(), nullable=True),
        sa.Column(
            "said_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "conversation_id"],
            ["mynah.conversations.workspace_id", "mynah.conversations.id"],
            name=op.f("fk_messages_conversations"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "interaction_id"],
            ["mynah.interactions.workspace_id", "mynah.interactions.id"],
            name=op.f("fk_messages_interactions"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_messages")),
        sa.UniqueConstraint(
            "workspace_id",
            "conversation_id",
            "position",
            name=op.f("uq_messages_workspace_id_conversation_id_position"),
        ),
        schema="mynah",
    )
    op.create_index(
        op.f("ix_messages_workspace_id_author_id"),
        "messages",
        ["workspace_id", "author_id"],
        unique=False,
        schema="mynah",
    )
    op.create_index(
        op.f("ix_messages_workspace_id_interaction_id"),
        "messages",
        ["workspace_id", "interaction_id"],
        unique=False,
        schema="mynah",
    )
    op.create_table(
        "outbox",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("surface", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("interaction_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("body", EncryptedJSON(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("ref", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "conversation_id"],
            ["mynah.conversations.workspace_id", "mynah.conversations.id"],
            name=op.f("fk_outbox_conversations"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "interaction_id"],
            ["mynah.interactions.workspace_id", "mynah.interactions.id"],
            name=op.f("fk_outbox_interactions"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("workspace_id", "key", name=op.f("uq_outbox_workspace_id_key")),
        schema="mynah",
    )
    op.create_index(
        op.f("ix_outbox_workspace_id_user_id"),
        "outbox",
        ["workspace_id", "user_id"],
        unique=False,
        schema="mynah",
    )
    op.create_table(
        "recalled",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("interaction_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("mark", sa.SmallInteger(), nullable=False),
        sa.Column("cited", sa.Boolean(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("signals", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "interaction_id"],
            ["mynah.interactions.workspace_id", "mynah.interactions.id"],
            name=op.f("fk_recalled_interactions"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint(
            "workspace_id", "interaction_id", "item_id", name=op.f("pk_recalled")
        ),
        schema="mynah",
    )
    op.create_index(
        op.f("ix_recalled_workspace_id_item_id"),
        "recalled",
        ["workspace_id", "item_id"],
        unique=False,
        schema="mynah",
    )
    op.create_table(
        "signals",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("interaction_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "interaction_id"],
            ["mynah.interactions.workspace_id", "mynah.interactions.id"],
            name=op.f("fk_signals_interactions"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_signals")),
        sa.UniqueConstraint(
            "workspace_id",
            "interaction_id",
            "user_id",
            "kind",
            "value",
            name=op.f("uq_signals_workspace_id_interaction_id_user_id_kind_value"),
        ),
        schema="mynah",
    )
    op.create_table(
        "runs",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("interaction_id", sa.Uuid(), nullable=False),
        sa.Column("choice_id", sa.Uuid(), nullable=True),
        sa.Column("attempt", sa.SmallInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("model_version", sa.Text(), server_default="", nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("input_tokens", sa.Integer(), server_default="0", nullable=False),
        sa.Column("output_tokens", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cost_usd", sa.Numeric(precision=12, scale=8), nullable=True),
        sa.Column("latency_ms", sa.Float(), nullable=False),
        sa.Column("first_piece_ms", sa.Float(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "choice_id"],
            ["mynah.choices.workspace_id", "mynah.choices.id"],
            name=op.f("fk_runs_choices"),
            ondelete="SET NULL (choice_id)",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "interaction_id"],
            ["mynah.interactions.workspace_id", "mynah.interactions.id"],
            name=op.f("fk_runs_interactions"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_runs")),
        schema="mynah",
    )
    op.create_index(
        op.f("ix_runs_workspace_id_interaction_id"),
        "runs",
        ["workspace_id", "interaction_id"],
        unique=False,
        schema="mynah",
    )
    op.create_index(
        op.f("ix_runs_workspace_id_model_created_at"),
        "runs",
        ["workspace_id", "model", "created_at"],
        unique=False,
        schema="mynah",
    )
    _secure()
    _search()


def downgrade() -> None:
    """Take back everything; the role stays, other databases may use it."""
    for function in (*_FUNCTIONS,):
        op.execute(f"DROP FUNCTION mynah.{function}")
    for table in (*_AUDIENCE_TABLES, *_WORKSPACE_TABLES, "store_facts"):
        op.execute(f"DROP TABLE mynah.{table} CASCADE")


# Row-level security, and the role it binds.

_AUDIENCE_TABLES = (
    "conversations",
    "interactions",
    "knowledge",
    "knowledge_sources",
    "learnings",
    "messages",
    "recall_items",
    "vectors",
)
_WORKSPACE_TABLES = (
    "audit",
    "choices",
    "consents",
    "inbox",
    "knowledge_documents",
    "lexeme_statistics",
    "outbox",
    "recalled",
    "runs",
    "scope_statistics",
    "signals",
    "tombstones",
    "workspaces",
)

_FUNCTIONS = (
    "recall_lexical(int[], text, int)",
    "recall_dense(text, int, text, int, boolean)",
    "all_workspaces()",
)

# In a sub-select the setting is read once a statement, not once a row.
_IN_WORKSPACE = "workspace_id = (SELECT current_setting('mynah.workspace_id', true))"
_IN_AUDIENCE = """(
    (SELECT current_setting('mynah.audiences', true)) = '*'
    OR audience = ANY (
        string_to_array((SELECT current_setting('mynah.audiences', true)), chr(31))
    )
)"""


def _secure() -> None:
    op.execute(
        """
        DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'mynah_app') THEN
                CREATE ROLE mynah_app NOLOGIN NOSUPERUSER NOBYPASSRLS;
            END IF;
        EXCEPTION WHEN duplicate_object THEN NULL;  -- another database of the cluster made it
        END $$
        """
    )
    op.execute("GRANT mynah_app TO CURRENT_USER")
    op.execute("GRANT USAGE ON SCHEMA mynah TO mynah_app")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA mynah TO mynah_app")
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA mynah TO mynah_app")
    op.execute("REVOKE ALL ON mynah.store_facts, mynah.schema_version FROM mynah_app")
    op.execute(
        "ALTER DEFAULT PRIVILEGES IN SCHEMA mynah "
        "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO mynah_app"
    )
    op.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA mynah GRANT USAGE ON SEQUENCES TO mynah_app")
    for table in (*_AUDIENCE_TABLES, *_WORKSPACE_TABLES, "store_facts"):
        op.execute(f"ALTER TABLE mynah.{table} ENABLE ROW LEVEL SECURITY")
    for table in _WORKSPACE_TABLES:
        op.execute(f"CREATE POLICY scope ON mynah.{table} TO mynah_app USING ({_IN_WORKSPACE})")
    for table in _AUDIENCE_TABLES:
        op.execute(
            f"CREATE POLICY scope ON mynah.{table} TO mynah_app "
            f"USING ({_IN_WORKSPACE} AND {_IN_AUDIENCE}) WITH CHECK ({_IN_WORKSPACE})"
        )


# Search. Under row-level security the planner may not use an index for an
# operator that is not leakproof, and none of pgvector's and the array operators
# is. These functions run as the owner and apply the same two settings
# themselves, so the indexes work and the scope still holds.


def _search() -> None:
    vector_schema = (
        op.get_bind()
        .execute(
            sa.text(
                "SELECT nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = extnamespace "
                "WHERE extname = 'vector'"
            )
        )
        .scalar_one()
    )
    settings = (
        f"SECURITY DEFINER SET search_path = mynah, {vector_schema}, pg_temp "
        "SET plan_cache_mode = force_custom_plan"
    )
    op.execute(
        f"""
        CREATE FUNCTION mynah.recall_lexical(terms int[], query text, wanted int)
        RETURNS TABLE (item_id uuid, score real)
        LANGUAGE plpgsql STABLE ROWS 100 {settings} AS $$
        DECLARE
            ws text := current_setting('mynah.workspace_id');
            audiences text := current_setting('mynah.audiences');
            readable text[] := string_to_array(audiences, chr(31));
        BEGIN
            RETURN QUERY
            SELECT i.id, (-(i.weights <#> query::sparsevec))::real
            FROM recall_items i
            WHERE i.workspace_id = ws AND i.lexemes && terms AND i.valid_to IS NULL
              AND (audiences = '*' OR i.audience = ANY (readable))
            ORDER BY i.weights <#> query::sparsevec, i.id
            LIMIT wanted;
        END $$
        """
    )
    op.execute(
        f"""
        CREATE FUNCTION mynah.recall_dense(
            embedder_name text, dimension int, query text, wanted int, approximate boolean
        )
        RETURNS TABLE (item_id uuid, similarity real)
        LANGUAGE plpgsql ROWS 100 {settings} AS $$
        DECLARE
            audiences text := current_setting('mynah.audiences');
            distance text := format(
                'v.embedding::halfvec(%s) <=> $1::halfvec(%s)', dimension, dimension);
        BEGIN
            IF approximate THEN
                PERFORM
                    set_config('hnsw.ef_search', greatest(200, least(1000, wanted * 2))::text,
                               true),
                    set_config('hnsw.iterative_scan', 'relaxed_order', true);
            ELSE
                distance := format('(%s) + 0.0', distance);  -- no index matches this
            END IF;
            RETURN QUERY EXECUTE format(
                'SELECT s.item_id, (1 - min(s.d))::real FROM ('
                '  SELECT v.item_id, %s AS d FROM vectors v'
                '  WHERE v.workspace_id = $2 AND v.embedder = %L'
                '    AND ($3 = ''*'' OR v.audience = ANY ($4))'
                '  ORDER BY %s LIMIT $5'
                ') s GROUP BY s.item_id', distance, embedder_name, distance)
            USING query, current_setting('mynah.workspace_id'), audiences,
                  string_to_array(audiences, chr(31)), wanted;
        END $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION mynah.all_workspaces() RETURNS TABLE (workspace_id text)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = mynah, pg_temp AS $$
            SELECT w.workspace_id FROM workspaces w ORDER BY w.created_at
        $$
        """
    )
    for function in _FUNCTIONS:
        op.execute(f"REVOKE ALL ON FUNCTION mynah.{function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION mynah.{function} TO mynah_app")
