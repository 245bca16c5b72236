"""wrap plans and rounds"""

import sqlalchemy as sa
from alembic import op

from marketplace.core.db import PublicId, Quantity, UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = ("round_stop", "collection_round", "wrap_change", "wrap_line", "plan_link", "wrap_plan")


def upgrade():
    op.create_table(
        "collection_round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("vehicle", sa.String(length=12), nullable=False),
        sa.Column("driver", sa.String(length=80), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("leaves_at", UtcDateTime(), nullable=False),
        sa.Column("speed_kmh", sa.SmallInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("public_id", PublicId(), nullable=False),
        sa.CheckConstraint("speed_kmh BETWEEN 5 AND 110", name=op.f("ck_collection_round_speed")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name=op.f("fk_collection_round_created_by_id_user"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_collection_round_organisation_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_collection_round_site_id_site"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_round")),
        sa.UniqueConstraint(
            "organisation_id", "day", "name", name=op.f("uq_collection_round_organisation_id_day_name")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_collection_round_public_id")),
    )
    op.create_index(op.f("ix_collection_round_created_by_id"), "collection_round", ["created_by_id"])
    op.create_index(op.f("ix_collection_round_site_id"), "collection_round", ["site_id"])
    op.create_table(
        "wrap_plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("production_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("place_key", sa.String(length=120), nullable=False),
        sa.Column("postcode", sa.String(length=5), nullable=True),
        sa.Column("city", sa.String(length=100), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("skip_at", UtcDateTime(), nullable=False),
        sa.Column("next_outcome", sa.String(length=10), nullable=True),
        sa.Column("next_at", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("public_id", PublicId(), nullable=False),
        sa.CheckConstraint(
            "(next_outcome IS NULL OR next_outcome IN ('keep','sell','rent_out','give','collect','recycle','compost','dispose'))",
            name=op.f("ck_wrap_plan_next_outcome"),
        ),
        sa.CheckConstraint("(next_outcome IS NULL) = (next_at IS NULL)", name=op.f("ck_wrap_plan_next_has_a_date")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name=op.f("fk_wrap_plan_created_by_id_user"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_wrap_plan_organisation_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["production_id"], ["production.id"], name=op.f("fk_wrap_plan_production_id_production"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wrap_plan")),
        sa.UniqueConstraint("production_id", "place_key", name=op.f("uq_wrap_plan_production_id_place_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_wrap_plan_public_id")),
    )
    op.create_index(op.f("ix_wrap_plan_created_by_id"), "wrap_plan", ["created_by_id"])
    op.create_index(
        "ix_wrap_plan_next_at_open",
        "wrap_plan",
        ["next_at"],
        sqlite_where=sa.text("next_at IS NOT NULL AND closed_at IS NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL AND closed_at IS NULL"),
    )
    op.create_index("ix_wrap_plan_organisation_id_skip_at", "wrap_plan", ["organisation_id", "skip_at"])
    op.create_table(
        "plan_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=4), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("public_id", PublicId(), nullable=False),
        sa.CheckConstraint("role IN ('read','help')", name=op.f("ck_plan_link_role")),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["user.id"], name=op.f("fk_plan_link_made_by_id_user"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["wrap_plan.id"], name=op.f("fk_plan_link_plan_id_wrap_plan"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_link")),
        sa.UniqueConstraint("public_id", name=op.f("uq_plan_link_public_id")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_plan_link_secret_hash")),
    )
    op.create_index(op.f("ix_plan_link_made_by_id"), "plan_link", ["made_by_id"])
    op.create_index(op.f("ix_plan_link_plan_id"), "plan_link", ["plan_id"])
    op.create_table(
        "round_stop",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("volume_litres", sa.Integer(), nullable=True),
        sa.Column("mass_grams", sa.Integer(), nullable=True),
        sa.Column("is_part", sa.Boolean(), nullable=False),
        sa.Column("service_minutes", sa.SmallInteger(), nullable=False),
        sa.Column("arrived_at", UtcDateTime(), nullable=True),
        sa.Column("loaded_at", UtcDateTime(), nullable=True),
        sa.Column("public_id", PublicId(), nullable=False),
        sa.CheckConstraint("mass_grams IS NULL OR mass_grams > 0", name=op.f("ck_round_stop_mass")),
        sa.CheckConstraint("service_minutes BETWEEN 0 AND 600", name=op.f("ck_round_stop_service")),
        sa.CheckConstraint("volume_litres IS NULL OR volume_litres > 0", name=op.f("ck_round_stop_volume")),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_round_stop_exchange_id_exchange")),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["collection_round.id"],
            name=op.f("fk_round_stop_round_id_collection_round"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_stop")),
        sa.UniqueConstraint("public_id", name=op.f("uq_round_stop_public_id")),
        sa.UniqueConstraint("round_id", "exchange_id", name=op.f("uq_round_stop_round_id_exchange_id")),
    )
    op.create_index(op.f("ix_round_stop_exchange_id"), "round_stop", ["exchange_id"])
    op.create_table(
        "wrap_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=140), nullable=False),
        sa.Column("category_key", sa.String(length=60), nullable=True),
        sa.Column("quantity", Quantity(), nullable=False),
        sa.Column("unit", sa.String(length=8), nullable=False),
        sa.Column("mass_grams", sa.Integer(), nullable=True),
        sa.Column("mass_source", sa.String(length=10), nullable=False),
        sa.Column("volume_litres", sa.Integer(), nullable=True),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(length=10), nullable=True),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("vehicle", sa.String(length=12), nullable=True),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.Column("next_outcome", sa.String(length=10), nullable=True),
        sa.Column("next_at", UtcDateTime(), nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("form_key", sa.String(length=40), nullable=False),
        sa.Column("form_place", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("public_id", PublicId(), nullable=False),
        sa.CheckConstraint(
            "(next_outcome IS NULL OR next_outcome IN ('keep','sell','rent_out','give','collect','recycle','compost','dispose'))",
            name=op.f("ck_wrap_line_next_outcome"),
        ),
        sa.CheckConstraint(
            "(outcome IS NULL OR outcome IN ('keep','sell','rent_out','give','collect','recycle','compost','dispose'))",
            name=op.f("ck_wrap_line_outcome"),
        ),
        sa.CheckConstraint("mass_source IN ('weighed','estimated','guessed')", name=op.f("ck_wrap_line_mass_source")),
        sa.CheckConstraint("(next_outcome IS NULL) = (next_at IS NULL)", name=op.f("ck_wrap_line_next_has_a_date")),
        sa.CheckConstraint("done_at IS NULL OR outcome IS NOT NULL", name=op.f("ck_wrap_line_done_has_an_outcome")),
        sa.CheckConstraint("mass_grams IS NULL OR mass_grams > 0", name=op.f("ck_wrap_line_mass")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_wrap_line_quantity")),
        sa.CheckConstraint("volume_litres IS NULL OR volume_litres > 0", name=op.f("ck_wrap_line_volume")),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name=op.f("fk_wrap_line_listing_id_listing"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["wrap_plan.id"], name=op.f("fk_wrap_line_plan_id_wrap_plan"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wrap_line")),
        sa.UniqueConstraint("plan_id", "form_key", "form_place", name=op.f("uq_wrap_line_plan_id_form_key_form_place")),
        sa.UniqueConstraint("public_id", name=op.f("uq_wrap_line_public_id")),
    )
    op.create_index(op.f("ix_wrap_line_listing_id"), "wrap_line", ["listing_id"])
    op.create_index(
        "ix_wrap_line_next_at_waiting",
        "wrap_line",
        ["next_at"],
        sqlite_where=sa.text("next_at IS NOT NULL AND done_at IS NULL AND removed_at IS NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL AND done_at IS NULL AND removed_at IS NULL"),
    )
    op.create_index(
        "ix_wrap_line_plan_id_living",
        "wrap_line",
        ["plan_id", "id"],
        sqlite_where=sa.text("removed_at IS NULL"),
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_index(
        "uq_wrap_line_plan_id_listing_id_living",
        "wrap_line",
        ["plan_id", "listing_id"],
        unique=True,
        sqlite_where=sa.text("removed_at IS NULL AND listing_id IS NOT NULL"),
        postgresql_where=sa.text("removed_at IS NULL AND listing_id IS NOT NULL"),
    )
    op.create_table(
        "wrap_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=True),
        sa.Column("act", sa.String(length=12), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("link_id", sa.Integer(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["line_id"], ["wrap_line.id"], name=op.f("fk_wrap_change_line_id_wrap_line"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["link_id"], ["plan_link.id"], name=op.f("fk_wrap_change_link_id_plan_link"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["wrap_plan.id"], name=op.f("fk_wrap_change_plan_id_wrap_plan"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_wrap_change_user_id_user"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wrap_change")),
    )
    op.create_index(op.f("ix_wrap_change_line_id"), "wrap_change", ["line_id"])
    op.create_index(op.f("ix_wrap_change_link_id"), "wrap_change", ["link_id"])
    op.create_index("ix_wrap_change_plan_id_id", "wrap_change", ["plan_id", "id"])
    op.create_index(op.f("ix_wrap_change_user_id"), "wrap_change", ["user_id"])


def downgrade():
    for table in TABLES:
        op.drop_table(table)
