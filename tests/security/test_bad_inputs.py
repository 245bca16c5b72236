"""No input makes a failure of ours, and what people write is shown as they wrote it (checklist B5, B6)."""

import io
import json
from html.parser import HTMLParser
from typing import Any

import pytest
from pypdf import PdfReader

from marketplace.accounts import services as accounts
from marketplace.accounts.models import ApiToken, Organisation, Production, Site, User
from marketplace.carbon.models import LedgerEntry, PowerHookUp
from marketplace.catalogue.models import Favourite, FavouriteList, Listing, ListingTemplate, PartialUpload, Photo
from marketplace.core.db import db, transaction
from marketplace.exchanges import services as exchanges
from marketplace.exchanges.models import Exchange, ExchangeLine
from marketplace.footprint.models import ActivityLine, CrewLink, Footprint, FootprintRow
from marketplace.jobs.runner import drain
from marketplace.messaging import services as messaging
from marketplace.messaging.models import Message
from marketplace.moderation import services as moderation
from marketplace.moderation.models import Report
from tests.factories import actor_of, make_listing, make_organisation, make_user, owner_of, sign_in
from tests.security import fuzz
from tests.security.world import make_world

HOSTILE = "\"'><xss-planted onclick=1>{{7919*7907}}${7919*7907}{%raw%}<!--"
SHOUTED = "62615533"  # 7919 × 7907, where somebody worked it out


@pytest.mark.both_databases
def test_no_rubbish_makes_a_failure_of_ours(database_url):
    report = fuzz.run(300, 20261112, database_url)
    assert not report.failures, "\n".join(report.failures[:10])
    assert not report.slow, "\n".join(report.slow[:10])
    assert report.requests == 300 and len(report.paths) > 60
    assert report.statuses[200] > 30 and report.statuses[422] > 5, "the rubbish must reach the pages"


def test_the_same_seed_asks_the_same():
    first, second = (fuzz.run(20, 7) for _ in range(2))
    assert first.paths == second.paths


class _Tags(HTMLParser):
    """Whether a planted tag or attribute became one, and what the text says."""

    def __init__(self) -> None:
        super().__init__()
        self.became: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        names = [name for name, _value in attributes]
        if tag == "xss-planted" or any(name.startswith("on") for name in names) or "xss-planted" in names:
            self.became.append(f"{tag} {names}")

    def handle_comment(self, data: str) -> None:
        if "planted" in data:
            self.became.append(f"comment {data[:80]}")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def _plant(world: Any) -> None:
    """The same hostile words in every text that people write, as long as its column."""
    with transaction() as session:
        giver = session.merge(world.person("owner")[1])
        for listing in session.query(Listing):
            listing.title = listing.description = listing.style = HOSTILE[:40]
            listing.title, listing.description = HOSTILE, HOSTILE
            listing.fire_rating, listing.reference, listing.period = HOSTILE[:20], HOSTILE[:40], HOSTILE[:40]
            listing.city = HOSTILE
        session.query(Photo).update({"alt": HOSTILE})
        session.query(Site).update({"name": HOSTILE, "street": HOSTILE, "access_notes": HOSTILE, "city": HOSTILE})
        session.query(Production).update({"title": HOSTILE, "base_city": HOSTILE})
        session.query(Message).update({"text": HOSTILE})
        session.query(ExchangeLine).update({"title": HOSTILE})
        session.query(Organisation).update({"name": HOSTILE, "description": HOSTILE, "phone": HOSTILE[:30]})
        session.query(Organisation).update({"takes": HOSTILE, "lends": HOSTILE})
        session.query(Report).update({"explanation": HOSTILE, "contact_name": HOSTILE, "contact_email": HOSTILE})
        session.query(FavouriteList).filter(FavouriteList.name != "").update({"name": HOSTILE})
        session.query(Favourite).update({"note": HOSTILE})
        session.query(ListingTemplate).update({"name": HOSTILE})
        session.query(ApiToken).update({"name": HOSTILE})
        session.query(PartialUpload).update({"filename": HOSTILE})
        session.query(PowerHookUp).update({"place": HOSTILE, "plan_reference": HOSTILE})
        session.query(ActivityLine).update({"words": HOSTILE})
        session.query(CrewLink).update({"name": HOSTILE})
        session.query(Footprint).update({"file_name": HOSTILE})
        session.query(FootprintRow).update({"label": HOSTILE})
        giver.website = f"https://exemple.fr/{HOSTILE}"
        session.query(User).update({"name": HOSTILE, "base_city": HOSTILE})
        session.query(Exchange).update({"collected_by_name": HOSTILE, "end_reason": HOSTILE})
    giver, taker = (owner_of(world.person(name)[1]) for name in ("owner", "other side"))
    with transaction():
        messaging.post_message(taker, world.ids["exchange"], HOSTILE)
        exchanges.move(giver, world.ids["exchange"], "dispute", {"reason": HOSTILE})
    with transaction():
        accounts.change_profile(giver.user_id, HOSTILE, "fr")


