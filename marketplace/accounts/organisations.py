"""Organisations: founding, changing, verifying them, and choosing for which one a browser acts."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update

from marketplace.accounts import audit, identifiers
from marketplace.accounts.events import VerificationChanged
from marketplace.accounts.models import Membership, Organisation, UserSession
from marketplace.accounts.permissions import OWNER, Actor, require
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Invalid, NotFound
from marketplace.core.events import announce

KINDS = (
    "production_company", "reuse_centre", "rental_house", "venue", "school", "caterer", "food_charity",
    "local_authority", "supplier", "other",
)  # fmt: skip
LONGEST = {
    "name": 160,
    "description": 4000,
    "takes": 1000,
    "lends": 1000,
    "website": 200,
    "phone": 30,
    "rental_terms": 8000,
}
REDUCTIONS = ("school_reduction_percent", "non_profit_reduction_percent")
# what a moderator looked at: changing any of it asks for another look
LOOKED_AT = ("kind", "name", "siret", "rna", "vat_number", "issues_tax_receipts")

WRONG_NUMBER: dict[tuple[str, str], Any] = {
    ("siret", "characters"): _l("Le SIRET ne contient que des chiffres : 14."),
    ("siret", "length"): _l("Le SIRET a 14 chiffres : les 9 du SIREN, puis 5."),
    ("siret", "checksum"): _l("Ce SIRET n’existe pas : sa clé est fausse. Vérifiez chaque chiffre."),
    ("rna", "characters"): _l("Le numéro RNA s’écrit W puis 9 chiffres, par exemple W751234567."),
    ("rna", "length"): _l("Le numéro RNA compte 10 caractères : W puis 9 chiffres."),
    ("vat_number", "characters"): _l("Le numéro de TVA commence par deux lettres de pays, par exemple FR."),
    ("vat_number", "checksum"): _l("Ce numéro de TVA n’existe pas : sa clé est fausse. Vérifiez chaque chiffre."),
}
_NUMBERS: dict[str, Callable[[str], str]] = {
    "siret": identifiers.siret,
    "rna": identifiers.rna,
    "vat_number": identifiers.vat_number,
}


def checked_values(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of an organisation from what was typed; keys not given are left out.

    Takes kind, name, siret, rna, vat_number, description, takes, lends, website, phone, issues_tax_receipts,
    named_in_verifications, rental_terms and the reductions on rentals, in whole percents. Raises `Invalid` naming
    every wrong field.
    """
    values: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    if "kind" in raw:
        values["kind"] = raw["kind"]
        if raw["kind"] not in KINDS:
            errors["kind"] = _("Choisissez ce qu’est votre organisation.")
    for field in LONGEST:
        if field in raw:
            values[field] = text = str(raw[field] or "").replace("\x00", "").strip()
            if len(text) > LONGEST[field]:
                errors[field] = _("%(n)s caractères au plus.", n=LONGEST[field])
    if "name" in values and len(values["name"]) < 2:
        errors["name"] = _("Donnez le nom de l’organisation.")
    for field in ("website", "phone"):
        if field in values:
            values[field] = values[field] or None
    if values.get("website") and not _is_web_address(values["website"]):
        errors["website"] = _("Écrivez l’adresse entière, par exemple https://exemple.fr.")
    for field, check in _NUMBERS.items():
        typed = str(raw.get(field) or "").strip()
        if field in raw:
            values[field] = None
        if typed:
            try:
                values[field] = check(typed)
            except identifiers.Wrong as wrong:
                errors[field] = WRONG_NUMBER[field, wrong.problem]
    for field in REDUCTIONS:
        if field in raw:
            typed = str("" if raw[field] is None else raw[field]).strip().removesuffix("%").strip() or "0"
            if typed.isascii() and typed.isdigit() and len(typed) <= 3 and int(typed) <= 100:
                values[field] = int(typed)
            else:
                errors[field] = _("Un nombre entier de 0 à 100 est attendu, en pour cent.")
    vat = values.get("vat_number")
    if vat and "siret" not in errors and not identifiers.vat_matches(vat, values.get("siret")):
        errors["vat_number"] = _(
            "Ce numéro de TVA n’est pas celui de ce SIRET : ses 9 derniers chiffres en sont le début."
        )
    for field in ("issues_tax_receipts", "named_in_verifications"):
        if field in raw:
            values[field] = bool(raw[field])
    if errors:
        raise Invalid(errors)
    return values


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and "." in (parts.hostname or "") and not parts.username
    except ValueError:
        return False


