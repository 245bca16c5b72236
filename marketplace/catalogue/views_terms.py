"""On what terms a listing is given, lent or sold, in words: for its page and its history."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.catalogue import lending
from marketplace.web import filters
from marketplace.web.labels import label


def term_facts(listing: Any, mine: bool) -> list[tuple[str, str]]:
    """Terms and values, those of the modes it is offered in; empty ones are left out by the page.

    `listing`: anything with a listing's columns. Its shelf is for its own organisation.
    """
    facts = []
    per = label("per_unit", listing.unit or "piece")
    if "donate" in listing.modes and listing.open_to_public:
        facts.append((_("Don"), _("ouvert aussi aux particuliers")))
    if "sell" in listing.modes and listing.takes_offers:
        facts.append((_("Prix de vente"), _("les offres sont bienvenues")))
    if "rent" in listing.modes:
        facts += _rental(listing, per)
    if listing.deposit_cents and "rent" in listing.modes:
        facts.append((_("Caution"), f"{filters.money(listing.deposit_cents)} {per}"))
    facts.append((_("Acquisition"), label("acquired", listing.acquired) if listing.acquired else ""))
    if mine:
        facts.append((_("Rayonnage"), listing.shelf or ""))
    return facts


def _rental(listing: Any, per: str) -> list[tuple[str, str]]:
    percents = lending.coefficients_of(listing.rental_coefficients)
    prep, turnaround, longest = listing.prep_days, listing.turnaround_days, listing.longest_rental_days
    return [
        (_("Location"), price_said(listing.weekly_rate_cents, percents, "" if listing.quantity == 1 else per)),
        (
            _("Compte pour une semaine"),
            _("jusqu’à %(n)s jours", n=lending.WEEK + listing.grace_days) if listing.weekly_rate_cents else "",
        ),
        (_("Montant minimum"), filters.money(listing.minimum_cents) if listing.minimum_cents else ""),
        (_("Durée"), _("%(days)s au plus", days=days_said(longest)) if longest < lending.USUAL_LONGEST else ""),
        (
            _("Préparation"),
            ngettext("%(num)d jour d’ouverture avant le départ", "%(num)d jours d’ouverture avant le départ", prep)
            if prep
            else "",
        ),
        (
            _("Remise en état"),
            ngettext(
                "%(num)d jour d’ouverture après le retour", "%(num)d jours d’ouverture après le retour", turnaround
            )
            if turnaround
            else "",
        ),
        (_("Assurance"), _("une attestation est demandée") if listing.asks_insurance else ""),
    ]


def price_said(weekly_rate_cents: int | None, percents: list[int], per: str = "") -> str:
    """« 40 € la semaine, puis 50 %, 50 %, gratuite, et de même ensuite », « 40 € la pièce par semaine … ».

    Empty without a rate. `per` is what one pays for, where there may be several.
    """
    if weekly_rate_cents is None:
        return ""
    if not any(percents):
        return _("gratuite")
    rate = filters.money(weekly_rate_cents)
    said = _("%(price)s %(per)s par semaine", price=rate, per=per) if per else _("%(price)s la semaine", price=rate)
    if set(percents) == {100}:
        return said
    if percents[0] == 100:
        return _("%(said)s, puis %(weeks)s, et de même ensuite", said=said, weeks=_weeks(percents[1:]))
    return _("%(said)s, dont on paie %(weeks)s, et de même ensuite", said=said, weeks=_weeks(percents))


def _weeks(percents: list[int]) -> str:
    return ", ".join(_week(percent) for percent in percents)


def _week(percent: int) -> str:
    if percent == 0:
        return _("gratuite")
    return _("plein prix") if percent == 100 else filters.percent(percent)


def weeks_said(percents: list[int] | None) -> str:
    """« plein prix, 50 %, 50 %, gratuite »."""
    return _weeks(lending.coefficients_of(percents))


def days_said(count: int) -> str:
    """« 3 jours »."""
    return ngettext("%(num)d jour", "%(num)d jours", count)
