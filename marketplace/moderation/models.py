"""What people report to the moderators."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.catalogue.models import Listing
from marketplace.core.db import Base, PublicIdMixin, UtcDateTime


class Report(PublicIdMixin, Base):
    """A listing somebody reports, or a decision on their own listing that an organisation contests (`appeal`).

    `reason` names a wording of `moderation/reports.py`. A reporter is somebody with an account, an address, or
    nobody. `decision` is what was decided: the listing is hidden, or stays (or comes back) as it is.
    """

    __tablename__ = "report"

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id", ondelete="CASCADE"), index=True)
    reason: Mapped[str] = mapped_column(String(20))
    explanation: Mapped[str] = mapped_column(Text)
    reporter_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    contact_name: Mapped[str] = mapped_column(String(120), default="")
    contact_email: Mapped[str | None] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(2), default="fr")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    decision: Mapped[str | None] = mapped_column(String(8))
    statement: Mapped[str] = mapped_column(Text, default="")  # the reasons given, read by both sides

    listing: Mapped[Listing] = relationship()

    __table_args__ = (
        CheckConstraint("decision IN ('hidden', 'kept')", name="decision"),
        CheckConstraint("(decided_at IS NULL) = (decision IS NULL)", name="decided"),
        Index(
            "ix_report_waiting",
            "id",
            sqlite_where=text("decided_at IS NULL"),
            postgresql_where=text("decided_at IS NULL"),
        ),
    )
