"""Every address tried with real identifiers by people they are not for (checklist C1, C3).

A thing that is not one's own answers exactly as one that does not exist: same status, same words. What was planted as
a secret (`world.py`) leaves in no answer: page, JSON, PDF, redirect. And nothing changes.
"""

import io
import itertools
import json
import re
import time
import zipfile
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from itsdangerous import TimestampSigner
from pypdf import PdfReader
from sqlalchemy import inspect, text

from marketplace.core.db import db, new_public_id
from marketplace.core.tables_out import XLSX
from tests.factories import sign_in
from tests.security import world_intake, world_wraps
from tests.security.world import CODE, World, make_world

SOUGHT = ("draft", "kept", "hidden", "withdrawn", "description", "shelf")  # words one might search for
ABSENT = {
    "entry": "ab12cd34ef56a",
    "photo key": "c" * 26,
    "piece photo": "c" * 26,
    "labels": "d" * 26,
    "paper code": "K" * 13,
    "row": "999999",
    "crew": "e" * 43,
    "crew over": "f" * 43,
    "crew hash": "0" * 64,
    **world_wraps.ABSENT,
}
PHOTO, UPLOAD = "/publier/{listing}/photos/{photo}", "/publier/{listing}/envois/{upload}"
MOVES = ("accept", "amend", "appoint", "confirm", "decline", "cancel", "hand_over", "dispute", "resolve")
SHEET, FOOTPRINT = "/productions/{production}/activite", "/productions/{production}/empreinte"
VISIT = {"starts_at": "2026-11-24T18:00:00+01:00", "ends_at": "2026-11-24T21:00:00+01:00", "vehicle": "van_20m3",
         "people": 2, "price_cents": 0}  # fmt: skip
CALLS = ("call draft", "call open", "call agreed")
INTAKES = ("intake open", "intake closed")
OF_WEIGHINGS = [
    f"/collectes/{{intake {name}}}/pesees/{{weighing {which}}}"
    for name, which in (("open", "open"), ("closed", "closed"), ("closed", "fixed"))
]
WEIGHED = {"stream": "metal", "gross_kg": "12"}
CREW = ("crew over", "crew hash", "crew link")
WATTS = {"day": "2026-11-12", "q_electricity": "5", "kind": "electricity", "quantity": "5", "unit": "kwh"}
HOOK_UP = {"used_on": "2026-11-12", "kwh": "5", "solution": "en.electricity_fr", "plan_reference": "pris"}
LISTINGS = ("draft", "kept", "hidden", "withdrawn")  # those a stranger may not know of


class Try(NamedTuple):
    """One request: its address with a {hole} for each thing named, and fields with holes of the same kind."""

    method: str
    path: str
    sent: Any = None  # a dict of fields, or a list holding one JSON body
    name: str = ""


def _for_each(names: tuple[str, ...], *tries: Try) -> Iterator[Try]:
    for one in tries:
        for name in names:
            yield Try(one.method, one.path.replace("{listing}", f"{{{name}}}"), _renamed(one.sent, name))


def _renamed(sent: Any, name: str) -> Any:
    return json.loads(json.dumps(sent).replace("{listing}", f"{{{name}}}")) if sent else sent


def _asking(listing: str) -> dict[str, Any]:
    return {"kind": "donation", "lines": [{"listing": listing, "quantity": 1}]}


