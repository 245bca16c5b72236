"""what is traced and counted of meals: what was eaten, head counts, recalls"""

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
