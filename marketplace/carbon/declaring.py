"""Recording what a maker declares of a product, on the listing it is about: each change is a version of its own."""

import hashlib
import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.accounts import audit
from marketplace.accounts.permissions import Actor
from marketplace.carbon import estimates
from marketplace.carbon.models import Factor, ProductData
from marketplace.carbon.product_data import FACTOR_UNITS, key_of
from marketplace.catalogue.models import Listing
from marketplace.catalogue.uploads import Upload, locked_own
from marketplace.core.clock import now, today
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.exchanges import attachments
from marketplace.exchanges.reading import day
from marketplace.exchanges.rules import is_storable
from marketplace.jobs.outbox import enqueue
from marketplace.ports import current

TAKE_IN = "carbon.take_in_document"
USUAL_UNCERTAINTY = "20"  # percent, where the declaration says none
FURTHEST = timedelta(days=10 * 366)
MOST_VERSIONS = 50
TEXTS = {"name": 160, "operator": 120, "registration": 120}
_NUMBER = re.compile(r"[0-9]{1,7}([.,][0-9]{1,9})?")
KEPT = ("name", "operator", "registration", "declared_unit", "to_grave", "valid_until")
DOCUMENT = ("document_name", "media_type", "upload_key", "file_key", "sha256", "looked_at")

Received = tuple[Upload, str, str]  # what attachments.receive gives


def record(actor: Actor, public_id: str, values: Mapping[str, Any], received: Received | None) -> ProductData:
    """Note a declaration for the listing `public_id`: `name`, `operator`, `registration`, `declared_unit` (piece, kg),
    `kgco2e` and `uncertainty` (percent) as typed, `to_grave`, `valid_until`, `is_public`. Without a new file the
    document of the version before is kept; where nothing changes but `is_public`, no version is made.

    Raises `NotFound` to strangers, `NotAllowed`, `Invalid` by field.
    """
    listing = locked_own(actor, public_id)
    told, figure, doubt = _checked(values)
    last = last_of(listing)
    if received is None and last is None:
        raise Invalid({"file": _("Joignez la déclaration : sans elle, personne ne peut vérifier le chiffre.")})
    if last is not None and last.version >= MOST_VERSIONS:
        raise Invalid({"file": _("%(n)s versions au plus pour une annonce.", n=MOST_VERSIONS)})
    if last is not None and received is None and last.withdrawn_on is None and _same(last, told, figure, doubt):
        last.is_public = bool(values.get("is_public"))
        db.session.flush()
        return last
    made = ProductData(
        listing_id=listing.id,
        organisation_id=listing.organisation_id,
        key=key_of(listing),
        version=last.version + 1 if last else 1,
        recorded_on=today(),
        recorded_at=now(),
        recorded_by_id=actor.user_id,
        is_public=bool(values.get("is_public")),
        **told,
    )
    if received is not None:
        upload, made.document_name, found = received
        made.media_type, made.upload_key = attachments.media_type(found), upload.key
    elif last is not None:
        for name in DOCUMENT:
            setattr(made, name, getattr(last, name))
    db.session.add(made)
    db.session.add(_factor(made, figure, doubt))
    db.session.flush()
    if received is not None:
        enqueue(TAKE_IN, {"product_data_id": made.id, "upload_key": made.upload_key})
    estimates.estimate_listings([listing.id])
    _note("product_data.record", actor, listing, made)
    return made


def withdraw(actor: Actor, public_id: str) -> None:
    """Use it no longer from today on; entries keep what they used. Raises as `record`, `Conflict` when none is used."""
    listing = locked_own(actor, public_id)
    last = last_of(listing)
    if last is None or last.withdrawn_on is not None:
        raise Conflict(_("Aucune donnée du fabricant n’est utilisée pour cette annonce."))
    last.withdrawn_on = today()
    db.session.flush()
    estimates.estimate_listings([listing.id])
    _note("product_data.withdraw", actor, listing, last)


def last_of(listing: Listing) -> ProductData | None:
    """The latest version of a listing's declaration."""
    query = select(ProductData).where(ProductData.listing_id == listing.id).order_by(ProductData.version.desc())
    return db.session.scalar(query.limit(1))


