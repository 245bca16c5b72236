"""What the papers of rentals and sales say, beside what every paper has (papers.py): prices as they came about, pieces
with their shelves, conditions with photos. Read while rendering, in the paper's language.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import segno
from flask import current_app
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from marketplace.catalogue.models import Piece
from marketplace.core.db import db
from marketplace.exchanges import assigning, documents, stock
from marketplace.exchanges.dues import charges_of, dues_of, payments_of
from marketplace.exchanges.kinds import pricing
from marketplace.exchanges.lines import own_lines
from marketplace.exchanges.models import (
    Assignment,
    Charge,
    ConditionEntry,
    ConditionReport,
    Document,
    Exchange,
    ExchangeLine,
)
from marketplace.exchanges.rules import ADDRESS_SHOWN
from marketplace.ports import current
from marketplace.web import filters
from marketplace.web.labels import label

MOST_WEEKS = 4  # whose coefficients are written out
PHOTO_SIZE = 320
MOST_PHOTOS = 60  # of one paper
Facts = dict[str, Any]
Pictures = dict[str, bytes]


def facts_of(document: Document, exchange: Exchange) -> tuple[Facts, Pictures]:
    """(what the template of this paper needs, pictures by the addresses under which it names them)."""
    facts: Facts = {"known": exchange.state in ADDRESS_SHOWN}  # where the place is, how to call: said once confirmed
    if document.kind == documents.PREPARATION:
        return facts | preparation_facts(exchange), {}
    if document.kind == documents.CONDITION:
        more, pictures = condition_facts(document, exchange)
        return facts | more, pictures
    return facts | priced_facts(exchange), {}


def qr_of(address: str) -> Markup:
    """A QR code as a paper shows it."""
    drawn = segno.make(address, error="m").svg_inline(scale=2, border=0, omitsize=False)
    return Markup(drawn)  # noqa: S704 - drawn by segno from our own address


# --- quote, agreement, sale ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PricedLine:
    """A line as it was agreed; `parts`: those of a set. `how` tells where the amount comes from."""

    line: ExchangeLine
    how: str
    parts: tuple[ExchangeLine, ...]


def priced_facts(exchange: Exchange) -> Facts:
    """Lines with their prices, sums, and what stands beside them."""
    parts: dict[int, list[ExchangeLine]] = {}
    for line in exchange.lines:
        if line.parent_line_id is not None:
            parts.setdefault(line.parent_line_id, []).append(line)
    charges = [one for one in charges_of(exchange.id) if one.state == "owed" and one.kind == "extension"]
    things = stock.holding(exchange.lines)
    return {
        "lines": [PricedLine(line, how_priced(line), tuple(parts.get(line.id, ()))) for line in own_lines(exchange)],
        "things": things,
        "worth_cents": worth_of(things),
        "dues": dues_of(exchange),
        "charges": charges,
        "total_cents": dues_of(exchange).asked + sum(one.amount_cents for one in charges),
        "payments": payments_of(exchange.id),
        "vat_note": vat_note(exchange.provider.vat_number),
        "terms": [part for part in exchange.provider.rental_terms.splitlines() if part.strip()],
    }


def worth_of(things: Iterable[ExchangeLine]) -> int | None:
    """What it would cost to buy all of it anew, in cents; None when that of one thing was not said."""
    total = 0
    for line in things:
        if line.replacement_value_cents is None:
            return None
        total += pricing.sale_cents(line.replacement_value_cents, line.quantity)
    return total


def vat_note(vat_number: str | None) -> str:
    """What may be said of VAT: only the provider's invoice says more."""
    if vat_number:
        return _(
            "Montants tels que convenus. Le prestataire est assujetti à la TVA sous le numéro %(number)s : sa facture "
            "dit le taux et le montant de la TVA.",
            number=vat_number,
        )
    return _(
        "Montants tels que convenus. TVA selon le prestataire : il n’a pas indiqué de numéro de TVA, sa facture dit si "
        "la TVA s’applique."
    )


