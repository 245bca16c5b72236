"""what is weighed at an intake and what becomes of it"""

import sqlalchemy as sa
from alembic import op

from marketplace.core.db import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

STREAMS = (
    "'wood','metal','plastic','glass','paper_card','textile','plaster','mineral','bio_waste',"
    "'electricals','hazardous','mixed'"
)
OUTCOMES = "'to_stock','direct_reuse','recycling','composting','digestion','energy','landfill'"


def upgrade():
    op.create_table(
        "weighing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("stream", sa.String(length=12), nullable=False),
        sa.Column("material", sa.String(length=40), nullable=True),
        sa.Column("what", sa.String(length=140), nullable=False),
        sa.Column("gross_grams", sa.BigInteger(), nullable=False),
        sa.Column("tare_grams", sa.BigInteger(), nullable=False),
        sa.Column("net_grams", sa.BigInteger(), nullable=False),
        sa.Column("contaminated_percent", sa.SmallInteger(), nullable=False),
        sa.Column("contamination_note", sa.String(length=200), nullable=False),
        sa.Column("waste_code", sa.String(length=9), nullable=False),
        sa.Column("route_key", sa.String(length=80), nullable=True),
        sa.Column("slip", sa.String(length=60), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.Column("photo_keys", sa.JSON(), nullable=False),
        sa.Column("weighed_by_id", sa.Integer(), nullable=True),
        sa.Column("weighed_at", UtcDateTime(), nullable=False),
        sa.Column("sealed_by_id", sa.Integer(), nullable=True),
        sa.Column("sealed_at", UtcDateTime(), nullable=True),
        sa.Column("replaces_id", sa.Integer(), nullable=True),
        sa.Column("replaced_for", sa.String(length=400), nullable=False),
        sa.Column("request_key", sa.String(length=40), nullable=True),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.CheckConstraint("tare_grams >= 0 AND gross_grams >= tare_grams", name=op.f("ck_weighing_scale")),
        sa.CheckConstraint("net_grams = gross_grams - tare_grams", name=op.f("ck_weighing_net")),
        sa.CheckConstraint("net_grams > 0 OR replaces_id IS NOT NULL", name=op.f("ck_weighing_something")),
        sa.CheckConstraint("contaminated_percent BETWEEN 0 AND 100", name=op.f("ck_weighing_contaminated")),
        sa.CheckConstraint(f"stream IN ({STREAMS})", name=op.f("ck_weighing_stream")),
        sa.CheckConstraint("replaces_id IS NULL OR replaced_for <> ''", name=op.f("ck_weighing_reason")),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_weighing_exchange_id_exchange")),
        sa.ForeignKeyConstraint(["replaces_id"], ["weighing.id"], name=op.f("fk_weighing_replaces_id_weighing")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weighing")),
        sa.UniqueConstraint("public_id", name=op.f("uq_weighing_public_id")),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_weighing_replaces_id")),
        sa.UniqueConstraint("exchange_id", "request_key", name=op.f("uq_weighing_exchange_id_request_key")),
    )
    op.create_index(op.f("ix_weighing_exchange_id"), "weighing", ["exchange_id"])
    op.create_table(
        "weighing_outcome",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("weighing_id", sa.Integer(), nullable=False),
        sa.Column("mass_grams", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("destination", sa.String(length=160), nullable=False),
        sa.Column("treatment", sa.String(length=3), nullable=False),
        sa.Column("title", sa.String(length=140), nullable=False),
        sa.Column("draft_count", sa.SmallInteger(), nullable=False),
        sa.Column("taker", sa.String(length=10), nullable=True),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.CheckConstraint("mass_grams > 0", name=op.f("ck_weighing_outcome_mass")),
        sa.CheckConstraint(f"outcome IN ({OUTCOMES})", name=op.f("ck_weighing_outcome_outcome")),
        sa.CheckConstraint("(outcome = 'to_stock') = (draft_count > 0)", name=op.f("ck_weighing_outcome_drafts")),
        sa.CheckConstraint("taker IS NULL OR taker IN ('production','public')", name=op.f("ck_weighing_outcome_taker")),
        sa.ForeignKeyConstraint(
            ["weighing_id"],
            ["weighing.id"],
            name=op.f("fk_weighing_outcome_weighing_id_weighing"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weighing_outcome")),
        sa.UniqueConstraint("public_id", name=op.f("uq_weighing_outcome_public_id")),
    )
    op.create_index(op.f("ix_weighing_outcome_weighing_id"), "weighing_outcome", ["weighing_id"])
    op.create_table(
        "stocked_part",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("outcome_id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("mass_grams", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("mass_grams > 0", name=op.f("ck_stocked_part_mass")),
        sa.ForeignKeyConstraint(
            ["outcome_id"], ["weighing_outcome.id"], name=op.f("fk_stocked_part_outcome_id_weighing_outcome")
        ),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_stocked_part_exchange_id_exchange")),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name=op.f("fk_stocked_part_listing_id_listing"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stocked_part")),
        sa.UniqueConstraint("listing_id", name=op.f("uq_stocked_part_listing_id")),
    )
    for column in ("outcome_id", "exchange_id"):
        op.create_index(op.f(f"ix_stocked_part_{column}"), "stocked_part", [column])


def downgrade():
    op.drop_table("stocked_part")
    op.drop_table("weighing_outcome")
    op.drop_table("weighing")
