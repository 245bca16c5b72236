"""A strike written down: who may, what two people write at once, what moves on by itself, what a link opens."""

import re
from datetime import timedelta
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from sqlalchemy.exc import IntegrityError

from marketplace.accounts import secret_links
from marketplace.carbon.queries import estimate_of_listing
from marketplace.catalogue.models import Listing
from marketplace.core.clock import now
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.exchanges import services as exchanges
from marketplace.exchanges.models import Hold
from marketplace.exchanges.services import ExchangeRequest, LineRequest
from marketplace.reclaims import (
    plan_adding,
    plan_calls,
    plan_drafts,
    plan_lines,
    plan_links,
    plan_moving,
    planning,
    queries_plans,
)
from marketplace.reclaims.models_plans import PlanLink, WrapChange, WrapLine, WrapPlan
from marketplace.reclaims.typed_lines import Typed
from marketplace.reclaims.views_plans_figures import figures_of
from tests.factories import make_listing, make_organisation, owner_of
from tests.reclaims.wrap import acts_of, lines_of, make_plan, make_scene, put, said


@pytest.fixture
def scene(app):
    return make_scene(app)


def typed_plan(scene, **values):
    usual = {"production": scene.shoot.public_id, "place": "Studio 4", "postcode": "69100"}
    return {**usual, "skip_at": "2026-12-24T18:00", "next_outcome": "", "next_at": "", **values}


def test_a_plan_is_opened_and_strangers_meet_nothing(scene):
    assert said(scene.alice.get("/collectes/plans")).count("Aucun plan ici.") == 1
    door = f"/productions/{scene.shoot.public_id}/demontage"
    assert scene.alice.get(door).location.startswith("/collectes/plans/nouveau?production=")
    assert scene.charlie.get(door).status_code == 404
    page = said(scene.alice.post("/collectes/plans/nouveau", data=typed_plan(scene, place="", skip_at="demain")), 422)
    assert "Écrivez le jour et l’heure" in page and 'value="demain"' in page and 'value="69100"' in page
    wrong = typed_plan(scene, next_outcome="recycle", next_at="2026-12-24T19:00")
    assert "C’est après la benne" in said(scene.alice.post("/collectes/plans/nouveau", data=wrong), 422)
    answer = scene.alice.post("/collectes/plans/nouveau", data=typed_plan(scene))
    assert answer.status_code == 303
    address = answer.location.removesuffix("/ajouter")
    assert scene.alice.get(door).location == address
    again = scene.alice.post("/collectes/plans/nouveau", data=typed_plan(scene, place="studio  4"))
    assert "Il y a déjà un plan pour ce lieu" in said(again, 422)
    pages = [
        address,
        *(f"{address}/{end}" for end in ("ajouter", "annonces", "modifier", "historique", "feuille", "liens")),
    ]
    for page in pages:
        assert scene.visitor.get(page).status_code in (302, 303), page
        assert scene.charlie.get(page).status_code == 404, page
        assert scene.alice.get(page).status_code == 200, page
        writes = page.rsplit("/", 1)[-1] in ("ajouter", "annonces", "modifier", "liens")
        assert scene.vera.get(page).status_code == (403 if writes else 200), page
    for end, sent in (("lignes", {"go": "done"}), ("ajouter", {"lines": "x"}), ("finir", {}), ("modifier", {})):
        assert scene.charlie.post(f"{address}/{end}", data=sent).status_code == 404
        assert scene.vera.post(f"{address}/{end}", data=sent).status_code == 403
    assert scene.bob.get(f"{address}/liens").status_code == 403
    assert "Studio 4" in said(scene.vera.get("/collectes/plans")) and "Studio 4" not in said(
        scene.charlie.get("/collectes/plans")
    )


