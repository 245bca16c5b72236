"""People, organisations and what ties them: sites, roles, productions, sessions, tokens, the audit log."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core.db import Base, PublicIdMixin, UtcDateTime


class User(PublicIdMixin, Base):
    """One person, one account. `password_hash` is Argon2id; `email` is kept lower case.

    `totp_seed` is encrypted; it counts once `totp_confirmed_at` is set, and `totp_last_step` is the 30 s step of the
    last code taken, so that none works twice. `theme` is 'light' or 'dark', None what the device says. The base is
    where they usually work, for distances.
    """

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(255))
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_moderator: Mapped[bool] = mapped_column(Boolean, default=False)
    language: Mapped[str | None] = mapped_column(String(2))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    password_changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    theme: Mapped[str | None] = mapped_column(String(5))
    base_postcode: Mapped[str | None] = mapped_column(String(5))
    base_city: Mapped[str | None] = mapped_column(String(100))
    base_lat: Mapped[float | None] = mapped_column(Float)
    base_lon: Mapped[float | None] = mapped_column(Float)
    totp_seed: Mapped[str | None] = mapped_column(String(255))
    totp_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    totp_last_step: Mapped[int | None] = mapped_column(BigInteger)


class RecoveryCode(Base):
    """One of a person's eight ways in without their second factor: hashed, single use."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Passkey(PublicIdMixin, Base):
    """A key kept by a person's device (WebAuthn): the public half, and how often it was used."""

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)  # base64url, at most 1,023 bytes
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class KnownBrowser(Base):
    """A browser a person has signed in from before: the first time from another one, they are told."""

    __tablename__ = "known_browser"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    secret_hash: Mapped[str] = mapped_column(String(64))
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    __table_args__ = (UniqueConstraint("user_id", "secret_hash"),)


class UserSession(Base):
    """A signed-in browser. The cookie holds a secret, the row its SHA-256; ending the row signs the browser out."""

    __tablename__ = "user_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    acting_organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisation.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    address: Mapped[str] = mapped_column(String(45), default="")
    agent: Mapped[str] = mapped_column(String(200), default="")
    proved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when this browser last gave a password or code
    factor_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when it last gave a code or a passkey

    user: Mapped[User] = relationship()


class SpentChallenge(Base):
    """What a passkey has signed once and must not be taken for again, until it would be too old anyway."""

    __tablename__ = "spent_challenge"

    id: Mapped[int] = mapped_column(primary_key=True)
    challenge_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class EmailToken(Base):
    """A link sent by mail: verification of an address or reset of a password. Hashed, single use."""

    __tablename__ = "email_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(String(20))
    email: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (CheckConstraint("purpose IN ('verify', 'reset')", name="purpose"),)


class Organisation(PublicIdMixin, Base):
    """Whoever gives or receives. A person's own space is an organisation of kind `person` with one owner."""

    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(30))
    name: Mapped[str] = mapped_column(String(160))
    description: Mapped[str] = mapped_column(Text, default="")
    siret: Mapped[str | None] = mapped_column(String(14), index=True)
    rna: Mapped[str | None] = mapped_column(String(10), index=True)
    vat_number: Mapped[str | None] = mapped_column(String(20))
    website: Mapped[str | None] = mapped_column(String(200))
    phone: Mapped[str | None] = mapped_column(String(30))
    issues_tax_receipts: Mapped[bool] = mapped_column(Boolean, default=False)
    # whether those who verify an entry or a report may read its name
    named_in_verifications: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    takes: Mapped[str] = mapped_column(Text, default="", server_default="")  # what it takes in, in its own words
    lends: Mapped[str] = mapped_column(Text, default="", server_default="")
    # what a provider takes off its rental prices, in percent, and its own terms, printed on its agreements
    school_reduction_percent: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    non_profit_reduction_percent: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    rental_terms: Mapped[str] = mapped_column(Text, default="", server_default="")
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("school_reduction_percent BETWEEN 0 AND 100", name="school_reduction"),
        CheckConstraint("non_profit_reduction_percent BETWEEN 0 AND 100", name="non_profit_reduction"),
        CheckConstraint(
            "kind IN ('production_company','reuse_centre','rental_house','venue','school','caterer','food_charity',"
            "'local_authority','supplier','person','other')",
            name="kind",
        ),
        Index("ix_organisation_name", "name"),
        Index(  # those that a moderator has not looked at: few among all the personal spaces
            "ix_organisation_waiting",
            "id",
            sqlite_where=text("verified_at IS NULL AND kind <> 'person'"),
            postgresql_where=text("verified_at IS NULL AND kind <> 'person'"),
        ),
    )


