"""What is weighed at the dock, what becomes of it, and a collection not closed while anything is left to say."""

import pytest

from marketplace.catalogue.models import Listing
from marketplace.core.clock import PARIS
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.exchanges import services
from marketplace.exchanges.models import Document, Exchange
from marketplace.reclaims import correcting_intake, intake, stocking
from marketplace.reclaims.models_intake import StockedPart, WeighingOutcome
from marketplace.reclaims.queries_intake import brought_in_by_reclaim, live_by_exchange
from tests.factories import actor_of, add_member, make_user
from tests.reclaims.intake_world import Dock, make_dock, part

NB = "\u00a0"


@pytest.fixture
def dock(app) -> Dock:
    return make_dock()


def said(error: Invalid) -> dict[str, str]:
    return {name: " ".join(sentences) for name, sentences in error.errors.items()}


# --- the scale -------------------------------------------------------------------------------------------------------


def test_what_the_scale_shows_is_kept_to_the_gram(dock):
    exchange = dock.loaded()
    dock.weigh(exchange, "wood", "1 240,5", "40,25", what="Panneaux peints, chutes")
    (one,) = dock.everything(exchange)
    assert (one.gross_grams, one.tare_grams, one.net_grams) == (1_240_500, 40_250, 1_200_250)
    assert (one.waste_code, one.weighed_by_id, one.sealed_at) == ("20 01 38", dock.ines.user_id, None)


@pytest.mark.parametrize(
    ("raw", "field", "words"),
    [
        ({"gross_kg": "84", "tare_kg": "840"}, "tare_kg", f"La tare (840{NB}kg) n’est pas plus petite que le brut"),
        ({"gross_kg": "84", "tare_kg": "84"}, "tare_kg", "inversés"),
        ({"gross_kg": ""}, "gross_kg", "Tapez ce que la balance affiche"),
        ({"gross_kg": "0"}, "gross_kg", "zéro"),
        ({"gross_kg": "douze"}, "gross_kg", "Un nombre est attendu"),
        ({"gross_kg": "12,3456"}, "gross_kg", "au gramme près"),
        ({"gross_kg": "1000000"}, "gross_kg", "100 000 au plus"),
        ({"gross_kg": "-12"}, "gross_kg", "négatif"),
        ({"stream": "rocks"}, "stream", "Choisissez le flux"),
        ({"material": "steel"}, "material", "n’est pas de ce flux"),
        ({"material": "gold"}, "material", "Choisissez une matière"),
        ({"contaminated_percent": "120"}, "contaminated_percent", "De 0 à 100"),
        ({"contaminated_percent": "10"}, "contamination_note", "par quoi"),
        ({"waste_code": "bois"}, "waste_code", "Six chiffres"),
        ({"route": "eol.landfill.wood.credit"}, "route", "Choisissez"),
    ],
)
def test_a_wrong_entry_says_exactly_what(dock, raw, field, words):
    exchange = dock.loaded()
    with pytest.raises(Invalid) as refused, transaction():
        intake.weigh(dock.ines, exchange, {"stream": "wood", "gross_kg": "84", **raw})
    assert words in said(refused.value)[field]
    assert dock.everything(exchange) == []


@pytest.mark.parametrize(
    ("gross", "limit"),
    [("8 400", f"5{NB}500{NB}kg"), ("84 000", f"5{NB}500{NB}kg")],
    ids=["a comma forgotten", "two zeros too many"],
)
def test_far_above_the_payload_is_asked_about_before_it_is_written(dock, gross, limit):
    exchange = dock.loaded()
    with pytest.raises(Invalid) as refused, transaction():
        intake.weigh(dock.ines, exchange, {"stream": "wood", "gross_kg": gross.replace("8", "9")})
    assert limit in said(refused.value)["sure"]
    with transaction():
        intake.weigh(dock.ines, exchange, {"stream": "wood", "gross_kg": "9 400", "sure": "1"})
    assert [one.net_grams for one in dock.everything(exchange)] == [9_400_000]


