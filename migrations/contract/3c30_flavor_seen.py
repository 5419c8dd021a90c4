"""drop the note of what was seen"""

from alembic import op

revision = "3c30"
down_revision = "3c20"
branch_labels = None
depends_on = "2b20"
change = "flavor_seen"


def upgrade() -> None:
    op.drop_column("instance_extra", "flavor_seen")


def downgrade() -> None:
    raise NotImplementedError("a contract goes forward only")
