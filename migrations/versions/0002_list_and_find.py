"""list anything, find anything: photos, stages, templates, favourites, partners, second factors, filters"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "search_deletion",
        sa.Column("piece", sa.String(length=64), nullable=False),
        sa.Column("word", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("piece", "word", name=op.f("pk_search_deletion")),
    )
    op.create_table(
        "search_word",
        sa.Column("word", sa.String(length=64), nullable=False),
        sa.Column("stem", sa.String(length=64), nullable=False),
        sa.Column("listings", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_search_word")),
    )
    op.create_table(
        "spent_challenge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("challenge_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spent_challenge")),
        sa.UniqueConstraint("challenge_hash", name=op.f("uq_spent_challenge_challenge_hash")),
    )
    op.create_index(op.f("ix_spent_challenge_expires_at"), "spent_challenge", ["expires_at"], unique=False)
    op.create_table(
        "known_browser",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_known_browser_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_browser")),
        sa.UniqueConstraint("user_id", "secret_hash", name=op.f("uq_known_browser_user_id_secret_hash")),
    )
    op.create_index(op.f("ix_known_browser_seen_at"), "known_browser", ["seen_at"], unique=False)
    op.create_table(
        "listing_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name=op.f("fk_listing_template_created_by_id_user"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_listing_template_organisation_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_template")),
        sa.UniqueConstraint("organisation_id", "name", name=op.f("uq_listing_template_organisation_id_name")),
        sa.UniqueConstraint("public_id", name=op.f("uq_listing_template_public_id")),
    )
    op.create_table(
        "partnership",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("second_id", sa.Integer(), nullable=False),
        sa.Column("inviter_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.CheckConstraint("first_id < second_id", name=op.f("ck_partnership_order")),
        sa.CheckConstraint("inviter_id IN (first_id, second_id)", name=op.f("ck_partnership_inviter")),
        sa.ForeignKeyConstraint(
            ["first_id"], ["organisation.id"], name=op.f("fk_partnership_first_id_organisation"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["second_id"], ["organisation.id"], name=op.f("fk_partnership_second_id_organisation"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partnership")),
        sa.UniqueConstraint("public_id", name=op.f("uq_partnership_public_id")),
    )
    op.create_index(
        "ix_partnership_living",
        "partnership",
        ["first_id", "second_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(op.f("ix_partnership_second_id"), "partnership", ["second_id"], unique=False)
    op.create_table(
        "passkey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("credential_id", sa.String(length=1400), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_passkey_user_id_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_passkey_public_id")),
    )
    op.create_index(op.f("ix_passkey_user_id"), "passkey", ["user_id"], unique=False)
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_recovery_code_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_user_id"), "recovery_code", ["user_id"], unique=False)
    op.create_table(
        "favourite_list",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("production_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.CheckConstraint("name <> '' OR production_id IS NULL", name=op.f("ck_favourite_list_shared_has_a_name")),
        sa.ForeignKeyConstraint(
            ["production_id"],
            ["production.id"],
            name=op.f("fk_favourite_list_production_id_production"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_favourite_list_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_favourite_list")),
        sa.UniqueConstraint("public_id", name=op.f("uq_favourite_list_public_id")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_favourite_list_user_id_name")),
    )
    op.create_index(op.f("ix_favourite_list_production_id"), "favourite_list", ["production_id"], unique=False)
    op.create_index(op.f("ix_favourite_list_user_id"), "favourite_list", ["user_id"], unique=False)
    op.create_table(
        "favourite",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("added_by_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["added_by_id"], ["user.id"], name=op.f("fk_favourite_added_by_id_user"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["list_id"], ["favourite_list.id"], name=op.f("fk_favourite_list_id_favourite_list"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name=op.f("fk_favourite_listing_id_listing"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_favourite")),
        sa.UniqueConstraint("list_id", "listing_id", name=op.f("uq_favourite_list_id_listing_id")),
    )
    op.create_index(op.f("ix_favourite_listing_id"), "favourite", ["listing_id"], unique=False)
    op.create_table(
        "listing_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("act", sa.String(length=20), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name=op.f("fk_listing_change_listing_id_listing"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_listing_change_user_id_user"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_change")),
    )
    op.create_index(op.f("ix_listing_change_listing_id"), "listing_change", ["listing_id"], unique=False)
    op.create_index(op.f("ix_listing_change_user_id"), "listing_change", ["user_id"], unique=False)
    op.create_table(
        "partial_upload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("part_keys", sa.JSON(), nullable=False),
        sa.Column("photo_public_id", sa.String(length=13), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.CheckConstraint("received >= 0 AND received <= size", name=op.f("ck_partial_upload_received")),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name=op.f("fk_partial_upload_listing_id_listing"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_partial_upload_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partial_upload")),
        sa.UniqueConstraint("public_id", name=op.f("uq_partial_upload_public_id")),
    )
    op.create_index(op.f("ix_partial_upload_created_at"), "partial_upload", ["created_at"], unique=False)
    op.create_index(op.f("ix_partial_upload_listing_id"), "partial_upload", ["listing_id"], unique=False)
    op.create_index(op.f("ix_partial_upload_user_id"), "partial_upload", ["user_id"], unique=False)
    op.create_table(
        "report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("reporter_id", sa.Integer(), nullable=True),
        sa.Column("contact_name", sa.String(length=120), nullable=False),
        sa.Column("contact_email", sa.String(length=254), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decision", sa.String(length=8), nullable=True),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.CheckConstraint("decision IN ('hidden', 'kept')", name=op.f("ck_report_decision")),
        sa.CheckConstraint("(decided_at IS NULL) = (decision IS NULL)", name=op.f("ck_report_decided")),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["user.id"], name=op.f("fk_report_decided_by_id_user"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name=op.f("fk_report_listing_id_listing"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["reporter_id"], ["user.id"], name=op.f("fk_report_reporter_id_user"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("public_id", name=op.f("uq_report_public_id")),
    )
    op.create_index(op.f("ix_report_decided_at"), "report", ["decided_at"], unique=False)
    op.create_index(op.f("ix_report_decided_by_id"), "report", ["decided_by_id"], unique=False)
    op.create_index(op.f("ix_report_listing_id"), "report", ["listing_id"], unique=False)
    op.create_index(op.f("ix_report_reporter_id"), "report", ["reporter_id"], unique=False)
    op.create_index(
        "ix_report_waiting",
        "report",
        ["id"],
        unique=False,
        sqlite_where=sa.text("decided_at IS NULL"),
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.add_column("listing", sa.Column("partners_on", sa.Date(), nullable=True))
    op.add_column("listing", sa.Column("public_on", sa.Date(), nullable=True))
    op.add_column("listing", sa.Column("traits", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("listing", sa.Column("made_for", sa.String(length=160), nullable=True))
    op.add_column("listing", sa.Column("origin_hidden", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("listing", sa.Column("warned_for", sa.Date(), nullable=True))
    op.create_index(
        "ix_listing_stages",
        "listing",
        ["public_on", "partners_on"],
        unique=False,
        sqlite_where=sa.text("partners_on IS NOT NULL OR public_on IS NOT NULL"),
        postgresql_where=sa.text("partners_on IS NOT NULL OR public_on IS NOT NULL"),
    )
    op.add_column("organisation", sa.Column("takes", sa.Text(), server_default="", nullable=False))
    op.add_column("organisation", sa.Column("lends", sa.Text(), server_default="", nullable=False))
    op.add_column("photo", sa.Column("base_key", sa.String(length=80), nullable=True))
    op.add_column("photo", sa.Column("turn", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("photo", sa.Column("crop", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("photo", sa.Column("colours", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("photo", sa.Column("fingerprint", sa.String(length=16), nullable=True))
    op.add_column("search_document", sa.Column("for_partners", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("search_document", sa.Column("lowest_cents", sa.Integer(), nullable=True))
    op.add_column("search_document", sa.Column("materials", sa.String(length=400), server_default="", nullable=False))
    op.add_column("search_document", sa.Column("colours", sa.String(length=200), server_default="", nullable=False))
    op.add_column("search_document", sa.Column("period", sa.String(length=40), nullable=True))
    op.add_column("search_document", sa.Column("style", sa.String(length=40), nullable=True))
    op.add_column("search_document", sa.Column("region", sa.String(length=3), nullable=True))
    op.create_index(
        "ix_search_document_leaving",
        "search_document",
        ["gone_by", sa.literal_column("published_at DESC"), sa.literal_column("listing_id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_search_document_price",
        "search_document",
        ["lowest_cents", sa.literal_column("published_at DESC"), sa.literal_column("listing_id DESC")],
        unique=False,
    )
    op.add_column("user", sa.Column("theme", sa.String(length=5), nullable=True))
    op.add_column("user", sa.Column("base_postcode", sa.String(length=5), nullable=True))
    op.add_column("user", sa.Column("base_city", sa.String(length=100), nullable=True))
    op.add_column("user", sa.Column("base_lat", sa.Float(), nullable=True))
    op.add_column("user", sa.Column("base_lon", sa.Float(), nullable=True))
    op.add_column("user", sa.Column("totp_seed", sa.String(length=255), nullable=True))
    op.add_column("user", sa.Column("totp_confirmed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("user", sa.Column("totp_last_step", sa.BigInteger(), nullable=True))
    op.add_column("user_session", sa.Column("proved_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("user_session", sa.Column("factor_at", sa.DateTime(timezone=True), nullable=True))
    # the documents' new columns and the postings' keys are filled by the worker; searches go on meanwhile
    op.execute(
        "INSERT INTO outbox_row (job, payload, created_at, due_at, attempts)"
        " SELECT 'search.rebuild', '{}', '2000-01-01 00:00:00.000000', '2000-01-01 00:00:00.000000', 0"
        " WHERE EXISTS (SELECT 1 FROM listing)"
    )


def downgrade():
    op.drop_column("user_session", "factor_at")
    op.drop_column("user_session", "proved_at")
    op.drop_column("user", "totp_last_step")
    op.drop_column("user", "totp_confirmed_at")
    op.drop_column("user", "totp_seed")
    op.drop_column("user", "base_lon")
    op.drop_column("user", "base_lat")
    op.drop_column("user", "base_city")
    op.drop_column("user", "base_postcode")
    op.drop_column("user", "theme")
    op.drop_index("ix_search_document_price", table_name="search_document")
    op.drop_index("ix_search_document_leaving", table_name="search_document")
    op.drop_column("search_document", "region")
    op.drop_column("search_document", "style")
    op.drop_column("search_document", "period")
    op.drop_column("search_document", "colours")
    op.drop_column("search_document", "materials")
    op.drop_column("search_document", "lowest_cents")
    op.drop_column("search_document", "for_partners")
    op.drop_column("photo", "fingerprint")
    op.drop_column("photo", "colours")
    op.drop_column("photo", "crop")
    op.drop_column("photo", "turn")
    op.drop_column("photo", "base_key")
    op.drop_column("organisation", "lends")
    op.drop_column("organisation", "takes")
    op.drop_index(
        "ix_listing_stages",
        table_name="listing",
        sqlite_where=sa.text("partners_on IS NOT NULL OR public_on IS NOT NULL"),
        postgresql_where=sa.text("partners_on IS NOT NULL OR public_on IS NOT NULL"),
    )
    op.drop_column("listing", "warned_for")
    op.drop_column("listing", "origin_hidden")
    op.drop_column("listing", "made_for")
    op.drop_column("listing", "traits")
    op.drop_column("listing", "public_on")
    op.drop_column("listing", "partners_on")
    op.drop_index(
        "ix_report_waiting",
        table_name="report",
        sqlite_where=sa.text("decided_at IS NULL"),
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.drop_index(op.f("ix_report_reporter_id"), table_name="report")
    op.drop_index(op.f("ix_report_listing_id"), table_name="report")
    op.drop_index(op.f("ix_report_decided_by_id"), table_name="report")
    op.drop_index(op.f("ix_report_decided_at"), table_name="report")
    op.drop_table("report")
    op.drop_index(op.f("ix_partial_upload_user_id"), table_name="partial_upload")
    op.drop_index(op.f("ix_partial_upload_listing_id"), table_name="partial_upload")
    op.drop_index(op.f("ix_partial_upload_created_at"), table_name="partial_upload")
    op.drop_table("partial_upload")
    op.drop_index(op.f("ix_listing_change_user_id"), table_name="listing_change")
    op.drop_index(op.f("ix_listing_change_listing_id"), table_name="listing_change")
    op.drop_table("listing_change")
    op.drop_index(op.f("ix_favourite_listing_id"), table_name="favourite")
    op.drop_table("favourite")
    op.drop_index(op.f("ix_favourite_list_user_id"), table_name="favourite_list")
    op.drop_index(op.f("ix_favourite_list_production_id"), table_name="favourite_list")
    op.drop_table("favourite_list")
    op.drop_index(op.f("ix_recovery_code_user_id"), table_name="recovery_code")
    op.drop_table("recovery_code")
    op.drop_index(op.f("ix_passkey_user_id"), table_name="passkey")
    op.drop_table("passkey")
    op.drop_index(op.f("ix_partnership_second_id"), table_name="partnership")
    op.drop_index(
        "ix_partnership_living",
        table_name="partnership",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_table("partnership")
    op.drop_table("listing_template")
    op.drop_index(op.f("ix_known_browser_seen_at"), table_name="known_browser")
    op.drop_table("known_browser")
    op.drop_index(op.f("ix_spent_challenge_expires_at"), table_name="spent_challenge")
    op.drop_table("spent_challenge")
    op.drop_table("search_word")
    op.drop_table("search_deletion")
