"""A day at the counter: what it shows, what a code opens, preparing by scan and choice. Both databases."""

import re
from decimal import Decimal

import pytest
from sqlalchemy import event, func, select

from marketplace.accounts.models import Organisation, User
from marketplace.catalogue.models import Listing, Piece
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.exchanges import counter as counters
from marketplace.exchanges import preparation, services
from marketplace.exchanges.models import Assignment, Exchange, Move
from marketplace.exchanges.services import ExchangeRequest, LineRequest
from tests.exchanges.test_rentals import Counter, day, with_pieces
from tests.factories import actor_of, add_member, make_listing, make_site, make_user, sign_in, site_of

pytestmark = pytest.mark.both_databases


@pytest.fixture
def counter(app, clock) -> Counter:
    clock.at("2027-03-01T09:00:00+01:00")  # a Monday
    return Counter()


def browser(app, actor):
    return sign_in(
        app.test_client(),
        db.session.get_one(User, actor.user_id),
        db.session.get_one(Organisation, actor.organisation_id),
    )


def member_of(counter: Counter, role: str):
    user = make_user(role.capitalize())
    add_member(counter.house, user, role)
    return actor_of(user, db.session.get_one(Organisation, counter.house.id))


def at_counter(counter: Counter):
    found = counters.counter_of(counter.alice, site_of(counter.house))
    shown = {
        name: [row.receiver_name for row in getattr(found, name).rows]
        for name in ("departures", "returns", "late", "coming")
    }
    db.session.rollback()
    return shown


def test_the_day_of_a_place(counter, clock):
    counter.confirmed(counter.bob, 1, day(3), day(10))
    counter.confirmed(counter.carole, 2, day(4), day(8))
    counter.ask(counter.bob, 1, day(3), day(10))  # not agreed: nothing to hand over
    assert at_counter(counter) == {"departures": [], "returns": [], "late": [], "coming": []}
    clock.at("2027-03-02T09:00:00+01:00")
    assert at_counter(counter)["coming"] == ["Les Films du Quai"]
    clock.at("2027-03-03T09:00:00+01:00")
    assert at_counter(counter) == {
        "departures": ["Les Films du Quai"], "returns": [], "late": [], "coming": ["Grand Large"],
    }  # fmt: skip
    first = db.session.scalars(
        select(Exchange.public_id).where(Exchange.state == "confirmed").order_by(Exchange.id)
    ).first()
    counter.move(counter.alice, first, "hand_over", code=counter.get(first).hand_over_code)
    clock.at("2027-03-05T09:00:00+01:00")  # the other never came
    assert at_counter(counter)["late"] == ["Grand Large"]
    clock.at("2027-03-10T09:00:00+01:00")
    assert at_counter(counter)["returns"] == ["Les Films du Quai"]
    clock.at("2027-03-11T09:00:00+01:00")
    assert sorted(at_counter(counter)["late"]) == ["Grand Large", "Les Films du Quai"]


def test_before_a_weekend_the_next_day_worked_is_prepared(counter, clock):
    counter.confirmed(counter.bob, 1, day(8), day(12))  # a Monday
    clock.at("2027-03-04T09:00:00+01:00")
    assert at_counter(counter)["coming"] == []
    clock.at("2027-03-05T09:00:00+01:00")  # a Friday
    assert at_counter(counter)["coming"] == ["Les Films du Quai"]


def test_an_overseas_counter_has_its_own_day(counter, clock):
    with transaction() as session:
        site = session.merge(site_of(counter.house))
        site.postcode, site.opening_hours = "97420", {}
        session.get_one(Listing, counter.chairs.id).postcode = "97420"
    counter.confirmed(counter.bob, 1, day(3), day(10))
    clock.at("2027-03-02T19:30:00+00:00")  # still the 2nd in La Réunion
    assert at_counter(counter)["departures"] == []
    clock.at("2027-03-02T20:30:00+00:00")  # the 3rd there, the 2nd in Paris
    assert at_counter(counter)["departures"] == ["Les Films du Quai"]


