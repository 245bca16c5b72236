"""Dashboards: of the acting organisation and of a production for who may read them, of a region and of all for
everybody; and the lists of entries that their numbers are made of."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy import bindparam, select

from marketplace.accounts import productions
from marketplace.accounts.models import Production
from marketplace.accounts.permissions import require
from marketplace.carbon import coming, filed_entries, queries
from marketplace.carbon import views_dashboards_drawn as drawn
from marketplace.carbon import views_dashboards_words as words
from marketplace.carbon.cubes import Cube, cube_of
from marketplace.carbon.dashboards import Asked
from marketplace.carbon.filing import UNVERIFIED
from marketplace.carbon.models import LedgerEntry
from marketplace.carbon.reasons import REASONS
from marketplace.carbon.totals import ALL, Scope
from marketplace.carbon.views import blueprint, page_number
from marketplace.carbon.views_dashboards_figures import View
from marketplace.catalogue import taxonomy
from marketplace.core import regions
from marketplace.core.clock import today
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.exchanges.models import ExchangeLine
from marketplace.web.access import current_actor, enter, signed_in_actor
from marketplace.web.labels import LABELS, label

__all__ = ["blueprint"]  # that of views.py, with these pages on it

ENTRIES_A_PAGE = 25
APART = REASONS | {UNVERIFIED}
MOST_PRODUCTIONS = 200


@blueprint.get("/tableau-de-bord")
@enter.member
def dashboard() -> str:
    """What the acting organisation kept in use and avoided."""
    name, scope = _acting()
    return _page_of(scope, "carbon.dashboard", entries="carbon.dashboard_entries", name=name)


@blueprint.get("/tableau-de-bord/ecritures")
@enter.member
def dashboard_entries() -> str:
    """The entries that its numbers are made of."""
    name, scope = _acting()
    return _list_of(scope, "carbon.dashboard", name)


@blueprint.get("/productions/<public_id>/tableau-de-bord")
@enter.signed_in
def production_dashboard(public_id: str) -> str:
    """The same of a production, its guests included."""
    production, scope = _production(public_id)
    return _page_of(
        scope,
        "carbon.production_dashboard",
        entries="carbon.production_dashboard_entries",
        name=production.title,
        production=production,
        public_id=public_id,
    )


@blueprint.get("/productions/<public_id>/tableau-de-bord/ecritures")
@enter.signed_in
def production_dashboard_entries(public_id: str) -> str:
    production, scope = _production(public_id)
    return _list_of(scope, "carbon.production_dashboard", production.title, public_id=public_id)


@blueprint.get("/carbone/chiffres")
@enter.public
def figures_of_all() -> str:
    """Every exchange, whole and once."""
    return _page_of(ALL, "carbon.figures_of_all", name=_("Tous les échanges"))


@blueprint.get("/carbone/regions/<code>")
@enter.public
def figures_of_region(code: str) -> str:
    """What left from a region, whole and once."""
    if code not in regions.NAMES:
        raise NotFound(_("Cette région n’existe pas."))
    return _page_of(("region", int(code)), "carbon.figures_of_region", name=regions.NAMES[code], code=code)


# ── who asks for what ───────────────────────────────────────────────────────────────────────────


def _acting() -> tuple[str, Scope]:
    """The name of the acting organisation, and its scope."""
    actor = require(current_actor(), "carbon.read", signed_in_actor().organisation_id)
    if actor.organisation_id is None:
        raise NotFound
    return current_user.organisation_name, ("organisation", actor.organisation_id)


def _production(public_id: str) -> tuple[Production, Scope]:
    actor, production = productions.actor_for_production(signed_in_actor(), public_id)
    require(actor, "carbon.read", production.organisation_id, production_id=production.id)
    return production, ("production", production.id)


def _asked() -> Asked:
    """What the address narrows to; what it does not understand is left out."""
    given = {name: request.args.get(name, "")[:40] for name in ("annee", "de", "a", "genre", "categorie")}
    since, until = _month(given["de"]), _month(given["a"])
    year = given["annee"]
    if len(year) == 4 and year.isascii() and year.isdecimal() and not (since or until):
        since, until = f"{year}-01", f"{year}-12"
    if since and until and since > until:
        since, until = until, since
    kind = given["genre"] if given["genre"] in LABELS["kind"] else None
    branch = given["categorie"] if given["categorie"] in taxonomy.children()[None] else None
    return Asked(since, until, kind, branch)


def _month(text: str) -> str | None:
    year, _dash, month = text.partition("-")
    known = text.isascii() and len(text) == 7 and year.isdecimal() and month.isdecimal()
    return text if known and "01" <= month <= "12" else None


def _query(given: dict[str, Any]) -> str:
    """What follows the path. A page has some hundred such addresses, and their values are codes, which need no
    quoting: `url_for` would take longer than the figures do."""
    said = "&".join(f"{name}={value}" for name, value in given.items() if value)
    return "?" + said if said else ""


def _args(asked: Asked) -> dict[str, Any]:
    """The address's values: a whole year as `annee`."""
    year = words.whole_year(asked)
    return {
        "annee": year,
        "de": None if year else asked.since,
        "a": None if year else asked.until,
        "genre": asked.kind,
        "categorie": asked.branch,
    }


