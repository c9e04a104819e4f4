"""Workspaces that let us in; files that come with messages; reasons; where replies are found."""

import sqlalchemy as sa
from alembic import op

from learning.store.types import AudienceType, EncryptedJSON, EncryptedText

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_WORKSPACE_TABLES = ("installations", "oauth_states")
_AUDIENCE_TABLES = ("attachments",)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "installations",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("surface", sa.Text(), nullable=False),
        sa.Column("body", EncryptedJSON(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "installed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "surface", name=op.f("pk_installations")),
        schema="mynah",
    )
    op.create_table(
        "oauth_states",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("surface", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column(
            "expires_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "surface", "digest", name=op.f("pk_oauth_states")),
        schema="mynah",
    )
    op.create_table(
        "attachments",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("audience", AudienceType(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("name", EncryptedText(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("ref", EncryptedText(), nullable=False),
        sa.Column("text", EncryptedText(), nullable=True),
        sa.Column("problem", EncryptedText(), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "message_id"],
            ["mynah.messages.workspace_id", "mynah.messages.id"],
            name=op.f("fk_attachments_messages"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_attachments")),
        sa.UniqueConstraint(
            "workspace_id",
            "message_id",
            "position",
            name=op.f("uq_attachments_workspace_id_message_id_position"),
        ),
        schema="mynah",
    )
    op.add_column("signals", sa.Column("note", EncryptedText(), nullable=True), schema="mynah")
    op.create_index(
        op.f("ix_messages_workspace_id_message_ref"),
        "messages",
        ["workspace_id", "message_ref"],
        unique=False,
        schema="mynah",
        postgresql_where=sa.text("message_ref IS NOT NULL"),
    )
    op.create_index(
        "ix_outbox_ref",
        "outbox",
        [sa.text("string_to_array(ref, ',')")],
        unique=False,
        schema="mynah",
        postgresql_using="gin",
        postgresql_where=sa.text("ref IS NOT NULL"),
    )
    _secure()
    _come_and_go()


def downgrade() -> None:
    """Take back everything."""
    for function in _FUNCTIONS:
        op.execute(f"DROP FUNCTION mynah.{function}")
    op.drop_index("ix_outbox_ref", table_name="outbox", schema="mynah")
    op.drop_index(
        op.f("ix_messages_workspace_id_message_ref"), table_name="messages", schema="mynah"
    )
    op.drop_column("signals", "note", schema="mynah")
    for table in (*_AUDIENCE_TABLES, *_WORKSPACE_TABLES):
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


_FUNCTIONS = ("enter(text, text, text, boolean)", "installed_workspaces(text)")


def _come_and_go() -> None:
    # Every transaction of a workspace holds a lock on its name together with the others; who
    # erases the workspace holds it alone. Whether the workspace is there is asked afterwards, by
    # a statement of its own: one that waited would still see what was there before.
    op.execute(
        """
        CREATE FUNCTION mynah.enter(role text, ws text, audiences text, alone boolean)
        RETURNS timestamptz LANGUAGE plpgsql AS $$
        DECLARE
            name bigint := hashtextextended('workspace/' || ws, 0);
            made timestamptz;
        BEGIN
            PERFORM set_config('role', role, true),
                set_config('mynah.workspace_id', ws, true),
                set_config('mynah.audiences', audiences, true);
            IF alone THEN
                -- Who waits holds up those who come after.
                PERFORM set_config('lock_timeout', '5s', true);
                PERFORM pg_advisory_xact_lock(name);
            ELSE
                PERFORM pg_advisory_xact_lock_shared(name);
            END IF;
            SELECT w.created_at INTO made FROM mynah.workspaces w WHERE w.workspace_id = ws;
            RETURN made;
        END $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION mynah.installed_workspaces(wanted text) RETURNS TABLE (workspace_id text)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = mynah, pg_temp AS $$
            SELECT i.workspace_id FROM installations i WHERE i.surface = wanted
            ORDER BY i.installed_at, i.workspace_id
        $$
        """
    )
    for function in _FUNCTIONS:
        op.execute(f"REVOKE ALL ON FUNCTION mynah.{function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION mynah.{function} TO mynah_app")