def test_forty_lines_typed_looked_at_and_kept_once(scene):
    plan = make_plan(scene)
    address = f"/collectes/plans/{plan.public_id}"
    text = "Plateau A :\n" + "\n".join(f"{n} chaises bistrot n° {n}" for n in range(1, 41))
    look = said(scene.bob.post(f"{address}/ajouter", data={"lines": text, "version": "k1"}))
    assert "Garder ces 40 lignes" in look and "Plateau A" in look and "Chaises bistrot n° 40" in look
    assert lines_of(plan) == {}
    for _twice in range(2):
        sent = {"lines": text, "version": "k1", "go": "keep", "outcome": "give"}
        assert scene.bob.post(f"{address}/ajouter", data=sent).status_code == 303
    found = lines_of(plan)
    assert len(found) == 40 and {line.outcome for line in found.values()} == {"give"}
    assert {line.zone for line in found.values()} == {"Plateau A"}
    assert all(line.category_key == "chair" and line.mass_source == "guessed" for line in found.values())
    empty = said(scene.bob.post(f"{address}/ajouter", data={"lines": " \n", "zone": "Cour", "version": "k2"}), 422)
    assert "Écrivez au moins une ligne" in empty and 'value="Cour"' in empty
    page = said(scene.bob.get(address))
    assert "100 % de la masse" in page and "40 lignes" in page and "environ" in page
    many = "\n".join(["chaise"] * 201)
    assert "Rien n’est perdu" in said(
        scene.bob.post(f"{address}/ajouter", data={"lines": many, "go": "keep", "version": "k3"})
    )
    assert len(lines_of(plan)) == 40


def test_many_lines_at_once_and_what_somebody_else_wrote_stays(scene):
    plan = make_plan(scene)
    lines = put(scene, plan)
    address = f"/collectes/plans/{plan.public_id}"
    every = [f"{line.public_id}:{line.version}" for line in lines.values()]
    with transaction():  # Bob is quicker on one of them
        writer = planning.member_writer(scene.bob_actor, plan.public_id)
        plan_lines.edit_line(writer, lines["Visserie"].public_id, {"outcome": "keep", "who": "Bob"}, 1)
    sent = {"go": "set", "line": every, "set_outcome": "recycle", "set_who": "Camille", "set_due": "2026-11-20T14:00"}
    page = said(scene.alice.post(f"{address}/lignes", data=sent), 409)
    assert "Quelqu’un a changé entre-temps : Visserie." in page and page.count("checked") == 1
    after = lines_of(plan)
    assert (after["Visserie"].outcome, after["Visserie"].who) == ("keep", "Bob")
    assert {line.outcome for title, line in after.items() if title != "Visserie"} == {"recycle"}
    assert after["Feuilles 3x2 m"].due_at.isoformat() == "2026-11-20T13:00:00+00:00"
    # all that was shown, ticked or not, by one box
    shown = [f"{line.public_id}:{line.version}" for line in after.values()]
    assert scene.alice.post(f"{address}/lignes", data={"go": "done", "all": "1", "shown": shown}).status_code == 303
    assert all(line.done_at for line in lines_of(plan).values())
    assert "Le démontage est fini" in said(scene.alice.get(address))
    for wrong, sentence in (
        ({"go": "set", "line": every}, "Choisissez ce qui change"),
        ({"go": "set", "set_outcome": "give"}, "Cochez au moins"),
        ({"go": "set", "line": every, "set_outcome": "brûler"}, "dans la liste"),
        ({"go": "set", "line": every, "set_due": "bientôt", "set_who": "Zoé"}, "Écrivez le jour et l’heure"),
    ):  # fmt: skip
        page = said(scene.alice.post(f"{address}/lignes", data=wrong), 422)
        assert sentence.replace("dans la liste", "de la liste") in page
        assert "set_who" not in wrong or 'value="Zoé"' in page
    assert (
        scene.alice.post(f"{address}/lignes", data={"go": "set", "line": "aaaaaaaaaaaaa:1", "set_who": "x"}).status_code
        == 404
    )
    assert scene.alice.post(f"{address}/lignes", data={"go": "explode", "line": every}).status_code == 404