# ── the page ────────────────────────────────────────────────────────────────────────────────────


def _page_of(scope: Scope, endpoint: str, *, entries: str | None = None, name: str, **more: Any) -> str:
    values = {key: more[key] for key in ("public_id", "code") if key in more}
    page, listed = url_for(endpoint, **values), url_for(entries, **values) if entries else ""
    view = View(
        scope,
        lambda to: page + _query(_args(to)),
        (lambda to, apart: listed + _query({**_args(to), "motif": apart})) if entries else None,
    )
    cube, asked = cube_of(scope), _asked()
    return render_template(
        "carbon/dashboard.html",
        public=view.public,
        view=view,
        name=name,
        period=words.period(asked),
        narrowed=_narrowed(asked),
        choice=_choice(cube, asked, view) if cube is not None else None,
        body=drawn.body(view, cube, asked, not view.public) if cube is not None else None,
        as_of=today(),
        productions=_by_production(scope[1], cube, asked) if scope[0] == "organisation" and cube else (),
        production=more.get("production"),
        regions=_regions(cube) if scope == ALL and cube is not None else (),
        region=more.get("code"),
        to_come=coming.to_come(scope) if not view.public and request.args.get("a_venir") == "1" else None,
    )


def _narrowed(asked: Asked) -> str:
    """« dons, mobilier »: what is left of the whole, beside the period."""
    parts = [label("kind", asked.kind) if asked.kind else "", words.branch_name(asked.branch) if asked.branch else ""]
    return ", ".join(part for part in parts if part)


def _choice(cube: Cube, asked: Asked, view: View) -> Markup:
    """The filters: which years, kinds and branches there are."""
    known: tuple[list[str], set[str], set[str]] | None = cube.made.get("choice")
    if known is None:
        months, all_kinds, all_branches = zip(*cube.cells, strict=True) if cube.cells else ((), (), ())
        years = sorted({month[:4] for month in months}, reverse=True)
        known = cube.keep("choice", (years, set(all_kinds), {code for code in all_branches if code}))
    years, kinds, branches = known
    return Markup(  # noqa: S704 - a template's text, escaped there
        render_template(
            "carbon/_dashboard_choice.html",
            asked=asked,
            whole_year=words.whole_year(asked),
            all_years=view.address(replace(asked, since=None, until=None)),
            years=[(y, view.address(replace(asked, since=f"{y}-01", until=f"{y}-12"))) for y in years],
            action=view.address(Asked()),
            kinds=sorted((label("kind", code), code) for code in kinds),
            branches=sorted((words.branch_name(code), code) for code in branches),
        )
    )


