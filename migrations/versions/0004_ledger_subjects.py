"""the ledger's new subjects: hook-ups, upkeep, ends of life, corrections"""

import sqlalchemy as sa
from alembic import op

from marketplace.core.db import DecimalText, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# written by hand, so that SQLite need not rebuild (and lose the guards of) a table that holds everything
LISTING = [
    "uses_made INTEGER CONSTRAINT ck_listing_uses_made CHECK (uses_made IS NULL OR uses_made >= 0)",
    "route_avoided VARCHAR(12) CONSTRAINT ck_listing_route_avoided CHECK"
    " (route_avoided IS NULL OR route_avoided IN ('unsorted','landfill','incineration','average'))",
]
FIRST = "line_id IS NULL AND replaces_id IS NULL AND status <> 'reversal'"


def upgrade():
    for column in LISTING:
        op.execute(f"ALTER TABLE listing ADD COLUMN {column}")
    op.create_index(
        "uq_ledger_entry_first_of_subject",
        "ledger_entry",
        ["subject_kind", "subject_id"],
        unique=True,
        sqlite_where=sa.text(FIRST),
        postgresql_where=sa.text(FIRST),
    )
    op.create_table(
        "upkeep",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=True),
        sa.Column("factor_key", sa.String(length=80), nullable=False),
        sa.Column("amount", DecimalText(), nullable=True),
        sa.Column("volume_m3", DecimalText(), nullable=True),
        sa.Column("months", DecimalText(), nullable=True),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.CheckConstraint(
            "(amount IS NULL) = (volume_m3 IS NOT NULL AND months IS NOT NULL)", name="ck_upkeep_amount"
        ),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_upkeep_exchange_id_exchange")),
        sa.ForeignKeyConstraint(["line_id"], ["exchange_line.id"], name=op.f("fk_upkeep_line_id_exchange_line")),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user.id"], name=op.f("fk_upkeep_recorded_by_id_user"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upkeep")),
        sa.UniqueConstraint("public_id", name=op.f("uq_upkeep_public_id")),
    )
    op.create_index(op.f("ix_upkeep_exchange_id"), "upkeep", ["exchange_id"])
    op.create_index(op.f("ix_upkeep_line_id"), "upkeep", ["line_id"])
    op.create_table(
        "shares_agreed",
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("giver_percent", sa.Integer(), nullable=False),
        sa.Column("proposed_by", sa.String(length=10), nullable=False),
        sa.Column("proposed_at", UtcDateTime(), nullable=False),
        sa.Column("agreed_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("giver_percent BETWEEN 0 AND 100", name="ck_shares_agreed_giver_percent"),
        sa.CheckConstraint("proposed_by IN ('provider','receiver')", name="ck_shares_agreed_proposed_by"),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_shares_agreed_exchange_id_exchange")),
        sa.PrimaryKeyConstraint("exchange_id", name=op.f("pk_shares_agreed")),
    )
    op.create_table(
        "power_hook_up",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("production_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("supplier_id", sa.Integer(), nullable=True),
        sa.Column("used_on", sa.Date(), nullable=False),
        sa.Column("place", sa.String(length=160), nullable=False),
        sa.Column("kwh", DecimalText(), nullable=False),
        sa.Column("metered", sa.Boolean(), nullable=False),
        sa.Column("solution_key", sa.String(length=80), nullable=False),
        sa.Column("plan_reference", sa.String(length=300), nullable=False),
        sa.Column("travel_km", DecimalText(), nullable=True),
        sa.Column("vehicle", sa.String(length=12), nullable=True),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.ForeignKeyConstraint(
            ["production_id"],
            ["production.id"],
            name=op.f("fk_power_hook_up_production_id_production"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_power_hook_up_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["organisation.id"], name=op.f("fk_power_hook_up_supplier_id_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user.id"], name=op.f("fk_power_hook_up_recorded_by_id_user"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_power_hook_up")),
        sa.UniqueConstraint("public_id", name=op.f("uq_power_hook_up_public_id")),
    )
    op.create_index(op.f("ix_power_hook_up_production_id"), "power_hook_up", ["production_id"])


def downgrade():
    op.drop_table("power_hook_up")
    op.drop_table("shares_agreed")
    op.drop_table("upkeep")
    op.drop_index("uq_ledger_entry_first_of_subject", table_name="ledger_entry")
    for column in reversed(LISTING):
        op.drop_column("listing", column.split()[0])
