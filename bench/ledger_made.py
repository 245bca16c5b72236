"""A long ledger, made quickly: real entries appended one by one, then copied under other parties and other days.

Every copy is sealed in its turn and has its shares; the running totals are those that the append would have kept, and
`ledger check` proves it. Some entries are negative, some estimated or without a figure, and the last ones take others
back. The same count gives the same entries, but for their identifiers.
"""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from flask import Flask
from sqlalchemy import insert, select, update

from marketplace.accounts.models import Organisation, Production
from marketplace.carbon import factor_use, ledger, rollups
from marketplace.carbon.bridge import Thing, Trip, bridge
from marketplace.carbon.canonical import canonical_text, seal
from marketplace.carbon.claims import Claim, Named, Party, parties, share_of
from marketplace.carbon.doubt import Doubt
from marketplace.carbon.libraries import knowledge_on
from marketplace.carbon.method import compute
from marketplace.carbon.models import LedgerEntry, LedgerHead, LedgerShare, LedgerTotal
from marketplace.carbon.numbers import plain
from marketplace.carbon.owned import Own
from marketplace.carbon.reasons import NotQuantified
from marketplace.carbon.totals import Sums, line_of, parts_of, sums_of
from marketplace.catalogue import taxonomy
from marketplace.core.clock import now, today
from marketplace.core.db import db, new_public_id, transaction

HOUSES, SHOOTS_A_HOUSE, PATTERNS, BATCH, AT_ONCE, MONTHS = 40, 2, 240, 2000, 5000, 36
KINDS = ("donation", "donation", "donation", "sale", "rental", "rental")
REGIONS = ("84", "84", "11", "11", "93", "75", None)
TAKEN_BACK = 1 / 500

Key = tuple[str, int, int, str]
Told = tuple[LedgerEntry, dict[str, Any], Doubt]  # an entry to copy, its text, its doubt


def make_ledger(app: Flask, entries: int) -> None:
    """`entries` more entries in the database of `app`, migrated and with its factors; committed and rolled up."""
    draw = random.Random(entries)
    with app.app_context():
        with transaction():
            houses, shoots = _houses(), _shoots()
            patterns = [_told(ledger.append(claim)) for claim in _claims(draw, houses, min(PATTERNS, entries))]
        back = int(entries * TAKEN_BACK)
        _copies(draw, patterns, _parties(houses, shoots), entries - len(patterns) - back)
        with transaction():
            last = select(LedgerEntry).where(LedgerEntry.status != "reversal").order_by(LedgerEntry.position.desc())
            for entry in list(db.session.scalars(last.limit(back))):
                ledger.reverse(entry)
        left = True
        while left:
            with transaction():
                left = bool(rollups.catch_up(AT_ONCE))


# ── who ─────────────────────────────────────────────────────────────────────────────────────────


def _houses() -> list[Organisation]:
    kinds = ("production_company", "production_company", "reuse_centre", "rental_house")
    made = [
        Organisation(kind=kinds[i % len(kinds)], name=f"Maison {i + 1}", created_at=now(), verified_at=now())
        for i in range(HOUSES)
    ]
    db.session.add_all(made)
    db.session.flush()
    for house in made[::2]:
        db.session.add_all(
            Production(organisation_id=house.id, title=f"{house.name}, film {n + 1}", kind="feature", created_at=now())
            for n in range(SHOOTS_A_HOUSE)
        )
    db.session.flush()
    return made


def _shoots() -> dict[int, list[Production]]:
    found: dict[int, list[Production]] = {}
    for shoot in db.session.scalars(select(Production).order_by(Production.id)):
        found.setdefault(shoot.organisation_id, []).append(shoot)
    return found


def _parties(houses: list[Organisation], shoots: dict[int, list[Production]]) -> list[Party]:
    """The houses, each for each of its shoots; the first ones come up most often (`_choice`)."""
    return [
        Party("", Named(house.id, house.public_id), Named(shoot.id, shoot.public_id) if shoot else None, Decimal(0))
        for house in houses
        for shoot in shoots.get(house.id, [None])
    ]


def _choice(draw: random.Random, everybody: list[Party]) -> Party:
    return everybody[int(draw.random() ** 2 * len(everybody))]


