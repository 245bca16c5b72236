"""Moves of things themselves: handing over, keeping longer, bringing back. See `moves.py` for the form of each.

What comes back late is charged as further weeks, what is lost at its replacement value, what is damaged at what the
provider says, its replacement value at most (product.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.catalogue.fields import CONDITIONS
from marketplace.catalogue.models import Listing, Piece, PieceEvent
from marketplace.core.clock import now, today_at
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.exchanges import assigning, codes, documents, facts, stock
from marketplace.exchanges.calendars import calendars_of
from marketplace.exchanges.days import blocked
from marketplace.exchanges.dues import dues_of
from marketplace.exchanges.kinds import KINDS, pricing
from marketplace.exchanges.lasting import check_lasting, day_text
from marketplace.exchanges.lines import amount_of, note_days
from marketplace.exchanges.models import (
    Assignment,
    Charge,
    ConditionEntry,
    ConditionReport,
    Exchange,
    ExchangeLine,
    Hold,
)
from marketplace.exchanges.moves_terms import rehold
from marketplace.exchanges.reading import MOST_CENTS, Data, cents, chosen, day, quantity_sentence, text
from marketplace.exchanges.rules import quantity_problem, read_quantity

OUTCOMES = ("fine", "damaged", "lost")


def hand_over(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    """`code`: what the receiver reads. A rental: `entries` say the condition of each line or piece at departure, and
    `without_deposit` lets things go before the deposit is there."""
    codes.check_code(exchange, data.get("code"))
    assigning.assign_rest(exchange)
    if not KINDS[exchange.kind].dated:
        return {}
    if dues_of(exchange).deposit_to_take and not _is_yes(data.get("without_deposit")):
        raise Invalid({"without_deposit": _("La caution n’est pas notée : notez-la, ou laissez partir sans elle.")})
    _starts_now(exchange)
    report = _report(exchange, "departure", _read_entries(exchange, data.get("entries"), "departure"), data)
    exchange.handed_over_at = now()
    return {"report": report.public_id}


def _is_yes(raw: Any) -> bool:
    return raw in (True, "1", "on", "true", "yes", "y")


def _starts_now(exchange: Exchange) -> None:
    """Things that leave before their day are held from today on. Raises `Conflict` when they are not free yet."""
    listings = {line.listing_id: db.session.get_one(Listing, line.listing_id) for line in exchange.lines}
    days = {key: today_at(listing.postcode) for key, listing in listings.items()}
    early = {hold.line_id: hold for hold in stock.active_holds(exchange.id) if days[hold.listing_id] < hold.starts_on}
    lines = [line for line in exchange.lines if line.id in early]
    blocks = {line.id: (days[line.listing_id], early[line.id].ends_on) for line in lines}
    short = stock.shortages_of(lines, listings, blocks, moving=blocks)
    if short:
        raise Conflict(
            " ".join(
                [_("Ces choses ne sont pas encore libres aujourd’hui."), *(said for _all, said in short.values())]
            ),
            available=[entry for entries, _said in short.values() for entry in entries],
            state=exchange.state,
        )
    for line in lines:
        early[line.id].starts_on = days[line.listing_id]
        for one in db.session.scalars(
            select(Assignment).where(Assignment.line_id == line.id, Assignment.state == "planned")
        ):
            one.starts_on = min(one.starts_on, days[line.listing_id])
    db.session.flush()


# --- longer ----------------------------------------------------------------------------------------------------------


def extend(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    """A cart: half an hour more, once. A rental: until `to`, only where nothing follows; the further weeks are added
    to the price, or charged when things are out already."""
    if exchange.state == "cart":
        exchange.cart_extended = True
        return {}
    until = day(data, "to")
    if until is None:
        raise Invalid({"to": _("Dites jusqu’à quand.")})
    lines = [line for line in exchange.lines if line.ends_on is not None and assigning.count_out(line) > 0]
    before = {line.public_id: line.ends_on.isoformat() for line in lines if line.ends_on}
    is_out = exchange.state == "handed_over"
    for line in lines:
        if line.ends_on is None or line.starts_on is None:
            continue
        if until <= line.ends_on:
            raise Invalid({"to": _("C’est déjà jusqu’au %(day)s : choisissez plus tard.", day=day_text(line.ends_on))})
        if line.parent_line_id is None:
            _check_until(line, until, is_out)
    for line in lines:
        agreed = line.ends_on
        line.ends_on = until
        if is_out and line.terms and line.starts_on and agreed:
            further = pricing.further_cents(
                pricing.terms_from(line.terms), assigning.count_out(line), line.starts_on, agreed, until
            )
            _charge(exchange, line, "extension", assigning.count_out(line), further)
        elif not is_out:
            line.amount_cents = amount_of(line)
    note_days(exchange)
    _keep_longer(exchange, [line for line in stock.holding(exchange.lines) if line in lines], is_out)
    return {"before": before, "to": until.isoformat()}


def _check_until(line: ExchangeLine, until: date, is_out: bool) -> None:
    listing = db.session.get_one(Listing, line.listing_id)
    try:
        check_lasting(listing, line.starts_on, until, begun=is_out)  # type: ignore[arg-type]
    except Invalid as refusal:
        raise Invalid({"to": refusal.errors.get("dates", [_("Ce jour ne va pas.")])}) from refusal


def _keep_longer(exchange: Exchange, lines: list[ExchangeLine], is_out: bool) -> None:
    """Hold on, if nobody follows: for the time of the check a thing that is out is a promise again, so that the
    database counts it as one."""
    if not is_out:
        rehold(exchange, lines)
        for line in lines:
            assigning.fits(line, assigning.span_of(line)[1])
        return
    listings = {line.listing_id: db.session.get_one(Listing, line.listing_id) for line in lines}
    remaining = [(line, line.quantity) for line in lines]
    blocks = stock.spans(lines, listings)
    holds = {hold.line_id: hold for hold in stock.active_holds(exchange.id)}
    try:
        for line, _whole in remaining:
            line.quantity = holds[line.id].quantity if line.id in holds else line.quantity
        with db.session.no_autoflush:
            short = stock.shortages_of(lines, listings, blocks, leaving_out=[exchange.id])
    finally:
        for line, whole in remaining:
            line.quantity = whole
    if short:
        raise Conflict(
            _("Quelqu’un d’autre a réservé la suite.") + " " + " ".join(sentence for _e, sentence in short.values()),
            available=[entry for entries, _sentence in short.values() for entry in entries],
            state=exchange.state,
        )
    for line in lines:
        hold = holds.get(line.id)
        if hold is None:
            continue
        hold.is_fact, hold.ends_on = False, blocks[line.id][1]
        db.session.flush()
        hold.is_fact = True
        assigning.fits(line, hold.ends_on)
    db.session.flush()
    stock.changed({line.listing_id for line in lines})


# --- back ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """What is said of a line or of one of its pieces, at departure or on return."""

    line: ExchangeLine
    piece: Piece | None
    quantity: Decimal
    condition: str
    outcome: str
    remarks: str
    amount_cents: int | None


def bring_back(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    """What came back: `entries` as [{"line", "piece", "quantity", "condition", "outcome", "remarks", "amount_cents"}],
    everything that is out and in order when there are none. `outcome`: fine, damaged (with what it costs) or lost."""
    given = _read_entries(exchange, data.get("entries"), "return")
    entries = given or _all_fine(exchange)
    if not entries:
        raise Conflict(_("Tout est déjà rentré."), state=exchange.state)
    report = _report(exchange, "return", entries, data)
    listings = {entry.line.listing_id: db.session.get_one(Listing, entry.line.listing_id) for entry in entries}
    holds = {hold.line_id: hold for hold in stock.active_holds(exchange.id)}
    for entry in entries:
        listing = listings[entry.line.listing_id]
        _take_back(exchange, entry, listing, holds.get(entry.line.id))
        _charge_for(exchange, entry, listing)
    db.session.flush()
    for listing in listings.values():
        facts.review([listing])
    stock.changed(listings)
    if is_all_back(exchange):
        exchange.returned_at = now()
    return {"report": report.public_id, "quantity": str(sum((entry.quantity for entry in entries), Decimal(0)))}


def is_all_back(exchange: Exchange) -> bool:
    """Whether nothing of the exchange is out any more."""
    return all(assigning.count_out(line) <= 0 for line in stock.holding(exchange.lines))


def _all_fine(exchange: Exchange) -> list[Entry]:
    """Everything that is still out, as it left: piece by piece where pieces went."""
    found = []
    out: dict[int, list[Assignment]] = {}
    for one in assigning.assigned(exchange.id):
        if one.state == "out":
            out.setdefault(one.line_id, []).append(one)
    for line in stock.holding(exchange.lines):
        pieces = out.get(line.id, [])
        for one in pieces:
            piece = one.piece
            found.append(Entry(line, piece, Decimal(1), piece.condition, "fine", "", None))
        rest = assigning.count_out(line) - len(pieces)
        if rest > 0:
            found.append(Entry(line, None, rest, line.listing.condition or "good", "fine", "", None))
    return found


def _read_entries(exchange: Exchange, raw: Any, direction: str) -> list[Entry]:
    if raw in (None, "", []):
        return []
    if not isinstance(raw, list | tuple) or len(raw) > 500:
        raise Invalid({"entries": _("Dites ce qui est rentré, ligne par ligne.")})
    lines = {line.public_id: line for line in stock.holding(exchange.lines)}
    out = {one.piece_id: one for one in assigning.assigned(exchange.id) if one.state in ("planned", "out")}
    pieces = {
        piece.public_id: piece for piece in db.session.scalars(select(Piece).where(Piece.id.in_(out)))
    }  # those of this exchange only: another's piece is none
    found: list[Entry] = []
    said: dict[int, Decimal] = {}
    seen: set[int] = set()
    for one in raw:
        entry = _read_entry(one, lines, pieces, direction)
        line, piece = entry.line, entry.piece
        if piece is not None:
            if out[piece.id].line_id != line.id or piece.id in seen:
                raise Invalid({"entries": _("La pièce %(code)s n’est pas de cette ligne.", code=piece.code)})
            seen.add(piece.id)
        elif line.listing.stock_by == "piece" and direction == "return":
            raise Invalid({"entries": _("« %(title)s » se rend pièce par pièce.", title=line.title)})
        said[line.id] = said.get(line.id, Decimal(0)) + entry.quantity
        most = line.quantity if direction == "departure" else assigning.count_out(line)
        if said[line.id] > most:
            raise Invalid({"entries": _("« %(title)s » : c’est plus que ce qui est dehors.", title=line.title)})
        found.append(entry)
    return found


def _read_entry(one: Any, lines: Mapping[str, ExchangeLine], pieces: Mapping[str, Piece], direction: str) -> Entry:
    line = lines.get(str(one.get("line"))) if isinstance(one, Mapping) else None
    if line is None:
        raise Invalid({"entries": _("Cette ligne n’est pas dans l’échange.")})
    piece = None
    if one.get("piece"):
        piece = pieces.get(str(one["piece"]))
        if piece is None:
            raise Invalid({"entries": _("Cette pièce n’est pas dehors pour cet échange.")})
    quantity = Decimal(1) if piece is not None else read_quantity(one.get("quantity"))
    problem = quantity_problem(quantity, line.unit)
    if problem or quantity is None:
        raise Invalid({"entries": quantity_sentence(problem or "number")})
    usual = piece.condition if piece is not None else line.listing.condition
    outcome = chosen(one, "outcome", OUTCOMES if direction == "return" else ("fine",), "fine")
    return Entry(
        line=line,
        piece=piece,
        quantity=quantity,
        condition=chosen(one, "condition", tuple(CONDITIONS), usual or "good"),
        outcome=outcome,
        remarks=text(one, "remarks", 400),
        amount_cents=cents(one, "amount_cents") if outcome == "damaged" else None,
    )


def _report(exchange: Exchange, direction: str, entries: list[Entry], data: Data) -> ConditionReport:
    report = ConditionReport(
        exchange_id=exchange.id, direction=direction, made_at=now(), remarks=text(data, "remarks", 1000)
    )
    db.session.add(report)
    db.session.flush()
    for entry in entries:
        db.session.add(
            ConditionEntry(
                report_id=report.id,
                line_id=entry.line.id,
                piece_id=entry.piece.id if entry.piece else None,
                quantity=entry.quantity,
                condition=entry.condition,
                outcome=entry.outcome,
                remarks=entry.remarks,
            )
        )
        if entry.piece is not None:
            _note_piece(exchange, entry, direction)
    db.session.flush()
    documents.open_paper(exchange, documents.CONDITION, report_id=report.id)
    return report


def _note_piece(exchange: Exchange, entry: Entry, direction: str) -> None:
    piece = entry.piece
    assert piece is not None  # noqa: S101
    piece.condition = entry.condition
    db.session.add(
        PieceEvent(
            piece_id=piece.id,
            act="lost" if entry.outcome == "lost" else direction,
            condition=entry.condition,
            note=entry.remarks,
            exchange_id=exchange.id,
            at=now(),
        )
    )


def _take_back(exchange: Exchange, entry: Entry, listing: Listing, hold: Hold | None) -> None:
    """The hold shrinks by what came back; what must be put right, is damaged or lost keeps the stock by itself."""
    line = entry.line
    line.returned_quantity = line.returned_quantity + entry.quantity
    if hold is not None:
        left = hold.quantity - entry.quantity
        if left > 0:
            hold.quantity = left
        else:
            hold.state = "settled"
    db.session.flush()
    back_on = today_at(listing.postcode)
    piece_id = entry.piece.id if entry.piece else None
    values: dict[str, Any] = {"exchange_id": exchange.id, "line_id": line.id, "piece_id": piece_id}
    if entry.outcome == "fine":
        calendar = calendars_of([listing.site_id])[listing.site_id]
        _first, until = blocked(back_on, back_on, 0, listing.turnaround_days, calendar)
        facts.set_aside(listing, entry.quantity, "turnaround", ends_on=until, **values)
    else:
        cause = "repair" if entry.outcome == "damaged" else "missing"
        facts.set_aside(listing, entry.quantity, cause, note=entry.remarks[:200], **values)
        until = None
    if entry.piece is None:
        return
    if entry.outcome != "fine":
        entry.piece.state = "repair" if entry.outcome == "damaged" else "lost"
        _choose_another(entry.piece)
    for one in db.session.scalars(
        select(Assignment).where(
            Assignment.line_id == line.id, Assignment.piece_id == entry.piece.id, Assignment.state == "out"
        )
    ):
        one.state = "back"
    db.session.flush()


def _choose_another(piece: Piece) -> None:
    """Whoever was to have this piece next gets another when things are prepared."""
    planned = select(Assignment).where(Assignment.piece_id == piece.id, Assignment.state == "planned")
    for one in db.session.scalars(planned):
        one.state = "released"


def _charge_for(exchange: Exchange, entry: Entry, listing: Listing) -> None:
    line, back_on = entry.line, today_at(listing.postcode)
    payer = _payer(exchange, line)
    if payer.terms and payer.starts_on and payer.ends_on and back_on > payer.ends_on and payer is line:
        late = pricing.further_cents(
            pricing.terms_from(payer.terms), entry.quantity, payer.starts_on, payer.ends_on, back_on
        )
        _charge(exchange, line, "late", entry.quantity, late)
    worth = pricing.sale_cents(line.replacement_value_cents or 0, entry.quantity)
    if entry.outcome == "lost":
        _charge(exchange, line, "loss", entry.quantity, worth, entry.remarks)
    elif entry.outcome == "damaged" and entry.amount_cents:
        if line.replacement_value_cents is not None and entry.amount_cents > worth:
            raise Invalid({"entries": _("Un dégât ne coûte pas plus que le remplacement.")})
        _charge(exchange, line, "damage", entry.quantity, entry.amount_cents, entry.remarks)


def _payer(exchange: Exchange, line: ExchangeLine) -> ExchangeLine:
    """The line that has the price: the set's, for one of its parts."""
    if line.parent_line_id is None:
        return line
    return next(one for one in exchange.lines if one.id == line.parent_line_id)


