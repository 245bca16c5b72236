"""Signing: each side once, what it has read, by who may; at the counter by a code that the provider cannot know."""

import pytest
from sqlalchemy import text

from marketplace.accounts.models import Organisation, User
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.exchanges import signing
from marketplace.exchanges.codes import TooManyTries
from marketplace.exchanges.models import Document, Signature
from tests.exchanges.papers_world import Papers, day, papers_of
from tests.exchanges.test_rentals import NOW
from tests.factories import actor_of, add_member, make_user, sign_in

pytestmark = pytest.mark.both_databases


@pytest.fixture
def counter(app, clock) -> Papers:
    clock.at(NOW)
    return Papers()


@pytest.fixture
def rental(counter, run_jobs) -> str:
    """Confirmed, its agreement rendered."""
    exchange = counter.confirmed(counter.bob, 3, day(1), day(12))
    run_jobs()
    return exchange


def agreement(counter, exchange) -> Document:
    return papers_of(counter.get(exchange), "agreement")[-1]


def sign(counter, actor, exchange, document=None, **values) -> Signature:
    document = document or agreement(counter, exchange)
    values = {"name": "Ada Signe", "sha256": document.sha256, **values}
    with transaction():
        return signing.sign(actor, exchange, document.public_id, **values)


def signed(counter, exchange) -> list[tuple[str, str]]:
    found = signing.signatures_of([one.id for one in papers_of(counter.get(exchange))])
    return [(one.side, one.name) for one in found]


def test_both_sides_say_yes_each_to_what_they_read(counter, rental):
    sign(counter, counter.alice, rental, name=" Alice Martin ")
    one = sign(counter, counter.bob, rental, name="Bob")
    assert signed(counter, rental) == [("provider", "Alice Martin"), ("receiver", "Bob")]
    assert (one.sha256, one.user_id) == (agreement(counter, rental).sha256, counter.bob.user_id)


def test_a_side_signs_once(counter, rental):
    sign(counter, counter.bob, rental)
    with pytest.raises(Conflict) as refusal:
        sign(counter, counter.bob, rental, name="Autre")
    assert refusal.value.data["already"] and signed(counter, rental) == [("receiver", "Ada Signe")]


def test_what_was_not_read_is_not_signed(counter, rental):
    for other in ("0" * 64, "", None, ["x"]):
        with pytest.raises(Conflict):
            sign(counter, counter.bob, rental, sha256=other)
    assert signed(counter, rental) == []


@pytest.mark.one_database
@pytest.mark.parametrize("name", ["", "   ", None, "x" * 121, "a\x00b", 7])
def test_a_signature_has_a_name(counter, rental, name):
    with pytest.raises(Invalid) as refusal:
        sign(counter, counter.bob, rental, name=name)
    assert "name" in refusal.value.errors


def test_a_replaced_paper_cannot_be_signed(counter, rental, run_jobs):
    old = agreement(counter, rental)
    sign(counter, counter.alice, rental)
    counter.move(counter.bob, rental, "extend", to=day(19))
    with pytest.raises(Conflict, match="pris la place"):
        sign(counter, counter.bob, rental, db.session.get_one(Document, old.id))
    with pytest.raises(Conflict, match="se prépare"):
        sign(counter, counter.bob, rental, sha256=old.sha256)
    run_jobs()
    sign(counter, counter.bob, rental)
    assert signed(counter, rental) == [("provider", "Ada Signe"), ("receiver", "Ada Signe")]


def test_a_cancelled_rental_is_not_signed(counter, rental):
    counter.move(counter.bob, rental, "cancel", reason="Tournage reporté")
    with pytest.raises(Conflict, match="clos"):
        sign(counter, counter.bob, rental)


def test_strangers_find_nothing_and_viewers_sign_nothing(counter, rental):
    with pytest.raises(NotFound):
        sign(counter, counter.carole, rental)
    viewer = make_user("Vera")
    house = db.session.get_one(Organisation, counter.bob.organisation_id)
    add_member(house, viewer, "viewer")
    vera = actor_of(db.session.get_one(User, viewer.id), db.session.get_one(Organisation, house.id))
    with pytest.raises(NotAllowed):
        sign(counter, vera, rental)
    for odd in ("aaaaaaaaaaaaa", "../x", ""):
        with pytest.raises(NotFound):
            signing.paper_to_sign(counter.bob, rental, odd)
    assert signed(counter, rental) == []


