"""beside a footprint: activity sheets, footprints brought in"""

import sqlalchemy as sa
from alembic import op

from marketplace.core.db import DecimalText, PublicId, Quantity, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

LIVING = "ended_at IS NULL"
KEPT = "state = 'kept'"


def _key(table, column, target, ondelete):
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"), ondelete=ondelete
    )


def upgrade():
    op.create_table(
        "crew_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("production_id", sa.Integer(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=4), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("public_id", PublicId(), nullable=False),
        sa.CheckConstraint("role IN ('fill','read')", name=op.f("ck_crew_link_role")),
        _key("crew_link", "production_id", "production", "CASCADE"),
        _key("crew_link", "made_by_id", "user", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crew_link")),
        sa.UniqueConstraint("public_id", name=op.f("uq_crew_link_public_id")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_crew_link_secret_hash")),
    )
    op.create_index(op.f("ix_crew_link_production_id"), "crew_link", ["production_id"])
    op.create_table(
        "activity_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("production_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("quantity", Quantity(), nullable=False),
        sa.Column("unit", sa.String(length=8), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("link_id", sa.Integer(), nullable=True),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.Column("replaces_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by_id", sa.Integer(), nullable=True),
        sa.Column("ended_by_link_id", sa.Integer(), nullable=True),
        sa.Column("form_key", sa.String(length=40), nullable=False),
        sa.Column("form_place", sa.SmallInteger(), nullable=False),
        sa.Column("public_id", PublicId(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_activity_line_quantity")),
        _key("activity_line", "production_id", "production", "CASCADE"),
        _key("activity_line", "user_id", "user", "SET NULL"),
        _key("activity_line", "link_id", "crew_link", "SET NULL"),
        _key("activity_line", "replaces_id", "activity_line", "CASCADE"),
        _key("activity_line", "ended_by_id", "user", "SET NULL"),
        _key("activity_line", "ended_by_link_id", "crew_link", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_line")),
        sa.UniqueConstraint("public_id", name=op.f("uq_activity_line_public_id")),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_activity_line_replaces_id")),
        sa.UniqueConstraint(
            "production_id", "form_key", "form_place", name=op.f("uq_activity_line_production_id_form_key_form_place")
        ),
    )
    for column in ("user_id", "link_id", "ended_by_id", "ended_by_link_id"):
        op.create_index(op.f(f"ix_activity_line_{column}"), "activity_line", [column])
    op.create_index("ix_activity_line_production_id_written_at", "activity_line", ["production_id", "written_at"])
    op.create_index(
        "ix_activity_line_production_id_living",
        "activity_line",
        ["production_id", "day", "id"],
        sqlite_where=sa.text(LIVING),
        postgresql_where=sa.text(LIVING),
    )
    op.create_table(
        "footprint",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("production_id", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("file_name", sa.String(length=160), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("tables", sa.JSON(), nullable=False),
        sa.Column("reading", sa.JSON(), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("kept_at", UtcDateTime(), nullable=True),
        sa.Column("public_id", PublicId(), nullable=False),
        sa.CheckConstraint("stage IN ('forecast','final')", name=op.f("ck_footprint_stage")),
        sa.CheckConstraint("state IN ('draft','kept','replaced')", name=op.f("ck_footprint_state")),
        _key("footprint", "production_id", "production", "CASCADE"),
        _key("footprint", "made_by_id", "user", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_footprint")),
        sa.UniqueConstraint("public_id", name=op.f("uq_footprint_public_id")),
    )
    op.create_index(op.f("ix_footprint_made_by_id"), "footprint", ["made_by_id"])
    op.create_index("ix_footprint_production_id_state", "footprint", ["production_id", "state"])
    op.create_index("ix_footprint_state_made_at", "footprint", ["state", "made_at"])
    op.create_index(
        "uq_footprint_production_id_stage_kept",
        "footprint",
        ["production_id", "stage"],
        unique=True,
        sqlite_where=sa.text(KEPT),
        postgresql_where=sa.text(KEPT),
    )
    op.create_table(
        "footprint_row",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("footprint_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("post", sa.String(length=12), nullable=False),
        sa.Column("label", sa.String(length=300), nullable=False),
        sa.Column("kgco2e", DecimalText(), nullable=False),
        sa.CheckConstraint(
            "post IN ('transport','meals','equipment','purchases','energy')", name=op.f("ck_footprint_row_post")
        ),
        _key("footprint_row", "footprint_id", "footprint", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_footprint_row")),
    )
    op.create_index(op.f("ix_footprint_row_footprint_id"), "footprint_row", ["footprint_id"])


def downgrade():
    for table in ("footprint_row", "footprint", "activity_line", "crew_link"):
        op.drop_table(table)
