"""The factor library in the database, one estimate per listing, the ledger and its running totals."""

import json
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.db import Base, DecimalText, PublicIdMixin, Quantity, UtcDateTime


class Factor(Base):
    """One published factor, never changed: a new value is a new version, from `effective_on` on (None: always).

    Keys that begin with `epd.` are an organisation's own, of one product (`ProductData`): they stand in no list.
    """

    __tablename__ = "factor"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(80))
    version: Mapped[str] = mapped_column(String(20))
    effective_on: Mapped[date | None] = mapped_column(Date)
    verified: Mapped[bool] = mapped_column(Boolean)
    name_fr: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    category: Mapped[str] = mapped_column(String(40), index=True)
    unit: Mapped[str] = mapped_column(String(20))
    kgco2e_per_unit: Mapped[str] = mapped_column(String(40))  # as published
    uncertainty_pct: Mapped[str] = mapped_column(String(20))
    stage: Mapped[str] = mapped_column(String(60), index=True)
    source: Mapped[str] = mapped_column(String(200))
    source_url_or_ref: Mapped[str] = mapped_column(Text)
    source_year: Mapped[str] = mapped_column(String(20))
    scope_note: Mapped[str] = mapped_column(Text)

    __table_args__ = (UniqueConstraint("key", "version"),)


class FactorUse(Base):
    """How many entries that stand (not taken back) name a version of a factor. Moved with each entry."""

    __tablename__ = "factor_use"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    version: Mapped[str] = mapped_column(String(20), primary_key=True)
    entry_count: Mapped[int] = mapped_column(Integer, default=0)


class FactorImport(PublicIdMixin, Base):
    """A file of factors that a moderator sent: its lines as read, kept until they are published or put aside.

    `effect` is what publishing it would change in the estimates, once a job has measured it against the library as it
    stood at `effect["mark"]`.
    """

    __tablename__ = "factor_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    file_name: Mapped[str] = mapped_column(String(160))
    rows: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    status: Mapped[str] = mapped_column(String(10), default="draft")
    effect: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    version_count: Mapped[int | None] = mapped_column(Integer)  # published
    reason: Mapped[str] = mapped_column(String(400), default="")
    sent_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("status IN ('draft','published','dropped')", name="status"),
        Index("ix_factor_import_status_id", "status", "id"),
    )


class ProductData(PublicIdMixin, Base):
    """What the maker declares of a listing's very product (EPD, FDES), one row a version; its figure is the factor
    `key`, `version`. Used from `recorded_on` to `valid_until`, unless taken back or unreadable."""

    __tablename__ = "product_data"

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id", ondelete="CASCADE"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    key: Mapped[str] = mapped_column(String(80))
    version: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(160))
    operator: Mapped[str] = mapped_column(String(120))
    registration: Mapped[str] = mapped_column(String(120))
    declared_unit: Mapped[str] = mapped_column(String(10))
    to_grave: Mapped[bool] = mapped_column(Boolean, default=False)  # its figure holds the end of life too
    valid_until: Mapped[date] = mapped_column(Date, index=True)
    recorded_on: Mapped[date] = mapped_column(Date)
    withdrawn_on: Mapped[date | None] = mapped_column(Date)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    document_name: Mapped[str] = mapped_column(String(160))
    media_type: Mapped[str] = mapped_column(String(40))
    upload_key: Mapped[str | None] = mapped_column(String(120))  # as it came, until it was looked at
    file_key: Mapped[str | None] = mapped_column(String(120))
    sha256: Mapped[str | None] = mapped_column(String(64))
    looked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # with no file_key: it could not be read
    is_public: Mapped[bool] = mapped_column(Boolean, default=False)  # the document

    __table_args__ = (
        UniqueConstraint("listing_id", "version"),
        UniqueConstraint("key", "version"),
        CheckConstraint("declared_unit IN ('piece','kg')", name="declared_unit"),
    )


class Parameter(Base):
    """One default of the method, section 5. Never changed, as a factor."""

    __tablename__ = "parameter"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(80))
    version: Mapped[str] = mapped_column(String(20))
    effective_on: Mapped[date | None] = mapped_column(Date)
    value: Mapped[str] = mapped_column(String(200))
    unit: Mapped[str] = mapped_column(String(40))
    applies_to: Mapped[str] = mapped_column(Text)
    uncertainty_pct: Mapped[str] = mapped_column(String(20))
    source_or_assumption: Mapped[str] = mapped_column(Text)

    __table_args__ = (UniqueConstraint("key", "version"),)


