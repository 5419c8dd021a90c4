"""contract branch"""

revision = "1c00"
down_revision = None
branch_labels = ("contract",)
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
