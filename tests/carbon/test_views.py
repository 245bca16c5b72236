"""Pages of the ledger, the library, the method and the dashboard; a stranger knocks at each."""

from decimal import Decimal

import pytest

from marketplace.carbon import queries
from marketplace.core.db import db, transaction
from tests.carbon.made import completed, entries, line_id_of
from tests.factories import make_listing, make_organisation, make_production, make_user, sign_in


@pytest.fixture
def alice(app):
    return make_user("Alice")


@pytest.fixture
def charlie(app):
    return make_user("Charlie")


@pytest.fixture
def quai(app, alice):
    return make_organisation("Les Films du Quai", "production_company", owner=alice)


@pytest.fixture
def opera(app):
    return make_organisation("Opéra du Rhône", "venue")


@pytest.fixture
def contrechamp(app):
    return make_organisation("Ressourcerie Le Contrechamp", "reuse_centre")


@pytest.fixture
def donation(quai, opera):
    """Six flats given, by lorry."""
    (entry,) = entries(completed(make_listing(quai, width_cm=4), opera, vehicle="truck_12t", distance_km=Decimal("38")))
    return entry


def text_of(answer):
    assert answer.status_code == 200, answer.status
    return answer.get_data(as_text=True).replace("\u00a0", " ")


def test_the_page_of_an_entry_shows_the_formula_with_its_numbers(client, alice, quai, donation):
    page = text_of(sign_in(client, alice, quai).get(f"/carbone/ecritures/{donation.public_id}"))
    assert "21,4 ± 8,9 kgCO2e évités" in page
    assert (
        "Don de 6 pièces « Feuilles de décor 3 m » par Les Films du Quai à Opéra du Rhône, le 12 novembre 2026" in page
    )
    assert "0,60 × 53,7 kg" in page and "0,1074 t × 38 km" in page
    for key in ("prod.plywood", "prod.softwood", "eol.unsorted.wood", "tr.rigid_7t5_12_tkm"):
        assert f'href="/carbone/facteurs/{key}"' in page
    assert "ICE v2.0 (Bath)" in page and "version 2026.1" in page
    assert "L’achat évité, d" in page
    assert "Donneur, 50 %" in page and "Receveur, 50 %" in page
    assert donation.hash[:4] in page


def test_the_other_party_and_a_moderator_read_it_too(client, app, opera, donation):
    from marketplace.accounts.models import Membership, User

    owner_id = db.session.query(Membership).filter_by(organisation_id=opera.id, role="owner").first().user_id
    owner = db.session.get(User, owner_id)
    assert sign_in(client, owner, opera).get(f"/carbone/ecritures/{donation.public_id}").status_code == 200
    moderator = make_user("Modératrice", email="moderatrice@exemple.fr", moderator=True)
    assert sign_in(app.test_client(), moderator).get(f"/carbone/ecritures/{donation.public_id}").status_code == 200


@pytest.mark.parametrize("tail", ["", "/texte"])
def test_to_a_stranger_an_entry_does_not_exist(client, charlie, donation, tail):
    stranger = sign_in(client, charlie)
    theirs = stranger.get(f"/carbone/ecritures/{donation.public_id}{tail}")
    nobodys = stranger.get(f"/carbone/ecritures/aaaaaaaaaaaaa{tail}")
    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    assert "Les Films du Quai" not in theirs.get_data(as_text=True)


def test_a_visitor_is_asked_to_sign_in(client, donation):
    answer = client.get(f"/carbone/ecritures/{donation.public_id}")
    assert answer.status_code in (302, 303, 401)
    assert client.get("/tableau-de-bord").status_code in (302, 303, 401)


def test_a_guest_of_the_production_reads_its_entries(client, charlie, quai, opera):
    from marketplace.accounts.models import ProductionMember
    from marketplace.core.clock import now

    shoot = make_production(quai)
    (entry,) = entries(completed(make_listing(quai), opera, provider_production=shoot))
    ids = shoot.id, charlie.id
    with transaction() as session:
        session.add(ProductionMember(production_id=ids[0], user_id=ids[1], role="viewer", created_at=now()))
    assert sign_in(client, charlie).get(f"/carbone/ecritures/{entry.public_id}").status_code == 200


def test_the_sealed_text_has_the_seal_for_hash(client, alice, quai, donation):
    import hashlib

    answer = sign_in(client, alice, quai).get(f"/carbone/ecritures/{donation.public_id}/texte")
    assert answer.mimetype == "application/json"
    assert hashlib.sha256(answer.data).hexdigest() == donation.hash
    assert b"Alice" not in answer.data and b"exemple.fr" not in answer.data


def test_an_entry_without_figure_says_why(client, alice, quai, opera):
    plants = make_listing(quai, "Ficus", materials=[{"key": "plant_live", "share": 100}])
    (entry,) = entries(completed(plants, opera))
    page = text_of(sign_in(client, alice, quai).get(f"/carbone/ecritures/{entry.public_id}"))
    assert "Pas de chiffre pour cet échange" in page
    assert "Aucun facteur connu pour « plant_live »" in page
    assert "Non chiffrée" in page


def test_into_a_stock_the_page_says_when_the_saving_comes(client, alice, quai, contrechamp):
    (entry,) = entries(completed(make_listing(quai), contrechamp))
    page = text_of(sign_in(client, alice, quai).get(f"/carbone/ecritures/{entry.public_id}"))
    assert "rien n’est encore évité" in page
    assert "Transport non compté" in page