class ListingEstimate(Base):
    """What a listing would avoid as it stands: for the whole quantity and for one unit. Written anew at each change.

    `inputs` are the method's, for one unit: they open into the terms on the listing's page.
    """

    __tablename__ = "listing_estimate"

    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id", ondelete="CASCADE"), primary_key=True)
    status: Mapped[str] = mapped_column(String(16))  # counted, estimated (unverified factor), not_quantified
    reason: Mapped[str | None] = mapped_column(String(30))
    reason_data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    kind: Mapped[str | None] = mapped_column(String(10))
    receiver: Mapped[str | None] = mapped_column(String(12))
    quantity: Mapped[Decimal | None] = mapped_column(Quantity)
    unit_kgco2e: Mapped[Decimal | None] = mapped_column(DecimalText)
    unit_uncertainty_kgco2e: Mapped[Decimal | None] = mapped_column(DecimalText)
    result_kgco2e: Mapped[Decimal | None] = mapped_column(DecimalText)
    uncertainty_kgco2e: Mapped[Decimal | None] = mapped_column(DecimalText)
    displacement_key: Mapped[str | None] = mapped_column(String(80))
    basis: Mapped[str | None] = mapped_column(String(10))  # item, materials
    inputs: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    factor_versions: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    estimated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LedgerEntry(PublicIdMixin, Base):
    """One claim, written once. `canonical` is the whole entry as JSON; `hash` is its SHA-256 and closes the chain.

    The columns repeat what lists and sums need; `ledger check` compares them with the canonical text.
    """

    __tablename__ = "ledger_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(Integer, unique=True)  # 1, 2, 3… without a gap
    form: Mapped[int] = mapped_column(Integer)  # of the canonical text
    status: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(12))
    subject_kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[str] = mapped_column(String(40))  # of the line, reclaim…: its public id
    exchange_id: Mapped[int | None] = mapped_column(ForeignKey("exchange.id"), index=True)
    line_id: Mapped[int | None] = mapped_column(ForeignKey("exchange_line.id"), index=True)
    listing_id: Mapped[int | None] = mapped_column(ForeignKey("listing.id"), index=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    receiver_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    provider_production_id: Mapped[int | None] = mapped_column(Integer)
    receiver_production_id: Mapped[int | None] = mapped_column(Integer)
    into_stock: Mapped[bool] = mapped_column(Boolean, default=False)
    mass_grams: Mapped[int | None] = mapped_column(BigInteger)
    occurred_on: Mapped[date] = mapped_column(Date, index=True)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    region: Mapped[str | None] = mapped_column(String(2))  # INSEE's code of where the thing left from
    result_kgco2e: Mapped[Decimal | None] = mapped_column(DecimalText)
    uncertainty_kgco2e: Mapped[Decimal | None] = mapped_column(DecimalText)
    reason: Mapped[str | None] = mapped_column(String(30))
    predecessor_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"), index=True)
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    canonical: Mapped[str] = mapped_column(Text)
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)

    __table_args__ = (
        CheckConstraint("status IN ('counted','estimated','provisional','not_quantified','reversal')", name="status"),
        CheckConstraint("(status = 'not_quantified') = (result_kgco2e IS NULL) OR status = 'reversal'", name="result"),
        Index("ix_ledger_entry_subject", "subject_kind", "subject_id"),
        # one line, one claim: a retry that comes twice is refused; corrections say what they replace
        Index(
            "uq_ledger_entry_first_of_line",
            "line_id",
            unique=True,
            sqlite_where=text("line_id IS NOT NULL AND replaces_id IS NULL AND status <> 'reversal'"),
            postgresql_where=text("line_id IS NOT NULL AND replaces_id IS NULL AND status <> 'reversal'"),
        ),
        # so for what is not a line: a reclaim, an exit from a stock, an end of life, a hook-up
        Index(
            "uq_ledger_entry_first_of_subject",
            "subject_kind",
            "subject_id",
            unique=True,
            sqlite_where=text("line_id IS NULL AND replaces_id IS NULL AND status <> 'reversal'"),
            postgresql_where=text("line_id IS NULL AND replaces_id IS NULL AND status <> 'reversal'"),
        ),
    )

    @cached_property
    def body(self) -> dict[str, Any]:
        """The canonical text, read: inputs, parameters, factors used, steps, doubt, parties, notes."""
        return json.loads(self.canonical)