def test_each_place_has_its_own_counter(counter, clock, app):
    clock.at("2027-03-03T09:00:00+01:00")
    counter.confirmed(counter.bob, 1, day(3), day(10))
    alice = browser(app, counter.alice)
    only = alice.get("/comptoir")
    assert only.status_code == 303 and only.location.endswith(site_of(counter.house).public_id)
    other = make_site(db.session.merge(counter.house), name="Hangar")
    both = alice.get("/comptoir")
    assert both.status_code == 200 and "Hangar" in both.text and "Réserve" in both.text
    assert "Les Films du Quai" in alice.get(f"/comptoir/{site_of(counter.house).public_id}").text
    elsewhere = alice.get(f"/comptoir/{other.public_id}").text
    assert "Les Films du Quai" not in elsewhere and "Rien ne part aujourd’hui." in elsewhere
    assert "Rien ne rentre" in alice.get("/comptoir/sans-lieu").text


def test_strangers_and_the_other_side_have_no_counter_there(counter, app, clock):
    clock.at("2027-03-03T09:00:00+01:00")
    exchange = counter.confirmed(counter.bob, 1, day(3), day(10))
    site = site_of(counter.house).public_id
    bob, carole = browser(app, counter.bob), browser(app, counter.carole)
    for client in (bob, carole):
        assert client.get(f"/comptoir/{site}").status_code == 404
        assert client.post(f"/comptoir/{site}/ouvrir", data={"code": "CH-001"}).status_code == 404
    assert carole.get(f"/echanges/{exchange}/preparation").status_code == 404
    assert carole.post(f"/echanges/{exchange}/preparation", data={"go": "rest"}).status_code == 404
    assert bob.get(f"/echanges/{exchange}/preparation").status_code == 303  # their exchange, not theirs to prepare
    assert bob.post(f"/echanges/{exchange}/preparation", data={"go": "ready"}).status_code == 404
    assert app.test_client().get(f"/comptoir/{site}").status_code in (302, 303, 401)
    assert db.session.scalar(select(func.count()).select_from(Move).where(Move.move == "prepare")) == 0


# --- what a code opens -----------------------------------------------------------------------------------------------


def lead(counter: Counter, typed: str):
    found = counters.found(counter.alice, typed)
    db.session.rollback()
    return (found.screen, found.public_id) if found else None


def test_a_code_opens_the_right_screen(counter, clock):
    pieces = with_pieces(counter)
    codes = [(piece.code, piece.public_id) for piece in pieces]
    soon = counter.confirmed(counter.carole, 1, day(15), day(17))
    exchange = counter.confirmed(counter.bob, 2, day(3), day(10))
    with transaction():
        preparation.assign_by_scan(counter.alice, exchange, codes[3][0])
    reference = counter.get(exchange).reference
    assert lead(counter, reference.lower()) == ("preparation", exchange)  # today is the 1st
    assert lead(counter, codes[3][0]) == ("piece", codes[3][1])
    clock.at("2027-03-03T09:00:00+01:00")
    assert lead(counter, reference) == ("departure", exchange)
    assert lead(counter, codes[3][0].lower()) == ("departure", exchange)
    assert lead(counter, f"https://exemple.fr/q/{codes[3][1]}") == ("departure", exchange)
    with_code = counters.found(counter.alice, f"https://exemple.fr/q/{exchange}#123456")
    assert (with_code.screen, with_code.digits) == ("departure", "123456")
    counter.move(counter.alice, exchange, "hand_over", code=counter.get(exchange).hand_over_code)
    assert lead(counter, codes[3][0]) == ("return", exchange)
    assert lead(counter, counter.get(soon).reference) == ("preparation", soon)
    clock.at("2027-03-10T09:00:00+01:00")
    counter.move(counter.alice, exchange, "return")
    assert lead(counter, codes[3][0]) == ("piece", codes[3][1])
    assert lead(counter, reference) == ("exchange", exchange)
    assert lead(counter, counter.chairs.public_id) == ("listing", counter.chairs.public_id)
    for typed in ("", "CH-999", "%", "\0", "'", "L-2027-AAAAAA", "https://exemple.fr/q/aaaaaaaaaaaaa"):
        assert lead(counter, typed) is None


