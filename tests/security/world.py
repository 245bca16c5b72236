"""Two houses in the middle of an exchange, with a secret word in everything that is theirs alone."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from io import BytesIO

from pypdf import PdfWriter
from sqlalchemy import inspect

from marketplace.accounts import closings, invitations, tokens
from marketplace.accounts.models import Membership, Organisation, Production, ProductionMember, Site, User
from marketplace.accounts.permissions import Actor
from marketplace.accounts.productions import actor_for_production
from marketplace.accounts.signing_in import hash_secret
from marketplace.carbon import declaring, hook_ups, importing_factors, sharing, upkeeping
from marketplace.carbon import reports as carbon_reports
from marketplace.carbon.models import LedgerEntry
from marketplace.catalogue import (
    copying,
    favourite_lists,
    favourites,
    partial_uploads,
    piece_photos,
    pieces,
)
from marketplace.catalogue import services as catalogue
from marketplace.catalogue.models import Listing, Photo, PieceEvent
from marketplace.core.clock import now, today
from marketplace.core.db import db, new_public_id, transaction
from marketplace.exchanges import attachments, feeds
from marketplace.exchanges import services as exchanges
from marketplace.exchanges.models import Document, Exchange
from marketplace.exchanges.services import ExchangeRequest, LineRequest
from marketplace.footprint import importing, links, sheets
from marketplace.footprint.models import ActivityLine
from marketplace.jobs.models import OutboxRow
from marketplace.jobs.outbox import enqueue
from marketplace.jobs.runner import drain
from marketplace.messaging import services as messaging
from marketplace.messaging.models import Message, Notification
from marketplace.moderation import reports
from marketplace.web import label_sheets
from tests import factories
from tests.carbon.test_factor_imports import table
from tests.catalogue.conftest import picture
from tests.security import world_intake, world_reclaims, world_wraps
from tests.security.world_meals import make_table
from tests.security.world_traced import traced

SCOPES = ("read", "listings", "exchanges", "carbon", "admin")
CODE = "908172"  # of the exchange that waits for its hand-over


@dataclass
class World:
    """`private` are words nobody but the two houses may read, by what they were planted in; `ids` what addresses
    name; `people` who tries; `tokens` their API tokens."""

    private: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    people: dict[str, tuple[User, Organisation | None]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def person(self, name: str) -> tuple[User, Organisation | None]:
        """Somebody and the house they act for, read in the session of now."""
        user, organisation = (inspect(one).identity[0] if one is not None else None for one in self.people[name])
        house = db.session.get_one(Organisation, organisation) if organisation else None
        return db.session.get_one(User, user), house

    def word(self, name: str) -> str:
        """A word that stands nowhere else."""
        self.private[name] = f"zq{name}zq"
        return self.private[name]


def make_world() -> World:
    """Everything one house can have, made through the services that pages call."""
    world = World()
    alice, bob, vera = (factories.make_user(name) for name in ("Alice", "Bob", "Vera"))
    charlie, mona = factories.make_user("Charlie"), factories.make_user("Mona", moderator=True)
    guest = factories.make_user("Gaston", email=f"{world.word('guest')}@exemple.fr")
    giver = factories.make_organisation(owner=alice, phone=world.word("phone"))
    taker = factories.make_organisation("Les Films du Quai", "production_company", owner=bob)
    ailleurs = factories.make_organisation("Studio Ailleurs", "production_company", owner=charlie)
    factories.add_member(giver, vera, "viewer")
    world.people = {
        "owner": (alice, giver), "other side": (bob, taker), "viewer": (vera, giver), "guest": (guest, None),
        "stranger": (charlie, ailleurs), "moderator": (mona, None),
    }  # fmt: skip
    world.ids |= {"organisation": giver.public_id, "own organisation": ailleurs.public_id}
    world.ids |= {"member": alice.public_id, "guest": guest.public_id}
    site = factories.make_site(
        giver, name=world.word("site"), street=world.word("street"), access_notes=world.word("access")
    )
    production = factories.make_production(giver, world.word("production"))
    asking = factories.make_production(taker, world.word("asking"))
    world.ids |= {"site": site.public_id, "production": production.public_id}
    with transaction():
        days = {"starts_on": today(), "last_on": today() + timedelta(days=2)}
        closing = closings.add_closing(factories.actor_of(alice, giver), giver.public_id, site.public_id, days)
        world.ids["closing"] = closing.public_id
    _listings(world, giver, site)
    with transaction() as session:
        session.add(ProductionMember(production_id=production.id, user_id=guest.id, role="viewer", created_at=now()))
    _people(world)
    _exchanges(world, asking.public_id)
    _papers(world)
    _shoot(world, ailleurs)
    _kept(world)
    _partners(world, giver)
    world_reclaims.plant(world)
    world_intake.plant(world)
    world_wraps.plant(world)
    traced(world, giver, taker)
    make_table(world, *(factories.owner_of(world.people[name][1]) for name in ("owner", "other side")))
    db.session.rollback()
    return world


def _partners(world: World, giver: Organisation) -> None:
    """The giver's house has a partner and was invited by nobody else here."""
    partner = factories.make_organisation(world.word("partner"))
    world.ids["partnership"] = factories.make_partners(giver, partner).public_id


