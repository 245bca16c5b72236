"""`ledger replay`: dated events, in the form of the worked chains, played through the services that completions call.

What an event tells is written as the moves of an exchange leave it (organisations, listings, a completed exchange);
then carbon records it, and each entry and running total is compared with what the file expects. The inputs of each
line are the file's; uses, custody, shares, closings and reversals are worked out here, as for any exchange.
"""

import copy
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import inspect, select

from marketplace.accounts.models import Organisation
from marketplace.carbon import correcting, custody, ending, queries, reclaiming, recording, replay_shown, uses
from marketplace.carbon.bridge import Bridged
from marketplace.carbon.claims import party_of
from marketplace.carbon.describing import Facts
from marketplace.carbon.models import Factor, LedgerEntry
from marketplace.carbon.numbers import ZERO
from marketplace.carbon.owned import own_items
from marketplace.carbon.reasons import NotQuantified
from marketplace.catalogue.models import Listing
from marketplace.core.clock import now
from marketplace.core.db import db, new_public_id, transaction
from marketplace.exchanges.models import Exchange, ExchangeLine

UNIT = "piece"
CATEGORY = "other"


class Difference(Exception):
    """The first thing that is not as the file says; the message is the sentence."""


class Replay:
    """One chain, on an empty ledger of its own. `play()` raises `Difference`."""

    def __init__(self, chain: Mapping[str, Any]):
        self.chain = chain
        self.parties: dict[str, int] = {}  # organisation ids
        self.items: dict[str, int] = {}  # of the holder's listing
        self.names: dict[int, str] = {}  # entry ids, to the file's
        self.stocks = {e["to"] for e in chain["events"] if e.get("into_recorded_stock")}

    def play(self) -> int:
        """Every event and the end compared; how many entries there are."""
        with transaction():
            for row in self.chain.get("factor_versions", ()):
                _publish(row)
        before = ""
        for number, event in enumerate(self.chain["events"], 1):
            where = f"chain {self.chain['id']}, event {number} ({event['on']}, {event['event']})"
            if event["on"] < before:
                raise Difference(f"{where}: events must be in order of date")
            before = event["on"]
            act = {
                "bought_new": self._bought_new,
                "use": self._use,
                "transfer": self._transfer,
                "rental": self._rental,
                "final_route": self._final_route,
                "reclaim": self._reclaim,
                "correction": self._correction,
            }.get(event["event"])
            if act is None:
                raise Difference(f"{where}: unknown event")
            position = self._position()
            try:
                with transaction():
                    act(event)
            except NotQuantified as refusal:
                raise Difference(f"{where}: {refusal}") from None
            self._compare(where, event, position)
        return self._compare_end()

    # ── the events ──────────────────────────────────────────────────────────────────────────────

    def _bought_new(self, event: Mapping[str, Any]) -> None:
        listing = self._listed(event["item"], event["keeper"], _units(event, "1"))
        listing.acquired, listing.uses_expected = "bought_new", int(event["uses_expected"])

    def _use(self, event: Mapping[str, Any]) -> None:
        """Adds nothing to the ledger: what was used counts when it is passed on (`uses_made`)."""
        self._held(event)

    def _transfer(self, event: Mapping[str, Any]) -> None:
        listing = self._held(event, event["from"])
        units = _units(event, str(listing.quantity))
        listing.uses_made = int(event["uses_made"]) if "uses_made" in event else None
        receiver = self._party(event["to"])
        exchange, line = self._completed(event, event["mode"], listing, receiver, units)
        listing.quantity = (listing.quantity or ZERO) - units  # as the hand-over lowers it, before it is announced
        recording.record_exchange(exchange.id, self._described(event))
        got = _listing(receiver.id, units)
        got.origin_line_id = line.id
        db.session.add(got)
        db.session.flush()
        self.items[event["item"] if not listing.quantity else event["becomes"]] = got.id

    def _rental(self, event: Mapping[str, Any]) -> None:
        listing = self._held(event, event["from"])
        exchange, _line = self._completed(event, "rental", listing, self._party(event["to"]), listing.quantity or ZERO)
        recording.record_exchange(exchange.id, self._described(event))

    def _final_route(self, event: Mapping[str, Any]) -> None:
        listing = self._held(event)
        ending.book_end(self._got_by(listing), listing.public_id, _day(event), event["own_eol"])

    def _reclaim(self, event: Mapping[str, Any]) -> None:
        listing = self._held(event, event["from"])
        units = _units(event, str(listing.quantity))
        listing.uses_made = int(event["uses_made"]) if "uses_made" in event else None
        giver, receiver = self._party(event["from"]), self._party(event["to"])
        reclaiming.record_reclaim(
            reclaiming.Reclaimed(
                subject_id=new_public_id(),
                occurred_on=_day(event),
                giver=party_of("giver", giver, None),
                receiver=party_of("receiver", receiver, None),
                mass_weighed_kg=Decimal(event["mass_weighed_kg"]),
                inputs=event["inputs"],
                listing=listing,
                units=units,
                own_eol=event.get("own_eol", ()),
            )
        )
        listing.quantity = (listing.quantity or ZERO) - units

    def _correction(self, event: Mapping[str, Any]) -> None:
        wanted = [entry_id for entry_id, name in self.names.items() if name == event["of"]]
        if not wanted:
            raise NotQuantified("missing_field", "of")
        entry = db.session.get_one(LedgerEntry, wanted[-1])
        correcting.correct(entry, event["inputs"], event.get("why", ""), "replay", _day(event))

    # ── what they are made of ───────────────────────────────────────────────────────────────────

    def _party(self, name: str) -> Organisation:
        if name not in self.parties:
            kind = "reuse_centre" if name in self.stocks else "production_company"
            row = Organisation(name=name, kind=kind, created_at=now())
            db.session.add(row)
            db.session.flush()
            self.parties[name] = row.id
        return db.session.get_one(Organisation, self.parties[name])

    def _listed(self, item: str, holder: str, units: Decimal) -> Listing:
        listing = _listing(self._party(holder).id, units)
        db.session.add(listing)
        db.session.flush()
        self.items[item] = listing.id
        return listing

    def _held(self, event: Mapping[str, Any], holder: str | None = None) -> Listing:
        """The listing of an item: made at its first appearance, in the hands of whoever lets it go."""
        if event["item"] not in self.items:
            if holder is None:
                raise NotQuantified("missing_field", "item")
            return self._listed(event["item"], holder, _units(event, "1"))
        listing = db.session.get_one(Listing, self.items[event["item"]])
        if holder is not None and listing.organisation_id != self._party(holder).id:
            raise NotQuantified("out_of_range", "from")
        if _units(event, "0") > (listing.quantity or ZERO):
            raise NotQuantified("out_of_range", "units")
        return listing

    def _got_by(self, listing: Listing) -> LedgerEntry:
        entry = custody.claim_of(listing)
        if entry is None:
            raise NotQuantified("no_route_avoided", "item")
        return entry

    def _completed(
        self, event: Mapping[str, Any], kind: str, listing: Listing, receiver: Organisation, units: Decimal
    ) -> tuple[Exchange, ExchangeLine]:
        at = datetime.combine(_day(event), datetime.min.time(), UTC).replace(hour=11)
        exchange = Exchange(
            kind=kind, state="completed", reference=f"R-{new_public_id()}", provider_id=listing.organisation_id,
            receiver_id=receiver.id, created_at=at, completed_at=at,
        )  # fmt: skip
        db.session.add(exchange)
        db.session.flush()
        line = ExchangeLine(
            exchange_id=exchange.id, listing_id=listing.id, quantity=units, title=event["item"][:140], unit=UNIT,
            category_key=CATEGORY,
        )  # fmt: skip
        db.session.add(line)
        db.session.flush()
        return exchange, line

    def _described(self, event: Mapping[str, Any]) -> recording.Describe:
        """The file's inputs for a line; d by its key and, for a rental, n, N and the versions of O by the services."""

        def describe(exchange: Exchange, line: ExchangeLine, facts: Facts) -> Bridged:
            inputs = copy.deepcopy(dict(event["inputs"]))
            inputs.pop("allocation", None)
            noted = facts.knowledge.parameters.noted()
            d = noted.get(event["displacement_key"])
            inputs["displacement"], inputs["u_displacement_pct"] = d.value, d.uncertainty_pct or "0"
            if exchange.kind == "rental":
                stated = inputs["own_item"]
                inputs["uses_of_new_item"] = noted.get(event["uses_key"]).value
                inputs["own_item"] = own_items(
                    uses.of_rental(exchange, line),
                    line.quantity,
                    lambda _units: copy.deepcopy(stated.get("lines", [])),
                    lambda: str(stated["uses_expected"]),
                    facts.knowledge.factors,
                )
            return Bridged(
                inputs=inputs,
                displacement_key=d.key,
                parameters={key: row.value for key, row in noted.used.items()},
                mass_kg=ZERO,
                basis="stated",
                uses_key=event.get("uses_key"),
                route_avoided=tuple(event.get("route_avoided", ())),
            )

        return describe

    # ── comparing ───────────────────────────────────────────────────────────────────────────────

    def _position(self) -> int:
        return db.session.scalar(select(LedgerEntry.position).order_by(LedgerEntry.position.desc()).limit(1)) or 0

    def _compare(self, where: str, event: Mapping[str, Any], position: int) -> None:
        query = select(LedgerEntry).where(LedgerEntry.position > position).order_by(LedgerEntry.position)
        written = list(db.session.scalars(query))
        for entry in written:
            self.names[entry.id] = f"{self.chain['id']}-{entry.position}"
        expected = event.get("expected")
        if expected is None:
            return
        shown = [replay_shown.entry(entry, self.names) for entry in written]
        self._same(f"{where}, entries", expected.get("entries", []), shown)
        self._same(f"{where}, totals", expected.get("totals", {}), replay_shown.totals(self.parties))

    def _compare_end(self) -> int:
        entries = list(db.session.scalars(select(LedgerEntry)))
        expected = self.chain.get("expected_end")
        if expected is not None:
            total = queries.totals_all().both
            self._same(f"chain {self.chain['id']}, at its end", expected, replay_shown.end(entries, total))
        return len(entries)

    def _same(self, where: str, stated: Any, computed: Any) -> None:
        for path, want, got in differences(stated, computed):
            raise Difference(f"{where}{path}: stated {want!r}, computed {got!r}")


