"""Reports of a production and yearly statements of an organisation: asked for, made once by the worker, then kept."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.db import Base, PublicIdMixin, UtcDateTime


class CarbonReport(PublicIdMixin, Base):
    """What the ledger said of a scope up to an entry. `content` is the sealed text, `digest` its SHA-256: its beginning
    is the code printed on the paper. Once ready it stays as it is; what the ledger corrects later is told beside it.
    """

    __tablename__ = "carbon_report"

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(String(12))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    production_id: Mapped[int | None] = mapped_column(ForeignKey("production.id", ondelete="SET NULL"))
    title: Mapped[str] = mapped_column(String(160))  # of the production or organisation, as it was called
    since: Mapped[date | None] = mapped_column(Date)  # None: from the first entry
    until: Mapped[date | None] = mapped_column(Date)  # included; None: to the last
    language: Mapped[str] = mapped_column(String(2))
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    entries_read: Mapped[int] = mapped_column(Integer, default=0)
    entry_count: Mapped[int] = mapped_column(Integer, default=0)  # to read, when it was asked for
    head_position: Mapped[int] = mapped_column(Integer)
    head_hash: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    content: Mapped[str | None] = mapped_column(Text)
    digest: Mapped[str | None] = mapped_column(String(64), index=True)
    pdf_sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    csv_sha256: Mapped[str | None] = mapped_column(String(64))
    xlsx_sha256: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (
        CheckConstraint("scope IN ('production','organisation')", name="scope"),
        CheckConstraint("state IN ('waiting','making','ready','failed')", name="state"),
        CheckConstraint("since IS NULL OR until IS NULL OR until >= since", name="days"),
        CheckConstraint("state <> 'ready' OR (content IS NOT NULL AND digest IS NOT NULL)", name="sealed"),
        Index("ix_carbon_report_organisation_id_scope", "organisation_id", "scope", "id"),
        Index("ix_carbon_report_production_id", "production_id", "id"),
    )
