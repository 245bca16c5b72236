"""What people add to the ledger by hand: power on a shoot, upkeep, ends of life; and what moderators put right."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from marketplace.accounts.models import AuditEntry, User
from marketplace.carbon import checking, queries
from marketplace.carbon.numbers import six
from marketplace.core.db import db, transaction
from marketplace.exchanges import services
from marketplace.exchanges.models import Exchange, ReceivedItem
from marketplace.exchanges.services import ExchangeRequest, LineRequest
from marketplace.messaging.queries import notifications_of
from tests.carbon.made import completed, entries
from tests.factories import (
    add_member,
    make_listing,
    make_organisation,
    make_production,
    make_user,
    owner_of,
    sign_in,
)

EXAMPLES = Path(__file__).parent / "data" / "worked_examples.json"


def user_of(actor):
    return db.session.get(User, actor.user_id)


@pytest.fixture
def quai(app):
    return make_organisation("Les Films du Quai", "production_company", owner=make_user("Alice"))


@pytest.fixture
def opera(app):
    return make_organisation("Opéra du Rhône", "venue", owner=make_user("Odile"))


@pytest.fixture
def alice(client, quai):
    return sign_in(client, user_of(owner_of(quai)), quai)


def text_of(answer, status=200):
    assert answer.status_code == status, answer.status
    return answer.get_data(as_text=True).replace("\u00a0", " ")


class TestPower:
    """Mains power in place of the generating set that the shoot's own plan named."""

    DAY = {
        "used_on": "2026-11-10", "kwh": "1 840", "metered": "y", "solution": "en.electricity_fr", "place": "Quai 4",
        "vehicle": "van_20m3", "travel_km": "15",
    }  # fmt: skip
    PLAN = {"plan_reference": "Plan de moyens du 3 mars, p. 2, groupe 60 kVA"}

    def test_with_the_plan_it_is_counted_as_the_method_says(self, alice, quai):
        production = make_production(quai)
        page = f"/productions/{production.public_id}/branchements"
        assert alice.post(page, data=self.DAY | self.PLAN).status_code == 303
        (entry,) = entries()
        assert (entry.kind, entry.occurred_on) == ("energy", date(2026, 11, 10))
        worked = {one["id"]: one["expected"] for one in json.loads(EXAMPLES.read_text(encoding="utf-8"))["examples"]}
        assert six(entry.result_kgco2e) == worked["W10"]["result_kgco2e"]
        assert six(entry.uncertainty_kgco2e) == worked["W10"]["uncertainty_kgco2e"]
        assert [(p["role"], p["share"]) for p in entry.body["parties"]] == [("giver", "1")]
        shown = text_of(alice.get(page))
        assert "1 840 kWh" in shown.replace("\u202f", " ") and f"/carbone/ecritures/{entry.public_id}" in shown
        assert alice.post(f"{page}/{entry.subject_id}/retirer").status_code == 303
        assert [e.status for e in entries()] == ["counted", "reversal"]
        assert "rien de compté" in text_of(alice.get(page))
        assert checking.check().entries == 2

    def test_without_a_plan_nothing_is_counted(self, alice, quai):
        production = make_production(quai)
        page = f"/productions/{production.public_id}/branchements"
        answer = alice.post(page, data=self.DAY, follow_redirects=True)
        assert "Rien n’est compté comme évité" in text_of(answer)
        assert entries() == []

    def test_whoever_lent_the_supply_shares_the_figure(self, alice, quai, opera):
        production = make_production(quai)
        completed(make_listing(opera), quai)
        page = f"/productions/{production.public_id}/branchements"
        assert alice.post(page, data=self.DAY | self.PLAN | {"supplier": opera.public_id}).status_code == 303
        parties = {(p["role"], p["share"]) for p in entries()[-1].body["parties"]}
        assert parties == {("giver", "0.5"), ("receiver", "0.5")}

    @pytest.mark.parametrize(
        ("field", "typed"),
        [("kwh", "0"), ("kwh", "beaucoup"), ("kwh", ""), ("used_on", "2027-01-01"), ("used_on", "hier"),
         ("solution", "en.genset_kwh"), ("vehicle", ""), ("vehicle", "cheval"), ("supplier", "personne")],
    )  # fmt: skip
    def test_what_cannot_be_is_said_beside_its_field(self, alice, quai, field, typed):
        page = f"/productions/{make_production(quai).public_id}/branchements"
        shown = text_of(alice.post(page, data=self.DAY | self.PLAN | {field: typed}), 422)
        assert 'class="err"' in shown and "groupe 60 kVA" in shown
        assert entries() == []

    def test_a_stranger_finds_nothing_and_a_viewer_only_reads(self, client, quai, opera):
        page = f"/productions/{make_production(quai).public_id}/branchements"
        assert sign_in(client, user_of(owner_of(opera)), opera).get(page).status_code == 404
        viewer = make_user("Viviane")
        add_member(quai, viewer, "viewer")
        reader = sign_in(client, viewer, quai)
        assert "Noter un branchement" not in text_of(reader.get(page))
        assert reader.post(page, data=self.DAY).status_code == 403