def differences(stated: Any, computed: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(path, stated, computed) wherever the two differ."""
    if isinstance(stated, Mapping) and isinstance(computed, Mapping):
        for key in [*stated, *(key for key in computed if key not in stated)]:
            yield from differences(stated.get(key), computed.get(key), f"{path}.{key}")
    elif isinstance(stated, list) and isinstance(computed, list) and len(stated) == len(computed):
        for i, (one, other) in enumerate(zip(stated, computed, strict=True)):
            yield from differences(one, other, f"{path}[{i}]")
    elif stated != computed:
        yield path, stated, computed


def _listing(organisation_id: int, units: Decimal) -> Listing:
    return Listing(
        organisation_id=organisation_id, state="published", title="", category_key=CATEGORY, quantity=units, unit=UNIT,
        created_at=now(), updated_at=now(),
    )  # fmt: skip


def _publish(row: Mapping[str, str]) -> None:
    """A version that comes into force during the chain: the published row of its key with what is new."""
    old = db.session.scalar(select(Factor).where(Factor.key == row["key"]).order_by(Factor.id.desc()).limit(1))
    if old is None:
        raise Difference(f"factor {row['key']} {row['version']}: the library has no such key")
    kept = {
        column.key: getattr(old, column.key) for column in inspect(Factor).column_attrs if column.key != "id"
    }  # fmt: skip
    new = {name: row[name] for name in ("version", "unit", "kgco2e_per_unit", "uncertainty_pct")}
    db.session.add(Factor(**{**kept, **new, "effective_on": date.fromisoformat(row["in_force_from"])}))


def _units(event: Mapping[str, Any], usual: str) -> Decimal:
    return Decimal(event.get("units", usual))


def _day(event: Mapping[str, Any]) -> date:
    return date.fromisoformat(event["on"])
