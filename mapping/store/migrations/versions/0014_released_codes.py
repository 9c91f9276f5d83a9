"""What of a released report is told without being escaped has nothing in it to escape."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Hold the codes to letters, digits, hyphens and underscores, and the day to a day or a month."""
    op.execute(
        """ALTER TABLE public_release.reports ADD CONSTRAINT reports_codes CHECK (
            category ~ '^[A-Za-z0-9_-]+$' AND when_seen ~ '^[A-Za-z0-9_-]+$' AND status ~ '^[A-Za-z0-9_-]+$'
            AND array_to_string(affected, ',') ~ '^[A-Za-z0-9_,-]*$' AND observed_on ~ '^[0-9]{4}-[0-9]{2}(-[0-9]{2})?$'
        )"""
    )