def _listings(world: World, giver: Organisation, site: Site) -> None:
    ids, alice = world.ids, factories.owner_of(giver)
    private = {"site_id": site.id, "description": world.word("description"), "reference": world.word("shelf")}
    private["shelf"] = world.word("rack")
    origin = {"made_for": world.word("work"), "origin_hidden": True, "gone_by": today() + timedelta(days=3)}
    origin["route_avoided"] = "landfill"  # so that what became of it in the end can be booked
    ids["listing"] = factories.make_listing(giver, "Feuilles de décor 3 m", **origin).public_id
    ids["public"] = factories.make_listing(giver, "Châssis à tous").public_id
    ids["draft"] = factories.make_listing(giver, world.word("draft"), published=False, **private).public_id
    kept = factories.make_listing(giver, world.word("kept"), visibility="organisation", **private)
    ids["kept"] = kept.public_id
    hidden = {"hidden_at": now(), "hidden_reason": world.word("reason")}
    ids["hidden"] = factories.make_listing(giver, world.word("hidden"), **private, **hidden).public_id
    ids["withdrawn"] = factories.make_listing(giver, world.word("withdrawn"), state="withdrawn", **private).public_id
    with transaction():
        ids["template"] = copying.save_template(alice, ids["kept"], world.word("template")).public_id
        photo = catalogue.add_photo(alice, ids["kept"], "a.jpg", picture())
        catalogue.describe_photo(alice, ids["kept"], photo.public_id, world.word("alt"))
        ids["upload"] = partial_uploads.begin(alice, ids["kept"], "secret.jpg", 1000).public_id
    _declared(world, alice)
    drain()
    _pieces(world, alice, factories.make_listing(giver, "Chaises comptées", visibility="organisation"))
    ready = db.session.get_one(Photo, photo.id, populate_existing=True)
    ids |= {"photo": ready.public_id, "photo key": ready.key or ""}


def _declared(world: World, alice: Actor) -> None:
    """What a maker says of a thing that the house keeps to itself, and a moderator's file of factors."""
    told = {"name": "Châssis", "operator": "INIES", "registration": world.word("epd"), "declared_unit": "piece"}
    paper = PdfWriter()
    paper.add_blank_page(100, 100)
    paper.write(written := BytesIO())
    received = attachments.receive("fdes.pdf", written.getvalue())
    with transaction():
        valid = {"kgco2e": "12", "valid_until": today() + timedelta(days=90)}
        world.ids["declaration"] = declaring.record(alice, world.ids["kept"], told | valid, received).public_id
    nora = factories.make_user("Nora", moderator=True)
    with transaction():
        mind = factories.actor_of(nora)
        world.ids["factor file"] = importing_factors.send(mind, f"{world.word('factors')}.csv", table({})).public_id