class TestEnds:
    """The end of a thing's life, against what was said at its first transfer."""

    def received(self, quai, opera, **values):
        """Six flats given and received; paths of the exchange's line."""
        exchange_id = completed(make_listing(quai, **values), opera)
        with transaction() as session:
            exchange = session.get(Exchange, exchange_id)
            (line,) = exchange.lines
            session.add(
                ReceivedItem(
                    line_id=line.id, organisation_id=opera.id, quantity=line.quantity, received_on=date(2026, 11, 12)
                )
            )
            return f"/echanges/{exchange.public_id}/lignes/{line.public_id}/fin"

    def test_it_is_booked_once_and_shared_as_the_gift_was(self, client, quai, opera):
        page = self.received(quai, opera, route_avoided="landfill")
        odile = sign_in(client, user_of(owner_of(opera)), opera)
        assert "par la filière courante" in text_of(odile.get(page))
        assert odile.post(page, data={"route": "average", "on": "2026-11-12", "weighed": "y"}).status_code == 303
        gift, end = entries()
        assert (end.kind, end.predecessor_id, end.subject_kind) == ("end_of_life", gift.id, "end_of_life")
        factors = {row["key"]: Decimal(row["kgco2e_per_unit"]) for row in end.body["factors_used"]}
        later = factors["eol.average.wood"] + factors["eol.average.wood.credit"]
        assert end.result_kgco2e == Decimal("107.4") * (factors["eol.landfill.wood"] - later)
        assert [p["share"] for p in end.body["parties"]] == [p["share"] for p in gift.body["parties"]]
        assert "C’est déjà au registre" in text_of(odile.get(page))
        assert odile.post(page, data={"route": "average", "on": "2026-11-12"}).status_code in (200, 409, 422)
        assert len(entries()) == 2
        assert checking.check().entries == 2

    def test_without_a_word_at_the_first_gift_it_cannot_be(self, client, quai, opera):
        page = self.received(quai, opera)
        odile = sign_in(client, user_of(owner_of(opera)), opera)
        assert "personne n’a dit où cette pièce serait allée" in text_of(odile.get(page))
        assert odile.post(page, data={"route": "average", "on": "2026-11-12"}).status_code == 422

    def test_only_the_receiver_says_so(self, client, quai, opera):
        page = self.received(quai, opera, route_avoided="landfill")
        assert sign_in(client, user_of(owner_of(quai)), quai).get(page).status_code == 404


