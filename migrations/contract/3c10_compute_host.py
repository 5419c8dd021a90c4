"""drop host"""

from alembic import op

revision = "3c10"
down_revision = "1c00"
branch_labels = None
depends_on = "2b10"
change = "compute_host"
requires_data = ["compute_host"]


def upgrade() -> None:
    op.drop_column("instances", "host_seen")
    op.drop_column("instances", "host")


def downgrade() -> None:
    raise NotImplementedError("a contract goes forward only: the hosts that host held are gone")