class Site(PublicIdMixin, Base):
    """A place of an organisation where things are kept; its street is shown only once an exchange is accepted."""

    __tablename__ = "site"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    street: Mapped[str] = mapped_column(String(200), default="")
    postcode: Mapped[str] = mapped_column(String(5))
    city: Mapped[str] = mapped_column(String(100))
    insee: Mapped[str | None] = mapped_column(String(5))
    lat: Mapped[float] = mapped_column(Float)
    lon: Mapped[float] = mapped_column(Float)
    # {"mon": [["09:00", "12:30"], ["14:00", "18:00"]], …}; a day left out is closed
    opening_hours: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    access_notes: Mapped[str] = mapped_column(Text, default="")
    has_dock: Mapped[bool] = mapped_column(Boolean, default=False)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    organisation: Mapped[Organisation] = relationship()


class SiteClosing(PublicIdMixin, Base):
    """Days on which a place is closed beside its week's hours: leave, stock-taking. `ends_on` is the day it reopens."""

    __tablename__ = "site_closing"

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date] = mapped_column(Date)
    reason: Mapped[str] = mapped_column(String(120), default="")

    __table_args__ = (
        CheckConstraint("ends_on > starts_on", name="dates"),
        Index("ix_site_closing_site_id_ends_on", "site_id", "ends_on"),
    )


class Membership(Base):
    """A person's role in an organisation: owner, manager, member or viewer."""

    __tablename__ = "membership"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    organisation: Mapped[Organisation] = relationship()
    user: Mapped[User] = relationship()

    __table_args__ = (
        UniqueConstraint("organisation_id", "user_id"),
        CheckConstraint("role IN ('owner','manager','member','viewer')", name="role"),
    )


class Partnership(PublicIdMixin, Base):
    """Two organisations that show each other what they keep for partners; one invites, the other accepts, either ends
    it. The lower row id is `first_id`, so that a pair has one living row."""

    __tablename__ = "partnership"

    id: Mapped[int] = mapped_column(primary_key=True)
    first_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    second_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    inviter_id: Mapped[int] = mapped_column(Integer)  # one of the two
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("first_id < second_id", name="order"),
        CheckConstraint("inviter_id IN (first_id, second_id)", name="inviter"),
        Index(
            "ix_partnership_living",
            "first_id",
            "second_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )


class Invitation(PublicIdMixin, Base):
    """A role offered to an address, by an organisation or for one production; seven days, single use."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    production_id: Mapped[int | None] = mapped_column(ForeignKey("production.id", ondelete="CASCADE"), index=True)
    email: Mapped[str] = mapped_column(String(254), index=True)
    role: Mapped[str] = mapped_column(String(12))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    organisation: Mapped[Organisation] = relationship()


class Production(PublicIdMixin, Base):
    """A shoot of an organisation, with its dates and its base."""

    __tablename__ = "production"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(String(160))
    kind: Mapped[str] = mapped_column(
        String(20)
    )  # feature, series, advert, short, documentary, stage, music_video, other
    starts_on: Mapped[date | None] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    base_postcode: Mapped[str | None] = mapped_column(String(5))
    base_city: Mapped[str | None] = mapped_column(String(100))
    base_lat: Mapped[float | None] = mapped_column(Float)
    base_lon: Mapped[float | None] = mapped_column(Float)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    organisation: Mapped[Organisation] = relationship()

    __table_args__ = (CheckConstraint("ends_on IS NULL OR starts_on IS NULL OR ends_on >= starts_on", name="dates"),)


class ProductionMember(Base):
    """Somebody who works on a production without a role in its organisation: contributor or viewer."""

    __tablename__ = "production_member"

    id: Mapped[int] = mapped_column(primary_key=True)
    production_id: Mapped[int] = mapped_column(ForeignKey("production.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    user: Mapped[User] = relationship()
    production: Mapped[Production] = relationship()

    __table_args__ = (
        UniqueConstraint("production_id", "user_id"),
        CheckConstraint("role IN ('contributor','viewer')", name="role"),
    )


class ApiToken(PublicIdMixin, Base):
    """A key for programs: one user within one organisation, with scopes. Only its SHA-256 is kept."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    hint: Mapped[str] = mapped_column(String(12))  # its last characters, to tell one from another
    name: Mapped[str] = mapped_column(String(80))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    scopes: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    user: Mapped[User] = relationship()
    organisation: Mapped[Organisation] = relationship()


class IdempotencyKey(Base):
    """The answer given to a POST that carried an Idempotency-Key, kept for 24 hours."""

    __tablename__ = "idempotency_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_id: Mapped[int] = mapped_column(ForeignKey("api_token.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(200))
    request_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    status: Mapped[int | None] = mapped_column()
    body: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (UniqueConstraint("token_id", "key"),)


class AuditEntry(Base):
    """Who did what to what, when, from where. Insert-only, no secret in it."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    action: Mapped[str] = mapped_column(String(60), index=True)
    user_id: Mapped[int | None] = mapped_column(index=True)  # no foreign key: the log outlives who is in it
    organisation_id: Mapped[int | None] = mapped_column(index=True)
    object_kind: Mapped[str] = mapped_column(String(30), default="")
    object_public_id: Mapped[str] = mapped_column(String(64), default="")
    address: Mapped[str] = mapped_column(String(45), default="")
    request_id: Mapped[str] = mapped_column(String(40), default="")
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
