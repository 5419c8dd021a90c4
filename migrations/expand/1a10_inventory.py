"""instances and their system metadata"""

import sqlalchemy as sa
from alembic import op

revision = "1a10"
down_revision = "1a00"
branch_labels = None
depends_on = None
change = "inventory"

# Host and flavor names differ in case only where they differ at all: MySQL's and MariaDB's default collations would
# take them for equal, and a copy that looks for differences would pass them over.
CASE_COUNTS = {
    f"{name}_{key}": value
    for name in ("mysql", "mariadb")
    for key, value in {"charset": "utf8mb4", "collate": "utf8mb4_bin"}.items()
}


def upgrade() -> None:
    op.create_table(
        "instances",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("display_name", sa.String(255), nullable=False),
        sa.Column("host", sa.String(255)),
        sa.Column("version", sa.Integer, nullable=False),
        **CASE_COUNTS,
    )
    op.create_table(
        "instance_system_metadata",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("instance_id", sa.Integer, nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("value", sa.String(255)),
        sa.UniqueConstraint("instance_id", "key", name="uq_instance_system_metadata_key"),
        **CASE_COUNTS,
    )


def downgrade() -> None:
    op.drop_table("instance_system_metadata")
    op.drop_table("instances")