def test_a_certificate_is_not_signed(counter, run_jobs):
    exchange = counter.sold()
    run_jobs()
    with pytest.raises(NotFound):
        sign(counter, counter.bob, exchange, papers_of(counter.get(exchange))[0])


# --- at the counter --------------------------------------------------------------------------------------------------


def test_the_receiver_signs_on_the_providers_screen_by_the_hand_over_code(counter, rental):
    one = sign(counter, counter.alice, rental, name="Momo", code=counter.get(rental).hand_over_code)
    assert (one.side, one.name, one.user_id) == ("receiver", "Momo", None)
    sign(counter, counter.alice, rental)
    assert [side for side, _name in signed(counter, rental)] == ["receiver", "provider"]


def test_the_receiver_needs_no_code_and_lends_none(counter, rental):
    with pytest.raises(NotAllowed):
        sign(counter, counter.bob, rental, code=counter.get(rental).hand_over_code)


def test_a_wrong_code_signs_nothing_and_is_counted(counter, rental):
    right = counter.get(rental).hand_over_code
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    for _try in range(10):
        with pytest.raises(Invalid) as refusal:
            sign(counter, counter.alice, rental, code=wrong)
        assert "code" in refusal.value.errors
    with pytest.raises(TooManyTries):
        sign(counter, counter.alice, rental, code=right)
    for odd in ("", "12", "abcdef", "１２３４５６"):
        with pytest.raises((Invalid, TooManyTries)):
            sign(counter, counter.alice, rental, code=odd)
    assert signed(counter, rental) == []


def test_the_hand_over_code_serves_a_day_after_departure_and_never_a_return(counter, run_jobs, clock):
    exchange = counter.out(counter.bob, 3, day(1), day(12))
    run_jobs()
    code = counter.get(exchange).hand_over_code
    departure = papers_of(counter.get(exchange), "condition")[0]
    sign(counter, counter.alice, exchange, departure, name="Momo", code=code)
    clock.forward(hours=25)
    with pytest.raises(Invalid):
        sign(counter, counter.alice, exchange, code=code)
    clock.forward(days=1)
    counter.move(counter.alice, exchange, "return")
    run_jobs()
    back = papers_of(counter.get(exchange), "condition")[1]
    with pytest.raises(Invalid):  # whoever keeps the counter has seen it at departure
        sign(counter, counter.alice, exchange, back, code=code)
    sign(counter, counter.alice, exchange, back, name="Momo", code=signing.paper_code(back))
    assert signed(counter, exchange) == [("receiver", "Momo"), ("receiver", "Momo")]


def test_the_code_of_a_paper_is_that_of_its_file(counter, rental):
    one = agreement(counter, rental)
    code = signing.paper_code(one)
    assert len(code) == 6 and code.isdigit() and signing.paper_code(one) == code
    other = Document(public_id=one.public_id, sha256="0" * 64)
    assert signing.paper_code(other) != code


def test_signatures_are_never_changed(counter, rental):
    sign(counter, counter.bob, rental)
    for statement in ("UPDATE signature SET name = 'X'", "DELETE FROM signature"):
        with pytest.raises(Conflict), transaction() as session:
            session.execute(text(statement))
    assert signed(counter, rental) == [("receiver", "Ada Signe")]


# --- pages -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def browsers(app, counter):
    def browser(actor):
        user = db.session.get_one(User, actor.user_id)
        return sign_in(app.test_client(), user, db.session.get_one(Organisation, actor.organisation_id))

    return {name: browser(getattr(counter, name)) for name in ("alice", "bob", "carole")}


def path_of(counter, exchange, document=None) -> str:
    return f"/echanges/{exchange}/papiers/{(document or agreement(counter, exchange)).public_id}/signer"


