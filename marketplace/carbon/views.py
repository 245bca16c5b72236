"""Pages of the ledger, the library and the method."""

from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.accounts.models import Production, User
from marketplace.carbon import charts, correcting, libraries, product_data, queries, wording
from marketplace.carbon.canonical import grouped
from marketplace.carbon.explaining import Explanation, TermRow, at_other_uses, explain_entry
from marketplace.carbon.factor_page import factor_page
from marketplace.carbon.method import VERSION
from marketplace.carbon.models import Factor, LedgerEntry
from marketplace.carbon.reading import may_read, readable_entry
from marketplace.core.clock import today
from marketplace.core.db import db
from marketplace.exchanges.models import Exchange, ExchangeLine
from marketplace.web import filters, writing
from marketplace.web.access import current_actor, enter, signed_in_actor

blueprint = Blueprint("carbon", __name__)

FACTORS_A_PAGE = 50


def page_number() -> int:
    """`page` of the address; 1 for what is none."""
    text = request.args.get("page", "1")
    return min(max(int(text), 1), 100_000) if text.isascii() and text.isdecimal() and len(text) < 7 else 1


# ── the ledger ──────────────────────────────────────────────────────────────────────────────────


@blueprint.get("/carbone/ecritures/<public_id>")
@enter.signed_in
def entry(public_id: str) -> str:
    """One entry, term by term, for its parties and moderators."""
    actor = signed_in_actor()
    found = readable_entry(actor, public_id)
    opened = explain_entry(found) if found.status != "reversal" else None  # its terms are those of what it takes back
    decimals = _place_of(found.uncertainty_kgco2e)
    shares = queries.shares_of([found.id])[found.id]
    chain = queries.chain_of(found)
    return render_template(
        "carbon/entry.html",
        entry=found,
        body=found.body,
        opened=opened,
        terms=[_term(row, decimals) for row in opened.terms] if opened else [],
        steps=[(name, value, _part(abs(value), decimals)) for name, value in opened.steps] if opened else [],
        wood=opened is not None and any(row.factor.category == "wood" for row in opened.terms),
        doubts=_doubts(opened) if opened else None,
        doubt_text=_part(found.uncertainty_kgco2e, decimals) if found.uncertainty_kgco2e else "",
        shares=shares,
        productions=_productions([s.production_id for s, _name in shares if s.production_id]),
        sides={s.role: name for s, name in shares},
        line=db.session.get(ExchangeLine, found.line_id) if found.line_id else None,
        exchange=db.session.get(Exchange, found.exchange_id) if found.exchange_id else None,
        chain=[(text, e, _may_see(actor, e)) for text, e in _links(chain)],
        seal=grouped(found.hash),
        before=grouped(found.previous_hash),
        at_other_uses=[(uses, _part(value, decimals)) for uses, value in at_other_uses(found)],
        corrected_by=_corrected_by(found),
        may_correct=actor.is_moderator and correcting.is_standing(found),
        declared=product_data.used_by(found.body["factors_used"]),
        wording=wording,
    )


def _corrected_by(entry: LedgerEntry) -> str:
    """The name of whoever corrected it, while they have an account."""
    by = (entry.body.get("correction") or {}).get("by", "")
    return db.session.scalar(select(User.name).where(User.public_id == by)) or "" if by else ""


@blueprint.get("/carbone/ecritures/<public_id>/texte")
@enter.signed_in
def entry_text(public_id: str) -> Response:
    """The sealed text, byte for byte: its SHA-256 is the seal."""
    found = readable_entry(signed_in_actor(), public_id)
    headers = {"Content-Disposition": f'attachment; filename="ecriture-{found.position}.json"'}
    return Response(found.canonical, mimetype="application/json", headers=headers)


def _links(chain: queries.Chain) -> list[tuple[str, LedgerEntry]]:
    found: list[tuple[str, LedgerEntry | None]] = [
        (_("Vie précédente"), chain.predecessor),
        *((_("Vie suivante"), after) for after in chain.successors),
        (_("Annule"), chain.reverses),
        (_("Annulée par"), chain.reversed_by),
        (_("Remplace"), chain.replaces),
        (_("Remplacée par"), chain.replaced_by),
    ]
    return [(text, e) for text, e in found if e is not None]


def _may_see(actor: Any, other: LedgerEntry) -> bool:
    return may_read(actor, [share for share, _name in queries.shares_of([other.id]).get(other.id, [])])


def _factor_name(factor: Factor) -> str:
    return factor.name_en if filters.language() == "en" else factor.name_fr


def _place_of(u: Decimal | None) -> int | None:
    """Decimals that the doubt leaves worth showing, for the parts of a figure (rule 7); None without a doubt."""
    return max(0, -int(writing.significant(u, 2).as_tuple().exponent)) if u else None