# endpoint → the requests that name private things through it
TRIES: dict[str, list[Try]] = {
    "catalogue.listing_show": list(
        _for_each(LISTINGS, Try("GET", "/annonces/{listing}"), Try("GET", "/annonces/{listing}-zq"))
    ),
    "outputs.sheet": list(_for_each(LISTINGS, Try("GET", "/annonces/{listing}/fiche"))),
    "catalogue.photo": [
        Try("GET", f"/photos/{{photo key}}-{end}") for end in ("320.jpg", "320.webp", "1600.jpg", "1600.webp")
    ],
    "catalogue.edit": list(_for_each(("listing", *LISTINGS), Try("GET", "/publier/{listing}"))),
    "catalogue.save": list(
        _for_each(
            ("listing", *LISTINGS),
            Try("POST", "/publier/{listing}", {"title": "Pris", "go": "publish", "site": "{site}"}),
            Try("POST", "/publier/{listing}", {"go": "photo-remove:{photo}", "alt-{photo}": "pris"}),
            Try("POST", "/publier/{listing}", {"go": "withdraw"}),
        )
    ),
    "catalogue.photos_add": list(_for_each(("listing", *LISTINGS), Try("POST", "/publier/{listing}/photos"))),
    "catalogue.photos_state": list(_for_each(("listing", *LISTINGS), Try("GET", "/publier/{listing}/photos"))),
    "photos.photo_edit_page": list(_for_each(("listing", "public", *LISTINGS), Try("GET", PHOTO))),
    "photos.photo_whole": list(_for_each(("listing", "public", *LISTINGS), Try("GET", f"{PHOTO}/entiere.jpg"))),
    "photos.photo_change": list(
        _for_each(("listing", *LISTINGS), *(Try("POST", PHOTO, {"go": go}) for go in ("turn-right", "whole", "crop")))
    ),
    "pieces.of_listing": list(_for_each(("listing", *LISTINGS), Try("GET", "/stock/annonces/{listing}/pieces"))),
    "pieces.take_in": list(
        _for_each(
            ("counted", "listing", *LISTINGS),
            Try(
                "POST",
                "/stock/annonces/{listing}/pieces",
                {"prefix": "P-", "first": "1", "count": "1", "condition": "good"},
            ),
        )
    ),
    "pieces.show": [Try("GET", "/stock/pieces/{piece}")],
    "pieces.act": [
        Try("POST", "/stock/pieces/{piece}", {"go": go, f"{go}-condition": "good", f"{go}-note": "pris"})
        for go in ("note", "repair", "repaired", "withdraw", "take_back")
    ],
    "pieces.edit": [Try("GET", "/stock/pieces/{piece}/modifier")],
    "pieces.save": [Try("POST", "/stock/pieces/{piece}/modifier", {"code": "PRIS", "condition": "good"})],
    "pieces.photo": [Try("GET", "/stock/pieces/{piece}/photos/{piece photo}-320.webp")],
    "sets.compose": list(_for_each(("listing", *LISTINGS), Try("GET", "/stock/annonces/{listing}/ensemble"))),
    "sets.change": list(
        _for_each(
            ("listing", *LISTINGS),
            Try("POST", "/stock/annonces/{listing}/ensemble", {"go": "add:{public}"}),
            Try("POST", "/stock/annonces/{listing}/ensemble", {"go": "undo"}),
        )
    ),
    "labels.wait": [Try("GET", "/stock/etiquettes/{labels}")],
    "labels.fetch": [Try("GET", "/stock/etiquettes/{labels}.pdf")],
    "photos.upload_options": [],  # the same words for every address
    "photos.upload_new": list(_for_each(("listing", *LISTINGS), Try("POST", "/publier/{listing}/envois"))),
    "photos.upload_state": list(_for_each(("listing", *LISTINGS), Try("HEAD", UPLOAD))),
    "photos.upload_part": list(_for_each(("listing", *LISTINGS), Try("PATCH", UPLOAD))),
    "photos.upload_stop": list(_for_each(("listing", *LISTINGS), Try("DELETE", UPLOAD))),
    "catalogue.draft_delete": list(_for_each(("listing", *LISTINGS), Try("POST", "/stock/{listing}/effacer"))),
    "catalogue.listing_history": list(_for_each(("listing", *LISTINGS), Try("GET", "/annonces/{listing}/historique"))),
    "catalogue.listing_copy": list(_for_each(("listing", *LISTINGS), Try("POST", "/publier/{listing}/copier"))),
    "catalogue.template_save": list(
        _for_each(("listing", *LISTINGS), Try("POST", "/publier/{listing}/modele", {"name": "Pris"}))
    ),
    "catalogue.batch": [Try("GET", "/publier/photos?annonces={draft}.{kept}.{listing}")],
    "catalogue.batch_save": [
        Try("POST", "/publier/photos/lignes", {"listing": "{draft}", "title-{draft}": "Pris", "go": "publish"})
    ],
    "catalogue.template_start": [Try("POST", "/stock/modeles/{template}/commencer")],
    "catalogue.template_act": [
        Try("POST", "/stock/modeles/{template}", {"go": go, "name": "Pris"}) for go in ("rename", "delete")
    ],
    "catalogue.departure_act": list(
        _for_each(
            ("listing", *LISTINGS),
            *(
                Try("POST", "/stock/departs/{listing}", {"go": go, "gone_by": "2027-01-01", "price": "1"})
                for go in ("extend", "lower", "donate", "widen", "withdraw")
            ),
        )
    ),
    "catalogue.stock_act": list(
        _for_each(
            ("listing", *LISTINGS),
            *(
                Try("POST", "/stock", {"go": go, "listing": "{listing}", "gone_by": "2027-01-01"})
                for go in ("publish", "withdraw", "dates", "copy")
            ),
        )
    ),
    "catalogue.stock": [Try("GET", "/stock?refusees={draft}.{kept}&ressemblent={draft}.{kept}")],
    "catalogue.publish_first": [
        Try("POST", "/publier", {"title": "À moi", "site": "{site}"}),
        Try("POST", "/publier", {"title": "À moi", "origin_production": "{production}"}),
    ],
    "accounts.tokens_revoke": [Try("POST", "/compte/jetons/{token}/revoquer")],
    "accounts.account_sign_out_one": [],  # a session has no name but in its person's list: accounts/test_browsers.py
    "accounts.passkeys_remove": [],  # nor has a key: accounts/test_passkeys.py
    "carbon.entry": [Try("GET", "/carbone/ecritures/{entry}")],
    "carbon.entry_text": [Try("GET", "/carbone/ecritures/{entry}/texte")],
    "carbon_reports.of_production": [
        Try("GET", "/productions/{production}/rapports"),
        Try("POST", "/productions/{production}/rapports", {"period": "all", "language": "fr"}),
    ],
    "carbon_reports.show": [Try("GET", "/rapports/{carbon report}")],
    "carbon_reports.again": [Try("POST", "/rapports/{carbon report}/refaire")],
    "carbon_reports.fetch": [Try("GET", f"/rapports/{{carbon report}}/{ending}") for ending in ("pdf", "csv", "xlsx")],
    "ledger_exports.of_production": [
        Try("GET", f"/productions/{{production}}/registre.{ending}") for ending in ("csv", "json")
    ],
    "exchanges.show": [Try("GET", f"/echanges/{{{name}}}") for name in ("exchange", "done", "meal claim")],
    "exchanges.make_move": [
        Try("POST", f"/echanges/{{exchange}}/{move}", {f"{move}-code": CODE, f"{move}-reason": "pris", "version": "1"})
        for move in MOVES
    ],
    "exchanges.code_screen": [Try("GET", "/echanges/{exchange}/code")],
    "exchanges.hand_over_screen": [Try("GET", f"/echanges/{{{name}}}/remise") for name in ("exchange", "meal claim")],
    "exchanges.return_screen": [Try("GET", "/echanges/{exchange}/retour")],
    "instead.choose": [Try("GET", "/echanges/{exchange}/autres/{line}")],
    "counter.day": [Try("GET", "/comptoir/{site}")],
    "counter.open_code": [
        Try("POST", "/comptoir/{site}/ouvrir", {"code": f"{{{name}}}"}) for name in ("exchange", "piece", "public")
    ],
    "counter.prepare": [Try("GET", "/echanges/{exchange}/preparation")],
    "counter.prepare_act": [
        Try("POST", "/echanges/{exchange}/preparation", {"go": go, "code": "P-2", "piece": "{piece}"})
        for go in ("scan", "choose", "stay", "rest", "ready", "not_ready")
    ],
    "counter.photo": [Try("GET", "/echanges/{exchange}/etats/{piece}/{piece photo}-320.webp")],
    "calendar.month": list(_for_each(LISTINGS, Try("GET", "/annonces/{listing}/calendrier"))),
    "planner.block": list(_for_each(("listing", *LISTINGS), Try("GET", "/stock/planning/{listing}"))),
    "planner.block_add": list(
        _for_each(
            ("listing", *LISTINGS),
            Try("POST", "/stock/planning/{listing}", {"quantity": "1", "from": "2027-12-01", "note": "pris"}),
        )
    ),
    "planner.block_end": [Try("POST", "/stock/planning/{listing}/rendre", {"number": "1"})],
    "calendars.feeds_revoke": [Try("POST", "/compte/calendriers/{feed}/revoquer")],
    "exchanges.price": list(_for_each(LISTINGS, Try("GET", "/annonces/{listing}/prix?quantity=1"))),
    "carts.line": [
        Try("POST", "/panier/{exchange}/lignes/{piece}", {"go": go, "{piece}-quantity": "2"})
        for go in ("change", "remove")
    ],
    "exchanges.write": [Try("POST", "/echanges/{exchange}/message", {"message-text": "Bonjour"})],
    "exchanges.paper": [Try("GET", "/echanges/{done}/papiers/{document}")],
    "papers.quote": [Try("POST", "/echanges/{exchange}/papiers/devis")],
    "papers.preparation": [Try("POST", "/echanges/{exchange}/papiers/preparation")],
    "papers.certificate": [Try("POST", "/echanges/{done}/papiers/attestation")],
    "papers.sign": [Try("GET", "/echanges/{done}/papiers/{document}/signer")],
    "papers.sign_send": [
        Try("POST", "/echanges/{done}/papiers/{document}/signer", {"own-name": "Pris"}),
        Try("POST", "/echanges/{done}/papiers/{document}/signer", {"for": "receiver", "receiver-code": CODE}),
    ],
    "papers.insurance_page": [Try("GET", "/echanges/{exchange}/papiers/assurance")],
    "papers.insurance_send": [Try("POST", "/echanges/{exchange}/papiers/assurance", {"valid_until": "2027-12-31"})],
    "papers.insurance_ask": [Try("POST", "/echanges/{exchange}/papiers/assurance/demande", {"asked": "1"})],
    "received.list_line": [Try("POST", "/echanges/{done}/lignes/{line}/annonce")],
    "exchanges.ask": list(_for_each(LISTINGS, Try("GET", "/echanges/demander?annonce={listing}"))),
    "exchanges.request_exchange": [
        *_for_each(LISTINGS, Try("POST", "/echanges/demander", {"listing": "{listing}", "quantity": "1"})),
        Try("POST", "/echanges/demander", {"listing": "{public}", "quantity": "1", "production": "{production}"}),
    ],
    "exchanges.scanned": [Try("GET", f"/q/{{{name}}}") for name in ("exchange", "done", "piece")],
    "messaging.thread": [
        Try("GET", "/messages/{exchange}"),
        Try("POST", "/messages/{exchange}", {"text": "Bonjour"}),
    ],
    "messaging.notification": [Try(method, "/notifications/{notification}") for method in ("GET", "POST")],
    "messaging.read_one": [Try("POST", "/notifications/{notification}/lue")],
    "favourites.show": [Try("GET", "/favoris/{list}")],
    "favourites.keep": list(_for_each(LISTINGS, Try("GET", "/favoris/garder/{listing}"))),
    "favourites.keep_in": [
        *_for_each(LISTINGS, Try("POST", "/favoris/garder/{listing}", {"note": "pris"})),
        Try("POST", "/favoris/garder/{public}", {"list": "{list}"}),
    ],
    "favourites.edit": [Try(method, "/favoris/{list}/modifier", {"name": "Pris"}) for method in ("GET", "POST")],
    "favourites.delete": [Try(method, "/favoris/{list}/effacer") for method in ("GET", "POST")],
    "favourites.line": [
        Try("POST", "/favoris/lignes/{list}/{public}", {"go": go, "note": "pris", "target": "{list}"})
        for go in ("note", "out", "move", "copy")
    ],
    "reports.make": list(
        _for_each(
            LISTINGS,
            Try("GET", "/annonces/{listing}/signaler"),
            Try(
                "POST",
                "/annonces/{listing}/signaler",
                {"reason": "false", "explanation": "Elle est fausse.", "good_faith": "y"},
            ),
        )
    ),
    "reports.show": [
        Try("GET", "/moderation/signalements/{report}"),
        Try("POST", "/moderation/signalements/{report}", {"reason": "parce que", "decision": "hidden"}),
    ],
    "organisations.show": [],  # what anybody may know of a house: the words planted stay out (see below)
    "organisations.invitation": [],  # whoever has the link may look: tests/accounts/test_memberships.py
    "organisations.accept": [],
    "organisations.choose": [Try("POST", "/organisations/choisir", {"organisation": "{organisation}"})],
    "organisations.members": [
        Try("GET", "/organisations/{organisation}/membres"),
        Try("POST", "/organisations/{organisation}/membres", {"email": "moi@exemple.fr", "role": "manager"}),
        Try("POST", "/organisations/{organisation}/membres", {"email": "moi@exemple.fr", "role": "owner"}),
    ],
    "organisations.change_role": [
        Try("POST", f"/organisations/{{{house}}}/membres/{{member}}/role", {"role": role})
        for house in ("organisation", "own organisation")
        for role in ("viewer", "owner", "")
    ],
    "organisations.remove_member": [
        Try("POST", f"/organisations/{{{house}}}/membres/{{member}}/retirer")
        for house in ("organisation", "own organisation")
    ],
    "organisations.withdraw_invitation": [
        Try("POST", f"/organisations/{{{house}}}/invitations/{{invitation}}/retirer")
        for house in ("organisation", "own organisation")
    ],
    "organisations.leave": [Try("POST", "/organisations/{organisation}/quitter")],
    "partners.index": [Try("GET", "/organisations/{organisation}/partenaires")],
    "partners.invite": [Try("POST", "/organisations/{organisation}/partenaires", {"partner": "{organisation}"})],
    "partners.answer": [
        Try("POST", f"/organisations/{{organisation}}/partenaires/{{partnership}}/{answer}")
        for answer in ("accepter", "refuser")
    ],
    "partners.end": [Try("POST", "/organisations/{organisation}/partenaires/{partnership}/terminer")],
    "organisations.edit": [
        Try("GET", "/organisations/{organisation}/modifier"),
        Try("POST", "/organisations/{organisation}/modifier", {"name": "Prise", "kind": "venue"}),
    ],
    "organisations.journal": [Try("GET", "/organisations/{organisation}/journal")],
    "organisations.site_new": [
        Try("GET", "/organisations/{organisation}/lieux/nouveau"),
        Try("POST", "/organisations/{organisation}/lieux/nouveau", {"name": "Chez moi", "postcode": "69001"}),
    ],
    "organisations.site_edit": [
        Try(method, f"/organisations/{{{house}}}/lieux/{{site}}", {"name": "Pris", "postcode": "69001"})
        for house in ("organisation", "own organisation")
        for method in ("GET", "POST")
    ],
    "organisations.site_close": [
        Try("POST", f"/organisations/{{{house}}}/lieux/{{site}}/fermer")
        for house in ("organisation", "own organisation")
    ],
    "organisations.closings_of": [
        Try(
            method,
            f"/organisations/{{{house}}}/lieux/{{site}}/fermetures",
            {"starts_on": "2026-12-24", "last_on": "2026-12-25"} if method == "POST" else None,
        )
        for house in ("organisation", "own organisation")
        for method in ("GET", "POST")
    ],
    "organisations.closing_remove": [
        Try("POST", f"/organisations/{{{house}}}/lieux/{{site}}/fermetures/{{closing}}/retirer")
        for house in ("organisation", "own organisation")
    ],
    "organisations.site_reopen": [Try("POST", "/organisations/{organisation}/lieux/{site}/rouvrir")],
    "productions.show": [
        Try("GET", "/productions/{production}"),
        Try("POST", "/productions/{production}", {"email": "moi@exemple.fr", "role": "viewer"}),
    ],
    "productions.edit": [
        Try("GET", "/productions/{production}/modifier"),
        Try("POST", "/productions/{production}/modifier", {"title": "Prise", "kind": "series"}),
    ],
    "productions.change_guest": [Try("POST", "/productions/{production}/invites/{guest}/role", {"role": "viewer"})],
    "productions.remove_guest": [Try("POST", "/productions/{production}/invites/{guest}/retirer")],
    "productions.leave": [Try("POST", "/productions/{production}/quitter")],
    "moderation.organisation": [
        Try("GET", "/moderation/organisations/{organisation}"),
        Try("POST", "/moderation/organisations/{organisation}", {"reason": "parce que", "decision": "verify"}),
    ],
    "moderation.listing": list(
        _for_each(
            ("listing", *LISTINGS),
            Try("GET", "/moderation/annonces/{listing}"),
            Try("POST", "/moderation/annonces/{listing}", {"reason": "parce que", "decision": "hide"}),
        )
    ),
    "moderation.dispute": [
        Try("GET", "/moderation/litiges/{exchange}"),
        Try("POST", "/moderation/litiges/{exchange}", {"reason": "parce que", "state": "completed"}),
    ],
    "moderation.retry_job": [Try("POST", "/moderation/travaux/{row}/relancer")],
    "factor_imports.show": [Try("GET", "/moderation/facteurs/{factor file}")],
    "factor_imports.publish": [
        Try("POST", "/moderation/facteurs/{factor file}/publier", {"reason": "parce que", "count": "1"})
    ],
    "factor_imports.drop": [Try("POST", "/moderation/facteurs/{factor file}/ecarter")],
    "factor_imports.measure": [Try("POST", "/moderation/facteurs/{factor file}/mesurer")],
    "product_data.show": list(_for_each(LISTINGS, Try("GET", "/annonces/{listing}/donnees-produit"))),
    "product_data.record": list(
        _for_each(("listing", *LISTINGS), Try("POST", "/annonces/{listing}/donnees-produit", {"name": "Prise"}))
    ),
    "product_data.withdraw": list(
        _for_each(("listing", *LISTINGS), Try("POST", "/annonces/{listing}/donnees-produit/retirer"))
    ),
    "product_data.document": [Try("GET", "/carbone/declarations/{declaration}/document")],
    "activity.sheet": [Try("GET", SHEET), Try("GET", f"{SHEET}?jour=2026-11-12"), Try("POST", SHEET, WATTS)],
    "activity.line": [Try(method, f"{SHEET}/lignes/{{activity line}}", WATTS) for method in ("GET", "POST")],
    "activity.remove": [Try("POST", f"{SHEET}/lignes/{{activity line}}/retirer")],
    "activity.export": [Try("GET", f"{SHEET}.{ending}") for ending in ("csv", "xlsx")],
    "activity.corrections": [Try("GET", f"{SHEET}/corrections")],
    "activity.crew_links": [
        Try("GET", f"{SHEET}/liens"),
        Try("POST", f"{SHEET}/liens", {"name": "À moi", "role": "fill", "days": "7"}),
    ],
    "activity.revoke": [Try("POST", f"{SHEET}/liens/{{crew link}}/revoquer")],
    # whoever has a living link may come: footprint/test_sheets.py. One that is over, or what is kept of one, opens
    # nothing, and one's own opens no other sheet
    "crew.sheet": [Try(method, f"/fiche/{{{name}}}", WATTS) for name in CREW for method in ("GET", "POST")],
    "crew.line": [
        Try(method, f"/fiche/{{{name}}}/lignes/{{activity line}}", WATTS)
        for name in (*CREW, "own crew")
        for method in ("GET", "POST")
    ],
    "crew.remove": [Try("POST", f"/fiche/{{{name}}}/lignes/{{activity line}}/retirer") for name in (*CREW, "own crew")],
    "crew.export": [Try("GET", f"/fiche/{{{name}}}/export.csv") for name in CREW],
    "footprints.show": [Try("GET", FOOTPRINT)],
    "footprints.lines": [Try("GET", f"{FOOTPRINT}/previsionnel")],
    "footprints.export": [Try("GET", f"{FOOTPRINT}/previsionnel.{ending}") for ending in ("csv", "xlsx")],
    "footprints.send": [Try("GET", f"{FOOTPRINT}/importer"), Try("POST", f"{FOOTPRINT}/importer", {"stage": "final"})],
    "footprints.mapping": [
        Try("GET", f"{FOOTPRINT}/lectures/{{footprint draft}}"),
        Try("POST", f"{FOOTPRINT}/lectures/{{footprint draft}}", {"unit": "t", "do": "keep"}),
    ],
    "footprints.discard": [Try("POST", f"{FOOTPRINT}/lectures/{{footprint draft}}/abandonner")],
    "meal_traces.file": [],  # names a format alone: each has their own part, meals/test_views_traced.py
    "meal_reports.eaten": [
        Try("GET", "/echanges/{eaten}/mange"),
        Try("POST", "/echanges/{eaten}/mange", {"go": "all", "why": "pris"}),
    ],
    "api_meals_traced.report_eaten": [
        Try("POST", "/api/v1/exchanges/{eaten}/eaten", [{"everything": True, "why": "pris"}])
    ],
    "api_meals_traced.read_eaten": [Try("GET", "/api/v1/exchanges/{eaten}/eaten")],
    "meal_receipts.show": [
        Try("GET", "/echanges/{eaten}/recu-fiscal"),
        Try("POST", "/echanges/{eaten}/recu-fiscal", {"go": "declare", "cost": "5", "legal_form": "SAS"}),
    ],
    "meal_reports.fate": [
        Try("GET", "/repas/{meal left}/devenir"),
        Try("POST", "/repas/{meal left}/devenir", {"go": "all", "why": "pris"}),
    ],
    "meal_recalls.open_one": [
        Try("GET", "/repas/{meal left}/rappel"),
        Try("POST", "/repas/{meal left}/rappel", {"reason": "parce que", "what_to_do": "jeter"}),
    ],
    "meal_recalls.open_as_moderator": [
        Try("GET", "/moderation/repas/{meal left}/rappel"),
        Try("POST", "/moderation/repas/{meal left}/rappel", {"reason": "parce que", "what_to_do": "jeter"}),
    ],
    "meal_recalls.show": [Try("GET", "/repas/rappels/{recall}")],
    "meal_recalls.received": [
        Try("GET", "/repas/rappels/recus/{notice}"),
        Try("POST", "/repas/rappels/recus/{notice}", {"answer": "destroyed"}),
    ],
    "meal_tables.show": [
        Try("GET", "/repas/commander-plus-juste/{production}"),
        Try("POST", "/repas/commander-plus-juste/{production}", {"day": "2026-11-12", "people": "7"}),
    ],
    "hook_ups.index": [
        Try("GET", "/productions/{production}/branchements"),
        Try("POST", "/productions/{production}/branchements", HOOK_UP),
    ],
    "hook_ups.withdraw": [Try("POST", "/productions/{production}/branchements/{hook-up}/retirer")],
    "upkeep.index": [
        Try("GET", "/echanges/{exchange}/soins"),
        Try("POST", "/echanges/{exchange}/soins", {"work": "clean.water_litre", "amount": "5"}),
    ],
    "upkeep.remove": [Try("POST", "/echanges/{exchange}/soins/{upkeep}/retirer")],
    "ends.book": [
        Try("GET", "/echanges/{done}/lignes/{line}/fin"),
        Try("POST", "/echanges/{done}/lignes/{line}/fin", {"route": "average", "on": "2026-11-12"}),
    ],
    "shares.show": [
        Try("GET", "/echanges/{exchange}/partage"),
        *(
            Try("POST", "/echanges/{exchange}/partage", {"go": go, "giver_percent": "73"})
            for go in ("propose", "agree", "decline")
        ),
    ],
    "corrections.correct": [
        Try("GET", "/moderation/ecritures/{entry}/corriger"),
        *(
            Try("POST", "/moderation/ecritures/{entry}/corriger", {"go": go, "reason": "parce que", "unit_mass": "3"})
            for go in ("look", "write", "take_back")
        ),
    ],
    "carbon.factor": [Try("GET", "/carbone/facteurs/epd.{kept}")],
    "api_carbon.read_factor": [Try("GET", "/api/v1/factors/epd.{kept}")],
    "api_listings.read": list(_for_each(LISTINGS, Try("GET", "/api/v1/listings/{listing}"))),
    "api_listings.change": list(
        _for_each(("listing", *LISTINGS), Try("PATCH", "/api/v1/listings/{listing}", [{"title": "Prise"}]))
    ),
    "api_listings.add_photo": list(
        _for_each(("listing", *LISTINGS), Try("POST", "/api/v1/listings/{listing}/photos", [{}]))
    ),
    "api_listings.publish": list(_for_each(LISTINGS, Try("POST", "/api/v1/listings/{listing}/publish", [{}]))),
    "api_listings.withdraw": list(
        _for_each(("listing", *LISTINGS), Try("POST", "/api/v1/listings/{listing}/withdraw", [{}]))
    ),
    "api_listings.create": [Try("POST", "/api/v1/listings", [{"title": "À moi", "site": "{site}"}])],
    "api_availability.read_availability": list(
        _for_each(LISTINGS, Try("GET", "/api/v1/listings/{listing}/availability"))
    ),
    "api_availability.read_calendar": list(_for_each(LISTINGS, Try("GET", "/api/v1/listings/{listing}/calendar"))),
    "api_availability.quote": list(_for_each(LISTINGS, Try("POST", "/api/v1/quotes", [_asking("{listing}")]))),
    "api_pieces.list_pieces": list(
        _for_each(("counted", "listing", *LISTINGS), Try("GET", "/api/v1/listings/{listing}/pieces"))
    ),
    "api_pieces.add_pieces": list(
        _for_each(
            ("counted", "listing", *LISTINGS), Try("POST", "/api/v1/listings/{listing}/pieces", [{"codes": ["P-9"]}])
        )
    ),
    "api_pieces.read_piece": [Try("GET", "/api/v1/pieces/{piece}")],
    "api_pieces.change_piece": [Try("PATCH", "/api/v1/pieces/{piece}", [{"code": "PRIS"}])],
    "api_pieces.repair": [Try("POST", "/api/v1/pieces/{piece}/repair", [{}])],
    "api_pieces.back": [Try("POST", "/api/v1/pieces/{piece}/back", [{"condition": "good"}])],
    "api_pieces.withdraw": [Try("POST", "/api/v1/pieces/{piece}/withdraw", [{}])],
    "api_exchanges.create_exchange": [
        *_for_each(LISTINGS, Try("POST", "/api/v1/exchanges", [_asking("{listing}")])),
        Try("POST", "/api/v1/exchanges", [{**_asking("{public}"), "production": "{production}"}]),
    ],
    "api_exchanges.list_exchanges": [
        Try("GET", "/api/v1/exchanges?production={production}"),
        Try("GET", "/api/v1/exchanges?site={site}"),
    ],
    "api_exchanges.read_exchange": [Try("GET", f"/api/v1/exchanges/{{{name}}}") for name in ("exchange", "done")],
    "api_exchanges.move_exchange": [
        Try("POST", "/api/v1/exchanges/{exchange}/moves", [{"move": move, "code": CODE, "reason": "pris"}])
        for move in MOVES
    ],
    "api_intake.read_intake": [Try("GET", f"/api/v1/reclaims/{{{one}}}/weighings") for one in INTAKES],
    "api_intake.weigh": [Try("POST", f"/api/v1/reclaims/{{{one}}}/weighings", [WEIGHED]) for one in INTAKES],
    "api_intake.say_outcomes": [
        Try("POST", "/api/v1/reclaims/{intake open}/outcomes", [{"weighing": "{weighing open}", "outcomes": []}])
    ],
    "intake.show": [Try("GET", f"/collectes/{{{one}}}/pesees") for one in INTAKES],
    "intake.weigh": [Try("POST", f"/collectes/{{{one}}}/pesees", WEIGHED) for one in INTAKES],
    "intake.close": [Try("GET", "/collectes/{intake open}/pesees/cloture")],
    "intake.close_send": [Try("POST", "/collectes/{intake open}/pesees/cloture", {"version": "1"})],
    "intake.parts": [Try("GET", one) for one in OF_WEIGHINGS],
    "intake.parts_send": [
        Try("POST", one, {"outcome-0": "landfill", "mass_kg-0": "840", "destination-0": "pris"}) for one in OF_WEIGHINGS
    ],
    "intake.change": [Try("GET", f"{OF_WEIGHINGS[0]}/modifier")],
    "intake.change_send": [Try("POST", f"{OF_WEIGHINGS[0]}/modifier", WEIGHED)],
    "intake.remove": [Try("POST", f"{OF_WEIGHINGS[0]}/retirer")],
    "intake.correct": [Try("GET", f"{one}/corriger") for one in OF_WEIGHINGS[1:]],
    "intake.correct_send": [
        Try("POST", f"{one}/corriger", {**WEIGHED, "reason": "pris", "outcome-0": "landfill", "destination-0": "pris"})
        for one in OF_WEIGHINGS[1:]
    ],
    "intake.take_away": [Try("POST", f"{one}/annuler", {"reason": "pris"}) for one in OF_WEIGHINGS[1:]],
    "intake.photo": [Try("GET", f"{one}/photos/intakephoto-320.webp") for one in OF_WEIGHINGS],
    "register.export": [
        Try("GET", f"/collectes/registre.{ext}?cote={side}&production={{production}}")
        for ext in ("csv", "xlsx")
        for side in ("left", "came")
    ],
    "api_reclaims.read_reclaim": [Try("GET", f"/api/v1/reclaims/{{{one}}}") for one in CALLS],
    "api_reclaims.send_reclaim": [Try("POST", f"/api/v1/reclaims/{{{one}}}/send", [{}]) for one in CALLS],
    "api_reclaims.cancel_reclaim": [Try("POST", f"/api/v1/reclaims/{{{one}}}/cancel", [{}]) for one in CALLS],
    "api_reclaims.offer_reclaim": [Try("POST", f"/api/v1/reclaims/{{{one}}}/offers", [VISIT]) for one in CALLS],
    "api_reclaims.decline_reclaim": [Try("POST", f"/api/v1/reclaims/{{{one}}}/decline", [{}]) for one in CALLS],
    "api_reclaims.choose_reclaim": [
        Try("POST", "/api/v1/reclaims/{call open}/choose", [{"offer": "{offer open}"}]),
        Try("POST", "/api/v1/reclaims/{call agreed}/choose", [{"offer": "{offer agreed}"}]),
    ],
    "meals.show": [Try("GET", "/repas/{supper}")],
    "meals.claim": [Try("POST", "/repas/{supper}/retenir", {"quantity": "1", "key": "une-cle-de-formulaire"})],
    "meals.wait": [Try("POST", "/repas/{supper}/attendre")],
    "meals.temperature": [
        Try("POST", f"/repas/{{{name}}}/temperature", {"temperature": "20"}) for name in ("supper", "table")
    ],
    "meals.withdraw": [
        Try("POST", f"/repas/{{{name}}}/retirer", sent)
        for name in ("supper", "table")
        for sent in ({}, {"why": "cooled"})
    ],
    "reclaims.show": [Try("GET", f"/collectes/{{{one}}}") for one in CALLS],
    "reclaims.photo": [Try("GET", f"/collectes/{{{one}}}/photos/{one.split()[1]}photo-320.jpg") for one in CALLS],
    "reclaims.edit": [
        *(Try("GET", f"/collectes/{{{one}}}/modifier") for one in CALLS),
        Try("POST", "/collectes/{call draft}/modifier", {"version": "1", "street": "pris", "postcode": "69100"}),
    ],
    "reclaims.send": [
        Try("POST", f"/collectes/{{{one}}}/envoyer", {"reach": "around", "radius_km": "50"}) for one in CALLS
    ],
    "reclaims.cancel": [Try("POST", f"/collectes/{{{one}}}/annuler", {"cancel-reason": "pris"}) for one in CALLS],
    "reclaims.begin_anew": [Try("POST", f"/collectes/{{{one}}}/recommencer") for one in CALLS],
    "reclaims.offer": [
        Try("POST", f"/collectes/{{{one}}}/offre", {"starts_on": "2026-11-24", "way": "free"}) for one in CALLS
    ],
    "reclaims.withdraw": [Try("POST", f"/collectes/{{{one}}}/retirer") for one in CALLS],
    "reclaims.decline": [Try("POST", f"/collectes/{{{one}}}/refuser", {"decline-reason": "pris"}) for one in CALLS],
    "reclaims.choose": [
        Try("POST", "/collectes/{call open}/choisir/{offer open}"),
        Try("POST", "/collectes/{call agreed}/choisir/{offer agreed}"),
    ],
    "reclaims.hour": [Try("POST", f"/collectes/{{{one}}}/heure", {"hour-starts_on": "2026-11-24"}) for one in CALLS],
    "api_papers.list_documents": [
        Try("GET", f"/api/v1/exchanges/{{{name}}}/documents") for name in ("exchange", "done")
    ],
    "api_papers.read_document": [Try("GET", "/api/v1/exchanges/{done}/documents/{document}")],
    "api_preparation.read_preparation": [Try("GET", "/api/v1/exchanges/{exchange}/preparation")],
    "api_preparation.prepare": [
        Try(
            "POST",
            "/api/v1/exchanges/{exchange}/preparation",
            [{"act": act, "code": "P-2", "line": "a" * 13, "pieces": ["{piece}"], "piece": "{piece}"}],
        )
        for act in ("scan", "choose", "release", "choose_rest", "ready", "not_ready")
    ],
    "carbon.production_dashboard": [Try("GET", "/productions/{production}/tableau-de-bord")],
    "carbon.production_dashboard_entries": [Try("GET", "/productions/{production}/tableau-de-bord/ecritures")],
    "api_carbon.read_exchange_carbon": [Try("GET", "/api/v1/exchanges/{done}/carbon")],
    "api_carbon.read_ledger": [
        Try("GET", "/api/v1/ledger?organisation={organisation}"),
        Try("GET", "/api/v1/ledger?production={production}"),
    ],
    "api_ledger.export_ledger": [
        Try("GET", "/api/v1/ledger/export?organisation={organisation}"),
        Try("GET", "/api/v1/ledger/export?format=csv&production={production}"),
    ],
}
# addresses that name nothing private
NAMELESS = {
    "calendars.read",  # its address is the secret
    "verification.code",  # tells anybody, without names: carbon/test_verification.py
    "api_ledger.verify",
    "ledger_exports.of_organisation",  # one's own
    "carbon.figures_of_region",  # names nobody: carbon/test_dashboards.py
    "catalogue.proposal",
    "accounts.verify",
    "accounts.reset",
    "feeds.listings_map",
    "static",
}
MODERATORS_ACTS = (
    "moderation.organisation", "moderation.listing", "reports.show", "corrections.correct", "factor_imports.publish",
    "factor_imports.drop", "factor_imports.measure", "meal_recalls.open_as_moderator",
)  # fmt: skip
WITHOUT_NAMES = (
    "/", "/annonces?q={word}", "/annonces?organisation={organisation}", "/annonces?sort=newest",
    "/organisations/{organisation}", "/annonces/{listing}", "/favoris",
    "/moderation/signalements", "/moderation", "/moderation/annonces?q={word}",
    "/moderation/organisations?q={word}", "/moderation/journal", "/moderation/litiges", "/moderation/travaux",
    "/collectes/registre", "/collectes/registre?cote=left",
    "/messages", "/notifications", "/echanges", "/echanges?cote=donne", "/productions", "/organisations", "/stock",
    "/stock?words={word}", "/stock/modeles", "/stock/planning?q={word}", "/compte/calendriers",
    "/comptoir", "/comptoir/sans-lieu", "/stock/departs", "/publier", "/stock/pieces?code={word}",
    "/stock/etiquettes?de={counted}",
    "/stock/etiquettes?piece={piece}", "/stock/etiquettes?annonces={listing}.{draft}",
    "/stock/fiches?annonces={listing}.{draft}", "/compte", "/compte/jetons", "/tableau-de-bord",
    "/tableau-de-bord/ecritures", "/carbone/chiffres", "/carbone/regions/84",
    "/tableau-de-bord/releves", "/tableau-de-bord/registre.json", "/carbone/methode",
    "/carbone/facteurs?q={word}", "/api/v1/listings?facets=1", "/api/v1/listings?q={word}",
    "/api/v1/listings?organisation={organisation}", "/api/v1/exchanges", "/api/v1/exchanges?state=cart",
    "/api/v1/exchanges?from=2020-01-01", "/api/v1/ledger", "/readyz", "/healthz",
    "/annonces/filtres?q={word}", "/annonces/carte.json", "/annonces/suggestions?q={word}", "/annonces.atom?q={word}",
    "/annonces.atom", "/sitemap.xml", "/sitemap-1.xml",
    "/api/v1/meals", "/api/v1/meals?near=Lyon", "/repas", "/repas/{table}", "/repas/miens", "/repas/proposer",
    "/repas/profil",
    "/repas/suivi", "/repas/suivi.csv", "/repas/rappels", "/repas/commander-plus-juste", "/api/v1/meals/register",
    "/collectes", "/collectes?vue=demandes", "/collectes?vue=recues", "/collectes?vue=collectes", "/collectes/demander",
    "/collectes/plans", "/collectes/tournees", "/collectes/plans/nouveau",
    "/collectes/profil", "/api/v1/reclaims", "/api/v1/reclaims?side=collector",
)  # fmt: skip