def create_organisation(actor_user_id: int, values: Mapping[str, Any]) -> Organisation:
    """Found an organisation with `actor_user_id` as its owner. Raises `Invalid` naming the wrong fields."""
    checked = checked_values({"kind": "", "name": "", **values})
    organisation = Organisation(**checked, created_at=now())
    db.session.add(organisation)
    db.session.flush()
    db.session.add(Membership(organisation_id=organisation.id, user_id=actor_user_id, role=OWNER, created_at=now()))
    db.session.flush()
    audit.record(
        "organisation.create",
        user_id=actor_user_id,
        organisation_id=organisation.id,
        object_kind="organisation",
        object_public_id=organisation.public_id,
    )
    return organisation


def lock_organisation(organisation_id: int) -> Organisation:
    """The organisation, read anew and locked until the commit: members and roles change one at a time.

    Raises `NotFound`.
    """
    organisation = db.session.scalar(
        select(Organisation)
        .where(Organisation.id == organisation_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if organisation is None:
        raise NotFound
    return organisation


def edit_organisation(actor: Actor, public_id: str, values: Mapping[str, Any]) -> Organisation:
    """Change what an organisation says of itself (owners). What a moderator had verified is to verify again.

    Raises `NotFound`, `NotAllowed`, `Invalid`.
    """
    found = organisation_by(public_id)
    require(actor, "organisation.edit", found.id)
    if found.kind == "person":
        raise NotFound
    organisation = lock_organisation(found.id)
    checked = checked_values({"siret": organisation.siret, **values})
    changed = sorted(key for key, value in checked.items() if getattr(organisation, key) != value)
    for key in changed:
        setattr(organisation, key, checked[key])
    if not changed:
        return organisation
    lost = organisation.verified_at is not None and any(key in LOOKED_AT for key in changed)
    if lost:
        organisation.verified_at = None
    db.session.flush()
    audit.record(
        "organisation.edit",
        user_id=actor.user_id,
        organisation_id=organisation.id,
        object_kind="organisation",
        object_public_id=public_id,
        fields=changed,
        verification_lost=lost,
    )
    return organisation


def set_verified(organisation_id: int, verified: bool, *, by_user_id: int | None, reason: str) -> Organisation:
    """Verify an organisation or take it back; who may is the caller's question. `by_user_id` None: a command.

    Raises `NotFound`, also for personal spaces: there is nothing to verify about them.
    """
    organisation = lock_organisation(organisation_id)
    if organisation.kind == "person":
        raise NotFound
    if (organisation.verified_at is not None) == verified:
        return organisation
    organisation.verified_at = now() if verified else None
    db.session.flush()
    audit.record(
        "organisation.verify" if verified else "organisation.unverify",
        user_id=by_user_id,
        organisation_id=organisation.id,
        object_kind="organisation",
        object_public_id=organisation.public_id,
        reason=reason,
    )
    announce(VerificationChanged(organisation.id, verified, reason))
    return organisation


def choose_organisation(session_id: int, user_id: int, public_id: str) -> Organisation:
    """Have a browser act for one of its person's organisations from now on. Raises `NotFound` for any other."""
    organisation = db.session.scalar(
        select(Organisation)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Organisation.public_id == public_id, Membership.user_id == user_id)
    )
    if organisation is None:
        raise NotFound
    db.session.execute(
        update(UserSession)
        .where(UserSession.id == session_id, UserSession.user_id == user_id)
        .values(acting_organisation_id=organisation.id)
    )
    return organisation


def organisation_by(public_id: str) -> Organisation:
    """The organisation of this identifier. Raises `NotFound`."""
    organisation = db.session.scalar(select(Organisation).where(Organisation.public_id == public_id))
    if organisation is None:
        raise NotFound
    return organisation
