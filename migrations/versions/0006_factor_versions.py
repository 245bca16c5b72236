"""factors as versioned data: imports, product-specific data, how often each version was used"""

import json
from collections import Counter

import sqlalchemy as sa
from alembic import op

from marketplace.core.db import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BATCH = 500


def upgrade():
    op.create_table(
        "factor_use",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("entry_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", "version", name=op.f("pk_factor_use")),
    )
    op.create_table(
        "factor_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(length=160), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("effect", sa.JSON(), nullable=True),
        sa.Column("version_count", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("sent_by_id", sa.Integer(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.CheckConstraint("status IN ('draft','published','dropped')", name=op.f("ck_factor_import_status")),
        sa.ForeignKeyConstraint(
            ["sent_by_id"], ["user.id"], name=op.f("fk_factor_import_sent_by_id_user"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["user.id"], name=op.f("fk_factor_import_decided_by_id_user"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_factor_import")),
        sa.UniqueConstraint("public_id", name=op.f("uq_factor_import_public_id")),
    )
    op.create_index("ix_factor_import_status_id", "factor_import", ["status", "id"])
    op.create_table(
        "product_data",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("operator", sa.String(length=120), nullable=False),
        sa.Column("registration", sa.String(length=120), nullable=False),
        sa.Column("declared_unit", sa.String(length=10), nullable=False),
        sa.Column("to_grave", sa.Boolean(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("recorded_on", sa.Date(), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("document_name", sa.String(length=160), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("upload_key", sa.String(length=120), nullable=True),
        sa.Column("file_key", sa.String(length=120), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("looked_at", UtcDateTime(), nullable=True),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.CheckConstraint("declared_unit IN ('piece','kg')", name=op.f("ck_product_data_declared_unit")),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name=op.f("fk_product_data_listing_id_listing"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_product_data_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user.id"], name=op.f("fk_product_data_recorded_by_id_user"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_data")),
        sa.UniqueConstraint("public_id", name=op.f("uq_product_data_public_id")),
        sa.UniqueConstraint("listing_id", "version", name=op.f("uq_product_data_listing_id_version")),
        sa.UniqueConstraint("key", "version", name=op.f("uq_product_data_key_version")),
    )
    op.create_index(op.f("ix_product_data_organisation_id"), "product_data", ["organisation_id"])
    op.create_index(op.f("ix_product_data_valid_until"), "product_data", ["valid_until"])
    _count_what_is_there()


def _count_what_is_there():
    """The entries written before the counter was."""
    connection = op.get_bind()
    used, last = Counter(), 0
    query = sa.text(
        "SELECT position, status, canonical FROM ledger_entry WHERE position > :last ORDER BY position LIMIT :most"
    )
    while batch := connection.execute(query, {"last": last, "most": BATCH}).all():
        for row in batch:
            step = -1 if row.status == "reversal" else 1
            for factor in json.loads(row.canonical)["factors_used"]:
                used[factor["key"], factor["version"]] += step
        last = batch[-1].position
    rows = [{"key": key, "version": version, "entry_count": n} for (key, version), n in used.items()]
    if rows:
        table = sa.table("factor_use", sa.column("key"), sa.column("version"), sa.column("entry_count"))
        connection.execute(sa.insert(table), rows)


def downgrade():
    for table in ("product_data", "factor_import", "factor_use"):
        op.drop_table(table)