def test_codes_of_others_open_nothing(counter, clock):
    pieces = with_pieces(counter)
    code, piece = pieces[0].code, pieces[0].public_id
    exchange = counter.confirmed(counter.bob, 1, day(3), day(10))
    for typed in (code, piece, exchange, counter.get(exchange).reference):
        assert counters.found(counter.carole, typed) is None
        assert counters.found(counter.bob, typed) is None  # a counter is the provider's
    assert counters.lead_of_piece(counter.carole, piece) is None


def test_the_scan_leads_on_and_keeps_the_digits_out_of_addresses(counter, app, clock):
    clock.at("2027-03-03T09:00:00+01:00")
    exchange = counter.confirmed(counter.bob, 1, day(3), day(10))
    alice, site = browser(app, counter.alice), site_of(counter.house).public_id
    answer = alice.post(f"/comptoir/{site}/ouvrir", data={"code": f"https://x.fr/q/{exchange}#123456"})
    assert answer.status_code == 303 and answer.location == f"/echanges/{exchange}/remise#123456"
    unknown = alice.post(f"/comptoir/{site}/ouvrir", data={"code": "<b>nul</b>"})
    assert unknown.status_code == 404 and "&lt;b&gt;nul&lt;/b&gt;" in unknown.text and "<b>nul" not in unknown.text
    assert alice.post(f"/comptoir/{site}/ouvrir", data={"code": " "}).status_code == 303


def test_the_label_of_a_piece_opens_what_there_is_to_do(counter, app, clock):
    piece = with_pieces(counter)[0].public_id
    exchange = counter.confirmed(counter.bob, 4, day(3), day(10))
    with transaction():
        preparation.choose_rest(counter.alice, exchange)
    alice, carole = browser(app, counter.alice), browser(app, counter.carole)
    member = browser(app, member_of(counter, "member"))
    assert alice.get(f"/q/{piece}").location == f"/stock/pieces/{piece}"  # it leaves on another day
    clock.at("2027-03-03T09:00:00+01:00")
    assert alice.get(f"/q/{piece}").location == f"/echanges/{exchange}/remise"
    assert member.get(f"/q/{piece}").location == f"/stock/pieces/{piece}"
    assert carole.get(f"/q/{piece}").location.startswith("/annonces/")
    counter.move(counter.alice, exchange, "hand_over", code=counter.get(exchange).hand_over_code)
    assert alice.get(f"/q/{piece}").location == f"/echanges/{exchange}/retour?piece={piece}"
    shown = alice.get(f"/echanges/{exchange}/retour?piece={piece}").text
    checked = re.findall(r'name="return-outcome-[a-z2-7]+\.([a-z2-7]+)" value="fine" checked', shown)
    assert checked == [piece]


# --- preparing -------------------------------------------------------------------------------------------------------


def planned(exchange_id: int) -> list[str]:
    query = select(Piece.code).join(Assignment, Assignment.piece_id == Piece.id)
    codes = list(db.session.scalars(query.where(Assignment.exchange_id == exchange_id, Assignment.state == "planned")))
    db.session.rollback()
    return sorted(codes)


def does(verb, *arguments):
    with transaction():
        return verb(*arguments)


def test_pieces_are_scanned_chosen_taken_back_and_left_to_the_system(counter):
    pieces = {piece.code: piece.public_id for piece in with_pieces(counter)}
    exchange = counter.confirmed(counter.bob, 3, day(3), day(10))
    row, line = counter.get(exchange).id, counter.get(exchange).lines[0].public_id
    piece, progress = does(preparation.assign_by_scan, counter.alice, exchange, "ch-004")
    assert (piece.code, progress.chosen, progress.wanted) == ("CH-004", 1, 3)
    does(preparation.assign_by_scan, counter.alice, exchange, "CH-004")  # scanned twice, it goes once
    assert planned(row) == ["CH-004"]
    does(preparation.assign_chosen, counter.alice, exchange, line, [pieces["CH-002"], pieces["CH-004"]])
    assert planned(row) == ["CH-002", "CH-004"]
    does(preparation.take_back, counter.alice, exchange, pieces["CH-004"])
    does(preparation.take_back, counter.alice, exchange, pieces["CH-004"])
    assert planned(row) == ["CH-002"]
    with pytest.raises(Conflict, match="Il manque 2 pièces"):
        does(preparation.mark, counter.alice, exchange, True)
    assert does(preparation.choose_rest, counter.alice, exchange).chosen == 3
    assert planned(row) == ["CH-001", "CH-002", "CH-003"]
    with pytest.raises(Conflict, match="toutes ses pièces"):
        does(preparation.assign_by_scan, counter.alice, exchange, "CH-004")
    assert not counters.progress_of([row])[row].is_ready
    does(preparation.mark, counter.alice, exchange, True)
    does(preparation.mark, counter.alice, exchange, True)
    assert counters.progress_of([row])[row].is_ready
    assert [one.data for one in counter.get(exchange).moves if one.move == "prepare"] == [{"ready": True}]
    does(preparation.take_back, counter.alice, exchange, pieces["CH-001"])
    assert not counters.progress_of([row])[row].is_ready
    before = counter.get(exchange)
    assert (before.state, before.version) == ("confirmed", 3)  # a page opened before still hands over
    counter.move(counter.alice, exchange, "hand_over", code=before.hand_over_code, version=3)
    with pytest.raises(Conflict):
        does(preparation.choose_rest, counter.alice, exchange)