def test_a_form_sent_twice_is_weighed_once(dock):
    exchange = dock.loaded()
    first = dock.weigh(exchange, "wood", "840", key="abc")
    assert dock.weigh(exchange, "wood", "840", key="abc") == first
    assert dock.weigh(exchange, "wood", "840", key="def") != first
    assert len(dock.everything(exchange)) == 2


@pytest.mark.parametrize(
    ("state", "words"), [("confirmed", "code de remise"), ("disputed", "modération"), ("cancelled", "n’a pas eu lieu")]
)
def test_nothing_is_weighed_into_what_is_not_loaded(dock, state, words):
    exchange = dock.loaded(state)
    with pytest.raises(Conflict, match=words):
        dock.weigh(exchange, "wood", "840")


def test_only_the_collector_weighs(dock):
    exchange = dock.loaded()
    sent = {"stream": "wood", "gross_kg": "840"}
    with pytest.raises(NotAllowed, match="ressourcerie"), transaction():
        intake.weigh(dock.paul, exchange, sent)
    for stranger in (dock.charlie, None):
        with pytest.raises(NotFound), transaction():
            intake.weigh(stranger, exchange, sent)
    viewer = make_user("Vera")
    add_member(dock.centre, viewer, "viewer")
    with pytest.raises(NotAllowed), transaction():
        intake.weigh(actor_of(viewer, dock.centre), exchange, sent)


def test_a_weighing_may_change_and_go_while_the_collection_is_open(dock):
    exchange = dock.loaded()
    one = dock.weighed(exchange, "wood", "840", part("recycling", "800"))
    with pytest.raises(Invalid) as refused, transaction():
        intake.change(dock.ines, exchange, one, {"stream": "wood", "gross_kg": "700"})
    assert f"800{NB}kg sont déjà attribués" in said(refused.value)["gross_kg"]
    with pytest.raises(Invalid) as refused, transaction():
        intake.change(dock.ines, exchange, one, {"stream": "metal", "gross_kg": "840"})
    assert "stream" in refused.value.errors
    with transaction():
        intake.change(dock.ines, exchange, one, {"stream": "wood", "gross_kg": "900", "tare_kg": "50"})
    assert [w.net_grams for w in dock.live(exchange)] == [850_000]
    with transaction():
        intake.remove(dock.ines, exchange, one)
    assert dock.everything(exchange) == [] and db.session.query(WeighingOutcome).count() == 0


# --- what becomes of it ----------------------------------------------------------------------------------------------


def test_a_part_left_without_a_mass_takes_all_that_is_left(dock):
    exchange = dock.loaded()
    dock.weighed(exchange, "wood", "840", part("to_stock", "300,5", title="Châssis", count="3"), part("recycling"))
    (one,) = dock.live(exchange)
    assert [(o.outcome, o.mass_grams, o.treatment, o.draft_count) for o in one.outcomes] == [
        ("to_stock", 300_500, "", 3),
        ("recycling", 539_500, "R3", 0),
    ]


@pytest.mark.parametrize(
    ("parts", "field", "words"),
    [
        ([part("recycling", "900")], "parts", f"840{NB}kg pesés, 900{NB}kg attribués{NB}: c’est 60{NB}kg de trop."),
        ([part("recycling", "840"), part("energy")], "parts", "rien pour le reste"),
        ([part("recycling"), part("energy")], "parts.1.mass_kg", "tout le reste"),
        ([part("composting", "1")], "parts.0.outcome", "n’existe pas pour ce flux"),
        ([part("burnt", "1")], "parts.0.outcome", "Dites ce que devient"),
        ([part("recycling", "1", "")], "parts.0.destination", "où cela part"),
        ([part("recycling", "0")], "parts.0.mass_kg", "plus que zéro"),
        ([part("recycling", "1", treatment="D5")], "parts.0.treatment", "ne va pas"),
        ([part("to_stock", "1", count="200")], "parts.0.count", "De 1 à 60"),
        ([part("to_stock", "0,002", count="9")], "parts.0.count", "plus d’annonces que de grammes"),
        ([part("direct_reuse", "1", taker="nobody")], "parts.0.taker", "Choisissez"),
        ([part("recycling", "1")] * 13, "parts", "12 parts au plus"),
    ],
)
def test_outcomes_that_cannot_be_say_why(dock, parts, field, words):
    exchange = dock.loaded()
    one = dock.weigh(exchange, "wood", "840")
    with pytest.raises(Invalid) as refused:
        dock.give(exchange, one, *parts)
    assert words in said(refused.value)[field]
    assert dock.live(exchange)[0].outcomes == []


