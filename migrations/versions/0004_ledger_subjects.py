"""the ledger's new subjects: hook-ups, upkeep, ends of life, corrections"""

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