def test_two_who_change_one_line(scene):
    plan = make_plan(scene)
    line = put(scene, plan)["Feuilles 3x2 m"]
    address = f"/collectes/plans/{plan.public_id}/lignes/{line.public_id}"
    page = said(scene.bob.get(address))
    assert 'value="Feuilles 3x2 m"' in page and 'value="29,833"' in page
    typed = {"title": "Feuilles 3x2 m", "category": "Feuille de décor (châssis bois)", "quantity": "6", "unit": "piece",
             "mass": "29,833", "volume": "2,52", "zone": "Plateau A", "version": "1"}  # fmt: skip
    wrong = said(scene.bob.post(address, data={**typed, "quantity": "six", "category": "bidule", "who": "Bob"}), 422)
    assert 'value="six"' in wrong and 'value="bidule"' in wrong and 'value="Bob"' in wrong
    assert scene.alice.post(address, data={**typed, "outcome": "give", "who": "Alice"}).status_code == 303
    late = said(scene.bob.post(address, data={**typed, "outcome": "sell", "mass": "31", "who": ""}), 409)
    assert "Alice a écrit le" in late and 'value="31"' in late and "Donner" in late
    assert lines_of(plan)["Feuilles 3x2 m"].outcome == "give"
    version = re.search(r'name="version" type="hidden" value="(\d+)"', late).group(1)
    assert (
        scene.bob.post(address, data={**typed, "outcome": "sell", "mass": "31", "version": version}).status_code == 303
    )
    after = lines_of(plan)["Feuilles 3x2 m"]
    assert (after.outcome, after.who, after.mass_grams, after.mass_source) == ("sell", "", 31_000, "estimated")
    assert "Devenir : Donner → Vendre" in said(scene.vera.get(address))
    # what is so already is no change, whatever the version
    assert scene.bob.post(address, data={**typed, "outcome": "sell", "mass": "31", "version": "1"}).status_code == 303
    assert lines_of(plan)["Feuilles 3x2 m"].version == after.version


def test_what_nobody_took_moves_on_and_what_is_promised_stays(scene, clock):
    at = now() + timedelta(hours=30)
    plan = make_plan(scene, next_outcome="recycle", next_at=at)
    lines = put(scene, plan)
    listing = make_listing(scene.quai, "Lampadaires", origin_production_id=scene.shoot.id)
    held = make_listing(scene.quai, "Buffet promis", origin_production_id=scene.shoot.id)
    with transaction() as session:
        writer = planning.member_writer(scene.actor, plan.public_id)
        assert plan_adding.add_listings(writer, [listing.public_id, held.public_id], "k1") == 2
        assert plan_adding.add_listings(writer, [listing.public_id, held.public_id], "k2") == 0  # has them already
        session.add(Hold(listing_id=held.id, cause="repair", is_fact=True, quantity=Decimal(1), starts_on=now().date()))
    with transaction() as session:
        writer = planning.member_writer(scene.actor, plan.public_id)
        own = {"outcome": "give", "next_outcome": "collect", "next_at": at - timedelta(hours=1)}
        plan_lines.edit_line(writer, lines["Visserie"].public_id, own, 1)
        plan_lines.edit_line(writer, lines["Gravats"].public_id, {"outcome": "dispose"}, 1)
        plan_lines.edit_line(writer, lines["Moquette"].public_id, {"outcome": "keep"}, 1)
    promise(held, scene)
    plan_moving.move_due()
    assert lines_of(plan)["Visserie"].outcome == "give"
    clock.forward(hours=29)
    plan_moving.move_due()
    assert lines_of(plan)["Visserie"].outcome == "collect" and lines_of(plan)["Feuilles 3x2 m"].outcome is None
    clock.forward(hours=1)
    db.session.rollback()
    shown = {line.title: line for line in queries_plans.lines_of(db.session.get_one(WrapPlan, plan.id))}
    assert shown["Feuilles 3x2 m"].outcome == "recycle" and shown["Feuilles 3x2 m"].was == ""
    assert lines_of(plan)["Feuilles 3x2 m"].outcome is None  # reading wrote nothing
    page = said(scene.vera.get(f"/collectes/plans/{plan.public_id}"))
    assert "personne ne l’a prise : « À décider » est devenu « Recycler »" in page and "promis" in page
    plan_moving.move_due()
    after = lines_of(plan)
    assert {title: line.outcome for title, line in after.items()} == {
        "Feuilles 3x2 m": "recycle", "Chaises bistrot": "recycle", "Canapés cuir": "recycle", "Moquette": "keep",
        "Visserie": "collect", "Gravats": "dispose", "Lampadaires": "recycle", "Buffet promis": "give",
    }  # fmt: skip
    assert after["Feuilles 3x2 m"].version == shown["Feuilles 3x2 m"].version
    moves = db.session.query(WrapChange).filter_by(plan_id=plan.id, act="moved").all()
    assert len(moves) == 5 and all(one.user_id is None and one.link_id is None for one in moves)
    plan_moving.move_due()
    assert acts_of(plan).count("moved") == 5