@pytest.fixture
def world(app) -> World:
    return make_world()


class Visit:
    """One person at every door, each time with a browser that remembers nothing of the last page."""

    def __init__(self, app: Any, world: World, name: str):
        self.app, self.world, self.name = app, world, name
        self.cookie: dict[str, Any] = {}
        user, organisation = world.people.get(name, (None, None))
        if user is not None:
            with sign_in(app.test_client(), user, organisation, proved=True).session_transaction() as cookie:
                self.cookie = dict(cookie)

    def send(self, one: Try, ids: dict[str, str]) -> Any:
        browser = self.app.test_client()
        if self.cookie:
            with browser.session_transaction() as cookie:
                cookie.update(self.cookie)
        options: dict[str, Any] = {}
        if one.path.startswith("/api/") and self.name in self.world.tokens:
            options["headers"] = {"Authorization": f"Bearer {self.world.tokens[self.name]}"}
        if isinstance(one.sent, list):
            options["json"] = _filled(one.sent[0], ids)
        elif one.sent and one.method == "POST":
            options["data"] = _filled(one.sent, ids)
        return browser.open(_filled(one.path, ids), method=one.method, **options)


def _filled(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {_filled(key, ids): _filled(held, ids) for key, held in value.items()}
    if isinstance(value, list):
        return [_filled(held, ids) for held in value]
    if isinstance(value, str):
        return re.sub(r"\{([a-z -]+)\}", lambda hole: ids[hole[1]], value)
    return value


def said(answer: Any) -> str:
    """Everything an answer says, in one text."""
    heads = "\n".join(f"{name}: {value}" for name, value in answer.headers if name not in ("Set-Cookie", "ETag"))
    if answer.mimetype == "application/pdf":
        body = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.data)).pages)
    elif answer.mimetype == XLSX:
        with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
            body = "\n".join(book.read(part).decode("utf-8") for part in sorted(book.namelist()) if part[:3] == "xl/")
    else:
        body = answer.get_data(as_text=True) if answer.mimetype.startswith(("text/", "application/")) else ""
    return f"{answer.status_code}\n{heads}\n{body}"