def how_priced(line: ExchangeLine) -> str:
    """Where the amount of a line comes from, in words: the weeks with their coefficients, what was taken off."""
    if line.unit_cents is None:
        return ""
    rate = _("%(price)s %(unit)s", price=filters.money(line.unit_cents), unit=label("per_unit", line.unit))
    if not line.terms or not line.starts_on or not line.ends_on:
        return rate
    terms = pricing.terms_from(line.terms)
    if pricing.rental_cents(terms, line.quantity, line.starts_on, line.ends_on) != line.amount_cents:
        return _("%(rate)s par semaine ; prolongée depuis, le supplément est compté à part.", rate=rate)
    said = _("%(days)s : %(weeks)s à %(rate)s", days=_days(line.starts_on, line.ends_on, terms.grace_days),
             weeks=_weeks(pricing.weeks(line.starts_on, line.ends_on, terms.grace_days), terms.coefficients),
             rate=rate)  # fmt: skip
    if terms.reduction_percent:
        said += _(", moins %(percent)s", percent=filters.percent(Decimal(terms.reduction_percent)))
    if terms.minimum_cents and line.amount_cents == terms.minimum_cents:
        said += "\u00a0; " + _("prix plancher de la ligne : %(price)s", price=filters.money(terms.minimum_cents))
    return said + "."


def _days(starts_on: date, ends_on: date, grace_days: int) -> str:
    days = (ends_on - starts_on).days
    said = ngettext("%(num)d jour", "%(num)d jours", days)
    if not grace_days:
        return said
    return said + ngettext(" dont %(num)d non compté", " dont %(num)d non comptés", grace_days)


def _weeks(count: int, coefficients: tuple[int, ...]) -> str:
    """« 2 semaines (100 % + 50 %) »"""
    said = ngettext("%(num)d semaine", "%(num)d semaines", count)
    if count > MOST_WEEKS:
        total = filters.percent(Decimal(pricing.percent_of(count, coefficients)))
        return f"{said} ({_('%(percent)s en tout', percent=total)})"
    each = [filters.percent(Decimal(coefficients[week % len(coefficients)])) for week in range(count)]
    return f"{said} ({' + '.join(each)})"


# --- what leaves -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ThingToPrepare:
    """A line with the pieces chosen for it, and how many are still to be chosen."""

    line: ExchangeLine
    pieces: tuple[Piece, ...]
    missing: int


def preparation_facts(exchange: Exchange) -> Facts:
    """What to fetch from which shelf; the QR code opens the exchange on whoever's phone."""
    chosen = pieces_of(exchange, ("planned", "out"))
    things = []
    for line in stock.holding(exchange.lines):
        pieces = tuple(chosen.get(line.id, ()))
        by_piece = line.listing.stock_by == "piece"
        things.append(ThingToPrepare(line, pieces, max(0, int(line.quantity) - len(pieces)) if by_piece else 0))
    things.sort(key=lambda thing: (thing.line.listing.shelf or "~", thing.line.id))
    base_url: str = current_app.extensions["settings"].base_url
    picked = next((one for one in exchange.appointments if one.state == "picked"), None)
    return {
        "things": things,
        "appointment": picked,
        "exchange_qr": qr_of(f"{base_url}/q/{exchange.public_id}"),
        "verify_code": None,
    }


def pieces_of(exchange: Exchange, states: tuple[str, ...]) -> dict[int, list[Piece]]:
    """The pieces that go or went for each line, by the line's row."""
    query = (
        select(Assignment.line_id, Piece)
        .join(Piece, Piece.id == Assignment.piece_id)
        .where(Assignment.exchange_id == exchange.id, Assignment.state.in_(states))
        .order_by(Piece.shelf, Piece.code)
    )
    found: dict[int, list[Piece]] = {}
    for line_id, piece in db.session.execute(query):
        found.setdefault(line_id, []).append(piece)
    return found