def promise(listing, scene):
    """Somebody holds it."""
    taker = make_organisation("Ressourcerie Le Contrechamp")
    with transaction():
        asked = ExchangeRequest("donation", [LineRequest(listing.public_id, Decimal(1))])
        exchanges.request_exchange(owner_of(taker), asked)


def test_writing_moves_what_is_due_first(scene, clock):
    plan = make_plan(scene, next_outcome="recycle", next_at=now() + timedelta(hours=1))
    line = put(scene, plan)["Feuilles 3x2 m"]
    clock.forward(hours=2)
    shown = queries_plans.line_shown(db.session.get_one(WrapPlan, plan.id), db.session.get_one(WrapLine, line.id))
    db.session.rollback()
    assert (shown.outcome, shown.version) == ("recycle", 2)
    with transaction():  # with the version that the page showed: no conflict with the product itself
        plan_lines.edit_line(planning.member_writer(scene.actor, plan.public_id), line.public_id, {"who": "Léa"}, 2)
    after = lines_of(plan)["Feuilles 3x2 m"]
    assert (after.outcome, after.who, after.version) == ("recycle", "Léa", 3)


def test_a_closed_plan_is_read(scene, clock):
    plan = make_plan(scene, next_outcome="recycle", next_at=now() + timedelta(hours=1))
    line = put(scene, plan)["Visserie"]
    address = f"/collectes/plans/{plan.public_id}"
    assert scene.bob.post(f"{address}/finir", data={}).status_code == 303
    clock.forward(hours=2)
    plan_moving.move_due()
    assert lines_of(plan)["Visserie"].outcome is None
    page = said(scene.alice.get(address))
    assert "terminé" in page and "Ajouter des lignes" not in page
    sent = {"go": "set", "line": f"{line.public_id}:1", "set_who": "Bob"}
    assert "Ce plan est terminé" in said(scene.bob.post(f"{address}/lignes", data=sent), 409)
    assert scene.bob.post(f"{address}/finir", data={"go": "reopen"}).status_code == 303
    assert scene.bob.post(f"{address}/lignes", data={**sent, "line": f"{line.public_id}:2"}).status_code == 303