def test_outcomes_said_again_take_the_place_of_those_before(dock):
    """Even where old and new together would be more than was weighed."""
    exchange = dock.loaded()
    one = dock.weighed(exchange, "wood", "840", part("recycling"))
    dock.give(exchange, one, part("landfill", "840", "ISDND de Satolas"))
    assert [(o.outcome, o.treatment) for o in dock.live(exchange)[0].outcomes] == [("landfill", "D5")]


# --- closing ---------------------------------------------------------------------------------------------------------


def test_weighings_that_do_not_add_up(dock):
    """The story of section 4: each one that does not add up is named, in kilos, and nothing is closed until all do."""
    exchange = dock.loaded()
    with pytest.raises(Conflict, match="Rien n’est pesé encore"):
        dock.close(exchange)
    wood = dock.weighed(exchange, "wood", "840", part("recycling", "820"))
    metal = dock.weigh(exchange, "metal", "160")
    dock.weighed(exchange, "plaster", "210", part("recycling"))
    with pytest.raises(Conflict) as refused:
        dock.close(exchange)
    assert refused.value.message == (
        f"Bois{NB}: 840{NB}kg pesés, 820{NB}kg attribués{NB}: il manque 20{NB}kg. "
        f"Métal{NB}: 160{NB}kg pesés, 0{NB}kg attribués{NB}: il manque 160{NB}kg."
    )
    assert [one["left_grams"] for one in refused.value.data["unbalanced"]] == [20_000, 160_000]
    assert dock.get(exchange).state == "handed_over"
    assert {one.sealed_at for one in dock.everything(exchange)} == {None}
    dock.give(exchange, wood, part("recycling", "820"), part("landfill", None, "ISDND de Satolas"))
    dock.give(exchange, metal, part("recycling"))
    done = dock.close(exchange)
    assert done.state == "completed"
    assert done.moves[-1].data == {"weighed_grams": 1_210_000, "weighings": 3}
    assert all(one.sealed_at for one in dock.everything(exchange))


def test_only_the_collector_closes(dock):
    exchange = dock.loaded()
    dock.weighed(exchange, "wood", "840", part("recycling"))
    with pytest.raises(NotAllowed):
        dock.close(exchange, dock.paul)
    with pytest.raises(NotFound):
        dock.close(exchange, dock.charlie)
    dock.close(exchange)
    with pytest.raises(Conflict):
        dock.close(exchange)


def test_after_closing_nothing_is_weighed_nor_changed(dock):
    exchange = dock.closed(("wood", "840", {}, part("recycling")))
    (one,) = dock.live(exchange)
    for act in (
        lambda: intake.weigh(dock.ines, exchange, {"stream": "wood", "gross_kg": "1"}),
        lambda: intake.attribute(dock.ines, exchange, one.public_id, [part("landfill")]),
        lambda: intake.remove(dock.ines, exchange, one.public_id),
        lambda: intake.change(dock.ines, exchange, one.public_id, {"stream": "wood", "gross_kg": "1"}),
    ):
        with pytest.raises(Conflict, match="contre-pesée"), transaction():
            act()
    assert [o.outcome for o in dock.live(exchange)[0].outcomes] == ["recycling"]


# --- what goes to stock ----------------------------------------------------------------------------------------------


