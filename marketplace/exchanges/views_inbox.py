"""What the list of exchanges shows: what needs somebody today first, by side, production or place."""

from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _

from marketplace.accounts.permissions import Actor
from marketplace.accounts.queries_organisations import sites_of
from marketplace.core.errors import NotFound
from marketplace.exchanges import inbox
from marketplace.exchanges.inbox import MOST_COUNTED, ExchangeRow
from marketplace.exchanges.states import PROVIDER, RECEIVER
from marketplace.web import filters

SIDES = {"donne": PROVIDER, "recoit": RECEIVER}
# what stands in the address for each need
WORDS = {
    "reponses": "answer",
    "departs": "departure",
    "retours": "return",
    "retards": "late",
    "manques": "shortage",
    "secondes": "second",
    "comptes": "settle",
}


def inbox_page(actor: Actor) -> str:
    """The page `/echanges`, as its address asks for it. A production or a place that is not theirs is `NotFound`."""
    side, need = request.args.get("cote", ""), request.args.get("quoi", "")
    page = request.args.get("page", "1")
    productions, sites = inbox.productions_in(actor), sites_of(actor.organisation_id or 0)
    production = _chosen(productions, request.args.get("production", ""))
    site = _chosen(sites, request.args.get("lieu", ""))
    asked: dict[str, Any] = {
        "side": SIDES.get(side),
        "production_id": production.id if production else None,
        "site_id": site.id if site else None,
    }
    kept: dict[str, Any] = {
        "cote": side if side in SIDES else None,
        "production": production.public_id if production else None,
        "lieu": site.public_id if site else None,
    }
    chosen = need if need in WORDS else ""
    counts = inbox.needs_of(actor, **asked)
    listed = inbox.exchanges_of(
        actor, need=WORDS.get(need), page=int(page) if page.isdecimal() and len(page) < 7 else 1, **asked
    )
    return render_template(
        "exchanges/index.html",
        listed=listed,
        groups=_groups(listed.rows),
        needs=[
            {
                "text": _names()[code],
                "count": f"{MOST_COUNTED}+" if counts[code] > MOST_COUNTED else str(counts[code]),
                "url": url_for("exchanges.index", quoi=None if word == chosen else word, **kept),
                "chosen": word == chosen,
            }
            for word, code in WORDS.items()
            if counts[code] or word == chosen
        ],
        why_of=why_of,
        chosen={**kept, "quoi": chosen or None},
        productions=productions,
        sites=sites,
        is_filtered=bool(chosen or any(kept.values())),
        page_url=lambda number: url_for("exchanges.index", quoi=chosen or None, page=number, **kept),
        side_url=lambda code: url_for("exchanges.index", quoi=chosen or None, **{**kept, "cote": code or None}),
    )


def _chosen(found: Any, public_id: str) -> Any:
    if not public_id:
        return None
    one = next((one for one in found if one.public_id == public_id), None)
    if one is None:
        raise NotFound
    return one


def _names() -> dict[str, str]:
    return {
        "answer": _("Réponses à donner"),
        "departure": _("Départs du jour"),
        "return": _("Retours du jour"),
        "late": _("En retard"),
        "shortage": _("Manques"),
        "second": _("Secondes options"),
        "settle": _("Comptes et cautions"),
    }


def _groups(rows: list[ExchangeRow]) -> list[tuple[str, list[ExchangeRow]]]:
    """The rows of a page under what they need, in their order."""
    found: dict[str, list[ExchangeRow]] = {}
    for row in rows:
        title = _names()[row.need] if row.need else _("À vous de jouer") if row.is_mine else ""
        found.setdefault(title, []).append(row)
    others = found.pop("", None)
    groups = list(found.items())
    if others:
        groups.append((_("Les autres") if groups else _("Vos échanges"), others))
    return groups


def why_of(row: ExchangeRow) -> str:
    """The one thing to know of a row beside its names: what is due, and when."""
    provides = row.side == PROVIDER
    if row.need == "late" and row.state == "handed_over":
        return _("à rendre depuis le %(day)s", day=filters.short_day(row.back_on))
    if row.need == "late":
        return _("départ prévu le %(day)s", day=filters.short_day(row.starts_on))
    if row.need == "return":
        return _("à reprendre aujourd’hui") if provides else _("à rendre aujourd’hui")
    if row.need == "departure":
        return _("part aujourd’hui") if provides else _("à chercher aujourd’hui")
    if row.need == "shortage":
        return _("il manque quelque chose : une issue est à choisir")
    if row.need == "second":
        return _("attend derrière une première option")
    if row.need == "settle" and row.state == "returned":
        return _("tout est rentré, il reste à terminer")
    if row.need == "settle":
        return _("une caution est à rendre") if provides else _("une caution vous revient")
    if row.appointment_at and row.state in ("confirmed", "handed_over"):
        return _("rendez-vous le %(at)s", at=filters.short_moment(row.appointment_at))
    if row.deadline_at:
        return _("jusqu’au %(at)s", at=filters.short_moment(row.deadline_at))
    return ""
