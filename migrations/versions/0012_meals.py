"""leftover meals, their receivers, alerts, waiting lists, what is read at hand-over"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "leftover",
        sa.Column("listing_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("offered", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("use_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("best_before", sa.Date(), nullable=True),
        sa.Column("keep", sa.String(length=8), nullable=False),
        sa.Column("temperature_tenths_c", sa.SmallInteger(), nullable=True),
        sa.Column("temperature_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("out_of_temperature_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("allergens", sa.JSON(), nullable=False),
        sa.Column("allergens_none", sa.Boolean(), nullable=False),
        sa.Column("packaging", sa.String(length=12), nullable=False),
        sa.Column("served", sa.Boolean(), nullable=False),
        sa.Column("reheated", sa.Boolean(), nullable=False),
        sa.Column("pick_up_opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pick_up_closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("contact", sa.String(length=120), nullable=False),
        sa.Column("first_come", sa.Boolean(), nullable=False),
        sa.Column("open_to", sa.String(length=10), nullable=False),
        sa.Column("fallback_bio_waste", sa.Boolean(), nullable=False),
        sa.Column("shooting_day", sa.Date(), nullable=True),
        sa.Column("waves_sent", sa.SmallInteger(), nullable=False),
        sa.Column("next_wave_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(length=10), nullable=True),
        sa.Column("left_over", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("keep IN ('hot','cold','ambient')", name=op.f("ck_leftover_keep")),
        sa.CheckConstraint("offered > 0", name=op.f("ck_leftover_offered")),
        sa.CheckConstraint("(use_by IS NULL) <> (best_before IS NULL)", name=op.f("ck_leftover_one_date")),
        sa.CheckConstraint(
            "keep = 'ambient' OR temperature_tenths_c IS NOT NULL", name=op.f("ck_leftover_temperature")
        ),
        sa.CheckConstraint(
            "(temperature_tenths_c IS NULL) = (temperature_read_at IS NULL)", name=op.f("ck_leftover_read_at")
        ),
        sa.CheckConstraint(
            "allergens_none = (CAST(allergens AS VARCHAR(400)) = '[]')", name=op.f("ck_leftover_allergens")
        ),
        sa.CheckConstraint("NOT served AND NOT reheated", name=op.f("ck_leftover_untouched")),
        sa.CheckConstraint("pick_up_closes_at > pick_up_opens_at", name=op.f("ck_leftover_window")),
        sa.CheckConstraint("use_by IS NULL OR pick_up_closes_at <= use_by", name=op.f("ck_leftover_in_time")),
        sa.CheckConstraint("open_to IN ('charities','crews','public')", name=op.f("ck_leftover_open_to")),
        sa.CheckConstraint("keep = 'ambient' OR open_to = 'charities'", name=op.f("ck_leftover_cold_chain")),
        sa.CheckConstraint(
            "end_reason IS NULL OR end_reason IN ('gone','expired','cooled','withdrawn')",
            name=op.f("ck_leftover_reason"),
        ),
        sa.CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name=op.f("ck_leftover_ended")),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_leftover_listing_id_listing")),
        sa.PrimaryKeyConstraint("listing_id", name=op.f("pk_leftover")),
    )
    op.create_index(
        "ix_leftover_open",
        "leftover",
        ["pick_up_closes_at"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_leftover_next_wave_at",
        "leftover",
        ["next_wave_at"],
        sqlite_where=sa.text("next_wave_at IS NOT NULL"),
        postgresql_where=sa.text("next_wave_at IS NOT NULL"),
    )
    op.create_table(
        "food_draft",
        sa.Column("listing_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name=op.f("fk_food_draft_listing_id_listing"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("listing_id", name=op.f("pk_food_draft")),
    )
    op.create_table(
        "meal_receiver",
        sa.Column("organisation_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("city", sa.String(length=100), nullable=False),
        sa.Column("postcode", sa.String(length=5), nullable=False),
        sa.Column("cold_box", sa.Boolean(), nullable=False),
        sa.Column("hot_box", sa.Boolean(), nullable=False),
        sa.Column("vehicle", sa.String(length=12), nullable=True),
        sa.Column("range_km", sa.SmallInteger(), nullable=False),
        sa.Column("hours", sa.JSON(), nullable=False),
        sa.Column("capacity_portions", sa.Integer(), nullable=True),
        sa.Column("not_taken", sa.JSON(), nullable=False),
        sa.Column("alerts", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("no_shows", sa.Integer(), server_default="0", nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("range_km BETWEEN 1 AND 200", name=op.f("ck_meal_receiver_range")),
        sa.CheckConstraint(
            "capacity_portions IS NULL OR capacity_portions > 0", name=op.f("ck_meal_receiver_capacity")
        ),
        sa.CheckConstraint("no_shows >= 0", name=op.f("ck_meal_receiver_no_shows")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_meal_receiver_organisation_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_meal_receiver_site_id_site"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_meal_receiver")),
    )
    op.create_index(op.f("ix_meal_receiver_site_id"), "meal_receiver", ["site_id"])
    op.create_index(
        "ix_meal_receiver_alerts",
        "meal_receiver",
        ["lat", "lon"],
        sqlite_where=sa.text("alerts"),
        postgresql_where=sa.text("alerts"),
    )
    op.create_table(
        "meal_alert",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("wave", sa.SmallInteger(), nullable=False),
        sa.Column("distance_km", sa.SmallInteger(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["leftover.listing_id"],
            name=op.f("fk_meal_alert_listing_id_leftover"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_meal_alert_organisation_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meal_alert")),
        sa.UniqueConstraint("listing_id", "organisation_id", name=op.f("uq_meal_alert_listing_id_organisation_id")),
    )
    op.create_index(op.f("ix_meal_alert_organisation_id"), "meal_alert", ["organisation_id", "id"])
    op.create_table(
        "meal_wait",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["leftover.listing_id"],
            name=op.f("fk_meal_wait_listing_id_leftover"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_meal_wait_organisation_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meal_wait")),
        sa.UniqueConstraint("listing_id", "organisation_id", name=op.f("uq_meal_wait_listing_id_organisation_id")),
    )
    op.create_index(op.f("ix_meal_wait_organisation_id"), "meal_wait", ["organisation_id"])
    op.create_table(
        "meal_hand_over",
        sa.Column("exchange_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("temperature_tenths_c", sa.SmallInteger(), nullable=True),
        sa.Column("out_of_temperature_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_meal_hand_over_quantity")),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_meal_hand_over_exchange_id_exchange")),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["leftover.listing_id"], name=op.f("fk_meal_hand_over_listing_id_leftover")
        ),
        sa.PrimaryKeyConstraint("exchange_id", name=op.f("pk_meal_hand_over")),
    )
    op.create_index(op.f("ix_meal_hand_over_listing_id"), "meal_hand_over", ["listing_id"])


def downgrade():
    for table in ("meal_hand_over", "meal_wait", "meal_alert", "meal_receiver", "food_draft", "leftover"):
        op.drop_table(table)
