"""What could take the place of what is missing of a rental: of the same provider first, then the nearest others, each
with its price for those days and the way to ask for it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from marketplace.accounts.models import Organisation
from marketplace.accounts.permissions import Actor, allows
from marketplace.catalogue import taxonomy
from marketplace.catalogue.likeness import likeness
from marketplace.catalogue.models import Listing
from marketplace.core.clock import today_at
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.geo import Point, Spot
from marketplace.core.text import analyse
from marketplace.exchanges import queries
from marketplace.exchanges.models import Exchange, ExchangeLine, Shortage
from marketplace.exchanges.preview import Offer, offers_for
from marketplace.exchanges.states import PROVIDER, RECEIVER
from marketplace.exchanges.views_page import shortage_text
from marketplace.search.queries import Found, first_listings, nearest_elsewhere
from marketplace.search.requests import MAX_RADIUS, SearchRequest
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.cards import drawing_of

blueprint = Blueprint("instead", __name__)

SHOWN = 8  # of the same provider, and of the others
LOOKED_AT = 30  # of a category or a branch of the same provider, among which the most alike are chosen


@dataclass(frozen=True)
class Choice:
    """One thing that could be taken instead. `ask_url` None: the reader's own, or their role does not ask for things.
    `key`: of the form that puts it in the cart, so that sent twice it is put in once."""

    found: Found
    drawing: str
    offer: Offer
    ask_url: str | None
    key: str


@blueprint.get("/echanges/<public_id>/autres/<line_id>")
@enter.member
def choose(public_id: str, line_id: str) -> Any:
    """What to take instead of what is missing of one line; back to the exchange when nothing is, any more."""
    actor = signed_in_actor()
    exchange = queries.exchange_for(actor, public_id)
    _acting, side = queries.as_party(actor, exchange)
    line = next((one for one in exchange.lines if one.public_id == line_id), None)
    if line is None or side not in (PROVIDER, RECEIVER):
        raise NotFound
    shortage = db.session.scalar(
        select(Shortage).where(Shortage.line_id == line.id, Shortage.solved_at.is_(None)).limit(1)
    )
    if shortage is None or exchange.kind != "rental" or line.starts_on is None or line.ends_on is None:
        flash(_("De « %(title)s », rien ne manque plus.", title=line.title), "kept")
        return redirect(url_for("exchanges.show", public_id=public_id), 303)
    starts_on, ends_on = _days(line, line.starts_on, line.ends_on)
    wanted = _Wanted(actor, exchange, side, line, shortage.quantity, starts_on, ends_on)
    same, others = wanted.choices()
    return render_template(
        "exchanges/instead.html",
        exchange=exchange,
        line=line,
        missing=shortage,
        text=shortage_text(shortage, line),
        side=side,
        starts_on=starts_on,
        ends_on=ends_on,
        same=same,
        others=others,
        place=wanted.place,
        production=wanted.production,
        other_name=(exchange.receiver if side == PROVIDER else exchange.provider).name,
        search_url=url_for("search.results", category=wanted.category, mode="rent"),
        quantity_typed=wanted.quantity_typed,
        drawing=drawing_of(wanted.category),
    )


def _days(line: ExchangeLine, starts_on: date, ends_on: date) -> tuple[date, date]:
    """The days that are left of a line: nobody rents yesterday."""
    first = max(starts_on, today_at(line.listing.postcode))
    return first, max(ends_on, first + timedelta(days=1))


@dataclass(frozen=True)
class _Wanted:
    """What is looked for, by whom, for which days."""

    actor: Actor
    exchange: Exchange
    side: str
    line: ExchangeLine
    quantity: Decimal
    starts_on: date
    ends_on: date

    @property
    def category(self) -> str | None:
        return self.line.category_key if self.line.category_key in taxonomy.categories() else None

    @property
    def place(self) -> str:
        """Where distances are counted from, by a code: where the receiver wanted it, else where it should have left."""
        known = self.side == RECEIVER and self.exchange.destination_lat is not None
        return "destination" if known else "departure"

    @property
    def spot(self) -> Spot | None:
        lat, lon = self.line.listing.lat, self.line.listing.lon
        if self.place == "destination":
            lat, lon = self.exchange.destination_lat, self.exchange.destination_lon
        return Spot("", Point(lat, lon), "base") if lat is not None and lon is not None else None

    @property
    def production(self) -> str | None:
        """The production it is for, by its public id: the new request goes to the same."""
        own = self.exchange.receiver_production if self.side == RECEIVER else None
        return own.public_id if own else None

    def choices(self) -> tuple[list[Choice], list[Choice]]:
        """(of the same provider, the most alike first; of others, the nearest first): only what is free all along."""
        if self.category is None:
            return [], []
        same, others = self._same_house(), self._elsewhere()
        offers = self._offers([*same, *others])
        return self._chosen(same, offers), self._chosen(others, offers)

    def _asked(self, category: str, **values: Any) -> SearchRequest:
        dates: dict[str, Any] = {"from_on": self.starts_on, "to_on": self.ends_on, "quantity": self.quantity}
        return SearchRequest(category=category, modes=("rent",), **dates, **values)

    def _same_house(self) -> list[Found]:
        """Of the same category, or of the same branch with a word of the title in common; the most alike first."""
        house, key = self.exchange.provider.public_id, self.line.category_key
        words = frozenset(analyse(self.line.title))
        found: dict[str, Found] = {}
        for category in dict.fromkeys((key, taxonomy.path(key)[0])):
            rows = first_listings(self._asked(category, organisation=house), self.actor, LOOKED_AT)
            found |= {row.public_id: row for row in rows}
        scored = []
        for order, row in enumerate(found.values()):
            theirs, same = frozenset(analyse(row.title)), row.category_key == key
            if same or words & theirs:
                score = likeness(words, theirs, same_category=same, same_house=True, distance_km=None)
                scored.append((-score, order, row))
        return [row for _score, _order, row in sorted(scored, key=lambda one: one[:2])]

    def _elsewhere(self) -> list[Found]:
        request = self._asked(self.line.category_key, spot=self.spot, radius=MAX_RADIUS, sort="nearest")
        but_of = [one for one in (self.exchange.provider_id, self.actor.organisation_id) if one is not None]
        return nearest_elsewhere(request, self.actor, but_of, 2 * SHOWN)

    def _offers(self, found: Sequence[Found]) -> dict[str, Offer]:
        """Price and what is free of each, by its public id; only those of which there is enough, counted alike."""
        rows = db.session.scalars(
            select(Listing)
            .where(Listing.public_id.in_([row.public_id for row in found]), Listing.id != self.line.listing_id)
            .where(Listing.unit == self.line.unit)
            .options(joinedload(Listing.organisation))
        )
        payer: Organisation = self.exchange.receiver if self.side == RECEIVER else self.exchange.provider
        offers = offers_for(payer, list(rows), self.quantity, self.starts_on, self.ends_on)
        return {one.listing.public_id: one for one in offers if one.free >= self.quantity}

    def _chosen(self, found: Sequence[Found], offers: dict[str, Offer]) -> list[Choice]:
        chosen = []
        for row in [row for row in found if row.public_id in offers][:SHOWN]:
            offer, drawing = offers[row.public_id], drawing_of(row.category_key)
            chosen.append(Choice(row, drawing, offer, self._ask_url(offer.listing), secrets.token_urlsafe(16)))
        return chosen

    def _ask_url(self, listing: Listing) -> str | None:
        if listing.organisation_id == self.actor.organisation_id or not allows(self.actor.role, "exchange.request"):
            return None
        asked: dict[str, Any] = {"from": self.starts_on.isoformat(), "to": self.ends_on.isoformat()}
        return url_for(
            "exchanges.ask",
            annonce=listing.public_id,
            quantity=self.quantity_typed,
            production=self.production,
            **asked,
        )

    @property
    def quantity_typed(self) -> str:
        """« 2 » or « 2.5 », as forms read it."""
        return f"{self.quantity.normalize():f}"
