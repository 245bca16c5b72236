"""The certificate of insurance that a provider asks for: a file of the receiver's, private to the two sides.

A file is looked at from the outside and stored first, then noted in the transaction; the worker takes it in: a picture
is decoded in a process of its own and kept as a clean JPEG, a PDF is kept as it came and only ever served to be saved.

Limits: 10 MB; PDF, JPEG, PNG; 20 files an exchange.
"""

import hashlib
import re
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select

from marketplace.accounts.permissions import Actor
from marketplace.catalogue import photos, uploads
from marketplace.catalogue.uploads import Upload
from marketplace.core.clock import now, today
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotAllowed
from marketplace.core.events import announce
from marketplace.exchanges.documents import INSURANCE, new_document
from marketplace.exchanges.events import InsuranceLookedAt
from marketplace.exchanges.kinds import KINDS
from marketplace.exchanges.models import Document, Exchange
from marketplace.exchanges.queries import as_party, exchange_for, may_move
from marketplace.exchanges.reading import day
from marketplace.exchanges.rules import is_storable
from marketplace.exchanges.states import PROVIDER, RECEIVER
from marketplace.jobs.outbox import enqueue
from marketplace.ports import current

MAX_BYTES = 10 * 1024 * 1024
MOST_FILES = 20
FURTHEST = timedelta(days=5 * 366)
ACCEPT = ".pdf,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png"
EXTENSIONS = {"pdf": "PDF", "jpg": "JPEG", "jpeg": "JPEG", "png": "PNG"}
TAIL = 2048  # bytes at the end of a PDF that hold its last words
# what runs, or carries other files: no insurer's certificate needs it. Coarse: a packed one passes, and is never opened
# here
ACTIVE = re.compile(rb"/(?:JavaScript|Launch|EmbeddedFiles?|RichMedia)\b")
NOT_LIVING = frozenset({"cart", "completed", "declined", "expired", "cancelled"})


# --- what the provider asks for --------------------------------------------------------------------------------------


def ask_for(actor: Actor | None, exchange_public_id: str, asked: bool) -> None:
    """The provider asks for a certificate, or no longer. Raises `NotFound` to strangers, `NotAllowed` to the other
    side."""
    exchange = exchange_for(actor, exchange_public_id)
    acting, side = as_party(actor, exchange)
    if side != PROVIDER:
        raise NotAllowed(_("C’est au prestataire de dire s’il demande une attestation."))
    may_move(acting, exchange, side)
    _check_living(exchange)
    exchange.asks_insurance = asked
    db.session.flush()


def takes_insurance(exchange: Exchange) -> bool:
    """Whether a certificate of insurance has its place in this exchange now."""
    return KINDS[exchange.kind].dated and exchange.state not in NOT_LIVING


def _check_living(exchange: Exchange) -> None:
    if not takes_insurance(exchange):
        raise Conflict(_("Une attestation d’assurance ne se demande que pour une location en cours."))


def state_of(asked: bool, document: Document | None, ends_on: date | None, day_: date) -> str:
    """Where the certificate stands: 'not_asked', 'missing', 'reading' (the worker has it), 'unreadable', 'expired',
    'short' (it ends before the rental does), 'valid'. `document`: the last one sent."""
    if document is None:
        return "missing" if asked else "not_asked"
    if document.file_key is None:
        return "unreadable" if document.rendered_at is not None else "reading"
    if document.valid_until is None or document.valid_until < day_:
        return "expired"
    # the day of return is the last one on which things can be lost
    return "short" if ends_on is not None and document.valid_until < ends_on else "valid"


# --- the file --------------------------------------------------------------------------------------------------------


def receive(filename: str, data: bytes) -> tuple[Upload, str, str]:
    """Look at a file and store it, before the transaction; (upload, its name to show, its format). Raises `Invalid` on
    `file`."""
    if not data:
        raise Invalid({"file": _("Choisissez un fichier : il est vide, ou n’est pas arrivé.")})
    if len(data) > MAX_BYTES:
        raise Invalid({"file": _("Ce fichier dépasse 10 Mo : réduisez-le, puis renvoyez-le.")})
    extension = filename.rsplit(".", 1)[-1].lower() if "." in filename else ""
    if extension not in EXTENSIONS:
        raise Invalid({"file": _("Une attestation est un PDF, ou une photo JPEG ou PNG.")})
    found = _format_of(data)
    if found != EXTENSIONS[extension]:
        raise Invalid({"file": _("Ce fichier n’est pas ce que dit son nom : enregistrez-le de nouveau.")})
    if found == "PDF" and ACTIVE.search(data):
        raise Invalid({"file": _("Ce PDF contient du code ou des fichiers : imprimez-le en PDF, puis renvoyez-le.")})
    key = f"uploads/{uploads.new_key()}"
    current("files").put(key, data)
    return Upload(key, len(data)), shown_name(filename), found