class TestUpkeep:
    """Cleaning, storage, repair: deducted from what the exchange avoids."""

    def test_either_side_writes_it_down_until_the_hand_over(self, client, quai, opera):
        giver, taker = owner_of(quai), owner_of(opera)
        flats = make_listing(quai).public_id
        with transaction():
            asked = ExchangeRequest("donation", [LineRequest(flats, 6)])
            public_id = services.request_exchange(taker, asked).public_id
        with transaction():
            services.move(giver, public_id, "accept", {}, None)
        odile, page = sign_in(client, user_of(taker), opera), f"/echanges/{public_id}/soins"
        assert odile.post(page, data={"work": "prod.paint_water", "amount": "2,5"}).status_code == 303
        assert odile.post(page, data={"work": "store.m3_month", "volume_m3": "1,5", "months": "2"}).status_code == 303
        assert odile.post(page, data={"work": "clean.water_litre", "amount": "0"}).status_code == 422
        assert odile.post(page, data={"work": "tr.air_belly_long_tkm", "amount": "1"}).status_code == 422
        shown = text_of(odile.get(page))
        assert "peinture à l’eau" in shown and "1,5 m³, 2 mois" in shown
        with transaction() as session:
            code = session.query(Exchange).filter_by(public_id=public_id).one().hand_over_code
            services.move(giver, public_id, "hand_over", {"code": code}, None)
        (entry,) = entries()
        assert [line["factor"] for line in entry.body["inputs"]["extra"]] == ["prod.paint_water", "store.m3_month"]
        spent = Decimal("2.5") * Decimal("2.54") + Decimal("1.5") * 2 * Decimal("0.132889")
        assert entry.result_kgco2e == Decimal("22.42512") - spent
        assert odile.post(page, data={"work": "prod.paint_water", "amount": "1"}).status_code == 409
        assert "son écriture est faite" in text_of(odile.get(page))

    def test_others_find_no_such_page(self, client, app, quai, opera):
        exchange_id = completed(make_listing(quai), opera)
        public_id = db.session.get(Exchange, exchange_id).public_id
        stranger = make_user("Charlie")
        assert sign_in(client, stranger).get(f"/echanges/{public_id}/soins").status_code == 404


class TestShares:
    """By halves, unless both sides say otherwise before the hand-over."""

    def test_one_side_proposes_the_other_agrees_and_the_entry_follows(self, app, quai, opera):
        giver, taker = owner_of(quai), owner_of(opera)
        flats = make_listing(quai).public_id
        with transaction():
            public_id = services.request_exchange(taker, ExchangeRequest("donation", [LineRequest(flats, 6)])).public_id
        with transaction():
            services.move(giver, public_id, "accept", {}, None)
        alice = sign_in(app.test_client(), user_of(giver), quai)
        odile = sign_in(app.test_client(), user_of(taker), opera)
        page = f"/echanges/{public_id}/partage"
        assert odile.post(page, data={"giver_percent": "70,5", "go": "propose"}).status_code == 422
        assert odile.post(page, data={"giver_percent": "80", "go": "propose"}).status_code == 303
        assert odile.post(page, data={"giver_percent": "80", "go": "agree"}).status_code == 409, "not one's own"
        assert "On vous propose 80 %" in text_of(alice.get(page))
        assert odile.post(page, data={"giver_percent": "70", "go": "propose"}).status_code == 303
        stale = alice.post(page, data={"giver_percent": "80", "go": "agree"})
        assert stale.status_code == 409, "another proposal came meanwhile"
        assert alice.post(page, data={"giver_percent": "70", "go": "agree"}).status_code == 303
        told = [n.data["act"] for n in notifications_of(taker.user_id).items if n.kind == "shares_moved"]
        assert told == ["agreed"]
        with transaction() as session:
            code = session.query(Exchange).filter_by(public_id=public_id).one().hand_over_code
            services.move(giver, public_id, "hand_over", {"code": code}, None)
        (entry,) = entries()
        assert [(p["role"], p["share"]) for p in entry.body["parties"]] == [("giver", "0.7"), ("receiver", "0.3")]
        assert alice.post(page, data={"giver_percent": "50", "go": "propose"}).status_code == 409
        stranger = sign_in(app.test_client(), make_user("Charlie"))
        assert stranger.get(page).status_code == 404
        assert checking.check().entries == 1


