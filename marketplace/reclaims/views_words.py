"""What a list says of a call: its plate, and what is next."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.core.clock import zone_of
from marketplace.reclaims import profiles, rules, wording
from marketplace.reclaims.queries import Listed
from marketplace.web import filters

# code → (tone, icon) of ui.state
EXCHANGE_LOOKS = {
    "confirmed": ("kept", "calendar"),
    "handed_over": ("yours", "scale"),
    "completed": ("kept", "check"),
    "cancelled": ("lost", "x"),
    "disputed": ("lost", "alert"),
}


def collector_words(organisation: Any) -> list[tuple[str, str]]:
    """What a collector says of itself, in pairs for a list of facts; nothing of those that take no calls."""
    if not profiles.collects(organisation):
        return []
    profile = profiles.profile_of(organisation.id)
    if profile is None or not profile.accepts_calls:
        return []
    prices = [
        _("%(amount)s de déplacement", amount=wording.money(profile.base_price_cents))
        if profile.base_price_cents is not None
        else "",
        _("%(amount)s par m³", amount=wording.money(profile.price_per_m3_cents))
        if profile.price_per_m3_cents is not None
        else "",
        profile.price_words,
    ]
    capacity = [
        f"{filters.number(profile.capacity_m3)} m³" if profile.capacity_m3 is not None else "",
        f"{filters.number(profile.capacity_kg)} kg" if profile.capacity_kg is not None else "",
    ]
    return [
        (_("Jusqu’où"), _("Collecte jusqu’à %(km)s km", km=profile.radius_km)),
        (_("Jours"), wording.weekdays(profile.weekdays)),
        (_("Pour le réemploi"), ", ".join(wording.kind_of(None, key) for key in profile.categories)),
        (_("À trier"), ", ".join(wording.stream(code) for code in profile.streams)),
        (_("Véhicules"), ", ".join(wording.vehicle(key, count) for key, count in profile.vehicles.items())),
        (_("Au plus, en une fois"), ", ".join(one for one in capacity if one)),
        (_("Démontage"), _("oui") if profile.can_dismantle else _("non")),
        (_("Prix"), ", ".join(one for one in prices if one)),
    ]


def plate(state: str, exchange_state: str | None = None, offers: int = 0) -> tuple[str, str, str]:
    """(words, tone, icon) of a call's plate, in the words of its exchange once there is one."""
    if exchange_state is not None:
        words = {
            "confirmed": _("Collecte convenue"),
            "handed_over": _("Chargée, à peser"),
            "completed": _("Terminée"),
            "cancelled": _("Annulée"),
            "disputed": _("Litige"),
        }[exchange_state]
        return (words, *EXCHANGE_LOOKS[exchange_state])
    if state == rules.OPEN and offers:
        return ngettext("%(num)d offre", "%(num)d offres", offers), "yours", "turn"
    tone, icon = wording.LOOKS[state]
    return str(wording.STATES[state]), tone, icon


def plate_received(row: Listed) -> tuple[str, str, str]:
    """The plate of a call that a collector was told of: its own answer, or whether it may still give one."""
    if row.own_offer is not None:
        tone, icon = {"chosen": ("kept", "check"), "offered": ("", "clock")}.get(row.own_offer.state, ("lost", "x"))
        return str(wording.OFFER_STATES[row.own_offer.state]), tone, icon
    if row.state == rules.OPEN:
        return (_("Déclinée"), "", "x") if row.declined else (_("À répondre"), "yours", "turn")
    return plate(row.state)


def row_note(row: Listed, *, collector: bool = False) -> str:
    """What a row of the list says beside its plate."""
    call = row.call
    zone = zone_of(call.postcode)
    exchange = call.exchange
    if exchange is not None and not collector:
        picked = next((one for one in exchange.appointments if one.state == "picked"), None)
        return wording.span(picked.starts_at, picked.ends_at, zone) if picked else ""
    if collector:
        if row.own_offer is not None:
            offer = row.own_offer
            said = {
                rules.OFFERED: _("Vous proposez : %(price)s", price=wording.price_offered(offer.price_cents)),
                rules.CHOSEN: _("Vous êtes choisis"),
                rules.NOT_CHOSEN: _("Une autre offre est choisie, ou la demande est close"),
            }
            return said[offer.state]
        if row.declined:
            return _("Vous avez dit non")
        if row.state == rules.OPEN and call.answer_by is not None:
            return _("À vous : répondez avant le %(until)s", until=wording.moment(call.answer_by, zone))
        return ""
    if row.state == rules.DRAFT:
        return _("Pas encore envoyée")
    if row.state == rules.OPEN:
        if row.offers:
            return _("À vous : comparez et choisissez")
        return (
            _("On attend des offres jusqu’au %(until)s", until=wording.moment(call.answer_by, zone))
            if call.answer_by
            else ""
        )
    return ""
