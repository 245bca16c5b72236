"""rolled-up totals for dashboards"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade():
    # plain columns: both databases add them without rebuilding (and losing the guards of) tables that hold everything
    op.execute("ALTER TABLE ledger_entry ADD COLUMN region VARCHAR(2)")
    # a ledger that was there before is rolled up by the job « carbon.roll_up », from its first entry on
    op.execute("ALTER TABLE ledger_head ADD COLUMN rolled_up_to INTEGER DEFAULT 0 NOT NULL")
    op.create_table(
        "ledger_filing",
        sa.Column("entry_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("branch", sa.String(length=60), nullable=False),
        sa.Column("region", sa.String(length=2), nullable=True),
        sa.Column("apart", sa.String(length=30), nullable=True),
        sa.Column("new_cents", sa.BigInteger(), nullable=True),
        sa.Column("paid_cents", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(new_cents IS NULL) = (paid_cents IS NULL)", name="ck_ledger_filing_money"),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_ledger_filing")),
    )
    op.create_index(
        "ix_ledger_filing_month_kind_branch_entry_id", "ledger_filing", ["month", "kind", "branch", "entry_id"]
    )
    op.create_table(
        "ledger_rollup",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(length=12), nullable=False),
        sa.Column("scope_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("branch", sa.String(length=60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("entry_count", sa.Integer(), nullable=False),
        sa.Column("apart_count", sa.Integer(), nullable=False),
        sa.Column("mass_grams", sa.BigInteger(), nullable=False),
        sa.Column("whole_kgco2e", sa.Text(), nullable=False),
        sa.Column("own_kgco2e", sa.Text(), nullable=False),
        sa.Column("whole_doubt", sa.JSON(), nullable=False),
        sa.Column("own_doubt", sa.JSON(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("extremes", sa.JSON(), nullable=False),
        sa.CheckConstraint("scope IN ('all','organisation','production','region')", name="ck_ledger_rollup_scope"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_rollup")),
        sa.UniqueConstraint(
            "month",
            "kind",
            "branch",
            "scope",
            "scope_id",
            name=op.f("uq_ledger_rollup_month_kind_branch_scope_scope_id"),
        ),
    )
    op.create_index("ix_ledger_rollup_scope_scope_id_position", "ledger_rollup", ["scope", "scope_id", "position"])


def downgrade():
    op.drop_table("ledger_rollup")
    op.drop_table("ledger_filing")
    op.execute("ALTER TABLE ledger_head DROP COLUMN rolled_up_to")
    op.execute("ALTER TABLE ledger_entry DROP COLUMN region")
