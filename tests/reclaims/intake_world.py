"""A collection that stands loaded at the dock of a reuse centre: Inès weighs, Paul's production gave, Charlie is a
stranger. Exchanges are made as choosing an offer makes them, already handed over."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from marketplace.accounts.models import Organisation, Production
from marketplace.accounts.permissions import Actor
from marketplace.core.clock import now
from marketplace.core.db import db, new_public_id, transaction
from marketplace.exchanges import services
from marketplace.exchanges.models import Exchange, Move
from marketplace.reclaims import correcting_intake, intake
from marketplace.reclaims.models_intake import Weighing
from marketplace.reclaims.queries_intake import live_of, weighings_of
from tests.factories import make_organisation, make_production, make_user, owner_of, site_of


@dataclass
class Dock:
    """`ines` weighs for the reuse centre, `paul` reads for the production, `charlie` has nothing to do with it."""

    centre: Organisation
    company: Organisation
    shoot: Production
    ines: Actor
    paul: Actor
    charlie: Actor

    def loaded(self, state: str = "handed_over", **values: Any) -> str:
        """A reclaim with 27 km in a 12 t lorry; its public id."""
        with transaction() as session:
            exchange = Exchange(
                kind="reclaim",
                state=state,
                reference=f"C-2026-{new_public_id()[:6].upper()}",
                provider_id=self.company.id,
                receiver_id=self.centre.id,
                provider_production_id=self.shoot.id,
                requested_by_id=self.paul.user_id,
                site_id=site_of(self.company).id,
                waits_for="receiver",
                created_at=now(),
                handed_over_at=now(),
                **{"vehicle": "truck_12t", "distance_km": Decimal(27), **values},
            )
            session.add(exchange)
            session.flush()
            step = {"move": "hand_over", "from_state": "confirmed", "to_state": state, "side": "provider"}
            session.add(Move(exchange_id=exchange.id, user_id=self.paul.user_id, at=now(), **step))
            return exchange.public_id

    def weigh(self, exchange: str, stream: str, gross_kg: Any, tare_kg: Any = None, **raw: Any) -> str:
        """A reading of the scale; the weighing's public id."""
        key = raw.pop("key", None)
        with transaction():
            sent = {"stream": stream, "gross_kg": gross_kg, "tare_kg": tare_kg, "sure": "1", **raw}
            return intake.weigh(raw.pop("actor", None) or self.ines, exchange, sent, key=key).public_id

    def give(self, exchange: str, weighing: str, *parts: dict[str, Any]) -> None:
        with transaction():
            intake.attribute(self.ines, exchange, weighing, list(parts))

    def weighed(self, exchange: str, stream: str, gross_kg: Any, *parts: dict[str, Any], **raw: Any) -> str:
        """Weighed, and given its outcomes."""
        weighing = self.weigh(exchange, stream, gross_kg, **raw)
        self.give(exchange, weighing, *parts)
        return weighing

    def close(self, exchange: str, actor: Actor | None = None) -> Exchange:
        with transaction():
            return services.move(actor or self.ines, exchange, "complete")

    def closed(self, *weighings: tuple[Any, ...], **values: Any) -> str:
        """A collection closed with these: (stream, kg, {more of the weighing}, part, part…)."""
        exchange = self.loaded(**values)
        for stream, kilograms, raw, *parts in weighings:
            self.weighed(exchange, stream, kilograms, *parts, **raw)
        self.close(exchange)
        return exchange

    def correct(self, exchange: str, weighing: str, stream: str, gross_kg: Any, *parts: Any, **raw: Any) -> Weighing:
        with transaction():
            sent = {"stream": stream, "gross_kg": gross_kg, "reason": "La balance était mal tarée.", **raw}
            return correcting_intake.correct(self.ines, exchange, weighing, sent, list(parts))

    def get(self, exchange: str) -> Exchange:
        """As it is in the database now."""
        db.session.rollback()
        db.session.expire_all()
        return db.session.query(Exchange).filter_by(public_id=exchange).one()

    def everything(self, exchange: str) -> list[Weighing]:
        return weighings_of(self.get(exchange).id)

    def live(self, exchange: str) -> list[Weighing]:
        return live_of(self.everything(exchange))


def make_dock() -> Dock:
    centre = make_organisation("Ressourcerie Le Contrechamp", owner=make_user("Ines", email="ines@exemple.fr"))
    company = make_organisation("Les Films du Quai", "production_company", owner=make_user("Paul"))
    stranger = make_organisation("Studio Ailleurs", "production_company", owner=make_user("Charlie"))
    shoot = make_production(company)
    return Dock(centre, company, shoot, owner_of(centre), owner_of(company), owner_of(stranger))


def part(outcome: str, mass_kg: Any = None, destination: str = "Recycleurs du Rhône", **more: Any) -> dict[str, Any]:
    return {"outcome": outcome, "mass_kg": mass_kg, "destination": destination, **more}