def test_parts_to_stock_become_drafts_with_mass_material_and_origin(dock):
    exchange = dock.closed(
        ("wood", "514", {"material": "plywood"}, part("to_stock", None, title="Feuilles 3 m", count="3")),
        (
            "metal",
            "160",
            {"route": "eol.landfill.steel"},
            part("to_stock", "60", title="Praticable"),
            part("recycling"),
        ),
    )
    drafts = db.session.query(Listing).order_by(Listing.id).all()
    assert [(d.title, d.mass_grams, d.mass_source, d.unit, d.state) for d in drafts] == [
        ("Feuilles 3 m", 171_334, "estimated", "piece", "draft"),
        ("Feuilles 3 m", 171_333, "estimated", "piece", "draft"),
        ("Feuilles 3 m", 171_333, "estimated", "piece", "draft"),
        ("Praticable", 60_000, "weighed", "lot", "draft"),
    ]
    assert sum(d.mass_grams for d in drafts[:3]) == 514_000
    first, last = drafts[0], drafts[-1]
    assert first.materials == [{"key": "plywood", "share": 100}] and last.materials == []
    assert (first.organisation_id, first.made_for, first.acquired) == (dock.centre.id, "Les Heures creuses", "reuse")
    assert first.origin_production_id == dock.shoot.id and "Les Heures creuses" in first.description
    assert (first.route_avoided, last.route_avoided) == ("unsorted", "landfill")
    assert brought_in_by_reclaim(first.id).public_id == exchange
    with transaction():
        assert stocking.stock_parts(dock.get(exchange).id) == []  # run again, it makes none
    assert db.session.query(StockedPart).count() == 4


def test_a_draft_that_fails_does_not_stop_the_closing_and_is_made_later(dock, monkeypatch, run_jobs):
    def broken(*_args, **_kwargs):
        raise RuntimeError

    monkeypatch.setattr(stocking, "create_draft", broken)
    exchange = dock.closed(("wood", "514", {}, part("to_stock")))
    assert dock.get(exchange).state == "completed" and db.session.query(Listing).count() == 0
    monkeypatch.undo()
    run_jobs()
    assert db.session.query(Listing).count() == 1


# --- corrections -----------------------------------------------------------------------------------------------------


def test_a_correction_is_a_counter_entry(dock, clock):
    exchange = dock.closed(("wood", "840", {}, part("recycling")), ("metal", "160", {}, part("recycling")))
    wood = dock.live(exchange)[0]
    clock.forward(days=2)
    new = dock.correct(exchange, wood.public_id, "wood", "480", part("recycling"), tare_kg="0")
    assert (new.replaces_id, new.net_grams, new.replaced_for) == (wood.id, 480_000, "La balance était mal tarée.")
    assert new.sealed_at and new.sealed_by_id == dock.ines.user_id
    assert [one.net_grams for one in dock.everything(exchange)] == [840_000, 160_000, 480_000]
    assert sorted(one.net_grams for one in dock.live(exchange)) == [160_000, 480_000]
    by_exchange = live_by_exchange([dock.get(exchange).id])
    assert sum(one.net_grams for every in by_exchange.values() for one in every) == 640_000
    certificates = db.session.query(Document).filter_by(kind="reclaim_certificate").order_by(Document.id).all()
    assert [bool(one.superseded_at) for one in certificates] == [True, False]


def test_a_correction_adds_up_or_is_refused(dock):
    exchange = dock.closed(("wood", "840", {}, part("recycling")))
    wood = dock.live(exchange)[0].public_id
    with pytest.raises(Invalid) as refused:
        dock.correct(exchange, wood, "wood", "480", part("recycling", "400"))
    assert f"il manque 80{NB}kg" in said(refused.value)["parts"]
    with pytest.raises(Invalid) as refused:
        dock.correct(exchange, wood, "wood", "480", part("recycling"), reason="")
    assert "reason" in refused.value.errors
    assert len(dock.everything(exchange)) == 1


def test_one_weighing_is_corrected_once_then_its_correction(dock):
    exchange = dock.closed(("wood", "840", {}, part("recycling")))
    wood = dock.live(exchange)[0].public_id
    new = dock.correct(exchange, wood, "wood", "480", part("recycling"))
    with pytest.raises(Conflict, match="déjà corrigée"):
        dock.correct(exchange, wood, "wood", "500", part("recycling"))
    again = dock.correct(exchange, new.public_id, "mixed", "500", part("landfill"))
    assert [one.id for one in dock.live(exchange)] == [again.id]