def _checked(values: Mapping[str, Any]) -> tuple[dict[str, Any], str, str]:
    errors: dict[str, str] = {}
    told: dict[str, Any] = {"to_grave": bool(values.get("to_grave"))}
    for name, longest in TEXTS.items():
        text = " ".join(str(values.get(name) or "").split())
        told[name] = text
        if not text or not is_storable(text):
            errors[name] = _missing(name)
        elif len(text) > longest:
            errors[name] = _("%(n)s caractères au plus.", n=longest)
    told["declared_unit"] = values.get("declared_unit")
    if told["declared_unit"] not in FACTOR_UNITS:
        errors["declared_unit"] = _("Choisissez l’unité de la déclaration.")
    figure = str(values.get("kgco2e") or "").strip()
    if figure.startswith(("-", "−")):
        errors["kgco2e"] = _("Le carbone stocké reste hors du compte : donnez le chiffre fossile (GWP-fossil).")
    elif not _NUMBER.fullmatch(figure) or not Decimal(figure.replace(",", ".")):
        errors["kgco2e"] = _("Écrivez un nombre plus grand que zéro, comme 12,5.")
    doubt = str(values.get("uncertainty") or USUAL_UNCERTAINTY).strip()
    if not _NUMBER.fullmatch(doubt) or Decimal(doubt.replace(",", ".")) > 100:
        errors["uncertainty"] = _("Un pourcentage de 0 à 100.")
    try:
        told["valid_until"] = _last_day(values)
    except Invalid as wrong:
        errors |= {name: sentences[0] for name, sentences in wrong.errors.items()}
    if errors:
        raise Invalid(errors)
    return told, figure.replace(",", "."), doubt.replace(",", ".")


def _missing(name: str) -> str:
    return {
        "name": lambda: _("Écrivez le nom de la déclaration."),
        "operator": lambda: _("Écrivez quel programme l’a vérifiée."),
        "registration": lambda: _("Écrivez son numéro d’enregistrement."),
    }[name]()


def _last_day(values: Mapping[str, Any]) -> date:
    until = day(values, "valid_until")
    if until is None:
        raise Invalid({"valid_until": _("Dites jusqu’à quand la déclaration vaut : c’est écrit dessus.")})
    if until < today():
        raise Invalid({"valid_until": _("Cette déclaration n’est plus valable : demandez-en une à jour au fabricant.")})
    if until > today() + FURTHEST:
        raise Invalid({"valid_until": _("Pas plus de dix ans à l’avance : vérifiez l’année.")})
    return until


def _same(last: ProductData, told: Mapping[str, Any], figure: str, doubt: str) -> bool:
    query = select(Factor).where(Factor.key == last.key, Factor.version == str(last.version))
    factor = db.session.scalars(query).one()
    return all(getattr(last, name) == told[name] for name in KEPT) and (
        Decimal(factor.kgco2e_per_unit) == Decimal(figure) and Decimal(factor.uncertainty_pct) == Decimal(doubt)
    )


def _factor(made: ProductData, figure: str, doubt: str) -> Factor:
    return Factor(
        key=made.key,
        version=str(made.version),
        effective_on=made.recorded_on,
        verified=True,
        name_fr=made.name,
        name_en=made.name,
        category="product",
        unit=FACTOR_UNITS[made.declared_unit],
        kgco2e_per_unit=figure,
        uncertainty_pct=doubt,
        stage="production",
        source=made.operator,
        source_url_or_ref=made.registration,
        source_year="",
        scope_note="A1-A5 + C" if made.to_grave else "A1-A5",
    )


def _note(action: str, actor: Actor, listing: Listing, row: ProductData) -> None:
    audit.record(
        action,
        user_id=actor.user_id,
        organisation_id=listing.organisation_id,
        object_kind="listing",
        object_public_id=listing.public_id,
        version=row.version,
    )


def take_in(product_data_id: int, upload_key: str) -> None:
    """Keep the document (the job `carbon.take_in_document`): a picture is made clean, a PDF stays as it came. One that
    cannot be opened proves nothing, so its figure is used no longer. Run twice, it does no more than once."""
    row = db.session.get(ProductData, product_data_id)
    done = row is None or row.looked_at is not None
    public_id, is_pdf = (row.public_id, row.media_type == "application/pdf") if row is not None else ("", False)
    db.session.rollback()
    files = current("files")
    if not done:
        key = f"declarations/{public_id[:2]}/{public_id}.{'pdf' if is_pdf else 'jpg'}"
        data = attachments.clean(upload_key, is_pdf)
        if data is not None:
            files.put(key, data)
        with transaction() as session:
            kept = session.get_one(ProductData, product_data_id)
            same = (ProductData.listing_id == kept.listing_id) & (ProductData.upload_key == upload_key)
            for one in session.scalars(select(ProductData).where(same)):  # later versions may hold the same document
                one.looked_at, one.upload_key = now(), None
                if data is not None:
                    one.file_key, one.sha256 = key, hashlib.sha256(data).hexdigest()
            session.flush()
            if data is None:
                estimates.estimate_listings([kept.listing_id])
    files.delete(upload_key)


def open_file(row: ProductData) -> Any:
    """The document's bytes. Raises `NotFound` while it is being looked at, or when it could not be read."""
    if row.file_key is None:
        raise NotFound
    try:
        return current("files").open(row.file_key)
    except FileNotFoundError:
        raise NotFound from None