TRIES |= world_wraps.tries(Try)


def without_names(words: str, ids: dict[str, str]) -> str:
    """`words` less what differs from one request to the next."""
    words = re.sub(r'(?<=")[\w-]+\.[\w-]{6}\.[\w-]{27}(?=")', "TOKEN", words)  # a form's: it tells the second
    for value in sorted(set(ids.values()), key=len, reverse=True):
        words = words.replace(value, "NAME")
    words = re.sub(r'(X-Request-Id: |"request_id": ?"|<code[^>]*>|instance": ?")[0-9a-f]{12,20}', r"\1ID", words)
    return re.sub(r"Content-Length: \d+|[0-9a-f]{16}|[A-Za-z0-9_-]{22,}", "", words)


def absent(world: World) -> dict[str, str]:
    """Names of the same form that belong to nothing; what is not of the house keeps its own."""
    made = {name: ABSENT.get(name) or new_public_id() for name in world.ids}
    known = {name: world.ids[name] for name in ("own organisation", "own crew", "own plan crew", "public")}
    return {**made, **known, "row": ABSENT["row"]}


def leaks(world: World, words: str, given: str) -> list[str]:
    """The planted words in `words` that the request itself did not hold."""
    return [name for name, word in world.private.items() if word in words and word not in given]


def everything() -> dict[str, dict[Any, Any]]:
    """Every row of every table but what requests always write, by its first column and its id."""
    db.session.rollback()
    tables = set(inspect(db.engine).get_table_names()) - {"audit_entry", "user_session", "outbox", "alembic_version"}
    found = {}
    for table in sorted(tables):
        if not table.startswith(("listing_words", "idempotency", "search_")):
            rows = db.session.execute(text(f'SELECT * FROM "{table}"')).mappings()  # noqa: S608 - our own tables
            found[table] = {(*tuple(row.values())[:1], row.get("id")): dict(row) for row in rows}
    db.session.rollback()
    return found


