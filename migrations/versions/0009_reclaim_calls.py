"""reclaim calls, offers, what reuse centres take"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = (
    "collector_profile",
    "reclaim_call",
    "reclaim_content",
    "reclaim_photo",
    "reclaim_recipient",
    "reclaim_offer",
)


def upgrade():
    op.create_table(
        "collector_profile",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("accepts_calls", sa.Boolean(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("radius_km", sa.SmallInteger(), nullable=False),
        sa.Column("streams", sa.JSON(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("capacity_m3", sa.BigInteger(), nullable=True),
        sa.Column("capacity_kg", sa.BigInteger(), nullable=True),
        sa.Column("vehicles", sa.JSON(), nullable=False),
        sa.Column("weekdays", sa.JSON(), nullable=False),
        sa.Column("base_price_cents", sa.Integer(), nullable=True),
        sa.Column("price_per_m3_cents", sa.Integer(), nullable=True),
        sa.Column("price_words", sa.String(length=400), nullable=False),
        sa.Column("can_dismantle", sa.Boolean(), nullable=False),
        sa.Column("crew_size", sa.SmallInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(capacity_m3 IS NULL OR capacity_m3 > 0) AND (capacity_kg IS NULL OR capacity_kg > 0)",
            name=op.f("ck_collector_profile_capacity"),
        ),
        sa.CheckConstraint("crew_size IS NULL OR crew_size BETWEEN 1 AND 50", name=op.f("ck_collector_profile_crew")),
        sa.CheckConstraint("radius_km BETWEEN 1 AND 1000", name=op.f("ck_collector_profile_radius")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_collector_profile_organisation_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_collector_profile_site_id_site"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_collector_profile")),
    )
    op.create_index(
        "ix_collector_profile_accepting",
        "collector_profile",
        ["organisation_id"],
        unique=False,
        sqlite_where=sa.text("accepts_calls"),
        postgresql_where=sa.text("accepts_calls"),
    )
    op.create_index(op.f("ix_collector_profile_site_id"), "collector_profile", ["site_id"], unique=False)
    op.create_table(
        "reclaim_call",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("production_id", sa.Integer(), nullable=True),
        sa.Column("plan_id", sa.Integer(), nullable=True),
        sa.Column("exchange_id", sa.Integer(), nullable=True),
        sa.Column("again_of_id", sa.Integer(), nullable=True),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("request_key", sa.String(length=40), nullable=True),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("street", sa.String(length=200), nullable=False),
        sa.Column("postcode", sa.String(length=5), nullable=False),
        sa.Column("city", sa.String(length=100), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("has_dock", sa.Boolean(), nullable=False),
        sa.Column("has_lift", sa.Boolean(), nullable=False),
        sa.Column("height_cm", sa.Integer(), nullable=True),
        sa.Column("floor", sa.SmallInteger(), nullable=True),
        sa.Column("parking", sa.String(length=6), nullable=False),
        sa.Column("access_notes", sa.String(length=1000), nullable=False),
        sa.Column("contact_name", sa.String(length=120), nullable=False),
        sa.Column("contact_phone", sa.String(length=30), nullable=False),
        sa.Column("people_on_site", sa.SmallInteger(), nullable=True),
        sa.Column("needs_dismantling", sa.Boolean(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("volume_m3", sa.BigInteger(), nullable=False),
        sa.Column("mass_kg", sa.BigInteger(), nullable=True),
        sa.Column("hazards", sa.JSON(), nullable=False),
        sa.Column("reach", sa.String(length=8), nullable=False),
        sa.Column("radius_km", sa.SmallInteger(), nullable=True),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(length=400), nullable=True),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.CheckConstraint(
            "(state = 'chosen') = (exchange_id IS NOT NULL)", name=op.f("ck_reclaim_call_chosen_has_an_exchange")
        ),
        sa.CheckConstraint("parking IN ('none','asked','have')", name=op.f("ck_reclaim_call_parking")),
        sa.CheckConstraint("reach <> 'around' OR radius_km BETWEEN 1 AND 1000", name=op.f("ck_reclaim_call_radius")),
        sa.CheckConstraint("reach IN ('chosen','around')", name=op.f("ck_reclaim_call_reach")),
        sa.CheckConstraint(
            "state IN ('draft','open','chosen','cancelled','expired')", name=op.f("ck_reclaim_call_state")
        ),
        sa.CheckConstraint(
            "state NOT IN ('open','chosen','expired') OR (sent_at IS NOT NULL AND answer_by IS NOT NULL)",
            name=op.f("ck_reclaim_call_sent"),
        ),
        sa.CheckConstraint("closes_at > opens_at", name=op.f("ck_reclaim_call_window")),
        sa.CheckConstraint("height_cm IS NULL OR height_cm > 0", name=op.f("ck_reclaim_call_height")),
        sa.CheckConstraint("volume_m3 > 0 AND (mass_kg IS NULL OR mass_kg > 0)", name=op.f("ck_reclaim_call_amounts")),
        sa.ForeignKeyConstraint(
            ["again_of_id"], ["reclaim_call.id"], name=op.f("fk_reclaim_call_again_of_id_reclaim_call")
        ),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_reclaim_call_exchange_id_exchange")),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["user.id"], name=op.f("fk_reclaim_call_made_by_id_user"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_reclaim_call_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["production_id"], ["production.id"], name=op.f("fk_reclaim_call_production_id_production")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_reclaim_call_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reclaim_call")),
        sa.UniqueConstraint("exchange_id", name=op.f("uq_reclaim_call_exchange_id")),
        sa.UniqueConstraint("organisation_id", "request_key", name=op.f("uq_reclaim_call_organisation_id_request_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_reclaim_call_public_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_reclaim_call_reference")),
    )
    op.create_index(op.f("ix_reclaim_call_again_of_id"), "reclaim_call", ["again_of_id"], unique=False)
    op.create_index(
        "ix_reclaim_call_answer_by_open",
        "reclaim_call",
        ["answer_by"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(op.f("ix_reclaim_call_made_by_id"), "reclaim_call", ["made_by_id"], unique=False)
    op.create_index(
        "ix_reclaim_call_organisation_id_state_id", "reclaim_call", ["organisation_id", "state", "id"], unique=False
    )
    op.create_index(op.f("ix_reclaim_call_plan_id"), "reclaim_call", ["plan_id"], unique=False)
    op.create_index(op.f("ix_reclaim_call_production_id"), "reclaim_call", ["production_id"], unique=False)
    op.create_index(op.f("ix_reclaim_call_site_id"), "reclaim_call", ["site_id"], unique=False)
    op.create_table(
        "reclaim_content",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("stream", sa.String(length=12), nullable=True),
        sa.Column("category", sa.String(length=60), nullable=True),
        sa.Column("volume_m3", sa.BigInteger(), nullable=True),
        sa.Column("mass_kg", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.CheckConstraint("(stream IS NULL) <> (category IS NULL)", name=op.f("ck_reclaim_content_one_kind")),
        sa.CheckConstraint(
            "(volume_m3 IS NULL OR volume_m3 > 0) AND (mass_kg IS NULL OR mass_kg > 0)",
            name=op.f("ck_reclaim_content_amounts"),
        ),
        sa.ForeignKeyConstraint(
            ["call_id"], ["reclaim_call.id"], name=op.f("fk_reclaim_content_call_id_reclaim_call"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reclaim_content")),
        sa.UniqueConstraint("call_id", "position", name=op.f("uq_reclaim_content_call_id_position")),
    )
    op.create_table(
        "reclaim_offer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("vehicle", sa.String(length=12), nullable=False),
        sa.Column("loads", sa.SmallInteger(), nullable=False),
        sa.Column("people", sa.SmallInteger(), nullable=False),
        sa.Column("price_cents", sa.Integer(), nullable=False),
        sa.Column("message", sa.String(length=1000), nullable=False),
        sa.Column("distance_km", sa.BigInteger(), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.CheckConstraint(
            "state IN ('offered','chosen','not_chosen','withdrawn')", name=op.f("ck_reclaim_offer_state")
        ),
        sa.CheckConstraint("distance_km >= 0", name=op.f("ck_reclaim_offer_distance")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_reclaim_offer_times")),
        sa.CheckConstraint("loads BETWEEN 1 AND 20 AND people BETWEEN 1 AND 50", name=op.f("ck_reclaim_offer_crew")),
        sa.CheckConstraint("price_cents BETWEEN -10000000 AND 10000000", name=op.f("ck_reclaim_offer_price")),
        sa.ForeignKeyConstraint(["call_id"], ["reclaim_call.id"], name=op.f("fk_reclaim_offer_call_id_reclaim_call")),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["user.id"], name=op.f("fk_reclaim_offer_made_by_id_user"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_reclaim_offer_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reclaim_offer")),
        sa.UniqueConstraint("public_id", name=op.f("uq_reclaim_offer_public_id")),
    )
    op.create_index("ix_reclaim_offer_call_id_id", "reclaim_offer", ["call_id", "id"], unique=False)
    op.create_index(op.f("ix_reclaim_offer_made_by_id"), "reclaim_offer", ["made_by_id"], unique=False)
    op.create_index(
        "ix_reclaim_offer_organisation_id_state_id", "reclaim_offer", ["organisation_id", "state", "id"], unique=False
    )
    op.create_index(
        "uq_reclaim_offer_call_id_chosen",
        "reclaim_offer",
        ["call_id"],
        unique=True,
        sqlite_where=sa.text("state = 'chosen'"),
        postgresql_where=sa.text("state = 'chosen'"),
    )
    op.create_index(
        "uq_reclaim_offer_call_id_organisation_id_living",
        "reclaim_offer",
        ["call_id", "organisation_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('offered','chosen')"),
        postgresql_where=sa.text("state IN ('offered','chosen')"),
    )
    op.create_table(
        "reclaim_photo",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"], ["reclaim_call.id"], name=op.f("fk_reclaim_photo_call_id_reclaim_call"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reclaim_photo")),
        sa.UniqueConstraint("call_id", "key", name=op.f("uq_reclaim_photo_call_id_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_reclaim_photo_public_id")),
    )
    op.create_table(
        "reclaim_recipient",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("misfits", sa.JSON(), nullable=False),
        sa.Column("distance_km", sa.SmallInteger(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decline_reason", sa.String(length=400), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"], ["reclaim_call.id"], name=op.f("fk_reclaim_recipient_call_id_reclaim_call"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_reclaim_recipient_organisation_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reclaim_recipient")),
        sa.UniqueConstraint("call_id", "organisation_id", name=op.f("uq_reclaim_recipient_call_id_organisation_id")),
    )
    op.create_index(
        "ix_reclaim_recipient_organisation_id_call_id",
        "reclaim_recipient",
        ["organisation_id", "call_id"],
        unique=False,
    )


def downgrade():
    for table in reversed(TABLES):
        op.drop_table(table)