def _format_of(data: bytes) -> str:
    if data.startswith(b"%PDF-"):
        tail = data[-TAIL:]
        whole = re.match(rb"%PDF-[12]\.[0-9]", data) and b"startxref" in tail and b"%%EOF" in tail
        if not whole:
            raise Invalid({"file": _("Ce PDF est abîmé ou incomplet : renvoyez-le.")})
        return "PDF"
    try:
        return photos.look(data).format
    except photos.BadPhoto as bad:
        if bad.code == "not_a_photo":
            raise Invalid({"file": _("Une attestation est un PDF, ou une photo JPEG ou PNG.")}) from None
        raise Invalid({"file": uploads.sentence(bad.code)}) from None


def shown_name(filename: str) -> str:
    """A file's name as text: without folders and invisible characters, cut to what fits."""
    last = filename.replace("\\", "/").rsplit("/", 1)[-1]
    text = "".join(character for character in last if character.isprintable() and is_storable(character)).strip()
    return text if len(text) <= 160 else f"{text[:150]}….{text.rsplit('.', 1)[-1][:8]}"


def add(
    actor: Actor | None, exchange_public_id: str, upload: Upload, name: str, format_: str, valid_until: Any
) -> Document:
    """Note the receiver's certificate, valid until a day; it takes the place of the last one. The worker takes the file
    in.

    Raises `NotFound` to strangers, `NotAllowed` to the provider, `Invalid` on `valid_until` or `file`.
    """
    exchange = exchange_for(actor, exchange_public_id)
    acting, side = as_party(actor, exchange)
    if side != RECEIVER:
        raise NotAllowed(_("C’est à qui loue d’envoyer son attestation."))
    may_move(acting, exchange, side)
    _check_living(exchange)
    until = read_day(valid_until)
    query = select(func.count()).where(Document.exchange_id == exchange.id, Document.kind == INSURANCE)
    if (db.session.scalar(query) or 0) >= MOST_FILES:
        raise Invalid({"file": _("%(most)s fichiers au plus pour un échange.", most=MOST_FILES)})
    media_type = "application/pdf" if format_ == "PDF" else "image/jpeg"
    document = new_document(exchange, INSURANCE, name=name, media_type=media_type, sent_by=RECEIVER, valid_until=until)
    enqueue("papers.take_in", {"document_id": document.id, "upload_key": upload.key})
    return document


def read_day(raw: Any) -> date:
    """The last day of a certificate. Raises `Invalid` on `valid_until`."""
    until = day({"valid_until": raw}, "valid_until")
    if until is None:
        raise Invalid({"valid_until": _("Dites jusqu’à quand l’attestation vaut : c’est écrit dessus.")})
    if until < today():
        raise Invalid({"valid_until": _("Cette attestation n’est plus valable : demandez-en une à jour à l’assureur.")})
    if until > today() + FURTHEST:
        raise Invalid({"valid_until": _("Pas plus de cinq ans à l’avance : vérifiez l’année.")})
    return until


def take_in(document_id: int, upload_key: str) -> None:
    """Keep the file of a certificate (the job `papers.take_in`). Run twice, it does no more than once."""
    document = db.session.get(Document, document_id)
    done = document is None or document.rendered_at is not None
    is_pdf = document is not None and document.media_type == "application/pdf"
    public_id = document.public_id if document is not None else ""
    db.session.rollback()
    files = current("files")
    if not done:
        key = f"papers/{public_id[:2]}/{public_id}.{'pdf' if is_pdf else 'jpg'}"
        data = _clean(upload_key, is_pdf)
        if data is not None:
            files.put(key, data)
        with transaction() as session:
            kept = session.get_one(Document, document_id)
            if kept.rendered_at is None:
                kept.rendered_at = now()
                if data is not None:
                    kept.file_key, kept.sha256 = key, hashlib.sha256(data).hexdigest()
                announce(InsuranceLookedAt(document_id))
    files.delete(upload_key)


def _clean(upload_key: str, is_pdf: bool) -> bytes | None:
    """The bytes to keep; None when they are gone, or no picture after all."""
    try:
        with current("files").open(upload_key) as handle:
            data: bytes = handle.read()
        return data if is_pdf else photos.make_sizes(photos.look(data).format, data).base
    except (FileNotFoundError, photos.BadPhoto):
        return None


def last_of(exchange: Exchange) -> Document | None:
    """The certificate that counts: the last one sent."""
    query = select(Document).where(
        Document.exchange_id == exchange.id, Document.kind == INSURANCE, Document.superseded_at.is_(None)
    )
    return db.session.scalar(query.order_by(Document.id.desc()).limit(1))