def test_the_page_shows_the_paper_in_short_and_takes_a_yes(counter, rental, browsers):
    path = path_of(counter, rental)
    shown = browsers["bob"].get(path).get_data(as_text=True)
    assert "J’accepte ce contrat" in shown and agreement(counter, rental).sha256 in shown
    assert "180,00\xa0€" in shown and 'value="Owner of Les Films du Quai"' in shown
    sent = {"own-name": "Bob Renaud", "own-sha256": agreement(counter, rental).sha256}
    answers = [browsers["bob"].post(path, data=sent) for _click in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert signed(counter, rental) == [("receiver", "Bob Renaud")]
    page = browsers["alice"].get(f"/echanges/{rental}").get_data(as_text=True)
    assert "Signé par Bob Renaud pour Les Films du Quai" in page and "Lire et signer" in page
    assert "Lire et signer" not in browsers["bob"].get(f"/echanges/{rental}").get_data(as_text=True)


def test_both_sign_on_one_phone(counter, rental, browsers):
    path, sha256 = path_of(counter, rental), agreement(counter, rental).sha256
    code = counter.get(rental).hand_over_code
    shown = browsers["alice"].get(path).get_data(as_text=True)
    assert "sur cet écran" in shown and code not in shown
    wrong = browsers["alice"].post(
        path, data={"for": "receiver", "receiver-name": "Momo", "receiver-code": "000", "receiver-sha256": sha256}
    )
    assert wrong.status_code == 422 and "six chiffres" in wrong.get_data(as_text=True)
    for form in (
        {"for": "receiver", "receiver-name": "Momo", "receiver-code": code, "receiver-sha256": sha256},
        {"own-name": "Alice", "own-sha256": sha256},
    ):
        assert browsers["alice"].post(path, data=form).status_code == 303
    assert signed(counter, rental) == [("receiver", "Momo"), ("provider", "Alice")]
    assert "avec un code, au comptoir" in browsers["alice"].get(path).get_data(as_text=True)


def test_the_receiver_alone_reads_the_code_of_a_paper(counter, rental, browsers):
    code = signing.paper_code(agreement(counter, rental))
    shown = {name: browsers[name].get(path_of(counter, rental)) for name in browsers}
    assert shown["carole"].status_code == 404
    assert f"{code[:3]} {code[3:]}" in shown["bob"].get_data(as_text=True)
    assert f"{code[:3]} {code[3:]}" not in shown["alice"].get_data(as_text=True)


def test_an_old_page_signs_nothing(counter, rental, browsers, run_jobs):
    path, sha256 = path_of(counter, rental), agreement(counter, rental).sha256
    counter.move(counter.bob, rental, "extend", to=day(19))
    answer = browsers["bob"].post(path, data={"own-name": "Bob", "own-sha256": sha256})
    assert answer.status_code == 409 and "pris la place" in answer.get_data(as_text=True)
    assert signed(counter, rental) == []


def test_whoever_holds_the_paper_reads_who_signed_but_no_persons_name(counter, rental, app):
    sign(counter, counter.bob, rental, name="Bob Renaud")
    shown = app.test_client().get(f"/q/{agreement(counter, rental).code}").get_data(as_text=True)
    assert "Contrat de location" in shown and agreement(counter, rental).sha256 in shown
    assert "Signé pour Les Films du Quai" in shown and "3\xa0pièces" in shown and "du 1er mars 2027" in shown
    for private in ("Bob Renaud", "Owner of", "180,00", "Chaises", "12 rue"):
        assert private not in shown, private


def test_a_replaced_paper_says_so_to_whoever_holds_it(counter, rental, app):
    code = agreement(counter, rental).code
    counter.move(counter.bob, rental, "extend", to=day(19))
    shown = app.test_client().get(f"/q/{code}").get_data(as_text=True)
    assert "remplacé" in shown and "pris la place" in shown and "authentique" not in shown


def test_wrong_values_are_refused_and_break_nothing(counter, rental, browsers):
    path = path_of(counter, rental)
    for data in (
        {},
        {"own-name": "\x00", "own-sha256": "x"},
        {"own-name": "x" * 5000, "own-sha256": agreement(counter, rental).sha256},
        {"for": "receiver"},
        {"for": "receiver", "receiver-code": "9" * 4000, "receiver-sha256": agreement(counter, rental).sha256},
    ):
        assert browsers["alice"].post(path, data=data).status_code in (409, 422)
    assert browsers["alice"].post(f"/echanges/{rental}/papiers/zz/signer").status_code == 404
    assert signed(counter, rental) == []