def _sides(draw: random.Random, everybody: list[Party]) -> list[Party]:
    """Giver and receiver of two houses; every sixth time somebody had brought the thing in."""
    giver, receiver = _choice(draw, everybody), _choice(draw, everybody)
    while receiver.organisation.id == giver.organisation.id:
        receiver = _choice(draw, everybody)
    bringer = _choice(draw, everybody) if draw.random() < 1 / 6 else None
    sides = [
        Party(role, party.organisation, party.production, Decimal(0))
        for role, party in (("giver", giver), ("receiver", receiver), ("bringer", bringer))
        if party is not None
    ]
    return parties(sides[0], sides[1], sides[2] if bringer else None, "0.5", "0.5")


# ── what ────────────────────────────────────────────────────────────────────────────────────────


def _claims(draw: random.Random, houses: list[Organisation], count: int) -> Iterator[Claim]:
    """Transfers of every branch of the tree, some too far, some of what has no figure."""
    leaves = [category for category in taxonomy.categories().values() if category.unit]
    sides = [Party("", Named(house.id, house.public_id), None, Decimal(0)) for house in houses]
    for number in range(count):
        category = leaves[number * 7 % len(leaves)]
        kind = draw.choice(KINDS)
        far = number % 9 == 0
        stock = kind == "donation" and number % 4 == 0
        common: dict[str, Any] = {
            "kind": kind,
            "subject_kind": "exchange_line",
            "subject_id": new_public_id(),
            "parties": _sides(draw, sides),
            "occurred_on": today() - timedelta(days=number),
            "category": category.key,
            "quantity": Decimal(draw.randint(1, 20)),
            "unit": category.unit,
            "into_stock": stock,
        }
        common["mass_grams"] = int((category.mass_grams or 1000) * common["quantity"])
        trip = Trip(taxonomy.vehicles()["truck_12t"], Decimal(900 if far else draw.randint(5, 80)), Decimal("0.5"))
        try:
            knowledge = knowledge_on(common["occurred_on"])
            thing = Thing(category, common["quantity"], category.unit or "piece")
            receiver = "stock" if stock else draw.choice(("production", "public"))
            made = bridge(kind, thing, receiver, knowledge, trip, (Own("reuse"),))
            result = compute(kind, made.inputs, knowledge.factors, made.displacement_key)
        except NotQuantified as refusal:
            yield Claim(**common, reason=refusal.code, reason_data={"where": refusal.where, **refusal.data})
            continue
        yield Claim(
            **common, result=result, inputs=made.inputs, displacement_key=made.displacement_key,
            parameters=made.parameters, basis=made.basis, notes=made.notes,
        )  # fmt: skip


def _told(entry: LedgerEntry) -> Told:
    doubt = entry.body["doubt"]
    return entry, entry.body, Doubt.from_json(doubt) if doubt else Doubt()


# ── the copies ──────────────────────────────────────────────────────────────────────────────────


def _copies(draw: random.Random, patterns: list[Told], everybody: list[Party], count: int) -> None:
    totals, uses = _Totals(), Counter[factor_use.Pair]()
    first_day = today() - timedelta(days=MONTHS * 30)
    for start in range(0, max(count, 0), BATCH):
        with transaction() as session:
            head = session.get_one(LedgerHead, 1)
            rows: list[dict[str, Any]] = []
            shares: list[LedgerShare] = []
            next_id = (session.scalar(select(LedgerEntry.id).order_by(LedgerEntry.id.desc()).limit(1)) or 0) + 1
            for number in range(min(BATCH, count - start)):
                on = first_day + timedelta(days=int(draw.random() * MONTHS * 30))
                told = draw.choice(patterns)
                entry, own = _copy(told, _sides(draw, everybody), on, head, next_id + number)
                totals.take(entry, own)
                uses.update(factor_use.counted(told[1], entry.status))
                rows.append(_columns(entry))
                shares += own
            session.execute(insert(LedgerEntry), rows)
            session.execute(insert(LedgerShare), [_columns(share) for share in shares])
            totals.write()
    with transaction():
        factor_use.add(uses)
    _catch_up_sequence()


