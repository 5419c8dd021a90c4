"""drop the system metadata"""

from alembic import op

revision = "3c20"
down_revision = "3c10"
branch_labels = None
depends_on = "2b20"
change = "instance_flavor"
requires_data = ["flavor"]


def upgrade() -> None:
    op.drop_table("instance_system_metadata")


def downgrade() -> None:
    raise NotImplementedError("a contract goes forward only: the flavors that the system metadata held are gone")