def test_sent_twice_a_correction_is_made_once(dock):
    exchange = dock.closed(("wood", "840", {}, part("recycling")))
    wood = dock.live(exchange)[0].public_id
    raw = {"stream": "wood", "gross_kg": "480", "reason": "Tare oubliée."}
    made = []
    for _time in range(2):
        with transaction():
            done = correcting_intake.correct(dock.ines, exchange, wood, raw, [part("recycling")], key="k1")
            made.append(done.public_id)
    assert made[0] == made[1] and len(dock.everything(exchange)) == 2


def test_what_was_weighed_twice_is_taken_away_by_a_line_that_weighs_nothing(dock):
    exchange = dock.closed(("wood", "840", {}, part("recycling")), ("wood", "840", {}, part("recycling")))
    twice = dock.live(exchange)[1].public_id
    with transaction():
        correcting_intake.take_away(dock.ines, exchange, twice, {"reason": "Pesée deux fois."})
    assert [one.net_grams for one in dock.live(exchange)] == [840_000]
    assert [one.net_grams for one in dock.everything(exchange)] == [840_000, 840_000, 0]


def test_nothing_is_corrected_before_it_is_closed(dock):
    exchange = dock.loaded()
    one = dock.weigh(exchange, "wood", "840")
    with pytest.raises(Conflict):
        dock.correct(exchange, one, "wood", "480", part("recycling"))


def test_a_correction_lists_nothing_twice(dock):
    exchange = dock.closed(("wood", "514", {}, part("to_stock", None, title="Feuilles", count="2")))
    one = dock.live(exchange)[0].public_id
    new = dock.correct(exchange, one, "wood", "520", part("to_stock", None, title="Feuilles", count="3"))
    assert db.session.query(Listing).count() == 3
    assert {row.outcome_id for row in db.session.query(StockedPart)} == {new.outcomes[0].id}
    rows = db.session.query(StockedPart).order_by(StockedPart.id).all()
    assert sum(row.mass_grams for row in rows) == 520_000
    assert [row.listing.mass_grams for row in rows] == [row.mass_grams for row in rows]


def test_what_is_treated_after_all_is_listed_no_more(dock):
    exchange = dock.closed(("wood", "300", {}, part("to_stock", None, title="Feuilles", count="2")))
    dock.correct(exchange, dock.live(exchange)[0].public_id, "wood", "300", part("recycling"))
    assert db.session.query(Listing).count() == 0 and db.session.query(StockedPart).count() == 0


def test_what_was_published_stays_listed_and_its_part_with_it(dock):
    exchange = dock.closed(("wood", "300", {}, part("to_stock", None, title="Feuilles")))
    listing = db.session.query(Listing).one()
    with transaction():
        listing.state, listing.published_at = "published", listing.updated_at
    with pytest.raises(Conflict, match="déjà été publiée"):
        dock.correct(exchange, dock.live(exchange)[0].public_id, "wood", "300", part("recycling"))
    assert [one.net_grams for one in dock.live(exchange)] == [300_000]


def test_the_day_of_a_closing_is_the_day_it_was_closed(dock, clock):
    exchange = dock.loaded()
    dock.weighed(exchange, "wood", "840", part("recycling"))
    clock.forward(days=3)
    done = dock.close(exchange)
    assert done.completed_at.astimezone(PARIS).date() == clock.now().astimezone(PARIS).date()


def test_a_dispute_waits_and_the_weighing_goes_on_after_it(dock):
    exchange = dock.loaded()
    dock.weighed(exchange, "wood", "840", part("recycling"))
    with transaction():
        services.move(dock.paul, exchange, "dispute", {"reason": "Le compte de bois est faux."})
    with pytest.raises(Conflict, match="modération"):
        dock.weigh(exchange, "wood", "1")
    moderator = actor_of(make_user("Mona", moderator=True))
    with transaction():
        services.move(moderator, exchange, "resolve", {"reason": "Pesez encore.", "state": "handed_over"})
    dock.weighed(exchange, "wood", "10", part("recycling"))
    assert dock.close(exchange).state == "completed"


def test_another_kind_of_exchange_has_no_scale(dock):
    exchange = dock.loaded()
    with transaction() as session:
        session.query(Exchange).filter_by(public_id=exchange).one().kind = "sale"
    with pytest.raises(NotFound):
        dock.weigh(exchange, "wood", "1")