def _pieces(world: World, alice: Actor, listing: Listing) -> None:
    """A piece with its history and a photo of it, and its label."""
    ids, code = world.ids, world.word("piececode")
    ids["counted"] = listing.public_id
    with transaction():
        values = {"note": world.word("piecenote"), "shelf": world.word("pieceshelf")}
        piece = pieces.count_by_piece(alice, listing.public_id, [code, "P-2"], values)[0]
    ids["piece"] = piece.public_id
    uploads = piece_photos.receive([("a.jpg", picture())])
    with transaction():
        seen = pieces.note_condition(alice, piece.public_id, "good", world.word("pieceseen"), uploads)
    house = db.session.get_one(Organisation, listing.organisation_id).public_id
    ids["labels"] = label_sheets.ask(house, [], [piece.id], "a4-70x37", 1, 1)
    with transaction():
        enqueue("labels.render", {"house": house, "name": ids["labels"]})
    drain()
    ids["piece photo"] = db.session.get_one(PieceEvent, seen.id, populate_existing=True).photo_keys[0]


def _kept(world: World) -> None:
    """A list shared with the production, with a note, and a report that waits."""
    alice = factories.owner_of(world.people["owner"][1])
    with transaction():
        shared = favourite_lists.create_list(alice, world.word("list"), world.ids["production"])
        world.ids["list"] = shared.public_id
        favourites.keep(alice, world.ids["public"], shared.public_id, world.word("note"))
    bob = factories.owner_of(world.people["other side"][1])
    with transaction():
        said = reports.Notice("false", world.word("reported"), good_faith=True)
        world.ids["report"] = reports.report_listing(bob, world.ids["public"], said).public_id


def _people(world: World) -> None:
    """An invitation, and a token for each who may have one."""
    giver = factories.owner_of(world.people["owner"][1])
    with transaction():
        made = invitations.invite(giver, world.ids["organisation"], f"{world.word('invited')}@exemple.fr", "member")
    secret = "an invitation's link that only its mailbox knows"
    with transaction() as session:
        session.merge(made).token_hash = hash_secret(secret)
    world.ids |= {"invitation": made.public_id, "invitation secret": secret}
    for name in ("owner", "other side", "stranger"):
        actor = factories.owner_of(world.people[name][1])
        with transaction():
            called = world.word("token") if name == "owner" else "essai"
            token, world.tokens[name] = tokens.create_token(actor, called, SCOPES, 30)
        if name == "owner":
            world.ids["token"] = token.public_id
            with transaction():
                world.ids["feed"] = feeds.create_feed(actor, "person")[0].public_id
    viewer = factories.actor_of(*world.people["viewer"])
    with transaction() as session:  # made while they were more than a viewer
        member = session.query(Membership).filter_by(user_id=viewer.user_id, role="viewer").one()
        member.role = "manager"
        session.flush()
        _token, world.tokens["viewer"] = tokens.create_token(
            factories.actor_of(*world.people["viewer"]), "essai", SCOPES[:-1], 30
        )
        member.role = "viewer"


def _exchanges(world: World, production: str) -> None:
    """One exchange done with its paper and ledger entry, one on the way with its code and messages."""
    giver, taker = (factories.owner_of(world.people[name][1]) for name in ("owner", "other side"))
    for name, quantity in (("done", 1), ("exchange", 2)):
        lines = [LineRequest(world.ids["listing"], quantity)]
        with transaction():
            said = world.word(f"asked{name}")
            made = exchanges.request_exchange(taker, ExchangeRequest("donation", lines, production, said))
            world.ids[name] = made.public_id
        with transaction():
            exchanges.move(giver, world.ids[name], "accept", {})
    with transaction() as session:
        done = session.query(Exchange).filter_by(public_id=world.ids["done"]).one()
        exchanges.move(giver, done.public_id, "hand_over", {"code": done.hand_over_code})
    with transaction() as session:
        waiting = session.query(Exchange).filter_by(public_id=world.ids["exchange"]).one()
        waiting.hand_over_code = CODE
        waiting.collected_by_name = world.word("collector")
        world.private["reference"] = waiting.reference
    with transaction():  # what the waiting one asks for besides, and how it would be shared
        work = upkeeping.Done("clean.water_litre", Decimal(40))
        world.ids["upkeep"] = upkeeping.add_upkeep(giver, world.ids["exchange"], work).public_id
        sharing.propose(giver, world.ids["exchange"], 73)
    for actor, name in ((giver, "message"), (taker, "answer")):
        with transaction():
            messaging.post_message(actor, world.ids["exchange"], world.word(name))
    drain()