class TestCorrections:
    """A wrong mass found later."""

    @pytest.fixture
    def mona(self, client):
        return sign_in(client, make_user("Mona", moderator=True))

    def test_the_parties_are_told_and_the_reason_stays(self, mona, quai, opera):
        (wrong,) = entries(completed(make_listing(quai, mass_grams=179_000), opera))
        assert wrong.mass_grams == 1_074_000
        page = f"/moderation/ecritures/{wrong.public_id}/corriger"
        said = {"unit_mass": "17,9", "weighed": "y", "reason": "179 kg saisis pour 17,9 kg"}
        looked = text_of(mona.post(page, data=said | {"go": "look"}))
        assert "L’écriture refaite dirait" in looked and "107 kg" in looked
        assert len(entries()) == 1, "nothing is written before it is looked at"
        assert mona.post(page, data=said | {"go": "write"}).status_code == 303
        _wrong, reversal, right = entries()
        assert (reversal.reverses_id, right.replaces_id, right.mass_grams) == (wrong.id, wrong.id, 107_400)
        assert right.result_kgco2e == Decimal("22.42512")
        assert right.body["correction"]["reason"] == "179 kg saisis pour 17,9 kg"
        assert right.body["inputs"]["lines"][0]["u_quantity_pct"] == "2"
        assert queries.totals_all().both.own_kgco2e == right.result_kgco2e
        assert checking.check().entries == 3
        for house in (quai, opera):
            (told,) = [n for n in notifications_of(owner_of(house).user_id).items if n.kind == "ledger_corrected"]
            assert told.data["reason"] == "179 kg saisis pour 17,9 kg"
        assert db.session.query(AuditEntry).filter_by(action="ledger.correct").count() == 1
        assert mona.get(page).status_code == 404, "what is taken back is not corrected again"

    def test_a_missing_mass_gives_the_figure(self, mona, quai, opera):
        unknown = {"category_key": "other", "mass_grams": None, "materials": [{"key": "plywood", "share": "100"}]}
        (without,) = entries(completed(make_listing(quai, **unknown), opera))
        assert without.reason == "no_mass"
        page = f"/moderation/ecritures/{without.public_id}/corriger"
        said = {"unit_mass": "10", "reason": "pesée chez le receveur", "go": "write"}
        assert mona.post(page, data=said).status_code == 303
        found = entries()[-1]
        assert (found.status, found.mass_grams) == ("counted", 60_000)
        assert checking.check().entries == 3

    def test_what_did_not_happen_is_only_taken_back(self, mona, quai, opera):
        (entry,) = entries(completed(make_listing(quai), opera))
        page = f"/moderation/ecritures/{entry.public_id}/corriger"
        assert mona.post(page, data={"go": "take_back", "reason": ""}).status_code == 422
        assert mona.post(page, data={"go": "take_back", "reason": "jamais remis"}).status_code == 303
        assert queries.totals_all().both.own_kgco2e == 0

    @pytest.mark.parametrize("typed", [{}, {"unit_mass": "lourd"}, {"kilometres": "12"}])
    def test_what_cannot_be_is_said(self, mona, quai, opera, typed):
        (entry,) = entries(completed(make_listing(quai), opera))
        page = f"/moderation/ecritures/{entry.public_id}/corriger"
        assert mona.post(page, data=typed | {"go": "look", "reason": "parce que"}).status_code == 422

    def test_others_find_no_such_page(self, alice, quai, opera):
        (entry,) = entries(completed(make_listing(quai), opera))
        assert alice.get(f"/moderation/ecritures/{entry.public_id}/corriger").status_code == 404
