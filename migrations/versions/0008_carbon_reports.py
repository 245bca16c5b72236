"""reports, statements and their codes; whether an organisation's name may be shown where papers are verified"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INDEXES = [
    ("ix_carbon_report_organisation_id_scope", ["organisation_id", "scope", "id"]),
    ("ix_carbon_report_production_id", ["production_id", "id"]),
    ("ix_carbon_report_digest", ["digest"]),
    ("ix_carbon_report_pdf_sha256", ["pdf_sha256"]),
]


def upgrade():
    op.create_table(
        "carbon_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(length=12), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("production_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=160), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("entries_read", sa.Integer(), nullable=False),
        sa.Column("entry_count", sa.Integer(), nullable=False),
        sa.Column("head_position", sa.Integer(), nullable=False),
        sa.Column("head_hash", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("pdf_sha256", sa.String(length=64), nullable=True),
        sa.Column("csv_sha256", sa.String(length=64), nullable=True),
        sa.Column("xlsx_sha256", sa.String(length=64), nullable=True),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.CheckConstraint("scope IN ('production','organisation')", name=op.f("ck_carbon_report_scope")),
        sa.CheckConstraint("state IN ('waiting','making','ready','failed')", name=op.f("ck_carbon_report_state")),
        sa.CheckConstraint("since IS NULL OR until IS NULL OR until >= since", name=op.f("ck_carbon_report_days")),
        sa.CheckConstraint(
            "state <> 'ready' OR (content IS NOT NULL AND digest IS NOT NULL)", name=op.f("ck_carbon_report_sealed")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_carbon_report_organisation_id_organisation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["production_id"],
            ["production.id"],
            name=op.f("fk_carbon_report_production_id_production"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carbon_report")),
        sa.UniqueConstraint("public_id", name=op.f("uq_carbon_report_public_id")),
    )
    for name, columns in INDEXES:
        op.create_index(op.f(name), "carbon_report", columns, unique=False)
    op.execute("ALTER TABLE organisation ADD COLUMN named_in_verifications BOOLEAN DEFAULT false NOT NULL")


def downgrade():
    op.drop_column("organisation", "named_in_verifications")
    op.drop_table("carbon_report")
