"""compute_host beside host"""

import sqlalchemy as sa
from alembic import op

revision = "2b10"
down_revision = "1a10"
branch_labels = None
depends_on = None
change = "compute_host"


def upgrade() -> None:
    op.add_column("instances", sa.Column("compute_host", sa.String(255)))
    # The value of host that compute_host stands for: tells what old code wrote later from what new code wrote later.
    op.add_column("instances", sa.Column("host_seen", sa.String(255)))


def downgrade() -> None:
    op.drop_column("instances", "host_seen")
    op.drop_column("instances", "compute_host")
