"""rent, sell, option: pieces, sets, holds by cause, assignments, shortages, condition reports, charges, calendars"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Columns with a check or a key are written by hand: both databases read the same words, and SQLite need not rebuild
# (and lose the guards of) tables that hold everything.
COLUMNS = {
    "organisation": [
        "school_reduction_percent SMALLINT DEFAULT 0 NOT NULL"
        " CONSTRAINT ck_organisation_school_reduction CHECK (school_reduction_percent BETWEEN 0 AND 100)",
        "non_profit_reduction_percent SMALLINT DEFAULT 0 NOT NULL"
        " CONSTRAINT ck_organisation_non_profit_reduction CHECK (non_profit_reduction_percent BETWEEN 0 AND 100)",
        "rental_terms TEXT DEFAULT '' NOT NULL",
    ],
    "listing": [
        "stock_by VARCHAR(10) DEFAULT 'quantity' NOT NULL"
        " CONSTRAINT ck_listing_stock_by CHECK (stock_by IN ('quantity','piece'))",
        "is_set BOOLEAN DEFAULT false NOT NULL",
        "shelf VARCHAR(40)",
        "prep_days SMALLINT DEFAULT 0 NOT NULL CONSTRAINT ck_listing_prep_days CHECK (prep_days BETWEEN 0 AND 14)",
        "turnaround_days SMALLINT DEFAULT 0 NOT NULL"
        " CONSTRAINT ck_listing_turnaround_days CHECK (turnaround_days BETWEEN 0 AND 14)",
        "rental_coefficients JSON",
        "grace_days SMALLINT DEFAULT 1 NOT NULL CONSTRAINT ck_listing_grace_days CHECK (grace_days BETWEEN 0 AND 6)",
        "minimum_cents INTEGER CONSTRAINT ck_listing_minimum CHECK (minimum_cents IS NULL OR minimum_cents >= 0)",
        "longest_rental_days SMALLINT DEFAULT 365 NOT NULL"
        " CONSTRAINT ck_listing_longest_rental_days CHECK (longest_rental_days BETWEEN 1 AND 366)",
        "asks_insurance BOOLEAN DEFAULT false NOT NULL",
        "takes_offers BOOLEAN DEFAULT false NOT NULL",
        "open_to_public BOOLEAN DEFAULT false NOT NULL",
        "acquired VARCHAR(10)"
        " CONSTRAINT ck_listing_acquired CHECK (acquired IS NULL OR acquired IN ('bought_new','reuse'))",
        "uses_expected INTEGER CONSTRAINT ck_listing_uses_expected CHECK (uses_expected IS NULL OR uses_expected >= 1)",
    ],
    "exchange": [
        "starts_on DATE",
        "ends_on DATE",
        "delivery VARCHAR(10) DEFAULT 'collection' NOT NULL"
        " CONSTRAINT ck_exchange_delivery CHECK (delivery IN ('collection','provider','carrier'))",
        "delivery_address VARCHAR(300) DEFAULT '' NOT NULL",
        "delivery_cents INTEGER DEFAULT 0 NOT NULL",
        "collected_by_phone VARCHAR(30)",
        "collected_by_plate VARCHAR(20)",
        "deposit_cents INTEGER DEFAULT 0 NOT NULL"
        " CONSTRAINT ck_exchange_amounts CHECK (delivery_cents >= 0 AND deposit_cents >= 0)",
        "reduction_percent SMALLINT DEFAULT 0 NOT NULL"
        " CONSTRAINT ck_exchange_reduction CHECK (reduction_percent BETWEEN 0 AND 100)",
        "reduction_for VARCHAR(12)",
        "terms_changed BOOLEAN DEFAULT false NOT NULL",
        "valid_until DATE",
        "asks_insurance BOOLEAN DEFAULT false NOT NULL",
        "option_days SMALLINT"
        " CONSTRAINT ck_exchange_option_days CHECK (option_days IS NULL OR option_days BETWEEN 1 AND 10)",
        "option_rank SMALLINT CONSTRAINT ck_exchange_option_rank CHECK (option_rank IS NULL OR option_rank IN (1, 2))",
        "behind_id INTEGER CONSTRAINT fk_exchange_behind_id_exchange REFERENCES exchange (id)",
        "cart_extended BOOLEAN DEFAULT false NOT NULL",
    ],
    "exchange_line": [
        "parent_line_id INTEGER CONSTRAINT fk_exchange_line_parent_line_id_exchange_line REFERENCES exchange_line (id)",
        "unit_cents INTEGER",
        "terms JSON DEFAULT '{}' NOT NULL",
        "replacement_value_cents INTEGER",
        "offered_cents INTEGER",
        "returned_quantity BIGINT DEFAULT 0 NOT NULL"
        " CONSTRAINT ck_exchange_line_returned CHECK (returned_quantity >= 0 AND returned_quantity <= quantity)",
    ],
    "document": [
        "valid_until DATE",
        "name VARCHAR(160)",
        "media_type VARCHAR(40) DEFAULT 'application/pdf' NOT NULL",
        "sent_by VARCHAR(10)",
        "report_id INTEGER CONSTRAINT fk_document_report_id_condition_report REFERENCES condition_report (id)",
    ],
}
MOMENTS = {"exchange": ["handed_over_at", "returned_at"], "document": ["superseded_at"]}
INDEXES = [
    ("ix_exchange_behind_id", "exchange", ["behind_id"]),
    ("ix_exchange_provider_id_starts_on", "exchange", ["provider_id", "starts_on"]),
    ("ix_exchange_provider_id_ends_on", "exchange", ["provider_id", "ends_on"]),
    ("ix_exchange_line_parent_line_id", "exchange_line", ["parent_line_id"]),
    ("ix_document_report_id", "document", ["report_id"]),
]
ACTIVE = "state = 'active'"
# all that a sweep reads of a hold: the table itself is not looked at
SWEPT = ["listing_id", "starts_on", "ends_on", "quantity", "is_fact", "expires_at", "id"]
LASTING = "state = 'active' AND (ends_on IS NULL OR is_fact)"
PROMISE = "cause = 'promise'"
CHECKS = {
    "ck_hold_cause": "cause IN ('promise','maintenance','repair','late','missing','turnaround')",
    "ck_hold_promise_has_a_line": "cause <> 'promise' OR line_id IS NOT NULL",
}


def _index_active(columns):
    op.create_index(
        "ix_hold_listing_id_active",
        "hold",
        columns,
        unique=False,
        sqlite_where=sa.text(ACTIVE),
        postgresql_where=sa.text(ACTIVE),
    )


def _is_postgresql():
    return op.get_bind().dialect.name == "postgresql"


def upgrade():

    op.create_table(
        "calendar_feed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("production_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.CheckConstraint("site_id IS NULL OR production_id IS NULL", name=op.f("ck_calendar_feed_one_subject")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_calendar_feed_organisation_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["production_id"],
            ["production.id"],
            name=op.f("fk_calendar_feed_production_id_production"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_calendar_feed_site_id_site"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_calendar_feed_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("public_id", name=op.f("uq_calendar_feed_public_id")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_calendar_feed_secret_hash")),
    )
    op.create_index(op.f("ix_calendar_feed_organisation_id"), "calendar_feed", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_calendar_feed_production_id"), "calendar_feed", ["production_id"], unique=False)
    op.create_index(op.f("ix_calendar_feed_site_id"), "calendar_feed", ["site_id"], unique=False)
    op.create_index(op.f("ix_calendar_feed_user_id"), "calendar_feed", ["user_id"], unique=False)

    op.create_table(
        "site_closing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=120), nullable=False),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.CheckConstraint("ends_on > starts_on", name=op.f("ck_site_closing_dates")),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_site_closing_site_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_closing")),
        sa.UniqueConstraint("public_id", name=op.f("uq_site_closing_public_id")),
    )
    op.create_index("ix_site_closing_site_id_ends_on", "site_closing", ["site_id", "ends_on"], unique=False)

    op.create_table(
        "condition_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("direction", sa.String(length=10), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("remarks", sa.String(length=1000), nullable=False),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.CheckConstraint("direction IN ('departure','return')", name=op.f("ck_condition_report_direction")),
        sa.ForeignKeyConstraint(
            ["exchange_id"], ["exchange.id"], name=op.f("fk_condition_report_exchange_id_exchange")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_condition_report")),
        sa.UniqueConstraint("public_id", name=op.f("uq_condition_report_public_id")),
    )
    op.create_index(op.f("ix_condition_report_exchange_id"), "condition_report", ["exchange_id"], unique=False)

    op.create_table(
        "offline_payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=12), nullable=False),
        sa.Column("how", sa.String(length=10), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.CheckConstraint(
            "how IN ('transfer','cheque','cash','card','order','other')", name=op.f("ck_offline_payment_how")
        ),
        sa.CheckConstraint(
            "what IN ('price','deposit','deposit_back','charge','refund')", name=op.f("ck_offline_payment_what")
        ),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_offline_payment_amount")),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_offline_payment_exchange_id_exchange")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offline_payment")),
        sa.UniqueConstraint("public_id", name=op.f("uq_offline_payment_public_id")),
    )
    op.create_index(op.f("ix_offline_payment_exchange_id"), "offline_payment", ["exchange_id"], unique=False)

    op.create_table(
        "piece",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("shelf", sa.String(length=40), nullable=False),
        sa.Column("condition", sa.String(length=12), nullable=False),
        sa.Column("acquired", sa.String(length=10), nullable=True),
        sa.Column("acquired_on", sa.Date(), nullable=True),
        sa.Column("purchase_cents", sa.Integer(), nullable=True),
        sa.Column("lives", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.CheckConstraint("acquired IS NULL OR acquired IN ('bought_new','reuse')", name=op.f("ck_piece_acquired")),
        sa.CheckConstraint("state IN ('in_stock','repair','withdrawn','lost','sold')", name=op.f("ck_piece_state")),
        sa.CheckConstraint("lives >= 0", name=op.f("ck_piece_lives")),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name=op.f("fk_piece_listing_id_listing"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_piece_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_piece")),
        sa.UniqueConstraint("organisation_id", "code", name=op.f("uq_piece_organisation_id_code")),
        sa.UniqueConstraint("public_id", name=op.f("uq_piece_public_id")),
    )
    op.create_index("ix_piece_listing_id_state_id", "piece", ["listing_id", "state", "id"], unique=False)

    op.create_table(
        "reminder",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_reminder_exchange_id_exchange")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder")),
        sa.UniqueConstraint("exchange_id", "kind", "due_on", name=op.f("uq_reminder_exchange_id_kind_due_on")),
    )
    op.create_table(
        "set_part",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("set_id", sa.Integer(), nullable=False),
        sa.Column("part_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_set_part_quantity")),
        sa.CheckConstraint("set_id <> part_id", name=op.f("ck_set_part_not_itself")),
        sa.ForeignKeyConstraint(["part_id"], ["listing.id"], name=op.f("fk_set_part_part_id_listing")),
        sa.ForeignKeyConstraint(
            ["set_id"], ["listing.id"], name=op.f("fk_set_part_set_id_listing"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_set_part")),
        sa.UniqueConstraint("set_id", "part_id", name=op.f("uq_set_part_set_id_part_id")),
    )
    op.create_index(op.f("ix_set_part_part_id"), "set_part", ["part_id"], unique=False)

    op.create_table(
        "assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("piece_id", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.CheckConstraint("state IN ('planned','out','back','released')", name=op.f("ck_assignment_state")),
        sa.CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name=op.f("ck_assignment_dates")),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_assignment_exchange_id_exchange")),
        sa.ForeignKeyConstraint(["line_id"], ["exchange_line.id"], name=op.f("fk_assignment_line_id_exchange_line")),
        sa.ForeignKeyConstraint(["piece_id"], ["piece.id"], name=op.f("fk_assignment_piece_id_piece")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
    )
    op.create_index(op.f("ix_assignment_exchange_id"), "assignment", ["exchange_id"], unique=False)
    op.create_index(op.f("ix_assignment_line_id"), "assignment", ["line_id"], unique=False)
    op.create_index(
        "ix_assignment_piece_id_living",
        "assignment",
        ["piece_id", "starts_on"],
        unique=False,
        sqlite_where=sa.text("state IN ('planned','out')"),
        postgresql_where=sa.text("state IN ('planned','out')"),
    )

    op.create_table(
        "charge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.CheckConstraint("kind IN ('late','damage','loss','extension')", name=op.f("ck_charge_kind")),
        sa.CheckConstraint("state IN ('owed','contested','waived')", name=op.f("ck_charge_state")),
        sa.CheckConstraint("amount_cents >= 0", name=op.f("ck_charge_amount")),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_charge_exchange_id_exchange")),
        sa.ForeignKeyConstraint(["line_id"], ["exchange_line.id"], name=op.f("fk_charge_line_id_exchange_line")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charge")),
        sa.UniqueConstraint("public_id", name=op.f("uq_charge_public_id")),
    )
    op.create_index(op.f("ix_charge_exchange_id"), "charge", ["exchange_id"], unique=False)

    op.create_table(
        "condition_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("piece_id", sa.Integer(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("condition", sa.String(length=12), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("remarks", sa.String(length=400), nullable=False),
        sa.Column("photo_keys", sa.JSON(), nullable=False),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.CheckConstraint("outcome IN ('fine','damaged','lost')", name=op.f("ck_condition_entry_outcome")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_condition_entry_quantity")),
        sa.ForeignKeyConstraint(
            ["line_id"], ["exchange_line.id"], name=op.f("fk_condition_entry_line_id_exchange_line")
        ),
        sa.ForeignKeyConstraint(["piece_id"], ["piece.id"], name=op.f("fk_condition_entry_piece_id_piece")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["condition_report.id"], name=op.f("fk_condition_entry_report_id_condition_report")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_condition_entry")),
        sa.UniqueConstraint("public_id", name=op.f("uq_condition_entry_public_id")),
    )
    op.create_index(op.f("ix_condition_entry_line_id"), "condition_entry", ["line_id"], unique=False)
    op.create_index(op.f("ix_condition_entry_report_id"), "condition_entry", ["report_id"], unique=False)

    op.create_table(
        "piece_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("piece_id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=20), nullable=False),
        sa.Column("condition", sa.String(length=12), nullable=True),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.Column("cost_cents", sa.Integer(), nullable=True),
        sa.Column("photo_keys", sa.JSON(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.ForeignKeyConstraint(
            ["piece_id"], ["piece.id"], name=op.f("fk_piece_event_piece_id_piece"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_piece_event")),
        sa.UniqueConstraint("public_id", name=op.f("uq_piece_event_public_id")),
    )
    op.create_index(op.f("ix_piece_event_exchange_id"), "piece_event", ["exchange_id"], unique=False)
    op.create_index(op.f("ix_piece_event_piece_id"), "piece_event", ["piece_id"], unique=False)

    op.create_table(
        "shortage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("cause", sa.String(length=12), nullable=False),
        sa.Column("cause_exchange_id", sa.Integer(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("solved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("solution", sa.String(length=20), nullable=True),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_shortage_quantity")),
        sa.ForeignKeyConstraint(
            ["cause_exchange_id"], ["exchange.id"], name=op.f("fk_shortage_cause_exchange_id_exchange")
        ),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_shortage_exchange_id_exchange")),
        sa.ForeignKeyConstraint(["line_id"], ["exchange_line.id"], name=op.f("fk_shortage_line_id_exchange_line")),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_shortage_listing_id_listing")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shortage")),
        sa.UniqueConstraint("public_id", name=op.f("uq_shortage_public_id")),
    )
    op.create_index(op.f("ix_shortage_exchange_id"), "shortage", ["exchange_id"], unique=False)
    op.create_index(
        "ix_shortage_line_id_open",
        "shortage",
        ["line_id"],
        unique=True,
        sqlite_where=sa.text("solved_at IS NULL"),
        postgresql_where=sa.text("solved_at IS NULL"),
    )
    op.create_index(op.f("ix_shortage_listing_id"), "shortage", ["listing_id"], unique=False)

    op.create_table(
        "signature",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_signature_document_id_document")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signature")),
        sa.UniqueConstraint("document_id", "side", name=op.f("uq_signature_document_id_side")),
    )
    for table, columns in COLUMNS.items():
        for column in columns:
            op.execute(f'ALTER TABLE "{table}" ADD COLUMN {column}')
    for table, columns in MOMENTS.items():
        for column in columns:
            op.add_column(table, sa.Column(column, sa.DateTime(timezone=True), nullable=True))
    for name, table, columns in INDEXES:
        op.create_index(op.f(name), table, columns, unique=False)
    op.drop_index("ix_hold_listing_id_active", table_name="hold")
    with op.batch_alter_table("hold") as holds:
        holds.add_column(sa.Column("piece_id", sa.Integer(), nullable=True))
        holds.add_column(sa.Column("cause", sa.String(length=12), server_default="promise", nullable=False))
        holds.add_column(sa.Column("is_fact", sa.Boolean(), server_default=sa.false(), nullable=False))
        holds.add_column(sa.Column("note", sa.String(length=200), server_default="", nullable=False))
        holds.alter_column("line_id", existing_type=sa.Integer(), nullable=True)
        holds.alter_column("exchange_id", existing_type=sa.Integer(), nullable=True)
        holds.drop_constraint(op.f("uq_hold_line_id"), type_="unique")
        holds.create_foreign_key(op.f("fk_hold_piece_id_piece"), "piece", ["piece_id"], ["id"])
        for name, said in CHECKS.items():
            holds.create_check_constraint(op.f(name), said)
    if _is_postgresql():
        # an int range of one number stands for equality, so that no extension is needed
        op.execute(
            "ALTER TABLE assignment ADD CONSTRAINT ex_assignment_piece_id EXCLUDE USING gist"
            " (int4range(piece_id, piece_id, '[]') WITH &&, daterange(starts_on, ends_on) WITH &&)"
            " WHERE (state IN ('planned','out'))"
        )
    _index_active(SWEPT)
    op.create_index(op.f("ix_hold_line_id"), "hold", ["line_id"], unique=False)
    op.create_index(op.f("ix_hold_piece_id"), "hold", ["piece_id"], unique=False)
    op.create_index(
        "ix_hold_listing_id_lasting",
        "hold",
        ["listing_id"],
        unique=False,
        sqlite_where=sa.text(LASTING),
        postgresql_where=sa.text(LASTING),
    )
    op.create_index(
        "uq_hold_line_id_promise",
        "hold",
        ["line_id"],
        unique=True,
        sqlite_where=sa.text(PROMISE),
        postgresql_where=sa.text(PROMISE),
    )


def downgrade():
    op.execute("DELETE FROM hold WHERE cause <> 'promise'")
    op.drop_index("ix_hold_listing_id_active", table_name="hold")
    op.drop_index("uq_hold_line_id_promise", table_name="hold")
    op.drop_index("ix_hold_listing_id_lasting", table_name="hold")
    op.drop_index(op.f("ix_hold_piece_id"), table_name="hold")
    op.drop_index(op.f("ix_hold_line_id"), table_name="hold")
    with op.batch_alter_table("hold") as holds:
        for name in CHECKS:
            holds.drop_constraint(op.f(name), type_="check")
        holds.drop_constraint(op.f("fk_hold_piece_id_piece"), type_="foreignkey")
        holds.create_unique_constraint(op.f("uq_hold_line_id"), ["line_id"])
        holds.alter_column("exchange_id", existing_type=sa.Integer(), nullable=False)
        holds.alter_column("line_id", existing_type=sa.Integer(), nullable=False)
        for column in ("note", "is_fact", "cause", "piece_id"):
            holds.drop_column(column)
    _index_active(["listing_id", "starts_on"])
    for name, table, _columns in INDEXES:
        op.drop_index(op.f(name), table_name=table)
    for table, columns in MOMENTS.items():
        for column in columns:
            op.drop_column(table, column)
    for table, columns in COLUMNS.items():
        for column in reversed(columns):
            op.drop_column(table, column.split()[0])
    for table in (
        "signature",
        "shortage",
        "piece_event",
        "condition_entry",
        "charge",
        "assignment",
        "set_part",
        "reminder",
        "piece",
        "offline_payment",
        "condition_report",
        "site_closing",
        "calendar_feed",
    ):
        op.drop_table(table)
