"""factors and ledger"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "factor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("name_fr", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("kgco2e_per_unit", sa.String(length=40), nullable=False),
        sa.Column("uncertainty_pct", sa.String(length=20), nullable=False),
        sa.Column("stage", sa.String(length=60), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("source_url_or_ref", sa.Text(), nullable=False),
        sa.Column("source_year", sa.String(length=20), nullable=False),
        sa.Column("scope_note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_factor")),
        sa.UniqueConstraint("key", "version", name=op.f("uq_factor_key_version")),
    )
    with op.batch_alter_table("factor", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_factor_category"), ["category"], unique=False)
        batch_op.create_index(batch_op.f("ix_factor_stage"), ["stage"], unique=False)

    op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_head")),
    )
    op.create_table(
        "ledger_total",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(length=12), nullable=False),
        sa.Column("scope_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("line", sa.String(length=8), nullable=False),
        sa.Column("entry_count", sa.Integer(), nullable=False),
        sa.Column("apart_count", sa.Integer(), nullable=False),
        sa.Column("mass_grams", sa.BigInteger(), nullable=False),
        sa.Column("whole_kgco2e", sa.Text(), nullable=False),
        sa.Column("own_kgco2e", sa.Text(), nullable=False),
        sa.Column("whole_doubt", sa.JSON(), nullable=False),
        sa.Column("own_doubt", sa.JSON(), nullable=False),
        sa.CheckConstraint("line IN ('reuse','reclaim')", name=op.f("ck_ledger_total_line")),
        sa.CheckConstraint("scope IN ('all','organisation','production')", name=op.f("ck_ledger_total_scope")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_total")),
        sa.UniqueConstraint("scope", "scope_id", "year", "line", name=op.f("uq_ledger_total_scope_scope_id_year_line")),
    )
    op.create_table(
        "parameter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("applies_to", sa.Text(), nullable=False),
        sa.Column("uncertainty_pct", sa.String(length=20), nullable=False),
        sa.Column("source_or_assumption", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parameter")),
        sa.UniqueConstraint("key", "version", name=op.f("uq_parameter_key_version")),
    )
    op.create_table(
        "listing_estimate",
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=True),
        sa.Column("reason_data", sa.JSON(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=True),
        sa.Column("receiver", sa.String(length=12), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column("unit_kgco2e", sa.String(length=64), nullable=True),
        sa.Column("unit_uncertainty_kgco2e", sa.String(length=64), nullable=True),
        sa.Column("result_kgco2e", sa.String(length=64), nullable=True),
        sa.Column("uncertainty_kgco2e", sa.String(length=64), nullable=True),
        sa.Column("displacement_key", sa.String(length=80), nullable=True),
        sa.Column("basis", sa.String(length=10), nullable=True),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.Column("factor_versions", sa.JSON(), nullable=False),
        sa.Column("estimated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name=op.f("fk_listing_estimate_listing_id_listing"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("listing_id", name=op.f("pk_listing_estimate")),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("form", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("subject_kind", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.String(length=40), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=True),
        sa.Column("line_id", sa.Integer(), nullable=True),
        sa.Column("listing_id", sa.Integer(), nullable=True),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("receiver_id", sa.Integer(), nullable=False),
        sa.Column("provider_production_id", sa.Integer(), nullable=True),
        sa.Column("receiver_production_id", sa.Integer(), nullable=True),
        sa.Column("into_stock", sa.Boolean(), nullable=False),
        sa.Column("mass_grams", sa.BigInteger(), nullable=True),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("result_kgco2e", sa.String(length=64), nullable=True),
        sa.Column("uncertainty_kgco2e", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=30), nullable=True),
        sa.Column("predecessor_id", sa.Integer(), nullable=True),
        sa.Column("reverses_id", sa.Integer(), nullable=True),
        sa.Column("replaces_id", sa.Integer(), nullable=True),
        sa.Column("canonical", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.CheckConstraint(
            "(status = 'not_quantified') = (result_kgco2e IS NULL) OR status = 'reversal'",
            name=op.f("ck_ledger_entry_result"),
        ),
        sa.CheckConstraint(
            "status IN ('counted','estimated','provisional','not_quantified','reversal')",
            name=op.f("ck_ledger_entry_status"),
        ),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_ledger_entry_exchange_id_exchange")),
        sa.ForeignKeyConstraint(["line_id"], ["exchange_line.id"], name=op.f("fk_ledger_entry_line_id_exchange_line")),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_ledger_entry_listing_id_listing")),
        sa.ForeignKeyConstraint(
            ["predecessor_id"], ["ledger_entry.id"], name=op.f("fk_ledger_entry_predecessor_id_ledger_entry")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["organisation.id"], name=op.f("fk_ledger_entry_provider_id_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["receiver_id"], ["organisation.id"], name=op.f("fk_ledger_entry_receiver_id_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["ledger_entry.id"], name=op.f("fk_ledger_entry_replaces_id_ledger_entry")
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["ledger_entry.id"], name=op.f("fk_ledger_entry_reverses_id_ledger_entry")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("hash", name=op.f("uq_ledger_entry_hash")),
        sa.UniqueConstraint("position", name=op.f("uq_ledger_entry_position")),
        sa.UniqueConstraint("public_id", name=op.f("uq_ledger_entry_public_id")),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_ledger_entry_replaces_id")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_ledger_entry_reverses_id")),
    )
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_entry_exchange_id"), ["exchange_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_entry_line_id"), ["line_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_entry_listing_id"), ["listing_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_entry_occurred_on"), ["occurred_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_entry_predecessor_id"), ["predecessor_id"], unique=False)
        batch_op.create_index("ix_ledger_entry_subject", ["subject_kind", "subject_id"], unique=False)
        batch_op.create_index(
            "uq_ledger_entry_first_of_line",
            ["line_id"],
            unique=True,
            sqlite_where=sa.text("line_id IS NOT NULL AND replaces_id IS NULL AND status <> 'reversal'"),
            postgresql_where=sa.text("line_id IS NOT NULL AND replaces_id IS NULL AND status <> 'reversal'"),
        )

    op.create_table(
        "ledger_share",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("production_id", sa.Integer(), nullable=True),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("share", sa.String(length=64), nullable=False),
        sa.Column("share_kgco2e", sa.String(length=64), nullable=True),
        sa.CheckConstraint("role IN ('giver','bringer','receiver')", name=op.f("ck_ledger_share_role")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_ledger_share_entry_id_ledger_entry")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_ledger_share_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_share")),
        sa.UniqueConstraint("entry_id", "role", name=op.f("uq_ledger_share_entry_id_role")),
    )
    with op.batch_alter_table("ledger_share", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_share_organisation_id_entry_id", ["organisation_id", "entry_id"], unique=False)
        batch_op.create_index("ix_ledger_share_production_id_entry_id", ["production_id", "entry_id"], unique=False)


def downgrade():
    with op.batch_alter_table("ledger_share", schema=None) as batch_op:
        batch_op.drop_index("ix_ledger_share_production_id_entry_id")
        batch_op.drop_index("ix_ledger_share_organisation_id_entry_id")

    op.drop_table("ledger_share")
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_ledger_entry_first_of_line",
            sqlite_where=sa.text("line_id IS NOT NULL AND replaces_id IS NULL AND status <> 'reversal'"),
            postgresql_where=sa.text("line_id IS NOT NULL AND replaces_id IS NULL AND status <> 'reversal'"),
        )
        batch_op.drop_index("ix_ledger_entry_subject")
        batch_op.drop_index(batch_op.f("ix_ledger_entry_predecessor_id"))
        batch_op.drop_index(batch_op.f("ix_ledger_entry_occurred_on"))
        batch_op.drop_index(batch_op.f("ix_ledger_entry_listing_id"))
        batch_op.drop_index(batch_op.f("ix_ledger_entry_line_id"))
        batch_op.drop_index(batch_op.f("ix_ledger_entry_exchange_id"))

    op.drop_table("ledger_entry")
    op.drop_table("listing_estimate")
    op.drop_table("parameter")
    op.drop_table("ledger_total")
    op.drop_table("ledger_head")
    with op.batch_alter_table("factor", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_factor_stage"))
        batch_op.drop_index(batch_op.f("ix_factor_category"))

    op.drop_table("factor")