def test_a_piece_that_cannot_go_is_refused_with_the_reason(counter):
    with_pieces(counter)
    other = make_listing(counter.house, "Tables", modes=["rent"], weekly_rate_cents=1000, stock_by="piece", quantity=1)
    with transaction() as session:
        values = {"organisation_id": counter.house.id, "created_at": other.created_at}
        session.add(Piece(listing_id=other.id, code="TA-001", **values))
        session.scalars(select(Piece).where(Piece.code == "CH-003")).one().state = "repair"
    mine = counter.confirmed(counter.bob, 2, day(3), day(10))
    theirs = counter.confirmed(counter.carole, 1, day(5), day(8))
    does(preparation.assign_by_scan, counter.alice, theirs, "CH-001")
    for code, said in (
        ("TA-001", "qui n’est pas dans cet échange"),
        ("CH-003", "pas en état"),
        ("XX", "Aucune de vos"),
    ):
        with pytest.raises(Invalid) as refusal:
            does(preparation.assign_by_scan, counter.alice, mine, code)
        assert said in str(refusal.value.errors["code"])
    with pytest.raises(Conflict, match="déjà prise à ces dates"):
        does(preparation.assign_by_scan, counter.alice, mine, "CH-001")
    assert planned(counter.get(mine).id) == []
    listed = preparation.lines_to_prepare(counter.get(mine))[0]
    assert [piece.code for piece in listed.free] == ["CH-002", "CH-004"]


def test_the_free_pieces_shown_are_those_of_the_service(counter, clock):
    from marketplace.exchanges.assigning import free_pieces

    with_pieces(counter, 6)
    with transaction() as session:
        session.get_one(Listing, counter.chairs.id).quantity = Decimal(6)
    early = counter.out(counter.carole, 2, day(1), day(3))
    counter.confirmed(counter.carole, 1, day(12), day(16))
    mine = counter.confirmed(counter.bob, 2, day(3), day(10))
    assert counter.get(early).state == "handed_over"
    exchange = counter.get(mine)
    shown = preparation.lines_to_prepare(exchange)[0].free
    assert [one.code for one in shown] == [one.code for one in free_pieces(exchange.lines[0])]
    assert len(shown) == 4 + 2  # those of the first are back by then


def test_members_read_the_list_and_managers_prepare(counter, app):
    with_pieces(counter)
    exchange = counter.confirmed(counter.bob, 1, day(3), day(10))
    member, manager = member_of(counter, "member"), member_of(counter, "manager")
    with pytest.raises(NotAllowed):
        does(preparation.choose_rest, member, exchange)
    with pytest.raises(NotFound):
        does(preparation.choose_rest, counter.bob, exchange)
    with pytest.raises(NotFound):
        does(preparation.choose_rest, counter.carole, exchange)
    shown = browser(app, member).get(f"/echanges/{exchange}/preparation")
    assert shown.status_code == 200 and "Le système choisit" not in shown.text
    refused = browser(app, member).post(f"/echanges/{exchange}/preparation", data={"go": "rest"})
    assert refused.status_code == 403
    assert browser(app, manager).post(f"/echanges/{exchange}/preparation", data={"go": "rest"}).status_code == 303
    assert planned(counter.get(exchange).id) == ["CH-001"]