_PRODUCTIONS = (
    select(Production.id, Production.public_id, Production.title)
    .where(Production.organisation_id == bindparam("organisation_id"))
    .order_by(Production.title)
    .limit(MOST_PRODUCTIONS)
)


def _by_production(organisation_id: int, cube: Cube, asked: Asked) -> list[dict[str, Any]]:
    """Its productions with their share, where all or a whole year is asked for; each has a dashboard for the rest."""
    year = words.whole_year(asked)
    if asked.kind or asked.branch or (not year and (asked.since or asked.until)):
        return []
    rows = list(db.session.execute(_PRODUCTIONS, {"organisation_id": organisation_id}))
    key = ("productions", year, tuple(row.id for row in rows))
    known: dict[int, queries.Total] | None = cube.made.get(key)
    if known is None:
        found = queries.totals_by_production([row.id for row in rows], int(year) if year else None)
        known = cube.keep(key, {production_id: totals.both for production_id, totals in found.items()})
    return [
        {
            "title": row.title,
            "url": url_for("carbon.production_dashboard", public_id=row.public_id, annee=year),
            "total": known[row.id],
        }
        for row in rows
        if row.id in known
    ]


def _regions(cube: Cube) -> list[tuple[str, str]]:
    """(code, name) of those that things left from."""
    known: list[tuple[str, str]] | None = cube.made.get("regions")
    if known is not None:
        return known
    found = set(filed_entries.regions_with_entries())
    return cube.keep("regions", [(code, name) for code, name in regions.NAMES.items() if int(code) in found])


# ── the lists ───────────────────────────────────────────────────────────────────────────────────


def _list_of(scope: Scope, dashboard: str, name: str, **values: Any) -> str:
    asked, page = _asked(), page_number()
    apart = request.args.get("motif", "")[:30] or None
    apart = apart if apart in APART else None
    found = filed_entries.filed_page(scope, asked, apart, page, ENTRIES_A_PAGE)
    pages = max(1, -(-found.total // ENTRIES_A_PAGE))
    shares = queries.shares_of([entry.id for entry in found.entries])
    titles = _titles([entry.line_id for entry in found.entries if entry.line_id])
    here = request.endpoint or ""
    return render_template(
        "carbon/dashboard_entries.html",
        name=name,
        dashboard_url=url_for(dashboard, **values, **_args(asked)),
        period=words.period(asked),
        narrowed=_narrowed(asked),
        why=words.why_apart(apart) if apart else "",
        entries=[_row(entry, shares.get(entry.id, []), scope, titles) for entry in found.entries],
        total=found.total,
        page=page,
        pages=pages,
        first=(page - 1) * ENTRIES_A_PAGE + 1,
        last=min(page * ENTRIES_A_PAGE, found.total),
        page_url=lambda n: url_for(here, **values, **_args(asked), motif=apart, page=n if n > 1 else None),
    )


def _titles(ids: list[int]) -> dict[int, str]:
    query = select(ExchangeLine.id, ExchangeLine.title).where(ExchangeLine.id.in_(ids))
    return {row.id: row.title for row in db.session.execute(query)}


def _row(entry: LedgerEntry, shares: list[Any], scope: Scope, titles: dict[int, str]) -> dict[str, Any]:
    def is_mine(share: Any) -> bool:
        return bool((share.organisation_id if scope[0] == "organisation" else share.production_id) == scope[1])

    mine = [share for share, _name in shares if is_mine(share)]
    own = sum((share.share_kgco2e for share in mine if share.share_kgco2e is not None), Decimal(0))
    part = sum((share.share for share in mine), Decimal(0))
    others = [name for share, name in shares if not is_mine(share) and share.role != "bringer"]
    u = entry.uncertainty_kgco2e
    return {
        "entry": entry,
        "title": titles.get(entry.line_id or 0) or label("kind", entry.kind),
        "other": others[0] if others else "",
        "own": own if entry.result_kgco2e is not None else None,
        "own_u": u * part if u is not None else None,
    }