def test_a_link_helps_reads_and_ends(scene):
    plan = make_plan(scene)
    lines = put(scene, plan, outcome="give")
    address = f"/collectes/plans/{plan.public_id}/liens"
    assert "Écrivez à qui" in said(scene.alice.post(address, data={"name": "", "role": "help", "days": "7"}), 422)
    page = said(scene.alice.post(address, data={"name": "Équipe déco", "role": "help", "days": "7"}))
    secret = re.search(r"/demontage/([\w-]{43})", page).group(1)
    assert secret not in said(scene.alice.get(address)) and "Équipe déco" in said(scene.alice.get(address))
    assert secret not in str(db.session.query(PlanLink.secret_hash).all())
    there = f"/demontage/{secret}"
    answer = scene.visitor.get(there)
    assert answer.headers["Cache-Control"] == "private, no-store" and "noindex" in answer.headers["X-Robots-Tag"]
    page = said(answer)
    assert (
        "Studio 4" in page
        and 'value="remove"' not in page
        and 'value="publish"' not in page
        and "/collectes/plans/" not in page
    )
    tick = {"go": "done", "line": f"{lines['Visserie'].public_id}:1"}
    assert scene.visitor.post(f"{there}/lignes", data=tick).status_code == 303
    assert lines_of(plan)["Visserie"].done_at is not None
    who = {"go": "set", "line": f"{lines['Moquette'].public_id}:1", "set_who": "Camille", "set_due": "20/11 14h"}
    assert scene.visitor.post(f"{there}/lignes", data=who).status_code == 303
    assert lines_of(plan)["Moquette"].who == "Camille"
    more = {"lines": "4 palettes", "version": "k", "go": "keep", "outcome": "dispose"}
    assert scene.visitor.post(f"{there}/ajouter", data=more).status_code == 303
    assert lines_of(plan)["Palettes"].outcome is None  # what becomes of it is not theirs to say
    one = f"{there}/lignes/{lines['Gravats'].public_id}"
    assert (
        scene.visitor.post(one, data={"who": "Léo", "note": "au fond", "title": "Rien", "version": "1"}).status_code
        == 303
    )
    after = lines_of(plan)["Gravats"]
    assert (after.who, after.note, after.outcome) == ("Léo", "au fond", "give")
    for go, status in (("remove", 404), ("publish", 404), ("collect", 404)):
        assert scene.visitor.post(f"{there}/lignes", data={**tick, "go": go}).status_code == status
    decide = {"go": "set", "line": f"{lines['Moquette'].public_id}:2", "set_outcome": "dispose"}
    assert scene.visitor.post(f"{there}/lignes", data=decide).status_code == 403
    assert "Équipe déco" in said(scene.alice.get(f"/collectes/plans/{plan.public_id}/historique"))
    # a zone's QR code: the browser that came by the link goes on with it, another is asked to sign in
    zone = f"/collectes/plans/{plan.public_id}/zone?zone=Magasin"
    assert scene.visitor.get(zone).location == f"{there}?zone=Magasin"
    assert scene.app.test_client().get(zone).location.startswith("/connexion?next=")
    assert scene.app.test_client().get("/collectes/plans/aaaaaaaaaaaaa/zone").location.startswith("/connexion?next=")
    assert scene.alice.get(zone).location.endswith("?zone=Magasin")
    with transaction():
        reader, read_secret = plan_links.create_link(scene.actor, plan.public_id, "read", "Labo", 7)
        link = db.session.query(PlanLink).filter_by(name="Équipe déco").one()
        plan_links.revoke_link(scene.actor, plan.public_id, link.public_id)
    assert (
        scene.visitor.get(there).status_code == 404
        and scene.visitor.post(f"{there}/lignes", data=tick).status_code == 404
    )
    assert scene.visitor.get(zone).location.startswith("/connexion?next=")
    assert "C’est fait" not in said(scene.visitor.get(f"/demontage/{read_secret}"))
    assert scene.visitor.post(f"/demontage/{read_secret}/lignes", data=tick).status_code == 403
    assert scene.visitor.get(f"/demontage/{read_secret}/ajouter").status_code == 403
    for nothing in ("x" * 43, "court", "é" * 40):
        assert scene.visitor.get(f"/demontage/{nothing}").status_code == 404
    assert reader.expires_at == secret_links.last_moment(7)


def test_drafts_from_lines_and_listings_as_lines(scene):
    plan = make_plan(scene)
    lines = put(scene, plan)
    address = f"/collectes/plans/{plan.public_id}"
    with transaction():
        writer = planning.member_writer(scene.actor, plan.public_id)
        plan_lines.edit_line(writer, lines["Feuilles 3x2 m"].public_id, {"outcome": "sell"}, 1)
        plan_lines.edit_line(writer, lines["Chaises bistrot"].public_id, {"outcome": "give"}, 1)
        plan_lines.edit_line(writer, lines["Gravats"].public_id, {"outcome": "recycle"}, 1)
    sent = {"go": "publish", "all": "1", "shown": [f"{line.public_id}:1" for line in lines.values()]}
    for _twice in range(2):
        answer = scene.alice.post(f"{address}/lignes", data=sent)
        assert answer.status_code == 303 and answer.location.startswith("/publier/photos?annonces=")
    drafts = {one.title: one for one in db.session.query(Listing).filter_by(organisation_id=scene.quai.id)}
    assert set(drafts) == {"Feuilles 3x2 m", "Chaises bistrot"}
    flats = drafts["Feuilles 3x2 m"]
    assert (flats.state, flats.modes, flats.quantity, flats.mass_grams) == ("draft", ["sell"], 6, 29_833)
    assert (flats.city, flats.origin_production_id, flats.gone_by) == (
        "Villeurbanne",
        scene.shoot.id,
        plan.skip_at.date(),
    )
    assert scene.alice.get(answer.location).status_code == 200
    assert lines_of(plan)["Feuilles 3x2 m"].listing_id == flats.id
    nothing = said(
        scene.alice.post(f"{address}/lignes", data={"go": "publish", "line": f"{lines['Gravats'].public_id}:2"}), 422
    )
    assert "à vendre, à louer ou à donner" in nothing
    make_listing(scene.quai, "Lampe de la maison")
    mine = make_listing(scene.quai, "Fauteuil du décor", published=False, origin_production_id=scene.shoot.id)
    page = said(scene.bob.get(f"{address}/annonces"))
    assert "Fauteuil du décor" in page and "Lampe de la maison" not in page and "Chaises bistrot" not in page
    assert "Lampe de la maison" in said(scene.bob.get(f"{address}/annonces?toutes=1"))
    assert "Cochez au moins une annonce" in said(scene.bob.post(f"{address}/annonces", data={"version": "k"}), 422)
    other = make_listing(make_organisation("Ailleurs"), "Pas à eux")
    assert scene.bob.post(f"{address}/annonces", data={"version": "k", "listing": other.public_id}).status_code == 404
    picked = {"version": "k", "listing": mine.public_id, "zone": "Cour"}
    assert scene.bob.post(f"{address}/annonces", data=picked).status_code == 303
    line = lines_of(plan)["Fauteuil du décor"]
    assert (line.listing_id, line.zone, line.outcome, line.mass_grams) == (mine.id, "Cour", "give", mine.mass_grams)