def changed(before: dict[str, dict[Any, Any]]) -> list[str]:
    """Rows there were before that are gone or different; when a token was last seen does not count."""
    now = everything()
    return [
        f"{table} {key}: {row} → {now[table].get(key)}"
        for table, rows in before.items()
        for key, row in rows.items()
        if {**row, "last_used_at": None} != {**now[table].get(key, {}), "last_used_at": None}
    ]


def every_try() -> list[Try]:
    return [one._replace(name=endpoint) for endpoint, tries in TRIES.items() for one in tries]


def test_every_address_that_names_something_is_tried(app):
    named = {rule.endpoint for rule in app.url_map.iter_rules() if rule.arguments}
    assert named - set(TRIES) - NAMELESS == set(), "say in TRIES how a stranger would try these"
    assert (set(TRIES) | NAMELESS) - {rule.endpoint for rule in app.url_map.iter_rules()} == set()


@pytest.mark.parametrize("who", ["visitor", "stranger"])
def test_what_is_not_ones_own_is_as_what_does_not_exist(app, world, who, monkeypatch):
    app.config["PROPAGATE_EXCEPTIONS"] = False
    seconds = itertools.count(int(time.time()))  # no two answers in the same second
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _signer: next(seconds))
    visit, nothing = Visit(app, world, who), absent(world)
    real = {**world.ids, "row": ABSENT["row"]}
    before, wrong = everything(), []
    for one in every_try():
        answer = visit.send(one, real)
        other = visit.send(one, nothing)
        words = said(answer)
        if answer.status_code >= 500 or leaks(world, words, _given(one, real)):
            wrong.append(f"{one}: {answer.status_code}, leaks {leaks(world, words, _given(one, real))}")
        elif without_names(words, real) != without_names(said(other), nothing):
            wrong.append(f"{one}: {answer.status_code} {other.status_code} {_difference(words, said(other))}")
    assert not wrong, "\n".join(wrong)
    assert changed(before) == []


