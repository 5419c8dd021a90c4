"""flavor as JSON beside the system metadata"""

import sqlalchemy as sa
from alembic import op

revision = "2b20"
down_revision = "2b10"
branch_labels = None
depends_on = None
change = "instance_flavor"


def upgrade() -> None:
    op.create_table(
        "instance_extra",
        sa.Column("instance_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("flavor", sa.JSON),
        # The flavor in the system metadata that this one stands for; as host_seen is for compute_host.
        sa.Column("flavor_seen", sa.JSON),
    )


def downgrade() -> None:
    op.drop_table("instance_extra")
