"""expand branch"""

revision = "1a00"
down_revision = None
branch_labels = ("expand",)
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