def _given(one: Try, ids: dict[str, str]) -> str:
    return f"{_filled(one.path, ids)} {_filled(one.sent, ids)}"


def _difference(words: str, others: str) -> str:
    """The first lines that differ."""
    pairs = zip(words.splitlines(), others.splitlines(), strict=False)
    return " | ".join(f"{a.strip()[:120]} ≠ {b.strip()[:120]}" for a, b in pairs if a != b)[:600]


@pytest.mark.parametrize("who", ["visitor", "stranger", "moderator", "viewer", "guest"])
def test_lists_searches_and_public_pages_say_nothing_private(app, world, who):
    app.config["PROPAGATE_EXCEPTIONS"] = False
    visit, wrong = Visit(app, world, who), []
    for path in WITHOUT_NAMES:
        for word in map(world.private.get, SOUGHT) if "{word}" in path else [""]:
            given = path.replace("{word}", word)
            answer = visit.send(Try("GET", given), world.ids)
            known = [name for name in leaks(world, said(answer), given) if name not in KNOWN[who]]
            if answer.status_code >= 500 or known:
                wrong.append(f"{given}: {answer.status_code}, leaks {known}")
    assert not wrong, "\n".join(wrong)


# what is theirs to know: a member reads the house's things, never its invitations, tokens and codes
_OF_THE_HOUSE = frozenset({
    "site", "street", "access", "production", "draft", "kept", "hidden", "withdrawn", "description", "shelf", "reason",
    "alt", "phone", "message", "answer", "askeddone", "askedexchange", "asking", "guest", "collector", "reference",
    "paper code", "list", "note", "template", "work", "partner", "piececode", "piecenote", "pieceshelf", "pieceseen",
    "rack", "epd", "place", "plan", "activity", "crewname", "footprint", "footprintfile",
})  # fmt: skip
# of a production's calls for a collection, those who work on it know everything
_COLLECTIONS = frozenset({
    "collectorone", "collectortwo", "offeropen", "offeragreed", "declined", *CALLS,
    *(f"call{name}{what}" for name in ("draft", "open", "agreed") for what in ("street", "contact", "access", "said")),
})  # fmt: skip
KNOWN: dict[str, frozenset[str]] = {
    "visitor": frozenset(),
    "stranger": frozenset(),
    # what was hidden and why, the phone of a house they verify, for which shoots an entry of the ledger counts
    "moderator": frozenset(
        {"epd", "factors", "hidden", "shelf", "description", "reason", "phone", "withdrawn", "asking", "reported"}
    ),
    "viewer": _OF_THE_HOUSE | _COLLECTIONS,
    "guest": frozenset(
        {"guest", "production", "list", "note", "place", "plan", "activity", "crewname", "footprint", "footprintfile"}
    )
    | _COLLECTIONS,
}
# meals of theirs, what became of them, and recalls, which moderators follow
_RECALLED = frozenset({"dish", "backdish", "recallreason", "recallwhat"})
_OF_MEALS = {
    "moderator": _RECALLED,
    "viewer": _RECALLED | {"eatenwhy", "supper", "supperplace", "suppercontact", "tableplace"},
    "guest": frozenset({"dish", "eatenwhy"}),
}
_OF_INTAKES = {"viewer": world_intake.OF_INTAKES}
_OF_WRAPS = {"viewer": world_wraps.OF_PLANS | world_wraps.OF_ROUNDS, "guest": world_wraps.OF_PLANS}
KNOWN = {
    who: words.union(*(more.get(who, ()) for more in (_OF_MEALS, _OF_WRAPS, _OF_INTAKES)))
    for who, words in KNOWN.items()
}