def _copy(
    told: Told, sides: list[Party], on: date, head: LedgerHead, entry_id: int
) -> tuple[LedgerEntry, list[LedgerShare]]:
    """The entry of `told` between other sides on another day, at the end of the chain; the head moves on."""
    pattern, body, _doubt = told
    entry = LedgerEntry(**_columns(pattern))
    named = {side.role: side for side in sides}
    giver, receiver = named["giver"], named["receiver"]
    entry.id, entry.public_id, entry.subject_id = entry_id, new_public_id(), new_public_id()
    entry.position, entry.previous_hash = head.position + 1, head.hash
    entry.occurred_on, entry.recorded_at, entry.region = on, now(), REGIONS[entry_id % len(REGIONS)]
    entry.provider_id, entry.receiver_id = giver.organisation.id, receiver.organisation.id
    entry.provider_production_id = giver.production.id if giver.production else None
    entry.receiver_production_id = receiver.production.id if receiver.production else None
    shares = [
        LedgerShare(
            entry_id=entry_id,
            organisation_id=side.organisation.id,
            production_id=side.production.id if side.production else None,
            role=side.role,
            share=side.share,
            share_kgco2e=share_of(entry.result_kgco2e, side.share),
        )
        for side in sides
    ]
    own = {
        "subject": {"kind": entry.subject_kind, "id": entry.subject_id},
        "parties": [
            {
                "role": side.role,
                "organisation": side.organisation.public_id,
                "production": side.production.public_id if side.production else None,
                "share": plain(side.share),
                "share_kgco2e": None if share.share_kgco2e is None else plain(share.share_kgco2e),
            }
            for side, share in zip(sides, shares, strict=True)
        ],
    }
    entry.canonical = canonical_text(body | own | ledger.place_of(entry))
    entry.hash = seal(entry.canonical)
    head.position, head.hash = entry.position, entry.hash
    entry.doubt = told[2]  # type: ignore[attr-defined]
    return entry, shares


def _columns(row: Any) -> dict[str, Any]:
    return {
        column.key: getattr(row, column.key)
        for column in type(row).__mapper__.column_attrs
        if not (column.key == "id" and row.id is None)
    }


class _Totals:
    """The running totals in memory, as `add_to_totals` would keep them in their rows."""

    def __init__(self) -> None:
        self.sums: dict[Key, Sums] = {
            (r.scope, r.scope_id, r.year, r.line): sums_of(r) for r in db.session.scalars(select(LedgerTotal))
        }
        self.known = set(self.sums)
        self.moved: set[Key] = set()

    def take(self, entry: LedgerEntry, shares: list[LedgerShare]) -> None:
        for (scope, scope_id), part in parts_of(entry, shares).items():
            key = (scope, scope_id, entry.occurred_on.year, line_of(entry.kind))
            self.sums.setdefault(key, Sums()).take(entry, part, entry.doubt, None)  # type: ignore[attr-defined]
            self.moved.add(key)

    def write(self) -> None:
        """The rows of all that moved since the last time."""
        names = ("scope", "scope_id", "year", "line")
        for key in sorted(self.moved):
            sums = self.sums[key]
            values = {
                "entry_count": sums.entry_count,
                "apart_count": sums.apart_count,
                "mass_grams": sums.mass_grams,
                "whole_kgco2e": plain(sums.whole),
                "own_kgco2e": plain(sums.own),
                "whole_doubt": sums.whole_doubt.as_json(),
                "own_doubt": sums.own_doubt.as_json(),
            }
            place = dict(zip(names, key, strict=True))
            if key in self.known:
                conditions = [getattr(LedgerTotal, name) == value for name, value in place.items()]
                db.session.execute(update(LedgerTotal).where(*conditions).values(values))
            else:
                db.session.execute(insert(LedgerTotal), [place | values])
        self.known |= self.moved
        self.moved = set()


def _catch_up_sequence() -> None:
    """On PostgreSQL the identifiers given above are told to the column's sequence."""
    if db.session.get_bind().dialect.name == "postgresql":
        with transaction() as session:
            last = "SELECT setval(pg_get_serial_sequence('ledger_entry', 'id'), (SELECT max(id) FROM ledger_entry))"
            session.connection().exec_driver_sql(last)
