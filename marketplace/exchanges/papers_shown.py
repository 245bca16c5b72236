"""The papers of an exchange as one side sees them: on its page, where they are signed, and when one is verified."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.core.clock import today, today_at
from marketplace.core.db import db
from marketplace.exchanges import asking_papers, insurance, signing
from marketplace.exchanges.documents import AGREEMENT, CONDITION, INSURANCE, QUOTE, SIGNED, may_read
from marketplace.exchanges.kinds import KINDS
from marketplace.exchanges.lines import own_lines
from marketplace.exchanges.models import ConditionReport, Document, Exchange, Signature
from marketplace.exchanges.queries import ExchangeView, documents_of
from marketplace.exchanges.states import MODERATOR, PROVIDER, RECEIVER

# what a paper is called in a file's name
FILE_NAMES = {
    "donation_certificate": "certificat",
    "quote": "devis",
    "agreement": "contrat",
    "sale_receipt": "bon-de-vente",
    "preparation": "preparation",
    "condition": "etat-des-lieux",
    "insurance": "assurance",
    "carbon_certificate": "attestation-carbone",
    "reclaim_certificate": "certificat-de-collecte",
    "meal_certificate": "certificat-de-don-alimentaire",
    "food_receipt": "recu-fiscal",
}
EXTENSIONS = {"application/pdf": "pdf", "image/jpeg": "jpg"}


@dataclass(frozen=True)
class Paper:
    """A paper on the exchange's page. `title` is a code of the labels `document`; `missing`: the sides whose yes is
    awaited; `may_sign`: this side's, now."""

    document: Document
    title: str
    signatures: tuple[Signature, ...]
    missing: tuple[str, ...]
    may_sign: bool

    @property
    def failed(self) -> bool:
        """A file that turned out to be no picture."""
        return self.document.file_key is None and self.document.rendered_at is not None


@dataclass(frozen=True)
class Papers:
    """What stands now, what it took the place of, and what may be asked for."""

    now: list[Paper]
    before: list[Paper]
    may_quote: bool
    may_prepare: bool
    may_certify: bool
    insurance: str | None  # a code of the labels `insurance`; None where it has no place


def papers_of(view: ExchangeView) -> Papers:
    """The papers that this side may know of, the newest of each kind apart from those it took the place of."""
    exchange = view.exchange
    readable = [one for one in documents_of(exchange.id) if may_read(one, view.side)]
    found = [one for one in readable if one.file_key is not None or one.superseded_at is None]
    signed = _by_document(signing.signatures_of([one.id for one in found if one.kind in SIGNED]))
    directions = directions_of(found)
    papers = [_paper(view, one, directions, signed.get(one.id, ())) for one in found]
    writes = view.may_move and view.side != MODERATOR
    return Papers(
        now=[one for one in papers if one.document.superseded_at is None],
        before=[one for one in papers if one.document.superseded_at is not None],
        may_quote=writes and asking_papers.can_quote(exchange, view.state),
        may_prepare=writes and view.side == PROVIDER and asking_papers.can_prepare(view.state),
        may_certify=writes and asking_papers.can_certify(exchange, view.state),
        insurance=_insurance(view, found),
    )


def quotes_of(exchanges: Iterable[Exchange]) -> dict[int, Document]:
    """The quote that stands of each of somebody's carts, by the exchange's row."""
    ids = [one.id for one in exchanges]
    query = select(Document).where(
        Document.exchange_id.in_(ids), Document.kind == QUOTE, Document.superseded_at.is_(None)
    )
    return {one.exchange_id: one for one in db.session.scalars(query)} if ids else {}


def _paper(
    view: ExchangeView, document: Document, directions: Mapping[int, str], signatures: tuple[Signature, ...]
) -> Paper:
    given = {one.side for one in signatures}
    opens = document.kind in SIGNED and signing.why_not(view.exchange, document) is None
    missing = tuple(side for side in (PROVIDER, RECEIVER) if side not in given) if opens else ()
    writes = view.may_move and view.side != MODERATOR
    # the provider's screen serves the receiver's side as well
    may_sign = writes and (view.side in missing or (view.side == PROVIDER and RECEIVER in missing))
    return Paper(document, directions.get(document.id, document.kind), signatures, missing, may_sign)


def _insurance(view: ExchangeView, found: Iterable[Document]) -> str | None:
    exchange = view.exchange
    if view.side == MODERATOR or not KINDS[exchange.kind].dated or exchange.state == "cart":
        return None
    last = next((one for one in found if one.kind == INSURANCE and one.superseded_at is None), None)
    return insurance_state(exchange, last)


def insurance_state(exchange: Exchange, last: Document | None) -> str:
    """Where the certificate of insurance stands today at the place."""
    there = today_at(exchange.site.postcode) if exchange.site is not None else today()
    return insurance.state_of(exchange.asks_insurance, last, exchange.ends_on, there)


def directions_of(documents: Iterable[Document]) -> dict[int, str]:
    """'departure' or 'return' of the condition reports among these papers, by the paper's row."""
    reports = {one.report_id: one.id for one in documents if one.kind == CONDITION and one.report_id is not None}
    if not reports:
        return {}
    query = select(ConditionReport.id, ConditionReport.direction).where(ConditionReport.id.in_(reports))
    return {reports[report_id]: direction for report_id, direction in db.session.execute(query)}


def title_code(document: Document) -> str:
    """The code, among the labels `document`, of a paper's name."""
    return directions_of([document]).get(document.id, document.kind)


def file_name(document: Document, exchange: Exchange) -> str:
    """What a paper is saved as: never a name that somebody typed."""
    return f"{FILE_NAMES[document.kind]}-{exchange.reference}.{EXTENSIONS[document.media_type]}"


def _by_document(signatures: Iterable[Signature]) -> dict[int, tuple[Signature, ...]]:
    found: dict[int, tuple[Signature, ...]] = {}
    for one in signatures:
        found[one.document_id] = (*found.get(one.document_id, ()), one)
    return found


# --- verified by whoever holds it ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verification:
    """What anybody who holds a paper may compare with it: organisations, days, quantities; no person, no price."""

    title: str
    amounts: list[tuple[Decimal, str]]  # how much in all, by unit
    yes: list[tuple[str, Signature]]  # (organisation, its signature)
    is_signed: bool  # a paper that both sides sign


def verification_of(document: Document, exchange: Exchange) -> Verification:
    """What is told of a paper under its code."""
    sums: dict[str, Decimal] = {}
    for line in own_lines(exchange):
        sums[line.unit] = sums.get(line.unit, Decimal(0)) + line.quantity
    names = {PROVIDER: exchange.provider.name, RECEIVER: exchange.receiver.name}
    signatures = signing.signatures_of([document.id]) if document.kind in SIGNED else []
    return Verification(
        title=title_code(document),
        amounts=[(quantity, unit) for unit, quantity in sums.items()],
        yes=[(names[one.side], one) for one in signatures],
        is_signed=document.kind in SIGNED,
    )


def accept_text(document: Document) -> str:
    """The button that says yes to a paper."""
    return _("J’accepte ce contrat") if document.kind == AGREEMENT else _("J’accepte cet état des lieux")