class Upkeep(PublicIdMixin, Base):
    """What an exchange asked for besides transport: cleaning, storage, repair. A term of the method's X.

    `amount` counts the factor's unit; a storage factor takes `volume_m3` and `months` instead. Without a line it is of
    the whole exchange, and shared by mass.
    """

    __tablename__ = "upkeep"

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.id"), index=True)
    line_id: Mapped[int | None] = mapped_column(ForeignKey("exchange_line.id"), index=True)
    factor_key: Mapped[str] = mapped_column(String(80))
    amount: Mapped[Decimal | None] = mapped_column(DecimalText)
    volume_m3: Mapped[Decimal | None] = mapped_column(DecimalText)
    months: Mapped[Decimal | None] = mapped_column(DecimalText)
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("(amount IS NULL) = (volume_m3 IS NOT NULL AND months IS NOT NULL)", name="amount"),
    )


class SharesAgreed(Base):
    """How two sides share what their exchange avoids, where not by halves: proposed by one, in force once the other
    has agreed."""

    __tablename__ = "shares_agreed"

    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.id"), primary_key=True)
    giver_percent: Mapped[int] = mapped_column(Integer)
    proposed_by: Mapped[str] = mapped_column(String(10))  # the side
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    agreed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("giver_percent BETWEEN 0 AND 100", name="giver_percent"),
        CheckConstraint("proposed_by IN ('provider','receiver')", name="proposed_by"),
    )


class PowerHookUp(PublicIdMixin, Base):
    """Mains or battery power that a shoot used. It avoided something only where the shoot's own plan named a
    generating set: `plan_reference` says which document, and where in it."""

    __tablename__ = "power_hook_up"

    id: Mapped[int] = mapped_column(primary_key=True)
    production_id: Mapped[int] = mapped_column(ForeignKey("production.id", ondelete="CASCADE"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))  # the production's
    supplier_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))  # who lent the supply, if known here
    used_on: Mapped[date] = mapped_column(Date)
    place: Mapped[str] = mapped_column(String(160), default="")
    kwh: Mapped[Decimal] = mapped_column(DecimalText)
    metered: Mapped[bool] = mapped_column(Boolean, default=True)
    solution_key: Mapped[str] = mapped_column(String(80))
    plan_reference: Mapped[str] = mapped_column(String(300), default="")  # '': the plan named no generating set
    travel_km: Mapped[Decimal | None] = mapped_column(DecimalText)  # of whoever brought cables or batteries, one way
    vehicle: Mapped[str | None] = mapped_column(String(12))
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LedgerShare(Base):
    """A party's part of an entry: giver, receiver, or whoever brought the thing into the giver's stock (rule 2)."""

    __tablename__ = "ledger_share"

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    production_id: Mapped[int | None] = mapped_column(Integer)
    role: Mapped[str] = mapped_column(String(10))
    share: Mapped[Decimal] = mapped_column(DecimalText)
    share_kgco2e: Mapped[Decimal | None] = mapped_column(DecimalText)

    __table_args__ = (
        UniqueConstraint("entry_id", "role"),
        CheckConstraint("role IN ('giver','bringer','receiver')", name="role"),
        Index("ix_ledger_share_organisation_id_entry_id", "organisation_id", "entry_id"),
        Index("ix_ledger_share_production_id_entry_id", "production_id", "entry_id"),
    )


class LedgerHead(Base):
    """The end of the chain: one row, locked last, so that entries are written one after the other."""

    __tablename__ = "ledger_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(Integer)
    hash: Mapped[str] = mapped_column(String(64))
    rolled_up_to: Mapped[int] = mapped_column(Integer, server_default="0")  # what the rollups hold


class LedgerTotal(Base):
    """Running totals of a scope (all, an organisation, a production) for a year and a line (reuse, reclaim).

    Kept in the append, under the head's lock. The doubts are components (`doubt.TotalDoubt`): a U cannot be added up.
    `whole` is that of the transfers the scope took part in, `own` its share of them; they are the same for `all`.
    """

    __tablename__ = "ledger_total"

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(String(12))
    scope_id: Mapped[int] = mapped_column(Integer)  # 0 for all
    year: Mapped[int] = mapped_column(Integer)
    line: Mapped[str] = mapped_column(String(8))
    entry_count: Mapped[int] = mapped_column(Integer, default=0)
    apart_count: Mapped[int] = mapped_column(Integer, default=0)  # estimated or not quantified: in no sum of kgCO2e
    mass_grams: Mapped[int] = mapped_column(BigInteger, default=0)
    whole_kgco2e: Mapped[str] = mapped_column(Text, default="0")  # exact sums outgrow 64 digits
    own_kgco2e: Mapped[str] = mapped_column(Text, default="0")
    whole_doubt: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    own_doubt: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    __table_args__ = (
        UniqueConstraint("scope", "scope_id", "year", "line"),
        CheckConstraint("scope IN ('all','organisation','production')", name="scope"),
        CheckConstraint("line IN ('reuse','reclaim')", name="line"),
    )
