"""Things counted one by one: their codes, the quantity that follows them, repair and withdrawal."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.catalogue import piece_photos, pieces, queries_pieces, services
from marketplace.catalogue.events import PieceBack, PieceSetAside
from marketplace.catalogue.models import Listing, Piece, PieceEvent
from marketplace.catalogue.piece_fields import MOST_AT_ONCE, read_fields, read_scan, run_of
from marketplace.catalogue.reading import Wrong
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.exchanges.models import Hold
from tests import factories
from tests.catalogue.conftest import picture

both = pytest.mark.both_databases
SIX = [f"FE-{number:03d}" for number in range(1, 7)]


def counted(owner, listing, codes=SIX, **values):
    with transaction():
        return pieces.count_by_piece(owner, listing.public_id, codes, values)


def fresh(listing) -> Listing:
    return db.session.get_one(Listing, listing.id, populate_existing=True)


def hold(listing, quantity, ends_on=None):
    """Stock kept as a fact, as what is out or lost is."""
    listing_id = listing.id
    with transaction() as session:
        session.add(
            Hold(
                listing_id=listing_id, cause="missing", is_fact=True, quantity=Decimal(quantity), state="active",
                starts_on=date(2026, 3, 1), ends_on=ends_on,
            )
        )  # fmt: skip


def acts(piece) -> list[str]:
    query = db.select(PieceEvent.act).where(PieceEvent.piece_id == piece.id).order_by(PieceEvent.id)
    return list(db.session.scalars(query))


@pytest.fixture
def announced(app, monkeypatch):
    """The events that listeners elsewhere hear of."""
    heard: list[object] = []
    listeners = {**app.extensions["listeners"], PieceSetAside: [heard.append], PieceBack: [heard.append]}
    monkeypatch.setitem(app.extensions, "listeners", listeners)
    return heard


# --- codes -----------------------------------------------------------------------------------------------------------


def test_a_run_keeps_the_width_it_was_typed_with():
    assert run_of("FE-", "001", 3) == ["FE-001", "FE-002", "FE-003"]
    assert run_of("FE-", "99", 2) == ["FE-99", "FE-100"]
    assert run_of("", "7", 1) == ["7"]


@given(st.from_regex(r"[A-Z]{0,10}-?", fullmatch=True), st.integers(0, 10**6), st.integers(1, MOST_AT_ONCE))
def test_the_codes_of_a_run_are_all_different_and_in_order(prefix, first, count):
    codes = run_of(prefix, str(first), count)
    assert len(set(codes)) == count
    assert [int(code.removeprefix(prefix)) for code in codes] == list(range(first, first + count))


@pytest.mark.parametrize(
    ("prefix", "first", "count", "where"),
    [
        ("FE-", "", 1, "first"),
        ("FE-", "-1", 1, "first"),
        ("FE-", "1" * 10, 1, "first"),
        ("FE-", "٣", 1, "first"),
        ("FE-", "1", 0, "count"),
        ("FE-", "1", MOST_AT_ONCE + 1, "count"),
        ("x" * 39, "99", 2, "prefix"),
        ("x" * 41, "1", 1, "prefix"),
        ("a\x00", "1", 1, "prefix"),
    ],
)
def test_what_is_no_run(app, prefix, first, count, where):
    with app.test_request_context(), pytest.raises(Wrong) as wrong:
        run_of(prefix, first, count)
    assert wrong.value.where == where


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("FE-001", "FE-001"),
        ("  FE-001\n", "FE-001"),
        ("FE  001", "FE 001"),
        ("https://seconde-prise.fr/q/abcdefghijk23", "abcdefghijk23"),
        ("http://127.0.0.1:8000/q/abcdefghijk23#123456", "abcdefghijk23"),
        ("https://ailleurs.fr/q/ABC", "https://ailleurs.fr/q/ABC"),
        ("a\0b", "ab"),
        ("", ""),
    ],
)
def test_what_a_scanner_types(typed, code):
    assert read_scan(typed) == code


def test_fields_are_read_or_named_with_what_is_wrong(app):
    with app.test_request_context():
        values, errors = read_fields(
            {"code": " FE-1 ", "condition": "good", "acquired": "", "acquired_on": "2026-02-29", "purchase_cents": 100}
        )
        assert values == {"code": "FE-1", "condition": "good", "acquired": None, "purchase_cents": 100}
        assert set(errors) == {"acquired_on"}
        assert set(read_fields({"code": "", "condition": ""})[1]) == {"code", "condition"}
        assert set(read_fields({"condition": "superb", "purchase_cents": 10**9})[1]) == {"condition", "purchase_cents"}


# --- counting by piece -----------------------------------------------------------------------------------------------


@both
def test_a_listing_counted_by_piece_has_as_many_as_it_has_pieces(org, owner):
    listing = factories.make_listing(org, quantity=Decimal(4), shelf="A3")
    made = counted(owner, listing, acquired="reuse", purchase_cents=2500)
    kept = fresh(listing)
    assert (kept.stock_by, kept.quantity, kept.version) == ("piece", Decimal(6), 2)
    assert [piece.code for piece in made] == SIX
    assert {(p.state, p.shelf, p.condition, p.acquired, p.purchase_cents, p.lives) for p in made} == {
        ("in_stock", "A3", "good", "reuse", 2500, 0)
    }
    assert acts(made[0]) == ["intake"]
    with transaction():
        pieces.add_pieces(owner, listing.public_id, ["FE-007"], {"condition": "new"})
    assert fresh(listing).quantity == Decimal(7)
    page = queries_pieces.pieces_of(owner, listing.public_id)
    assert (page.total, page.by_state, page.rows[-1].condition) == (7, {"in_stock": 7}, "new")


@both
def test_fewer_pieces_than_are_promised_are_refused_and_nothing_is_written(org, owner):
    listing = factories.make_listing(org)
    hold(listing, 4)
    with pytest.raises(Conflict) as refused:
        counted(owner, listing, SIX[:3])
    assert refused.value.data["guard"] == "quantity_below_holds"
    assert (fresh(listing).stock_by, db.session.query(Piece).count()) == ("quantity", 0)
    counted(owner, listing, SIX[:4])
    assert fresh(listing).quantity == Decimal(4)


@both
def test_codes_are_once_in_a_house_whatever_their_capitals(org, owner, stranger):
    listing = factories.make_listing(org)
    counted(owner, listing)
    for codes in (["FE-001"], ["fe-001"], ["N-1", "n-1"]):
        with pytest.raises(Invalid) as invalid, transaction():
            pieces.add_pieces(owner, listing.public_id, codes, {})
        assert set(invalid.value.errors) == {"code"}
    elsewhere = db.session.get_one(factories.Organisation, stranger.organisation_id)
    counted(stranger, factories.make_listing(elsewhere), SIX)
    assert fresh(listing).quantity == Decimal(6)


def test_only_pieces_are_counted_by_piece_and_once(org, owner):
    by_length = factories.make_listing(org, unit="m")
    with pytest.raises(Invalid):
        counted(owner, by_length, ["B-1"])
    listing = factories.make_listing(org)
    with pytest.raises(Conflict), transaction():
        pieces.add_pieces(owner, listing.public_id, ["B-1"], {})
    counted(owner, listing)
    with pytest.raises(Conflict):
        counted(owner, listing, ["B-1"])


def test_the_quantity_of_pieces_is_not_typed(org, owner):
    listing = factories.make_listing(org)
    counted(owner, listing)
    for values in ({"quantity": Decimal(9)}, {"unit": "lot"}):
        with pytest.raises(Invalid) as invalid, transaction():
            services.edit_listing(owner, listing.public_id, values)
        assert set(invalid.value.errors) == set(values)
    with transaction():
        services.edit_listing(owner, listing.public_id, {"quantity": Decimal(6), "title": "Feuilles"})
    assert fresh(listing).title == "Feuilles"


def test_roles_and_strangers(org, owner, stranger):
    listing = factories.make_listing(org)
    piece = counted(owner, listing)[0]
    draft = factories.make_listing(org, published=False)
    member = factories.make_user("Bob")
    factories.add_member(org, member, "member")
    bob = factories.actor_of(member, org)
    counted(bob, draft, ["D-1"])
    with pytest.raises(NotAllowed), transaction():
        pieces.withdraw_piece(bob, piece.public_id)
    for verb in (
        lambda: pieces.add_pieces(stranger, listing.public_id, ["X"], {}),
        lambda: pieces.edit_piece(stranger, piece.public_id, {"code": "X"}),
        lambda: pieces.send_to_repair(stranger, piece.public_id),
        lambda: queries_pieces.own_piece(stranger, piece.public_id),
        lambda: queries_pieces.pieces_of(stranger, listing.public_id),
    ):
        with pytest.raises(NotFound), transaction():
            verb()
    assert queries_pieces.found_by_code(stranger, "FE-001") is None


# --- one piece -------------------------------------------------------------------------------------------------------


@both
def test_a_stale_edit_is_a_conflict_and_the_same_edit_is_none(org, owner):
    piece = counted(owner, factories.make_listing(org))[0]
    with transaction():
        pieces.edit_piece(owner, piece.public_id, {"shelf": "B2", "code": "FE-001"}, 1)
    with pytest.raises(Conflict) as conflict, transaction():
        pieces.edit_piece(owner, piece.public_id, {"shelf": "C3"}, 1)
    assert conflict.value.data["version"] == 2
    with transaction():
        pieces.edit_piece(owner, piece.public_id, {"shelf": "B2"}, 1)
    with pytest.raises(Invalid), transaction():
        pieces.edit_piece(owner, piece.public_id, {"code": "fe-002"}, 2)
    with transaction():
        pieces.edit_piece(owner, piece.public_id, {"code": "fe-001", "condition": "very_good"}, 2)
    kept = queries_pieces.own_piece(owner, piece.public_id)
    assert (kept.code, kept.shelf, kept.version) == ("fe-001", "B2", 3)
    assert acts(kept) == ["intake", "noted"]


@both
def test_a_repaired_piece_stays_counted_and_others_are_told(org, owner, announced):
    listing = factories.make_listing(org)
    piece = counted(owner, listing)[0]
    with transaction():
        pieces.send_to_repair(owner, piece.public_id, "Pied cassé", 4000)
    with pytest.raises(Conflict), transaction():
        pieces.send_to_repair(owner, piece.public_id)
    with transaction():
        pieces.back_from_repair(owner, piece.public_id, "good", "Recollé", 3500)
    with pytest.raises(Conflict), transaction():
        pieces.back_from_repair(owner, piece.public_id, "good")
    assert announced == [PieceSetAside(piece.id, "repair"), PieceBack(piece.id)]
    assert fresh(listing).quantity == Decimal(6)
    found = queries_pieces.history_of(queries_pieces.own_piece(owner, piece.public_id))
    assert [one.act for one in found.rows] == ["repaired", "repair", "intake"]
    assert (found.spent_cents, found.rows[1].condition, found.rows[1].note) == (3500, "to_repair", "Pied cassé")


@both
def test_withdrawing_lowers_the_quantity_down_to_what_is_held(org, owner, announced):
    listing = factories.make_listing(org)
    first, second = counted(owner, listing, SIX[:2])
    hold(listing, 1)
    with transaction():
        pieces.withdraw_piece(owner, first.public_id, "Cassée")
    with pytest.raises(Conflict) as refused, transaction():
        pieces.withdraw_piece(owner, second.public_id)
    assert refused.value.data["guard"] == "quantity_below_holds"
    with pytest.raises(Conflict), transaction():
        pieces.note_condition(owner, first.public_id, "good")
    assert (fresh(listing).quantity, fresh(listing).state) == (Decimal(1), "published")
    assert announced == [PieceSetAside(first.id, "withdrawn"), PieceSetAside(second.id, "withdrawn")]
    assert queries_pieces.pieces_of(owner, listing.public_id, "withdrawn").rows == [first]
    with transaction():
        pieces.take_back(owner, first.public_id, "good")
    assert fresh(listing).quantity == Decimal(2)


def test_the_last_piece_empties_the_listing_and_one_more_opens_it(org, owner, announced):
    listing = factories.make_listing(org)
    piece = counted(owner, listing, ["FE-1"])[0]
    with transaction():
        pieces.send_to_repair(owner, piece.public_id)
    with transaction():
        pieces.withdraw_piece(owner, piece.public_id)
    assert (fresh(listing).quantity, fresh(listing).state) == (Decimal(0), "exhausted")
    assert announced[1:] == [PieceBack(piece.id), PieceSetAside(piece.id, "withdrawn")]
    with transaction():
        pieces.add_pieces(owner, listing.public_id, ["FE-2"], {})
    assert (fresh(listing).quantity, fresh(listing).state) == (Decimal(1), "published")


def test_a_listener_that_refuses_leaves_everything_as_it_was(app, org, owner, monkeypatch):
    def out(event):
        raise Conflict("Elle est sortie.")

    listing = factories.make_listing(org)
    piece = counted(owner, listing)[0]
    monkeypatch.setitem(app.extensions, "listeners", {**app.extensions["listeners"], PieceSetAside: [out]})
    for verb in (pieces.send_to_repair, pieces.withdraw_piece):
        with pytest.raises(Conflict, match="sortie"), transaction():
            verb(owner, piece.public_id)
    assert queries_pieces.own_piece(owner, piece.public_id).state == "in_stock"
    assert fresh(listing).quantity == Decimal(6)


@both
def test_a_code_is_found_exactly_first_then_without_its_capitals(org, owner):
    listing = factories.make_listing(org)
    one, other = counted(owner, listing, ["FE-001", "Chaise 12"])
    for typed, piece in (("FE-001", one), ("fe-001", one), ("CHAISE  12", other)):
        assert queries_pieces.found_by_code(owner, typed) == piece.public_id
    assert queries_pieces.found_by_code(owner, f"https://x.fr/q/{one.public_id}") == one.public_id
    assert queries_pieces.found_by_code(owner, one.public_id) == one.public_id
    assert queries_pieces.found_by_code(owner, "FE-0") is None
    assert queries_pieces.found_by_code(owner, "%") is None


# --- photos ----------------------------------------------------------------------------------------------------------


@both
def test_photos_join_the_history_once_they_are_made(app, org, owner, run_jobs):
    listing = factories.make_listing(org, published=False)
    piece, other = counted(owner, listing)[:2]
    uploads = piece_photos.receive([("a.jpg", picture()), ("b.png", picture("PNG"))])
    with transaction():
        event = pieces.note_condition(owner, piece.public_id, "very_good", "Repeinte", uploads)
    assert event.photo_keys == []
    run_jobs()
    keys = db.session.get_one(PieceEvent, event.id, populate_existing=True).photo_keys
    assert len(keys) == 2
    piece, other = (queries_pieces.own_piece(owner, one.public_id) for one in (piece, other))
    assert all(queries_pieces.has_photo(piece, key) for key in keys)
    assert not queries_pieces.has_photo(other, keys[0]) and not queries_pieces.has_photo(piece, keys[0][:-1])
    files = app.extensions["ports"]["files"]
    assert files.exists(f"pieces/{keys[0]}-320.webp") and not files.exists(uploads[0].key)
    piece_photos.process(event.id, uploads[0].key)  # again
    assert db.session.get_one(PieceEvent, event.id, populate_existing=True).photo_keys == keys
    with transaction():
        services.delete_draft(owner, listing.public_id)
    run_jobs()
    assert not files.exists(f"pieces/{keys[0]}-320.webp")


def test_what_is_no_photo_is_refused_before_anything_is_written(org, owner):
    with pytest.raises(Invalid) as invalid:
        piece_photos.receive([("a.jpg", b"<svg/>")])
    assert set(invalid.value.errors) == {"photo"}


# --- where a code leads ----------------------------------------------------------------------------------------------


@both
def test_a_code_leads_each_reader_where_they_may_go(org, owner, stranger):
    public, kept = factories.make_listing(org), factories.make_listing(org, visibility="organisation")
    seen, unseen = counted(owner, public, ["P-1"])[0], counted(owner, kept, ["K-1"])[0]
    leads = queries_pieces.where_leads
    assert leads(None, public.public_id) == ("listing", public.public_id)
    assert leads(None, kept.public_id) is None
    assert leads(None, seen.public_id) == ("listing", public.public_id)
    assert leads(stranger, seen.public_id) == ("listing", public.public_id)
    assert leads(stranger, unseen.public_id) is None
    assert leads(owner, seen.public_id) == ("piece", seen.public_id)
    assert leads(owner, unseen.public_id) == ("piece", unseen.public_id)
    assert leads(owner, "a" * 13) is None