def test_the_page_of_preparation(counter, app):
    pieces = {piece.code: piece.public_id for piece in with_pieces(counter)}
    exchange = counter.confirmed(counter.bob, 2, day(3), day(10))
    path, alice = f"/echanges/{exchange}/preparation", browser(app, counter.alice)
    line = counter.get(exchange).lines[0].public_id

    def sends(status: int, **data):
        answer = alice.post(path, data=data)
        assert answer.status_code == status, answer.text
        return answer.text

    assert "0 pièce choisie sur 2" in alice.get(path).text.replace("pièces choisies", "pièce choisie")
    refused = sends(422, go="scan", code="XX-9")
    assert 'value="XX-9"' in refused and "Aucune de vos pièces ne porte le code « XX-9 »" in refused
    sends(303, code="CH-001")  # Enter in the field alone
    sends(303, code="")
    assert "Cochez les pièces qui partent" in sends(422, go="choose", line=line)
    sends(404, go="choose", line=line, piece="aaaaaaaaaaaaa")
    sends(404, go="dance")
    assert "Il manque une pièce" in sends(409, go="ready")
    sends(303, go="choose", line=line, piece=pieces["CH-002"])
    shown = alice.get(path).text
    assert "2 pièces choisies sur 2" in shown and "Tout est prêt" in shown
    sends(303, go="ready")
    assert "Tout est prêt à partir." in alice.get(path).text
    assert "Préparé" in alice.get(f"/echanges/{exchange}").text
    sends(303, go="stay", piece=pieces["CH-001"])
    assert "1 pièce choisie sur 2" in alice.get(path).text.replace("pièces choisies", "pièce choisie")


def test_the_pages_ask_the_database_as_often_for_many_as_for_one(counter, app, clock):
    clock.at("2027-03-03T09:00:00+01:00")
    with_pieces(counter, 4)
    with transaction() as session:
        session.get_one(Listing, counter.chairs.id).quantity = Decimal(400)
    alice, site = browser(app, counter.alice), site_of(counter.house).public_id
    first = counter.confirmed(counter.bob, 1, day(3), day(10))
    pages = (f"/comptoir/{site}", "/echanges", f"/echanges/{first}/preparation")
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))

    def count(path: str) -> int:
        alice.get(path)
        asked.clear()
        assert alice.get(path).status_code == 200
        return len(asked)

    before = [count(path) for path in pages]
    for _n in range(6):
        counter.confirmed(counter.carole, 1, day(3), day(10))
    assert [count(path) for path in pages] == before


# --- leaving before the day ------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_what_leaves_early_is_held_from_that_day_where_it_is_free(counter):
    mine = counter.confirmed(counter.bob, 3, day(5), day(10))
    other = counter.ask(counter.carole, 2, day(1), day(4))
    code = counter.get(mine).hand_over_code
    with pytest.raises(Conflict, match="pas encore libres aujourd’hui") as refusal:
        counter.move(counter.alice, mine, "hand_over", code=code)
    assert refusal.value.data["available"][0]["free"] == 2
    counter.move(counter.carole, other, "cancel")
    assert counter.move(counter.alice, mine, "hand_over", code=code).state == "handed_over"
    assert counter.free(day(1), day(12)) == [(day(1), 1), (day(10), 4)]


@pytest.mark.both_databases
def test_two_stays_of_the_same_things_do_not_leave_together_when_there_are_too_few(counter):
    lines = [LineRequest(counter.chairs.public_id, 3, *span) for span in ((day(3), day(5)), (day(10), day(12)))]
    with transaction():
        mine = services.request_exchange(counter.bob, ExchangeRequest("rental", lines)).public_id
    counter.move(counter.alice, mine, "accept")
    counter.move(counter.alice, mine, "pay_offline", how="order", reference="BC 12")
    with pytest.raises(Conflict) as refusal:
        counter.move(counter.alice, mine, "hand_over", code=counter.get(mine).hand_over_code)
    assert refusal.value.data["available"], "said in figures, not by the guard of the database"
    assert counter.get(mine).state == "confirmed"
