"""An index for requests of Open311: the released reports of a community by the date they tell, newest first."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the index. Dates are compared by their characters: other collations would pass over hyphens."""
    op.execute('CREATE INDEX reports_observed ON public_release.reports (community_id, observed_on COLLATE "C", id)')
