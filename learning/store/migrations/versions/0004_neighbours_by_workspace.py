"""Approximate search has an index a workspace, for all but its newest vectors."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_DROP_INDEXES = """
    DO $$ DECLARE one text; BEGIN
        FOR one IN
            SELECT i.indexrelid::regclass::text FROM pg_index i
            JOIN pg_class c ON c.oid = i.indexrelid
            JOIN pg_am a ON a.oid = c.relam
            WHERE i.indrelid = 'mynah.vectors'::regclass AND a.amname = 'hnsw'
        LOOP EXECUTE 'DROP INDEX ' || one; END LOOP;
    END $$
"""


def upgrade() -> None:
    """Apply; background work builds the indexes that are due."""
    op.execute(_DROP_INDEXES)
    # The name of a workspace's index ends in the last item that it holds. What came later is
    # compared one by one, so that storing something never waits for the index.
    _replace(
        """
        DECLARE
            ws text := current_setting('mynah.workspace_id');
            audiences text := current_setting('mynah.audiences');
            prefix text := 'ix_vectors_' || left(encode(sha256(convert_to(
                concat_ws('/', ws, embedder_name, dimension), 'UTF8')), 'hex'), 16) || '_';
            up_to uuid;
            distance text := format(
                'v.embedding::halfvec(%s) <=> $1::halfvec(%s)', dimension, dimension);
            exact text := format('(%s) + 0.0', distance);  -- no index matches this
            scope text := format(
                ' AS d FROM vectors v WHERE v.workspace_id = %L AND v.embedder = %L'
                ' AND ($2 = ''*'' OR v.audience = ANY ($3))', ws, embedder_name);
            -- Several parts of one text may be near.
            ending text := ' ORDER BY d LIMIT 2 * $4';
            -- How widely the graph is searched; what that costs grows with it. At 100,000 vectors
            -- 80 brings 90 % of the exact ten nearest, and 99 % with the other legs; 200 brings
            -- 94 % and 99 %, and takes twice as long.
            width int := greatest(80, least(1000, 3 * wanted / 2));
            legs text;
        BEGIN
            IF approximate THEN
                SELECT right(c.relname, 32)::uuid INTO up_to
                FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid
                WHERE c.relnamespace = 'mynah'::regnamespace AND i.indisvalid
                  AND c.relname > prefix::name AND c.relname < (prefix || 'g')::name
                ORDER BY c.relname DESC LIMIT 1;
            END IF;
            IF up_to IS NULL THEN
                legs := 'SELECT v.item_id, ' || exact || scope || ending;
            ELSE
                PERFORM
                    set_config('hnsw.ef_search', width::text, true),
                    set_config('hnsw.iterative_scan', 'relaxed_order', true);
                legs := '(SELECT v.item_id, ' || distance || scope
                    || format(' AND v.item_id <= %L ORDER BY d LIMIT %s', up_to, width)
                    || ') UNION ALL (SELECT v.item_id, ' || exact || scope
                    || format(' AND v.item_id > %L', up_to) || ending || ')';
            END IF;
            RETURN QUERY EXECUTE
                'SELECT s.item_id, (1 - min(s.d))::real AS near FROM (' || legs || ') s'
                ' GROUP BY s.item_id ORDER BY near DESC LIMIT $4'
            USING query, audiences, string_to_array(audiences, chr(31)), wanted;
        END
        """
    )


def downgrade() -> None:
    """Go back to one index for all workspaces, which background work builds."""
    op.execute(_DROP_INDEXES)
    _replace(
        """
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
        END
        """
    )


def _replace(body: str) -> None:
    """Give the function another body; who may call it stays."""
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
    op.execute(
        f"""
        CREATE OR REPLACE FUNCTION mynah.recall_dense(
            embedder_name text, dimension int, query text, wanted int, approximate boolean
        )
        RETURNS TABLE (item_id uuid, similarity real)
        LANGUAGE plpgsql ROWS 100
        SECURITY DEFINER SET search_path = mynah, {vector_schema}, pg_temp
        SET plan_cache_mode = force_custom_plan AS $$ {body} $$
        """
    )