def test_the_chain_of_a_piece_shows_only_what_one_may_open(client, alice, quai, contrechamp, opera):
    (gift,) = entries(completed(make_listing(quai), contrechamp))
    again = make_listing(contrechamp, origin_line_id=line_id_of(gift.exchange_id))
    (out,) = entries(completed(again, opera))
    me = sign_in(client, alice, quai)
    page = text_of(me.get(f"/carbone/ecritures/{gift.public_id}"))
    assert f'href="/carbone/ecritures/{out.public_id}"' in page  # Alice brought it in: the exit counts for her too
    page = text_of(me.get(f"/carbone/ecritures/{out.public_id}"))
    assert "A apporté la pièce au stock, 25 %" in page


def test_a_reversal_shows_its_sign_and_what_it_takes_back(client, alice, quai, donation):
    from marketplace.carbon import ledger
    from marketplace.carbon.models import LedgerEntry

    with transaction():
        reversal = ledger.reverse(db.session.get(LedgerEntry, donation.id)).public_id
    me = sign_in(client, alice, quai)
    page = text_of(me.get(f"/carbone/ecritures/{reversal}"))
    assert "−21,4 ± 8,9 kgCO2e" in page and "Contre-écriture" in page
    assert "Annulée par" in text_of(me.get(f"/carbone/ecritures/{donation.public_id}"))


def test_the_library_can_be_searched_by_anybody(client, app):
    page = text_of(client.get("/carbone/facteurs?q=contreplaque"))
    assert "prod.plywood" in page
    page = text_of(client.get("/carbone/facteurs?q=plywood"))
    assert "prod.plywood" in page and "prod.steel<" not in page
    assert "263 facteurs" in text_of(client.get("/carbone/facteurs"))
    assert "Non vérifié" in text_of(client.get("/carbone/facteurs?q=pmma"))
    assert "Aucun facteur de ce nom" in text_of(client.get("/carbone/facteurs?q=zzzz"))
    assert "tr.van_km" in text_of(client.get("/carbone/facteurs?category=transport"))


@pytest.mark.parametrize(
    "query", ["page=0", "page=-3", "page=99999999999", "page=abc", "category=%00", "q=%F0%9F%8E%AC", "page=٣"]
)
def test_no_parameter_breaks_the_library(client, app, query):
    assert client.get(f"/carbone/facteurs?{query}").status_code == 200


def test_one_factor_with_source_and_versions(client, app):
    page = text_of(client.get("/carbone/facteurs/prod.plywood"))
    assert "0,45 kgCO2e par kg, ± 30 %" in page
    assert "ICE v2.0 (Bath)" in page and "2026.1" in page and "depuis le début" in page
    assert "Personne n’a pu lire ce chiffre" in text_of(client.get("/carbone/facteurs/prod.pmma"))
    assert client.get("/carbone/facteurs/prod.unobtainium").status_code == 404


def test_the_method_with_its_defaults(client, app):
    page = text_of(client.get("/carbone/methode"))
    assert "d.set_material.production" in page and "x.road_factor" in page


def test_the_dashboard_is_the_ledger(client, alice, quai, opera, contrechamp):
    shoot = make_production(quai)
    completed(make_listing(quai), opera, provider_production=shoot, vehicle="car", distance_km=Decimal(10))
    completed(make_listing(quai, "Canapés", category_key="sofa"), contrechamp, quantity=2, provider_production=shoot)
    completed(make_listing(quai, "Ficus", materials=[{"key": "plant_live", "share": 100}]), opera)
    page = text_of(sign_in(client, alice, quai).get("/tableau-de-bord"))
    from marketplace.web import filters

    total = queries.totals_for_organisation(quai.id).both
    assert total.entry_count == 2 and total.apart_count == 1
    assert filters.carbon(total.own_kgco2e, total.own_uncertainty_kgco2e).replace("\u00a0", " ") in page
    assert filters.mass(total.mass_grams).replace("\u00a0", " ") in page
    assert "1 écriture estimée ou non chiffrée" in page
    assert "quand 126 kg ressortiront du stock" in page
    assert "Les Heures creuses" in page
    listed = text_of(client.get("/tableau-de-bord/ecritures"))
    assert listed.count('href="/carbone/ecritures/') == 3
    assert "Rien n’est encore compté" not in text_of(sign_in(client, alice, quai).get("/tableau-de-bord?annee=2026"))
    for odd in ("annee=1999", "annee=abcd", "page=0", "page=999", "annee=٢٠٢٦"):
        assert client.get(f"/tableau-de-bord?{odd}").status_code == 200


def test_a_stranger_sees_their_own_empty_dashboard(client, charlie, donation):
    page = text_of(sign_in(client, charlie).get("/tableau-de-bord"))
    assert "Rien n’est encore compté ici" in page
    assert "Les Films du Quai" not in page


def test_what_is_to_come_shrinks_as_the_pieces_go_out(app, quai, contrechamp, opera):
    from marketplace.carbon.coming import to_come_for_production

    shoot = make_production(quai)
    assert to_come_for_production(shoot.id) is None
    gift = completed(make_listing(quai), contrechamp, provider_production=shoot)
    before = to_come_for_production(shoot.id)
    # a quarter of what six flats avoid when a production takes them
    assert before.own_kgco2e == Decimal("22.42512") / 4
    assert (before.entry_count, before.mass_grams) == (1, 107400)
    again = make_listing(contrechamp, origin_line_id=line_id_of(gift))
    completed(again, opera, quantity=2)
    after = to_come_for_production(shoot.id)
    assert abs(after.own_kgco2e - before.own_kgco2e * 4 / 6) < Decimal("1e-20")
    completed(again, opera, quantity=4)
    assert to_come_for_production(shoot.id) is None
    assert abs(queries.totals_for_production(shoot.id).both.own_kgco2e - before.own_kgco2e) < Decimal("1e-20")