def _pages(app: Any, world: Any) -> Any:
    """(who, path, answer) of every page with everything there is."""
    fuzzer = fuzz.Fuzzer(app, world, 1)
    for name in ("visitor", "owner", "other side", "viewer", "guest", "moderator"):
        browser = app.test_client()
        if name != "visitor":
            sign_in(browser, *world.person(name))
        for rule, method in fuzzer.rules:
            if method == "GET":
                for word in ("", f"?q={HOSTILE}&words={HOSTILE}&near={HOSTILE}&action={HOSTILE}&next=/{HOSTILE}"):
                    for _turn in range(3 if not word and rule.arguments else 1):  # another listing each time
                        path = fuzzer._address(rule, rubbish=0)
                        yield name, path, browser.get(path + word)


def test_what_people_write_is_shown_and_never_run(app, outbox_mail):
    app.config["PROPAGATE_EXCEPTIONS"] = False
    world = make_world()
    _plant(world)
    drain()
    seen, wrong = 0, []
    for name, path, answer in _pages(app, world):
        if answer.mimetype.startswith("image/"):
            continue
        words = answer.get_data(as_text=True) if answer.mimetype != "application/pdf" else _text(answer.data)
        if answer.mimetype == "text/csv":
            words = words.replace("<", "&lt;")  # no browser reads tags in it
        elif answer.mimetype == "application/json" and answer.is_json:
            words = "".join(str(part.get("html", "")) for part in _parts(json.loads(words)))
        tags = _Tags()
        tags.feed(words)
        seen += "xss-planted" in "".join(tags.text)
        if answer.status_code >= 500 or tags.became or SHOUTED in "".join(tags.text):
            wrong.append(f"{name} {path}: {answer.status_code} {tags.became[:3]}")
    assert not wrong, "\n".join(wrong[:20])
    assert seen > 60, f"the words were met on {seen} pages only"
    for mail in outbox_mail():
        assert SHOUTED not in mail.as_string() and "\n" not in str(mail["Subject"])
        assert len(mail.get_all("To")) == 1 and mail["Bcc"] is None
        for part in mail.walk():
            assert part.get_content_type() != "text/html" or "<xss-planted" not in part.get_content()


def _text(data: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages).replace("<", "&lt;")


def _parts(value: Any) -> list[dict[str, Any]]:
    """Every object within a JSON value."""
    if isinstance(value, dict):
        return [value, *(part for held in value.values() for part in _parts(held))]
    return [part for held in value for part in _parts(held)] if isinstance(value, list) else []


def test_a_hidden_reason_is_text_too(app):
    world = make_world()
    mona = world.person("moderator")[0]
    with transaction():
        moderation.hide_listing(actor_of(mona), world.ids["listing"], HOSTILE)
    drain()
    browser = sign_in(app.test_client(), *world.person("owner"))
    for path in (f"/publier/{world.ids['listing']}", "/stock", "/notifications"):
        tags = _Tags()
        tags.feed(browser.get(path).get_data(as_text=True))
        assert tags.became == [], path
    db.session.rollback()


