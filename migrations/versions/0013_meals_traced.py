"""what is traced and counted of meals: what was eaten, head counts, recalls, their value"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

FIRST_OF_LINE = "line_id IS NOT NULL AND replaces_id IS NULL"
FIRST_OF_LEFTOVER = "line_id IS NULL AND replaces_id IS NULL"


def _at(name):
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _person(table, name):
    key = sa.ForeignKeyConstraint([name], ["user.id"], name=op.f(f"fk_{table}_{name}_user"), ondelete="SET NULL")
    return sa.Column(name, sa.Integer(), nullable=True), key


def _to(table, name, other, column="id", **options):
    return sa.ForeignKeyConstraint([name], [f"{other}.{column}"], name=op.f(f"fk_{table}_{name}_{other}"), **options)


def upgrade():
    op.create_table(
        "meal_outcome",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("eaten", sa.BigInteger(), nullable=False),
        sa.Column("composted", sa.BigInteger(), nullable=False),
        sa.Column("digested", sa.BigInteger(), nullable=False),
        sa.Column("thrown", sa.BigInteger(), nullable=False),
        sa.Column("edible_percent", sa.SmallInteger(), nullable=False),
        sa.Column("why", sa.String(length=400), nullable=False),
        sa.Column("replaces_id", sa.Integer(), nullable=True),
        sa.Column("reported_by_id", sa.Integer(), nullable=True),
        _at("reported_at"),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_meal_outcome_quantity")),
        sa.CheckConstraint(
            "eaten >= 0 AND composted >= 0 AND digested >= 0 AND thrown >= 0", name=op.f("ck_meal_outcome_parts")
        ),
        sa.CheckConstraint("eaten + composted + digested + thrown = quantity", name=op.f("ck_meal_outcome_whole")),
        sa.CheckConstraint("edible_percent BETWEEN 1 AND 100", name=op.f("ck_meal_outcome_edible")),
        sa.CheckConstraint("eaten * 100 <= quantity * edible_percent", name=op.f("ck_meal_outcome_edible_part")),
        sa.CheckConstraint("(replaces_id IS NULL) = (why = '')", name=op.f("ck_meal_outcome_correction")),
        _to("meal_outcome", "listing_id", "leftover", "listing_id"),
        _to("meal_outcome", "line_id", "exchange_line"),
        _to("meal_outcome", "replaces_id", "meal_outcome"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meal_outcome")),
        sa.UniqueConstraint("public_id", name=op.f("uq_meal_outcome_public_id")),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_meal_outcome_replaces_id")),
    )
    op.create_index("ix_meal_outcome_line_id", "meal_outcome", ["line_id", "id"])
    op.create_index("ix_meal_outcome_listing_id", "meal_outcome", ["listing_id", "id"])
    for name, column, where in (
        ("uq_meal_outcome_first_of_line", "line_id", FIRST_OF_LINE),
        ("uq_meal_outcome_first_of_leftover", "listing_id", FIRST_OF_LEFTOVER),
    ):
        op.create_index(
            name, "meal_outcome", [column], unique=True, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )

    op.create_table(
        "meal_recall",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("what_to_do", sa.Text(), nullable=False),
        sa.Column("by_moderator", sa.Boolean(), nullable=False),
        sa.Column("opened_by_id", sa.Integer(), nullable=True),
        _at("opened_at"),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        _to("meal_recall", "listing_id", "listing"),
        _to("meal_recall", "organisation_id", "organisation"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meal_recall")),
        sa.UniqueConstraint("public_id", name=op.f("uq_meal_recall_public_id")),
        sa.UniqueConstraint("listing_id", name=op.f("uq_meal_recall_listing_id")),
    )
    op.create_index("ix_meal_recall_organisation_id", "meal_recall", ["organisation_id", "id"])

    op.create_table(
        "meal_recall_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("recall_id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("fetched", sa.Boolean(), nullable=False),
        _at("told_at"),
        sa.Column("public_id", sa.String(length=13), nullable=False),
        _to("meal_recall_notice", "recall_id", "meal_recall"),
        _to("meal_recall_notice", "exchange_id", "exchange"),
        _to("meal_recall_notice", "organisation_id", "organisation"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meal_recall_notice")),
        sa.UniqueConstraint("public_id", name=op.f("uq_meal_recall_notice_public_id")),
        sa.UniqueConstraint("recall_id", "exchange_id", name=op.f("uq_meal_recall_notice_recall_id_exchange_id")),
    )
    op.create_index(op.f("ix_meal_recall_notice_exchange_id"), "meal_recall_notice", ["exchange_id"])
    op.create_index(op.f("ix_meal_recall_notice_organisation_id"), "meal_recall_notice", ["organisation_id"])

    op.create_table(
        "meal_recall_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(length=10), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        _at("at"),
        sa.CheckConstraint("answer IN ('read','destroyed','consumed')", name=op.f("ck_meal_recall_answer_answer")),
        _to("meal_recall_answer", "notice_id", "meal_recall_notice"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meal_recall_answer")),
        sa.UniqueConstraint("notice_id", "answer", name=op.f("uq_meal_recall_answer_notice_id_answer")),
    )

    by, by_key = _person("head_count", "written_by_id")
    op.create_table(
        "head_count",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("production_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("ordered", sa.Integer(), nullable=True),
        by,
        _at("written_at"),
        sa.CheckConstraint("people BETWEEN 1 AND 5000", name=op.f("ck_head_count_people")),
        sa.CheckConstraint("ordered IS NULL OR ordered BETWEEN 0 AND 10000", name=op.f("ck_head_count_ordered")),
        _to("head_count", "production_id", "production", ondelete="CASCADE"),
        by_key,
        sa.PrimaryKeyConstraint("id", name=op.f("pk_head_count")),
        sa.UniqueConstraint("production_id", "day", name=op.f("uq_head_count_production_id_day")),
    )

    op.create_table(
        "meal_value",
        sa.Column("exchange_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cost_cents", sa.Integer(), nullable=False),
        sa.Column("retained_cents", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=12), nullable=False),
        sa.Column("legal_form", sa.String(length=80), nullable=False),
        sa.Column("declared_by_id", sa.Integer(), nullable=True),
        _at("declared_at"),
        sa.CheckConstraint(
            "cost_cents > 0 AND retained_cents BETWEEN 0 AND cost_cents", name=op.f("ck_meal_value_amounts")
        ),
        sa.CheckConstraint("rule IN ('cost','use_by_near','unsaleable')", name=op.f("ck_meal_value_rule")),
        _to("meal_value", "exchange_id", "exchange"),
        sa.PrimaryKeyConstraint("exchange_id", name=op.f("pk_meal_value")),
    )


def downgrade():
    for table in (
        "meal_value",
        "head_count",
        "meal_recall_answer",
        "meal_recall_notice",
        "meal_recall",
        "meal_outcome",
    ):
        op.drop_table(table)
