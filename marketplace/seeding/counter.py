"""The demo's rentals under way: what leaves and comes back today, what is late, and one in every other state.

`RENTALS` says who rents what and for which days, counted from the day of seeding; `_TELLING` how far each is told.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from marketplace.core.clock import PARIS
from marketplace.core.db import transaction
from marketplace.exchanges import assigning, preparation
from marketplace.exchanges.jobs import turn_of_the_day
from marketplace.exchanges.services import close_overdue
from marketplace.seeding.keeping import Shelves
from marketplace.seeding.telling import Teller, entries_of, lines_of

COMING = {"large": "Lou Perrin", "ecole": "Fanny Le Goff", "manufacture": "Émile Lambert", "hangar": "Igor Sanz"}


@dataclass(frozen=True)
class Rental:
    """A rental under way. `told`: a key of `_TELLING`; `asked`: days from today it was asked for on."""

    told: str
    place: str
    renter: str
    production: str | None
    things: Sequence[tuple[str, int]]
    starts: int
    ends: int
    asked: int = -4
    option_days: int | None = None


COUNTER = (
    # leave today
    Rental("ready", "belleville", "quai", "heures",
           (("Canapé Chesterfield, cuir brun", 1), ("Tapis persans usés", 2)), 0, 7, -9),
    Rental("half_ready", "belleville", "manufacture", None,
           (("Téléviseurs à tube, coques bois", 3), ("Postes TSF, années 30 à 50", 2)), 0, 14, -8),
    Rental("confirmed", "belleville", "ecole", None,
           (("Portraits d’ancêtres, cadres dorés", 6), ("Assiettes de cantine blanches", 40)), 0, 10, -10),
    Rental("ready", "contrechamp", "quai", "heures", (("Praticables 2 × 1 m, pieds 40 cm", 5),), 0, 8, -6),
    Rental("confirmed", "port", "large", None, (("Barnums 3 × 3 m, bâches latérales", 2),), 0, 5, -7),
    # come back today
    Rental("out", "belleville", "quai", "heures",
           (("Coin bistrot complet, comptoir, guéridons et chaises", 1),), -7, 0, -15),
    Rental("out", "belleville", "large", "maree", (("Fresnel 2 kW, pied et volets", 1),), -14, 0, -20),
    Rental("out", "contrechamp", "ecole", None, (("Pendrillons noirs 6 m, coton gratté", 8),), -9, 0, -16),
    # late, and whoever counts on the same things
    Rental("out", "belleville", "large", "maree", (("Téléphones à cadran, S63 gris et ivoire", 5),), -9, -2, -16),
    Rental("confirmed", "belleville", "quai", "heures", (("Téléphones à cadran, S63 gris et ivoire", 5),), 1, 8, -6),
    # out: in part back, kept longer, far away, with a reduction
    Rental("partly_back", "belleville", "manufacture", None, (("Chaises de bistrot, hêtre", 10),), -10, 4, -17),
    Rental("kept_longer", "belleville", "quai", "heures", (("Lampadaires arc chromés", 2),), -5, 2, -12),
    Rental("out", "port", "large", None, (("Lanternes tempête", 6), ("Chaises cannées dépareillées", 8)), -4, 3, -11),
    Rental("out", "contrechamp", "partage", None, (("Portants sur roulettes, charge lourde", 4),), -6, 8, -12),
    # back, to be settled; contested
    Rental("damaged", "belleville", "ecole", None, (("Lampes de banquier", 4),), -12, -1, -19),
    Rental("contested", "belleville", "manufacture", None, (("Tapis persans usés", 1),), -20, -8, -27),
    # to come
    Rental("confirmed", "belleville", "hangar", None, (("Horloge de gare double face", 1),), 1, 9, -6),
    Rental("confirmed", "belleville", "quai", "heures", (("Vitrines de musée, socle bois", 2),), 5, 19, -5),
    Rental("confirmed", "belleville", "manufacture", None, (("Service porcelaine liseré or", 40),), 18, 32, -4),
    Rental("confirmed", "deuxvies", "large", "maree", (("Palissade de chantier patinée", 12),), 3, 17, -5),
    Rental("confirmed", "manufacture", "large", "maree", (("Complets hommes années 70", 6),), 6, 13, -6),
)  # fmt: skip

STATES = (
    Rental("requested", "belleville", "quai", "heures", (("Fauteuils de salon années 50", 4),), 6, 16, -1),
    Rental("requested", "belleville", "ecole", None, (("Valises carton années 40", 8),), 20, 34, -2),
    Rental("requested", "contrechamp", "quai", "heures",
           (("Feuilles de décor 3 m, contreplaqué peint, ferrures comprises", 6),), 9, 23, -1),
    Rental("requested", "deuxvies", "large", "maree", (("Cônes et rubalise", 20),), 4, 11, -1),
    Rental("requested", "port", "quai", None, (("Ventilateurs de plafond colonial", 2),), 12, 20, -1),
    Rental("to_pay", "belleville", "large", "printemps", (("Guéridons pied fonte, plateau marbre", 4),), 10, 24, -2),
    Rental("changed", "belleville", "large", "printemps", (("Fresnel 2 kW, pied et volets", 4),), 11, 18, -2),
    Rental("to_pay", "contrechamp", "manufacture", None, (("Samias 1,22 × 2,44 m", 8),), 15, 29, -1),
    Rental("granted", "belleville", "quai", "heures", (("Enseigne néon « Hôtel »", 1),), 21, 24, -3, 8),
    Rental("granted", "belleville", "large", "printemps", (("Enseigne néon « Hôtel »", 1),), 20, 23, -2, 6),
    Rental("requested", "belleville", "manufacture", None,
           (("Salon des années 60, canapé, enfilade et lampadaire", 1),), 30, 37, -1, 5),
    Rental("declined", "belleville", "hangar", None, (("Canapé Chesterfield, cuir brun", 1),), 12, 19, -3),
    Rental("expired", "contrechamp", "large", "maree", (("Portants sur roulettes, charge lourde", 6),), 8, 15, -5),
    Rental("refunded", "belleville", "quai", "heures", (("Machines à écrire portatives", 2),), 12, 19, -6),
    Rental("let_go", "belleville", "ecole", None, (("Bureaux métalliques administratifs", 2),), 25, 32, -5, 7),
)  # fmt: skip


def write_counter(teller: Teller, shelves: Shelves) -> int:
    """Tell all of them, those asked for first before the others, then bring the stock to today: what is late is
    written down. How many."""
    told = sorted((*COUNTER, *STATES), key=lambda one: one.asked)
    for one in told:
        with transaction():
            _TELLING[one.told](Told(teller, shelves, one))
    teller.set_clock(teller.start)
    turn_of_the_day()
    return len(told)


class Told:
    """One rental while it is told: each method is a step, at the hour it is said to have happened."""

    def __init__(self, teller: Teller, shelves: Shelves, rental: Rental) -> None:
        self.teller, self.rental = teller, rental
        self.lender = teller.cast.house_of(rental.place)
        self.starts_on = teller.worked(rental.place, rental.starts)
        self.ends_on = teller.worked(rental.place, rental.ends, after=self.starts_on)
        lines = lines_of(shelves.listings, rental.things, self.starts_on, self.ends_on)
        self.exchange = teller.ask(
            "rental", rental.renter, lines, self.after(0, 10),
            production=rental.production, option_days=rental.option_days,
        )  # fmt: skip

    def after(self, days: int, hour: int) -> datetime:
        """So many days after it was asked for."""
        return self.teller.at(self.rental.asked + days, hour)

    def by_lender(self, name: str, moment: datetime, **data: Any) -> None:
        self.teller.do(self.lender, self.exchange, name, moment, **data)

    def by_renter(self, name: str, moment: datetime, **data: Any) -> None:
        self.teller.do(self.rental.renter, self.exchange, name, moment, **data)

    def accept(self) -> None:
        """With an hour to come on the day of departure."""
        begins = datetime.combine(self.starts_on, time(10, 30 * (self.rental.asked % 2)), PARIS)
        slot = {"starts_at": begins.isoformat(), "ends_at": (begins + timedelta(minutes=30)).isoformat()}
        self.by_lender("accept", self.after(1, 9), slots=[slot])

    def confirm(self) -> None:
        """Accepted, paid or ordered, somebody said to come."""
        self.accept()
        self.teller.pay(self.lender, self.exchange, self.after(2, 10), "order" if self.rental.production else "card")
        first = self.exchange.appointments[0].public_id
        name = COMING.get(self.rental.renter, "Karim Haddad")
        self.by_renter("appoint", self.after(2, 15), pick=first, collected_by_name=name)

    def prepare(self) -> None:
        self.confirm()
        self.teller.set_clock(self.teller.at(-1, 17))
        actor = self.teller.cast.owner(self.lender)
        preparation.choose_rest(actor, self.exchange.public_id)
        preparation.mark(actor, self.exchange.public_id, ready=True)

    def prepare_one(self) -> None:
        """One piece of several was scanned."""
        self.confirm()
        self.teller.set_clock(self.teller.at(-1, 17))
        piece = assigning.free_pieces(assigning.by_piece(self.exchange)[0])[0]
        preparation.assign_by_scan(self.teller.cast.owner(self.lender), self.exchange.public_id, piece.code)

    def leave(self) -> None:
        self.confirm()
        moment = self.teller.on(self.starts_on, 11)
        self.teller.take_deposit(self.lender, self.exchange, moment)
        self.teller.hand_over(self.lender, self.exchange, moment + timedelta(minutes=15))

    def come_back(self, worst: dict[str, Any] | None = None) -> None:
        self.leave()
        self.by_lender("return", self.teller.on(self.ends_on, 16), entries=entries_of(self.exchange, worst))


def _to_pay(told: Told) -> None:
    told.accept()


def _changed(told: Told) -> None:
    """Less than asked for, and delivered: the renter has not agreed yet."""
    line = told.exchange.lines[0]
    lines = [{"id": line.public_id, "quantity": str(line.quantity - 1)}]
    told.by_lender("amend", told.after(1, 9), lines=lines, delivery_cents=9000)
    told.teller.say(
        told.lender, told.exchange, "Un des projecteurs reste pour un autre plateau ; nous livrons le reste."
    )


def _partly_back(told: Told) -> None:
    told.leave()
    told.by_lender(
        "return", told.teller.at(-2, 15), entries=entries_of(told.exchange, most=6), remarks="Le reste suit."
    )


def _kept_longer(told: Told) -> None:
    told.leave()
    until = told.teller.worked(told.rental.place, told.rental.ends + 7, after=told.ends_on)
    told.by_renter("extend", told.teller.at(-1, 14), to=until.isoformat())


def _damaged(told: Told) -> None:
    told.come_back({"outcome": "damaged", "condition": "to_repair", "remarks": "Abat-jour fêlé.", "amount_cents": 1800})


def _contested(told: Told) -> None:
    told.come_back(
        {"outcome": "damaged", "condition": "to_repair", "remarks": "Brûlure de cigarette.", "amount_cents": 9000}
    )
    told.by_renter("dispute", told.teller.at(-6, 10), reason="La brûlure y était au départ, voyez nos photos.")


def _granted(told: Told) -> None:
    told.by_lender("option", told.after(1, 9))


def _declined(told: Told) -> None:
    told.by_lender("decline", told.after(1, 9), reason="Le canapé part en restauration ces jours-là.")


def _expired(told: Told) -> None:
    told.teller.set_clock(told.after(4, 9))
    close_overdue(told.exchange.id)


def _refunded(told: Told) -> None:
    """Paid, then called off: what was paid is given back."""
    told.accept()
    told.teller.pay(told.lender, told.exchange, told.after(2, 10))
    told.by_renter("cancel", told.after(3, 10), reason="La scène est coupée au montage du plan de travail.")
    told.by_lender("pay_offline", told.after(4, 10), what="refund", how="transfer", reference="Virement de retour")


def _let_go(told: Told) -> None:
    _granted(told)
    told.by_renter("release", told.after(3, 10), reason="Nous tournons ailleurs.")


_TELLING: dict[str, Callable[[Told], None]] = {
    "requested": lambda told: None,
    "to_pay": _to_pay,
    "changed": _changed,
    "confirmed": Told.confirm,
    "ready": Told.prepare,
    "half_ready": Told.prepare_one,
    "out": Told.leave,
    "partly_back": _partly_back,
    "kept_longer": _kept_longer,
    "damaged": _damaged,
    "contested": _contested,
    "granted": _granted,
    "declined": _declined,
    "expired": _expired,
    "refunded": _refunded,
    "let_go": _let_go,
}