def _papers(world: World) -> None:
    session, done = db.session, db.session.query(Exchange).filter_by(public_id=world.ids["done"]).one()
    world.ids["line"] = done.lines[0].public_id
    paper = session.query(Document).filter_by(exchange_id=done.id).one()
    world.ids |= {"document": paper.public_id, "paper code": paper.code}
    world.private["paper code"] = paper.code
    world.ids["entry"] = session.query(LedgerEntry).filter_by(exchange_id=done.id).first().public_id
    giver = factories.owner_of(world.people["owner"][1])
    with transaction() as session:
        report = carbon_reports.ask(carbon_reports.of_organisation(giver, giver.organisation_id), None, None, "fr")
        report.state, world.ids["carbon report"] = "failed", report.public_id
        session.query(OutboxRow).filter_by(job=carbon_reports.JOB).delete()
    alice = world.people["owner"][0]
    note = session.query(Notification).filter_by(user_id=alice.id).order_by(Notification.id).first()
    world.ids["notification"] = note.public_id
    assert session.query(Message).count() >= 2


def _shoot(world: World, ailleurs: Organisation) -> None:
    """What a shoot writes down of itself: power, its activity with links for the crew, a footprint and one to be."""
    ids, alice = world.ids, factories.owner_of(world.people["owner"][1])
    production = db.session.query(Production).filter_by(public_id=ids["production"]).one()
    acting, own = actor_for_production(alice, ids["production"])[0], factories.make_production(ailleurs)
    with transaction():
        used = hook_ups.HookUp(today(), Decimal(100), hook_ups.SOLUTIONS[0], place=world.word("place"),
                               plan_reference=world.word("plan"))  # fmt: skip
        ids["hook-up"] = hook_ups.record_hook_up(acting, production, used)[0].public_id
        link, ids["crew"] = links.create_link(alice, ids["production"], "fill", world.word("crewname"), 7)
        _over, ids["crew over"] = links.create_link(alice, ids["production"], "read", "Régie", 7)
        links.revoke_link(alice, ids["production"], _over.public_id)
        charlie = factories.owner_of(ailleurs)
        ids["own crew"] = links.create_link(charlie, own.public_id, "fill", "Régie", 7)[1]
        ids |= {"crew link": link.public_id, "crew hash": link.secret_hash}
        world.private["crew"] = ids["crew"]
        for writer in (sheets.member_writer(alice, ids["production"]), sheets.crew_writer(ids["crew"])):
            draft = sheets.Draft("electricity", Decimal(12), "kwh", world.word("activity"))
            sheets.add_lines(writer, today(), [draft], new_public_id())
        line = db.session.query(ActivityLine).order_by(ActivityLine.id).first()
        draft = sheets.Draft("electricity", Decimal(13), "kwh", world.private["activity"])
        ids["activity line"] = sheets.correct_line(writer, line.public_id, today(), draft).public_id
    table = f"Poste;Libellé;kgCO2e\nTransport;{world.word('footprint')};12\n".encode()
    with transaction():
        for stage in importing.STAGES:
            made = importing.start(alice, ids["production"], stage, f"{world.word('footprintfile')}.csv", table)
            if stage == "forecast":
                importing.keep(alice, ids["production"], made.public_id)
        ids["footprint draft"] = made.public_id