def _part(value: Decimal, decimals: int | None) -> str:
    return filters.doubt(value) if decimals is None else filters.number(value, decimals)


def _term(row: TermRow, decimals: int | None) -> dict[str, Any]:
    """A line of the table in words."""
    unit_words = {"item": _("pièce"), "months": _("mois"), "litre": _("l")}
    product = []
    for part in row.parts:
        value = filters.number(part.value, 2 if part.symbol == "d" else None)
        product.append(f"{value}{writing.NBSP}{unit_words.get(part.unit, part.unit)}".strip())
    return {
        "name": wording.term(row.role, _factor_name(row.factor)),
        "product": " × ".join(product),
        "factor": row.factor,
        "amount": _part(row.amount, decimals),
    }


def _doubts(opened: Explanation) -> dict[str, Any]:
    """Where the doubt comes from: the chart and its table."""
    names = {f"factor:{row.factor.key}": _factor_name(row.factor) for row in opened.terms}
    lines = {row.line: _factor_name(row.factor) for row in opened.terms if row.role == "production"}
    names |= {f"quantity:line{line}": name for line, name in lines.items()}
    rows = [(wording.cause(c.code, names.get(c.code, "")), c.alone, c.percent) for c in opened.causes]
    drawn = [(text, filters.percent(_whole(percent)), percent) for text, _alone, percent in rows]
    if opened.rest:
        drawn.append((_("Le reste"), filters.percent(_whole(opened.rest)), opened.rest))
    summary = ", ".join(f"{text} {value}" for text, value, _percent in drawn)
    return {"chart": charts.bars([(_clip(t), v, p) for t, v, p in drawn]), "rows": rows, "summary": summary}


def _clip(text: str) -> str:
    return text if len(text) <= 44 else text[:43] + "…"


def _whole(percent: Decimal) -> Decimal:
    return percent.quantize(Decimal(1)) if percent >= 1 else percent.quantize(Decimal("0.1"))


def _productions(ids: list[int]) -> dict[int, Production]:
    return {p.id: p for p in db.session.scalars(select(Production).where(Production.id.in_(ids)))} if ids else {}


# ── the library and the method ──────────────────────────────────────────────────────────────────


@blueprint.get("/carbone/facteurs")
@enter.public
def factors() -> str:
    """The library, filtered and page by page."""
    text, category, stage = (request.args.get(name, "").strip()[:80] for name in ("q", "category", "stage"))
    page = page_number()
    found = libraries.factors_page(today(), text, category, stage, page, FACTORS_A_PAGE)
    pages = max(1, -(-found.total // FACTORS_A_PAGE))
    if page > pages:
        page = pages
        found = libraries.factors_page(today(), text, category, stage, page, FACTORS_A_PAGE)
    categories, stages = libraries.categories_and_stages()
    asked: dict[str, Any] = {"q": text or None, "category": category or None, "stage": stage or None}
    return render_template(
        "carbon/factors.html",
        found=found,
        asked=asked,
        categories=[(code, wording.factor_category(code)) for code in categories],
        stages=[(code, wording.stage(code)) for code in stages],
        page=page,
        pages=pages,
        first=(page - 1) * FACTORS_A_PAGE + 1,
        last=min(page * FACTORS_A_PAGE, found.total),
        page_url=lambda n: url_for("carbon.factors", **asked, page=n if n > 1 else None),
        name_of=_factor_name,
        wording=wording,
    )


@blueprint.get("/carbone/facteurs/<key>")
@enter.public
def factor(key: str) -> str:
    """One factor: its versions in time, where it was read, what it covers, who uses it and how often."""
    page = factor_page(current_actor(), key[:80], today())
    return render_template(
        "carbon/factor.html",
        page=page,
        row=page.current,
        name=_factor_name(page.current),
        language=filters.language(),
        as_of=today(),
        wording=wording,
    )


@blueprint.get("/carbone/methode")
@enter.public
def method() -> str:
    """How it is counted, in the words of the trade, with every default in force."""
    rows = libraries.parameters_on(today())
    groups = [
        (_("Achat évité, d"), [r for r in rows if r.key.startswith("d.")]),
        (_("Doutes"), [r for r in rows if r.key.startswith("u.")]),
        (_("Usages d’un objet neuf, L"), [r for r in rows if r.key.startswith("L.")]),
        (_("Métal recyclé dans le neuf, r"), [r for r in rows if r.key.startswith("r.")]),
        (_("Transport"), [r for r in rows if r.key.startswith("x.")]),
        (_("Partage"), [r for r in rows if r.key.startswith("allocation.")]),
    ]
    return render_template("carbon/method.html", version=VERSION, groups=groups, totals=queries.totals_all())