def late_of_sets(exchange: Exchange) -> None:
    """Further weeks of sets, charged once when the last part is back: a set is late as long as a part of it is."""
    parents = {line.parent_line_id for line in exchange.lines if line.parent_line_id is not None}
    for line in exchange.lines:
        if line.id not in parents or not line.terms or not line.starts_on or not line.ends_on:
            continue
        back_on = today_at(db.session.get_one(Listing, line.listing_id).postcode)
        if back_on > line.ends_on:
            late = pricing.further_cents(
                pricing.terms_from(line.terms), line.quantity, line.starts_on, line.ends_on, back_on
            )
            _charge(exchange, line, "late", line.quantity, late)


def _charge(
    exchange: Exchange, line: ExchangeLine, kind: str, quantity: Decimal, amount_cents: int, note: str = ""
) -> None:
    if amount_cents <= 0:
        return
    db.session.add(
        Charge(
            exchange_id=exchange.id,
            line_id=line.id,
            kind=kind,
            quantity=quantity,
            amount_cents=min(amount_cents, MOST_CENTS),  # what the column holds
            note=note,
            state="owed",
            created_at=now(),
        )
    )


def complete(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    """Nothing to say: what is owed stays owed, what was taken as deposit is given back or kept as recorded."""
    return {}


def after_return(exchange: Exchange) -> str:
    """Where a return leads: back in full, or still out in part."""
    if not is_all_back(exchange):
        return "handed_over"
    late_of_sets(exchange)
    return "returned"