@pytest.mark.parametrize("who", ["viewer", "moderator", "guest"])
def test_people_who_read_some_of_it_write_nothing_and_learn_no_more(app, world, who):
    app.config["PROPAGATE_EXCEPTIONS"] = False
    visit, wrong = Visit(app, world, who), []
    real = {**world.ids, "row": ABSENT["row"]}
    before = everything()
    leaving = ("organisations.leave", "productions.leave", "organisations.choose")  # their own to do
    acts = MODERATORS_ACTS if who == "moderator" else ()
    for one in every_try():
        if one.name in (*leaving, *acts) and one.method != "GET":
            continue
        answer = visit.send(one, real)
        found = [name for name in leaks(world, said(answer), _given(one, real)) if name not in KNOWN[who]]
        if answer.status_code >= 500 or found or CODE in said(answer):
            wrong.append(f"{one}: {answer.status_code}, leaks {found}")
    assert not wrong, "\n".join(wrong)
    assert changed(before) == []


def test_the_walk_would_notice(app, world):
    """The other house sees what the stranger does not: the words were planted where pages show them."""
    visit, seen = Visit(app, world, "owner"), set()
    real = {**world.ids, "row": ABSENT["row"]}
    for one in every_try():
        if one.method == "GET":
            seen |= set(leaks(world, said(visit.send(one, real)), ""))
    for path in ("/compte/jetons", "/stock/modeles", "/repas/{table}"):
        seen |= set(leaks(world, said(visit.send(Try("GET", path), real)), ""))
    seen |= set(leaks(world, said(visit.send(Try("GET", "/productions/{production}"), real)), ""))
    assert set(world.private) - seen <= {
        "alt",
        "reason",
        "collector",
        "paper code",
        "reported",
        "factors",
        "crew",
        "plan crew",
    }
    assert len(seen) > 15
