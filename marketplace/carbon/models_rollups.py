"""What dashboards are read from: where each entry is filed, and the sums of each scope, month, kind and branch."""

from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.db import Base


class LedgerFiling(Base):
    """By what an entry is found again: derived from it and from its line, never sealed.

    `month` is that of `occurred_on`, `branch` the top of the category tree ('' where the entry names no category),
    `region` INSEE's code of where the thing left from. `apart` says why an entry is in no sum of kgCO2e: a reason, or
    'unverified'. `new_cents` is what the lot would cost new, `paid_cents` what was paid for it; both None where the
    line has no value on record. A reversal is filed as what it takes back, in its own month.
    """

    __tablename__ = "ledger_filing"

    entry_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    month: Mapped[str] = mapped_column(String(7))
    kind: Mapped[str] = mapped_column(String(12))
    branch: Mapped[str] = mapped_column(String(60))
    region: Mapped[str | None] = mapped_column(String(2))
    apart: Mapped[str | None] = mapped_column(String(30))
    new_cents: Mapped[int | None] = mapped_column(BigInteger)
    paid_cents: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        CheckConstraint("(new_cents IS NULL) = (paid_cents IS NULL)", name="money"),
        Index("ix_ledger_filing_month_kind_branch_entry_id", "month", "kind", "branch", "entry_id"),
    )


class LedgerRollup(Base):
    """The sums of a scope (all, organisation, production, region) for one month, kind and branch.

    Kept in the append, under the head's lock, like `LedgerTotal`; `position` is that of the last entry that moved it.
    `whole`, `own` and the doubts read as there; for `all` and a region both are the same and `own` is left empty.
    `facts`: counts by reason, grams by outcome, entries by organisation (public scopes), and of what was received
    `money`: [entries, those with a value on record, cents new, cents paid]. `extremes`: the entries with the highest
    and the lowest results, as [kgCO2e, position].
    """

    __tablename__ = "ledger_rollup"

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(String(12))
    scope_id: Mapped[int] = mapped_column(Integer)  # 0 for all, INSEE's code for a region
    month: Mapped[str] = mapped_column(String(7))
    kind: Mapped[str] = mapped_column(String(12))
    branch: Mapped[str] = mapped_column(String(60))
    position: Mapped[int] = mapped_column(Integer)
    entry_count: Mapped[int] = mapped_column(Integer)
    apart_count: Mapped[int] = mapped_column(Integer)
    mass_grams: Mapped[int] = mapped_column(BigInteger)
    whole_kgco2e: Mapped[str] = mapped_column(Text)
    own_kgco2e: Mapped[str] = mapped_column(Text)
    whole_doubt: Mapped[dict[str, Any]] = mapped_column(JSON)
    own_doubt: Mapped[dict[str, Any]] = mapped_column(JSON)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    extremes: Mapped[dict[str, Any]] = mapped_column(JSON)

    __table_args__ = (
        UniqueConstraint("month", "kind", "branch", "scope", "scope_id"),
        CheckConstraint("scope IN ('all','organisation','production','region')", name="scope"),
        Index("ix_ledger_rollup_scope_scope_id_position", "scope", "scope_id", "position"),
    )
