"""first tables"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("object_kind", sa.String(length=30), nullable=False),
        sa.Column("object_public_id", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index(op.f("ix_audit_entry_action"), "audit_entry", ["action"], unique=False)
    op.create_index(op.f("ix_audit_entry_at"), "audit_entry", ["at"], unique=False)
    op.create_index(op.f("ix_audit_entry_organisation_id"), "audit_entry", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_audit_entry_user_id"), "audit_entry", ["user_id"], unique=False)
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
    op.create_index(op.f("ix_factor_category"), "factor", ["category"], unique=False)
    op.create_index(op.f("ix_factor_stage"), "factor", ["stage"], unique=False)
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
        "organisation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("siret", sa.String(length=14), nullable=True),
        sa.Column("rna", sa.String(length=10), nullable=True),
        sa.Column("vat_number", sa.String(length=20), nullable=True),
        sa.Column("website", sa.String(length=200), nullable=True),
        sa.Column("phone", sa.String(length=30), nullable=True),
        sa.Column("issues_tax_receipts", sa.Boolean(), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.CheckConstraint(
            "kind IN ('production_company','reuse_centre','rental_house','venue','school','caterer','food_charity','local_authority','supplier','person','other')",
            name=op.f("ck_organisation_kind"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("public_id", name=op.f("uq_organisation_public_id")),
    )
    op.create_index("ix_organisation_name", "organisation", ["name"], unique=False)
    op.create_index(op.f("ix_organisation_rna"), "organisation", ["rna"], unique=False)
    op.create_index(op.f("ix_organisation_siret"), "organisation", ["siret"], unique=False)
    op.create_index(
        "ix_organisation_waiting",
        "organisation",
        ["id"],
        unique=False,
        sqlite_where=sa.text("verified_at IS NULL AND kind <> 'person'"),
        postgresql_where=sa.text("verified_at IS NULL AND kind <> 'person'"),
    )
    op.create_table(
        "outbox_row",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job", sa.String(length=80), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_by", sa.String(length=40), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_row")),
    )
    op.create_index(
        "ix_outbox_row_parked",
        "outbox_row",
        ["parked_at"],
        unique=False,
        sqlite_where=sa.text("parked_at IS NOT NULL"),
        postgresql_where=sa.text("parked_at IS NOT NULL"),
    )
    op.create_index(
        "ix_outbox_row_waiting",
        "outbox_row",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("done_at IS NULL AND parked_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL AND parked_at IS NULL"),
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
        "timetable_run",
        sa.Column("job", sa.String(length=80), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("job", name=op.f("pk_timetable_run")),
    )
    op.create_table(
        "user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_moderator", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("email", name=op.f("uq_user_email")),
        sa.UniqueConstraint("public_id", name=op.f("uq_user_public_id")),
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("hint", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_api_token_organisation_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_api_token_user_id_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("public_id", name=op.f("uq_api_token_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_index(op.f("ix_api_token_organisation_id"), "api_token", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_api_token_user_id"), "api_token", ["user_id"], unique=False)
    op.create_table(
        "email_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('verify', 'reset')", name=op.f("ck_email_token_purpose")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_email_token_user_id_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_email_token_token_hash")),
    )
    op.create_index(op.f("ix_email_token_expires_at"), "email_token", ["expires_at"], unique=False)
    op.create_index(op.f("ix_email_token_user_id"), "email_token", ["user_id"], unique=False)
    op.create_table(
        "membership",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('owner','manager','member','viewer')", name=op.f("ck_membership_role")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_membership_organisation_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_membership_user_id_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint("organisation_id", "user_id", name=op.f("uq_membership_organisation_id_user_id")),
    )
    op.create_index(op.f("ix_membership_user_id"), "membership", ["user_id"], unique=False)
    op.create_table(
        "notification",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_notification_organisation_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_notification_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint("public_id", name=op.f("uq_notification_public_id")),
    )
    op.create_index(op.f("ix_notification_organisation_id"), "notification", ["organisation_id"], unique=False)
    op.create_index(
        "ix_notification_unread",
        "notification",
        ["user_id"],
        unique=False,
        sqlite_where=sa.text("read_at IS NULL"),
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_index("ix_notification_user_id_id", "notification", ["user_id", "id"], unique=False)
    op.create_table(
        "notification_preference",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_notification_preference_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_preference")),
        sa.UniqueConstraint("user_id", "kind", "channel", name=op.f("uq_notification_preference_user_id_kind_channel")),
    )
    op.create_table(
        "production",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("base_postcode", sa.String(length=5), nullable=True),
        sa.Column("base_city", sa.String(length=100), nullable=True),
        sa.Column("base_lat", sa.Float(), nullable=True),
        sa.Column("base_lon", sa.Float(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.CheckConstraint(
            "ends_on IS NULL OR starts_on IS NULL OR ends_on >= starts_on", name=op.f("ck_production_dates")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_production_organisation_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_production")),
        sa.UniqueConstraint("public_id", name=op.f("uq_production_public_id")),
    )
    op.create_index(op.f("ix_production_organisation_id"), "production", ["organisation_id"], unique=False)
    op.create_table(
        "site",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("street", sa.String(length=200), nullable=False),
        sa.Column("postcode", sa.String(length=5), nullable=False),
        sa.Column("city", sa.String(length=100), nullable=False),
        sa.Column("insee", sa.String(length=5), nullable=True),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("opening_hours", sa.JSON(), nullable=False),
        sa.Column("access_notes", sa.Text(), nullable=False),
        sa.Column("has_dock", sa.Boolean(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_site_organisation_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
        sa.UniqueConstraint("public_id", name=op.f("uq_site_public_id")),
    )
    op.create_index(op.f("ix_site_organisation_id"), "site", ["organisation_id"], unique=False)
    op.create_table(
        "user_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("acting_organisation_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("agent", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["acting_organisation_id"],
            ["organisation.id"],
            name=op.f("fk_user_session_acting_organisation_id_organisation"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_user_session_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_user_session_secret_hash")),
    )
    op.create_index(
        op.f("ix_user_session_acting_organisation_id"), "user_session", ["acting_organisation_id"], unique=False
    )
    op.create_index(op.f("ix_user_session_expires_at"), "user_session", ["expires_at"], unique=False)
    op.create_index(op.f("ix_user_session_user_id"), "user_session", ["user_id"], unique=False)
    op.create_table(
        "exchange",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=20), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("receiver_id", sa.Integer(), nullable=False),
        sa.Column("provider_production_id", sa.Integer(), nullable=True),
        sa.Column("receiver_production_id", sa.Integer(), nullable=True),
        sa.Column("requested_by_id", sa.Integer(), nullable=True),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("vehicle", sa.String(length=12), nullable=True),
        sa.Column("distance_km", sa.String(length=64), nullable=True),
        sa.Column("destination_lat", sa.Double(), nullable=True),
        sa.Column("destination_lon", sa.Double(), nullable=True),
        sa.Column("collected_by_name", sa.String(length=120), nullable=True),
        sa.Column("hand_over_code", sa.String(length=6), nullable=True),
        sa.Column("wrong_codes", sa.Integer(), nullable=False),
        sa.Column("code_paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waits_for", sa.String(length=10), nullable=True),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disputed_from", sa.String(length=12), nullable=True),
        sa.Column("end_reason", sa.String(length=400), nullable=True),
        sa.Column("request_key", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.CheckConstraint("kind IN ('donation','rental','sale','reclaim','meal')", name=op.f("ck_exchange_kind")),
        sa.CheckConstraint(
            "state IN ('cart','requested','option','accepted','confirmed','handed_over','returned','completed','declined','expired','cancelled','disputed')",
            name=op.f("ck_exchange_state"),
        ),
        sa.CheckConstraint("provider_id <> receiver_id", name=op.f("ck_exchange_two_parties")),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["organisation.id"], name=op.f("fk_exchange_provider_id_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["provider_production_id"], ["production.id"], name=op.f("fk_exchange_provider_production_id_production")
        ),
        sa.ForeignKeyConstraint(
            ["receiver_id"], ["organisation.id"], name=op.f("fk_exchange_receiver_id_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["receiver_production_id"], ["production.id"], name=op.f("fk_exchange_receiver_production_id_production")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by_id"], ["user.id"], name=op.f("fk_exchange_requested_by_id_user"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_exchange_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange")),
        sa.UniqueConstraint("public_id", name=op.f("uq_exchange_public_id")),
        sa.UniqueConstraint("receiver_id", "request_key", name=op.f("uq_exchange_receiver_id_request_key")),
        sa.UniqueConstraint("reference", name=op.f("uq_exchange_reference")),
    )
    op.create_index(
        "ix_exchange_deadline_at",
        "exchange",
        ["deadline_at"],
        unique=False,
        sqlite_where=sa.text("deadline_at IS NOT NULL"),
        postgresql_where=sa.text("deadline_at IS NOT NULL"),
    )
    op.create_index("ix_exchange_provider_id_state_id", "exchange", ["provider_id", "state", "id"], unique=False)
    op.create_index(op.f("ix_exchange_provider_production_id"), "exchange", ["provider_production_id"], unique=False)
    op.create_index("ix_exchange_receiver_id_state_id", "exchange", ["receiver_id", "state", "id"], unique=False)
    op.create_index(op.f("ix_exchange_receiver_production_id"), "exchange", ["receiver_production_id"], unique=False)
    op.create_table(
        "idempotency_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["token_id"], ["api_token.id"], name=op.f("fk_idempotency_key_token_id_api_token"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_key")),
        sa.UniqueConstraint("token_id", "key", name=op.f("uq_idempotency_key_token_id_key")),
    )
    op.create_index(op.f("ix_idempotency_key_created_at"), "idempotency_key", ["created_at"], unique=False)
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("production_id", sa.Integer(), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("invited_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.ForeignKeyConstraint(["invited_by_id"], ["user.id"], name=op.f("fk_invitation_invited_by_id_user")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_invitation_organisation_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["production_id"],
            ["production.id"],
            name=op.f("fk_invitation_production_id_production"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("public_id", name=op.f("uq_invitation_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    op.create_index(op.f("ix_invitation_email"), "invitation", ["email"], unique=False)
    op.create_index(op.f("ix_invitation_organisation_id"), "invitation", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_invitation_production_id"), "invitation", ["production_id"], unique=False)
    op.create_table(
        "listing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("visibility", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=True),
        sa.Column("title", sa.String(length=140), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("category_key", sa.String(length=60), nullable=True),
        sa.Column("modes", sa.JSON(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column("unit", sa.String(length=8), nullable=True),
        sa.Column("length_cm", sa.Integer(), nullable=True),
        sa.Column("width_cm", sa.Integer(), nullable=True),
        sa.Column("height_cm", sa.Integer(), nullable=True),
        sa.Column("mass_grams", sa.Integer(), nullable=True),
        sa.Column("mass_source", sa.String(length=10), nullable=False),
        sa.Column("materials", sa.JSON(), nullable=False),
        sa.Column("materials_confirmed", sa.Boolean(), nullable=False),
        sa.Column("condition", sa.String(length=12), nullable=True),
        sa.Column("period", sa.String(length=40), nullable=True),
        sa.Column("style", sa.String(length=40), nullable=True),
        sa.Column("colours", sa.JSON(), nullable=False),
        sa.Column("fire_rating", sa.String(length=20), nullable=True),
        sa.Column("replacement_value_cents", sa.Integer(), nullable=True),
        sa.Column("price_cents", sa.Integer(), nullable=True),
        sa.Column("weekly_rate_cents", sa.Integer(), nullable=True),
        sa.Column("deposit_cents", sa.Integer(), nullable=True),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("city", sa.String(length=100), nullable=True),
        sa.Column("postcode", sa.String(length=5), nullable=True),
        sa.Column("available_from", sa.Date(), nullable=True),
        sa.Column("gone_by", sa.Date(), nullable=True),
        sa.Column("dismantling", sa.Boolean(), nullable=False),
        sa.Column("handling_people", sa.Integer(), nullable=True),
        sa.Column("handling_vehicle", sa.String(length=12), nullable=True),
        sa.Column("origin_production_id", sa.Integer(), nullable=True),
        sa.Column("origin_line_id", sa.Integer(), nullable=True),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hidden_reason", sa.String(length=400), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.CheckConstraint("mass_source IN ('weighed','estimated','guessed')", name=op.f("ck_listing_mass_source")),
        sa.CheckConstraint(
            "state IN ('draft','published','exhausted','withdrawn','expired')", name=op.f("ck_listing_state")
        ),
        sa.CheckConstraint("visibility IN ('organisation','partners','public')", name=op.f("ck_listing_visibility")),
        sa.CheckConstraint("deposit_cents IS NULL OR deposit_cents >= 0", name=op.f("ck_listing_deposit")),
        sa.CheckConstraint("mass_grams IS NULL OR mass_grams > 0", name=op.f("ck_listing_mass")),
        sa.CheckConstraint("price_cents IS NULL OR price_cents >= 0", name=op.f("ck_listing_price")),
        sa.CheckConstraint("quantity IS NULL OR quantity >= 0", name=op.f("ck_listing_quantity")),
        sa.CheckConstraint("weekly_rate_cents IS NULL OR weekly_rate_cents >= 0", name=op.f("ck_listing_weekly_rate")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name=op.f("fk_listing_created_by_id_user"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_listing_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["origin_production_id"],
            ["production.id"],
            name=op.f("fk_listing_origin_production_id_production"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_listing_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing")),
        sa.UniqueConstraint("public_id", name=op.f("uq_listing_public_id")),
    )
    op.create_index("ix_listing_organisation_id_state_id", "listing", ["organisation_id", "state", "id"], unique=False)
    op.create_index(op.f("ix_listing_origin_production_id"), "listing", ["origin_production_id"], unique=False)
    op.create_index(op.f("ix_listing_site_id"), "listing", ["site_id"], unique=False)
    op.create_index("ix_listing_state_gone_by", "listing", ["state", "gone_by"], unique=False)
    op.create_table(
        "production_member",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("production_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('contributor','viewer')", name=op.f("ck_production_member_role")),
        sa.ForeignKeyConstraint(
            ["production_id"],
            ["production.id"],
            name=op.f("fk_production_member_production_id_production"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_production_member_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_production_member")),
        sa.UniqueConstraint("production_id", "user_id", name=op.f("uq_production_member_production_id_user_id")),
    )
    op.create_index(op.f("ix_production_member_user_id"), "production_member", ["user_id"], unique=False)
    op.create_table(
        "appointment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("proposed_by", sa.String(length=10), nullable=False),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.CheckConstraint("state IN ('proposed','picked','dropped','moved')", name=op.f("ck_appointment_state")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_appointment_times")),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_appointment_exchange_id_exchange")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
        sa.UniqueConstraint("public_id", name=op.f("uq_appointment_public_id")),
    )
    op.create_index(op.f("ix_appointment_exchange_id"), "appointment", ["exchange_id"], unique=False)
    op.create_table(
        "document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("file_key", sa.String(length=120), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rendered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_document_exchange_id_exchange")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("code", name=op.f("uq_document_code")),
        sa.UniqueConstraint("public_id", name=op.f("uq_document_public_id")),
    )
    op.create_index(op.f("ix_document_exchange_id"), "document", ["exchange_id"], unique=False)
    op.create_table(
        "exchange_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=140), nullable=False),
        sa.Column("unit", sa.String(length=8), nullable=False),
        sa.Column("category_key", sa.String(length=60), nullable=False),
        sa.Column("mass_grams", sa.Integer(), nullable=True),
        sa.Column("mass_source", sa.String(length=10), nullable=False),
        sa.Column("materials", sa.JSON(), nullable=False),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_exchange_line_quantity")),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_exchange_line_exchange_id_exchange")),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_exchange_line_listing_id_listing")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_line")),
        sa.UniqueConstraint("public_id", name=op.f("uq_exchange_line_public_id")),
    )
    op.create_index(op.f("ix_exchange_line_exchange_id"), "exchange_line", ["exchange_id"], unique=False)
    op.create_index(op.f("ix_exchange_line_listing_id"), "exchange_line", ["listing_id"], unique=False)
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
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.ForeignKeyConstraint(
            ["exchange_id"], ["exchange.id"], name=op.f("fk_message_exchange_id_exchange"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_message_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_message_user_id_user"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("public_id", name=op.f("uq_message_public_id")),
    )
    op.create_index(op.f("ix_message_exchange_id"), "message", ["exchange_id"], unique=False)
    op.create_table(
        "move",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("move", sa.String(length=12), nullable=False),
        sa.Column("from_state", sa.String(length=12), nullable=True),
        sa.Column("to_state", sa.String(length=12), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_move_exchange_id_exchange")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_move")),
    )
    op.create_index(op.f("ix_move_exchange_id"), "move", ["exchange_id"], unique=False)
    op.create_table(
        "photo",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("upload_key", sa.String(length=80), nullable=True),
        sa.Column("key", sa.String(length=80), nullable=True),
        sa.Column("alt", sa.String(length=200), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("colour", sa.String(length=7), nullable=True),
        sa.Column("stored_bytes", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=20), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.CheckConstraint("state IN ('received','ready','failed')", name=op.f("ck_photo_state")),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name=op.f("fk_photo_listing_id_listing"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo")),
        sa.UniqueConstraint("listing_id", "position", name=op.f("uq_photo_listing_id_position")),
        sa.UniqueConstraint("public_id", name=op.f("uq_photo_public_id")),
    )
    op.create_index(op.f("ix_photo_key"), "photo", ["key"], unique=False)
    op.create_table(
        "search_document",
        sa.Column("listing_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.Column("slug", sa.String(length=160), nullable=False),
        sa.Column("title", sa.String(length=140), nullable=False),
        sa.Column("branch", sa.String(length=60), nullable=False),
        sa.Column("category_key", sa.String(length=60), nullable=False),
        sa.Column("gives", sa.Boolean(), nullable=False),
        sa.Column("rents", sa.Boolean(), nullable=False),
        sa.Column("sells", sa.Boolean(), nullable=False),
        sa.Column("condition_rank", sa.SmallInteger(), nullable=False),
        sa.Column("price_cents", sa.Integer(), nullable=True),
        sa.Column("weekly_rate_cents", sa.Integer(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("free", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.String(length=8), nullable=False),
        sa.Column("city", sa.String(length=100), nullable=False),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("x", sa.Float(), nullable=True),
        sa.Column("y", sa.Float(), nullable=True),
        sa.Column("z", sa.Float(), nullable=True),
        sa.Column("available_from", sa.Date(), nullable=True),
        sa.Column("gone_by", sa.Date(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("photo_key", sa.String(length=80), nullable=True),
        sa.Column("estimate_kgco2e", sa.String(length=64), nullable=True),
        sa.Column("uncertainty_kgco2e", sa.String(length=64), nullable=True),
        sa.Column("indexed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name=op.f("fk_search_document_listing_id_listing"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("listing_id", name=op.f("pk_search_document")),
    )
    op.create_index(
        "ix_search_document_branch",
        "search_document",
        ["branch", "published_at", "listing_id", "is_public", "gone_by"],
        unique=False,
    )
    op.create_index(
        "ix_search_document_category", "search_document", ["category_key", "published_at", "listing_id"], unique=False
    )
    op.create_index("ix_search_document_indexed_at", "search_document", ["indexed_at"], unique=False)
    op.create_index(
        "ix_search_document_newest",
        "search_document",
        ["published_at", "listing_id", "is_public", "gone_by"],
        unique=False,
    )
    op.create_index(
        "ix_search_document_organisation", "search_document", ["organisation_id", "published_at"], unique=False
    )
    op.create_index("ix_search_document_place", "search_document", ["lat", "lon"], unique=False)
    op.create_table(
        "hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('active','released','settled')", name=op.f("ck_hold_state")),
        sa.CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name=op.f("ck_hold_dates")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_hold_quantity")),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_hold_exchange_id_exchange")),
        sa.ForeignKeyConstraint(["line_id"], ["exchange_line.id"], name=op.f("fk_hold_line_id_exchange_line")),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_hold_listing_id_listing")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
        sa.UniqueConstraint("line_id", name=op.f("uq_hold_line_id")),
    )
    op.create_index(op.f("ix_hold_exchange_id"), "hold", ["exchange_id"], unique=False)
    op.create_index(
        "ix_hold_listing_id_active",
        "hold",
        ["listing_id", "starts_on"],
        unique=False,
        sqlite_where=sa.text("state = 'active'"),
        postgresql_where=sa.text("state = 'active'"),
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
    op.create_index(op.f("ix_ledger_entry_exchange_id"), "ledger_entry", ["exchange_id"], unique=False)
    op.create_index(op.f("ix_ledger_entry_line_id"), "ledger_entry", ["line_id"], unique=False)
    op.create_index(op.f("ix_ledger_entry_listing_id"), "ledger_entry", ["listing_id"], unique=False)
    op.create_index(op.f("ix_ledger_entry_occurred_on"), "ledger_entry", ["occurred_on"], unique=False)
    op.create_index(op.f("ix_ledger_entry_predecessor_id"), "ledger_entry", ["predecessor_id"], unique=False)
    op.create_index("ix_ledger_entry_subject", "ledger_entry", ["subject_kind", "subject_id"], unique=False)
    op.create_index(
        "uq_ledger_entry_first_of_line",
        "ledger_entry",
        ["line_id"],
        unique=True,
        sqlite_where=sa.text("line_id IS NOT NULL AND replaces_id IS NULL AND status <> 'reversal'"),
        postgresql_where=sa.text("line_id IS NOT NULL AND replaces_id IS NULL AND status <> 'reversal'"),
    )
    op.create_table(
        "received_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["exchange_line.id"], name=op.f("fk_received_item_line_id_exchange_line")),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name=op.f("fk_received_item_listing_id_listing"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_received_item_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_received_item")),
        sa.UniqueConstraint("line_id", name=op.f("uq_received_item_line_id")),
    )
    op.create_index(op.f("ix_received_item_listing_id"), "received_item", ["listing_id"], unique=False)
    op.create_index(op.f("ix_received_item_organisation_id"), "received_item", ["organisation_id"], unique=False)
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
    op.create_index(
        "ix_ledger_share_organisation_id_entry_id", "ledger_share", ["organisation_id", "entry_id"], unique=False
    )
    op.create_index(
        "ix_ledger_share_production_id_entry_id", "ledger_share", ["production_id", "entry_id"], unique=False
    )


def downgrade():
    op.drop_index("ix_ledger_share_production_id_entry_id", table_name="ledger_share")
    op.drop_index("ix_ledger_share_organisation_id_entry_id", table_name="ledger_share")
    op.drop_table("ledger_share")
    op.drop_index(op.f("ix_received_item_organisation_id"), table_name="received_item")
    op.drop_index(op.f("ix_received_item_listing_id"), table_name="received_item")
    op.drop_table("received_item")
    op.drop_index(
        "uq_ledger_entry_first_of_line",
        table_name="ledger_entry",
        sqlite_where=sa.text("line_id IS NOT NULL AND replaces_id IS NULL AND status <> 'reversal'"),
        postgresql_where=sa.text("line_id IS NOT NULL AND replaces_id IS NULL AND status <> 'reversal'"),
    )
    op.drop_index("ix_ledger_entry_subject", table_name="ledger_entry")
    op.drop_index(op.f("ix_ledger_entry_predecessor_id"), table_name="ledger_entry")
    op.drop_index(op.f("ix_ledger_entry_occurred_on"), table_name="ledger_entry")
    op.drop_index(op.f("ix_ledger_entry_listing_id"), table_name="ledger_entry")
    op.drop_index(op.f("ix_ledger_entry_line_id"), table_name="ledger_entry")
    op.drop_index(op.f("ix_ledger_entry_exchange_id"), table_name="ledger_entry")
    op.drop_table("ledger_entry")
    op.drop_index(
        "ix_hold_listing_id_active",
        table_name="hold",
        sqlite_where=sa.text("state = 'active'"),
        postgresql_where=sa.text("state = 'active'"),
    )
    op.drop_index(op.f("ix_hold_exchange_id"), table_name="hold")
    op.drop_table("hold")
    op.drop_index("ix_search_document_place", table_name="search_document")
    op.drop_index("ix_search_document_organisation", table_name="search_document")
    op.drop_index("ix_search_document_newest", table_name="search_document")
    op.drop_index("ix_search_document_indexed_at", table_name="search_document")
    op.drop_index("ix_search_document_category", table_name="search_document")
    op.drop_index("ix_search_document_branch", table_name="search_document")
    op.drop_table("search_document")
    op.drop_index(op.f("ix_photo_key"), table_name="photo")
    op.drop_table("photo")
    op.drop_index(op.f("ix_move_exchange_id"), table_name="move")
    op.drop_table("move")
    op.drop_index(op.f("ix_message_exchange_id"), table_name="message")
    op.drop_table("message")
    op.drop_table("listing_estimate")
    op.drop_index(op.f("ix_exchange_line_listing_id"), table_name="exchange_line")
    op.drop_index(op.f("ix_exchange_line_exchange_id"), table_name="exchange_line")
    op.drop_table("exchange_line")
    op.drop_index(op.f("ix_document_exchange_id"), table_name="document")
    op.drop_table("document")
    op.drop_index(op.f("ix_appointment_exchange_id"), table_name="appointment")
    op.drop_table("appointment")
    op.drop_index(op.f("ix_production_member_user_id"), table_name="production_member")
    op.drop_table("production_member")
    op.drop_index("ix_listing_state_gone_by", table_name="listing")
    op.drop_index(op.f("ix_listing_site_id"), table_name="listing")
    op.drop_index(op.f("ix_listing_origin_production_id"), table_name="listing")
    op.drop_index("ix_listing_organisation_id_state_id", table_name="listing")
    op.drop_table("listing")
    op.drop_index(op.f("ix_invitation_production_id"), table_name="invitation")
    op.drop_index(op.f("ix_invitation_organisation_id"), table_name="invitation")
    op.drop_index(op.f("ix_invitation_email"), table_name="invitation")
    op.drop_table("invitation")
    op.drop_index(op.f("ix_idempotency_key_created_at"), table_name="idempotency_key")
    op.drop_table("idempotency_key")
    op.drop_index(op.f("ix_exchange_receiver_production_id"), table_name="exchange")
    op.drop_index("ix_exchange_receiver_id_state_id", table_name="exchange")
    op.drop_index(op.f("ix_exchange_provider_production_id"), table_name="exchange")
    op.drop_index("ix_exchange_provider_id_state_id", table_name="exchange")
    op.drop_index(
        "ix_exchange_deadline_at",
        table_name="exchange",
        sqlite_where=sa.text("deadline_at IS NOT NULL"),
        postgresql_where=sa.text("deadline_at IS NOT NULL"),
    )
    op.drop_table("exchange")
    op.drop_index(op.f("ix_user_session_user_id"), table_name="user_session")
    op.drop_index(op.f("ix_user_session_expires_at"), table_name="user_session")
    op.drop_index(op.f("ix_user_session_acting_organisation_id"), table_name="user_session")
    op.drop_table("user_session")
    op.drop_index(op.f("ix_site_organisation_id"), table_name="site")
    op.drop_table("site")
    op.drop_index(op.f("ix_production_organisation_id"), table_name="production")
    op.drop_table("production")
    op.drop_table("notification_preference")
    op.drop_index("ix_notification_user_id_id", table_name="notification")
    op.drop_index(
        "ix_notification_unread",
        table_name="notification",
        sqlite_where=sa.text("read_at IS NULL"),
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.drop_index(op.f("ix_notification_organisation_id"), table_name="notification")
    op.drop_table("notification")
    op.drop_index(op.f("ix_membership_user_id"), table_name="membership")
    op.drop_table("membership")
    op.drop_index(op.f("ix_email_token_user_id"), table_name="email_token")
    op.drop_index(op.f("ix_email_token_expires_at"), table_name="email_token")
    op.drop_table("email_token")
    op.drop_index(op.f("ix_api_token_user_id"), table_name="api_token")
    op.drop_index(op.f("ix_api_token_organisation_id"), table_name="api_token")
    op.drop_table("api_token")
    op.drop_table("user")
    op.drop_table("timetable_run")
    op.drop_table("parameter")
    op.drop_index(
        "ix_outbox_row_waiting",
        table_name="outbox_row",
        sqlite_where=sa.text("done_at IS NULL AND parked_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL AND parked_at IS NULL"),
    )
    op.drop_index(
        "ix_outbox_row_parked",
        table_name="outbox_row",
        sqlite_where=sa.text("parked_at IS NOT NULL"),
        postgresql_where=sa.text("parked_at IS NOT NULL"),
    )
    op.drop_table("outbox_row")
    op.drop_index(
        "ix_organisation_waiting",
        table_name="organisation",
        sqlite_where=sa.text("verified_at IS NULL AND kind <> 'person'"),
        postgresql_where=sa.text("verified_at IS NULL AND kind <> 'person'"),
    )
    op.drop_index(op.f("ix_organisation_siret"), table_name="organisation")
    op.drop_index(op.f("ix_organisation_rna"), table_name="organisation")
    op.drop_index("ix_organisation_name", table_name="organisation")
    op.drop_table("organisation")
    op.drop_table("ledger_total")
    op.drop_table("ledger_head")
    op.drop_index(op.f("ix_factor_stage"), table_name="factor")
    op.drop_index(op.f("ix_factor_category"), table_name="factor")
    op.drop_table("factor")
    op.drop_index(op.f("ix_audit_entry_user_id"), table_name="audit_entry")
    op.drop_index(op.f("ix_audit_entry_organisation_id"), table_name="audit_entry")
    op.drop_index(op.f("ix_audit_entry_at"), table_name="audit_entry")
    op.drop_index(op.f("ix_audit_entry_action"), table_name="audit_entry")
    op.drop_table("audit_entry")