# --- condition -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ConditionRow:
    """A piece, or so much of a line, and how it was. `photos`: (address, words) of its pictures."""

    title: str
    code: str  # of the piece; empty for what is counted
    quantity: Decimal
    unit: str
    condition: str
    outcome: str
    remarks: str
    photos: tuple[tuple[str, str], ...] = ()


def condition_facts(document: Document, exchange: Exchange) -> tuple[Facts, Pictures]:
    """How each thing was when it left or came back. A departure of which nothing was said left as it is known."""
    report = db.session.get(ConditionReport, document.report_id, options=[selectinload(ConditionReport.entries)])
    if report is None:
        raise LookupError(document.report_id)
    pictures: Pictures = {}
    rows = _said(report, exchange, pictures) if report.entries else _as_known(exchange)
    facts: Facts = {"report": report, "rows": rows, "charges": [], "still_out": []}
    if report.direction == "return":
        facts["charges"] = _charges_with(report)
        facts["still_out"] = [line for line in stock.holding(exchange.lines) if assigning.count_out(line) > 0]
    return facts, pictures


def _charges_with(report: ConditionReport) -> list[Charge]:
    """What was charged by the return that this report is of: since it was made, and before the next one was."""
    later = select(ConditionReport.made_at).where(
        ConditionReport.exchange_id == report.exchange_id, ConditionReport.id > report.id
    )
    until = db.session.scalar(later.order_by(ConditionReport.id).limit(1))
    return [
        one
        for one in charges_of(report.exchange_id)
        if one.kind != "extension" and one.created_at >= report.made_at and (until is None or one.created_at < until)
    ]


def _said(report: ConditionReport, exchange: Exchange, pictures: Pictures) -> list[ConditionRow]:
    lines = {line.id: line for line in exchange.lines}
    ids = [entry.piece_id for entry in report.entries if entry.piece_id is not None]
    pieces = {piece.id: piece for piece in db.session.scalars(select(Piece).where(Piece.id.in_(ids)))} if ids else {}
    return [_row(entry, lines[entry.line_id], pieces, pictures) for entry in report.entries]


def _row(entry: ConditionEntry, line: ExchangeLine, pieces: Mapping[int, Piece], pictures: Pictures) -> ConditionRow:
    piece = pieces.get(entry.piece_id) if entry.piece_id is not None else None
    photos = []
    for number, key in enumerate(entry.photo_keys, start=1):
        data = _photo(key) if len(pictures) < MOST_PHOTOS else None
        if data is not None:
            address = f"photo:{len(pictures)}"
            pictures[address] = data
            photos.append((address, _("Photo %(n)s de « %(title)s »", n=number, title=line.title)))
    return ConditionRow(
        title=line.title,
        code=piece.code if piece is not None else "",
        quantity=entry.quantity,
        unit=line.unit,
        condition=entry.condition,
        outcome=entry.outcome,
        remarks=entry.remarks,
        photos=tuple(photos),
    )


def _photo(key: str) -> bytes | None:
    """The smallest size of a condition's photo; None when there is none of this key."""
    try:
        with current("files").open(f"pieces/{key}-{PHOTO_SIZE}.jpg") as handle:
            data: bytes = handle.read()
        return data
    except (FileNotFoundError, ValueError):
        return None


def _as_known(exchange: Exchange) -> list[ConditionRow]:
    gone = pieces_of(exchange, ("planned", "out", "back"))
    rows = []
    for line in stock.holding(exchange.lines):
        pieces = sorted(gone.get(line.id, []), key=lambda piece: piece.code)
        rows += [
            ConditionRow(line.title, piece.code, Decimal(1), line.unit, piece.condition, "fine", "") for piece in pieces
        ]
        rest = line.quantity - len(pieces)
        if rest > 0:
            rows.append(ConditionRow(line.title, "", rest, line.unit, line.listing.condition or "good", "fine", ""))
    return rows