def test_figures_keep_reuse_and_material_apart(scene):
    plan = make_plan(scene)
    listing = make_listing(scene.quai, "Feuilles publiées", origin_production_id=scene.shoot.id)
    put(scene, plan, "12 chaises bistrot", "give")
    put(scene, plan, "40 m² de moquette\n6 feuilles 3x2 m", "recycle")
    put(scene, plan, "un bidule", "give")
    put(scene, plan, "3 tables", "keep")
    with transaction():
        plan_adding.add_listings(planning.member_writer(scene.actor, plan.public_id), [listing.public_id], "k")
    found = figures_of(queries_plans.lines_of(db.session.get_one(WrapPlan, plan.id)))
    assert (found.reuse.lines, found.reuse.without) == (2, 1) and found.reuse.result > 0 and found.reuse.doubt > 0
    assert found.material.lines + found.material.without == 2 and found.material.lines >= 1
    assert found.reuse_done.lines == 0
    kept = estimate_of_listing(listing.id)
    alone = figures_of([one for one in queries_plans.lines_of(plan) if one.listing_id == listing.id])
    assert abs(alone.reuse.result - kept.result_kgco2e) < Decimal("0.000001")
    page = said(scene.alice.get(f"/collectes/plans/{plan.public_id}"))
    assert "Réemploi" in page and "Matière" in page and "±" in page and "Deux lignes, jamais une seule" in page


def test_sheets_to_hang_have_a_code_for_each_zone(scene):
    plan = make_plan(scene)
    put(scene, plan)
    page = said(scene.vera.get(f"/collectes/plans/{plan.public_id}/feuille"))
    assert page.count('class="qr"') == 2 and "Plateau A" in page and "Magasin" in page and "demontage/" not in page