FORMS = [
    ("/organisations/choisir", {"organisation": "{bad}"}),
    ("/organisations/{house}/partenaires", {"partner": "{bad}"}),
    ("/stock", {"go": "publish", "listing": "{bad}"}),
    ("/stock", {"go": "copy", "listing": "{bad}"}),
    ("/stock", {"go": "sheets", "listing": "{bad}"}),
    ("/publier/{listing}", {"go": "photo-first:{bad}"}),
    ("/publier/{listing}", {"go": "photo-up:{bad}"}),
    ("/publier/{listing}", {"go": "photo-remove:{bad}"}),
    ("/publier/{listing}", {"go": "photo-edit:{bad}"}),
    ("/publier/{listing}", {"site": "{bad}", "origin_production": "{bad}"}),
    ("/publier/photos/lignes", {"go": "save", "listing": "{bad}", "site": "{bad}"}),
    ("/publier/{listing}/modele", {"name": "{bad}"}),
    ("/favoris/listes", {"name": "{bad}", "production": "{bad}"}),
    ("/favoris/coeur", {"keep": "{bad}", "listing": "{bad}"}),
    ("/echanges/demander", {"listing": "{bad}", "production": "{bad}", "quantity": "1", "key": "{bad}"}),
]


@pytest.mark.both_databases
def test_an_identifier_with_a_nul_in_a_form_is_nobodys(app):
    owner = make_user("Alice")
    house = make_organisation(owner=owner)
    listing = make_listing(house, published=False)
    ids = {"house": house.public_id, "listing": listing.public_id}
    client = sign_in(app.test_client(), owner, house)
    rules = app.url_map.bind("localhost")
    for path, data in FORMS:
        for bad in ("a\0b", "\0", listing.public_id + "\0"):
            rules.match(path.format(**ids), "POST")
            sent = {name: value.replace("{bad}", bad) for name, value in data.items()}
            answer = client.post(path.format(**ids), data=sent)
            assert answer.status_code < 500, (path, data)


@pytest.mark.both_databases
def test_what_a_shoot_and_its_exchanges_are_told_is_judged_first(app):
    """Days at the end of the calendar, pages before the first, figures no column holds, other houses' names."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    world = make_world()
    ids, shoot = world.ids, f"/productions/{world.ids['production']}"
    owner, mona = (sign_in(app.test_client(), *world.person(name), proved=True) for name in ("owner", "moderator"))
    for path in (f"{shoot}/activite", f"/fiche/{ids['crew']}"):
        for day, status in (("0001-01-01", 422), ("9999-12-31", 422), ("2026-11-12", 303)):
            assert owner.get(path, query_string={"jour": day}).status_code == 200
            sent = {"day": day, "q_electricity": "5", "version": "\0a"}
            assert owner.post(path, data=sent).status_code == status, (path, day)
    for path in ("branchements", "activite/corrections", "empreinte/previsionnel"):
        assert owner.get(f"{shoot}/{path}?page=0").status_code == 200
    draft = f"{shoot}/empreinte/lectures/{ids['footprint draft']}"
    for name in ("sheet", "head", "label"):
        assert owner.post(draft, data={name: "--5"}).status_code == 200
    used = {"used_on": "2026-11-12", "kwh": "5", "solution": "en.electricity_fr", "plan_reference": "p. 2"}
    odd = {"supplier": [ids["own organisation"], "a\0b"], "used_on": ["0001-01-01"]}
    far = [{"vehicle": "van_20m3", "travel_km": "9" * 12}]
    for wrong in [{name: value} for name, values in odd.items() for value in values] + far:
        assert owner.post(f"{shoot}/branchements", data=used | wrong).status_code == 422, wrong
    entries = {row.kind: row.public_id for row in db.session.query(LedgerEntry)}
    db.session.rollback()
    for kind, said in (
        ("energy", {"unit_mass": "3"}), ("energy", {"quantity": "3"}), ("donation", {"quantity": "0"}),
        ("donation", {"unit_mass": "0"}), ("donation", {"unit_mass": "9" * 12, "quantity": "9" * 12}),
    ):  # fmt: skip
        page = f"/moderation/ecritures/{entries[kind]}/corriger"
        assert mona.get(page).status_code == 200, kind
        answer = mona.post(page, data=said | {"go": "write", "reason": "parce que"})
        assert answer.status_code == 422, (kind, said)
