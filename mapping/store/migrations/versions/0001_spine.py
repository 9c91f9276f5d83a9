"""Communities, reports and their release, the street network, analyses, jobs and the two roles."""

from pathlib import Path

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ROLES = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'mapping_app') THEN CREATE ROLE mapping_app LOGIN; END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'mapping_public') THEN CREATE ROLE mapping_public LOGIN; END IF;
END $$;
GRANT mapping_app, mapping_public TO CURRENT_USER;
REVOKE ALL ON SCHEMA public FROM mapping_public;
GRANT USAGE ON SCHEMA mapping, public_release TO mapping_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA mapping, public_release TO mapping_app;
REVOKE UPDATE, DELETE, TRUNCATE ON mapping.erasures, mapping.report_revisions FROM mapping_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA mapping, public_release TO mapping_app;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA mapping TO mapping_app;
GRANT SELECT ON public.alembic_version TO mapping_app;
GRANT USAGE ON SCHEMA public_release TO mapping_public;
GRANT SELECT ON ALL TABLES IN SCHEMA public_release TO mapping_public;
"""


def upgrade() -> None:
    """Create everything; PostGIS must be installed in the database or installable."""
    op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
    connection.execute("SET LOCAL search_path TO mapping, public")
    connection.execute(SchemaManager.get_schema())
    connection.execute(ROLES)