@pytest.mark.both_databases
def test_at_once_nothing_is_lost_and_nothing_written_twice(scene):
    plan = make_plan(scene)
    line = put(scene, plan)["Visserie"]
    app, plan_id, start, outcomes = scene.app, plan.public_id, Barrier(6), []

    def edit(n):
        writer = planning.member_writer(scene.actor, plan_id)
        plan_lines.edit_line(writer, line.public_id, {"who": f"Personne {n}"}, 1)

    def add(n):
        writer = planning.member_writer(scene.actor, plan_id)
        plan_adding.add_typed(writer, [Typed("x", "Caisses"), Typed("y", "Malles")], "same")

    def go(act, n):
        with app.app_context():
            start.wait()
            try:
                with transaction():
                    act(n)
                outcomes.append("ok")
            except Conflict:
                outcomes.append("conflict")
            finally:
                db.session.remove()

    threads = [Thread(target=go, args=(act, n)) for n, act in enumerate([edit, edit, edit, add, add, add])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["conflict", "conflict", "ok", "ok", "ok", "ok"]
    db.session.rollback()
    titles = [one.title for one in db.session.query(WrapLine).filter_by(plan_id=plan.id)]
    assert titles.count("Caisses") == titles.count("Malles") == 1


@pytest.mark.both_databases
def test_what_the_database_itself_refuses(scene):
    plan = make_plan(scene)
    line = put(scene, plan)["Visserie"]
    listing = make_listing(scene.quai, "Deux fois")
    for values in (
        {"quantity": Decimal(0)}, {"outcome": "burn"}, {"done_at": now()}, {"next_outcome": "give"}, {"mass_grams": 0},
    ):  # fmt: skip
        with pytest.raises(IntegrityError), transaction() as session:
            session.query(WrapLine).filter_by(id=line.id).update(values)
    with transaction():
        plan_adding.add_listings(planning.member_writer(scene.actor, plan.public_id), [listing.public_id], "k")
    with pytest.raises(IntegrityError), transaction() as session:
        session.query(WrapLine).filter_by(id=line.id).update({"listing_id": listing.id})
    with pytest.raises(Invalid), transaction():
        planning.create_plan(scene.actor, scene.shoot.public_id,
                             {"place": "STUDIO 4", "skip_at": now() + timedelta(days=1)})  # fmt: skip


def test_services_refuse_strangers_and_wrong_hands(scene):
    plan = make_plan(scene)
    line = put(scene, plan)["Visserie"]
    with pytest.raises(NotFound):
        planning.member_writer(scene.charlie_actor, plan.public_id)
    with pytest.raises(NotAllowed):
        planning.member_writer(scene.vera_actor, plan.public_id)
    helper = planning.Writer(db.session.get_one(WrapPlan, plan.id), link_id=None)
    db.session.rollback()
    for act in (
        lambda: plan_lines.remove(helper, [line.public_id]),
        lambda: plan_lines.edit_line(helper, line.public_id, {"outcome": "give"}, 1),
        lambda: plan_lines.set_many(helper, {line.public_id: 1}, {"zone": "x"}),
        lambda: plan_adding.add_listings(helper, [], "k"),
        lambda: plan_drafts.drafts_from(helper, [line.public_id]),
    ):
        with pytest.raises(NotAllowed), transaction():
            act()


def test_a_collection_is_asked_for_from_a_plan(scene):
    plan = make_plan(scene)
    lines = put(scene, plan)
    address = f"/collectes/plans/{plan.public_id}"
    with transaction():
        writer = planning.member_writer(scene.actor, plan.public_id)
        plan_lines.edit_line(writer, lines["Moquette"].public_id, {"outcome": "recycle"}, 1)
    assert "Cochez les lignes" in said(scene.alice.post(f"{address}/lignes", data={"go": "collect"}), 422)
    chosen = [
        f"{lines[title].public_id}:{1 + (title == 'Moquette')}" for title in ("Moquette", "Feuilles 3x2 m", "Gravats")
    ]
    answer = scene.alice.post(f"{address}/lignes", data={"go": "collect", "line": chosen})
    assert answer.status_code == 303 and answer.location.startswith("/collectes/demander?plan=")
    after = lines_of(plan)
    assert [after[title].outcome for title in ("Moquette", "Feuilles 3x2 m", "Gravats")] == [
        "recycle",
        "collect",
        "collect",
    ]
    page = said(scene.alice.get(answer.location))
    assert "6 × Feuilles 3x2 m (Plateau A)" in page and 'value="69100"' in page
    for kind in ("category:flats", "stream:textile", "stream:mixed"):
        assert re.search(rf'value="{kind}"[^>]* selected|selected[^>]* value="{kind}"', page), kind
    sent = {
        "plan": plan.public_id, "production": scene.shoot.public_id, "street": "3 rue du Plateau", "postcode": "69100",
        "opens_on": "2026-11-24", "opens_time": "17:00", "closes_on": "2026-11-25", "closes_time": "02:00",
        "content-kind": ["category:flats"], "content-volume": ["3"], "content-mass": ["180"], "content-note": [""],
        "parking": "none",
    }  # fmt: skip
    made = scene.alice.post("/collectes/demander", data=sent)
    assert made.status_code == 303, said(made, made.status_code)[:2000]
    db.session.rollback()
    (call,) = plan_calls.calls_of(plan.id)
    assert call.volume_m3 == 3 and call.reference in said(scene.bob.get(address))
    assert scene.charlie.get(answer.location).status_code == 404
