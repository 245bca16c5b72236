"""A document that somebody sends: a PDF, or a photo of paper.

A file is looked at from the outside and stored first, then noted in a transaction; the worker takes it in: a picture
is decoded in a process of its own and kept as a clean JPEG, a PDF is kept as it came and only ever served to be saved.
"""

import re

from flask_babel import gettext as _

from marketplace.catalogue import photos, uploads
from marketplace.catalogue.uploads import Upload
from marketplace.core.errors import Invalid
from marketplace.exchanges.rules import is_storable
from marketplace.ports import current

MAX_BYTES = 10 * 1024 * 1024
ACCEPT = ".pdf,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png"
EXTENSIONS = {"pdf": "PDF", "jpg": "JPEG", "jpeg": "JPEG", "png": "PNG"}
TAIL = 2048  # bytes at the end of a PDF that hold its last words
# what runs, or carries other files: no certificate or declaration needs it. Coarse: a packed one passes, and is never
# opened here
ACTIVE = re.compile(rb"/(?:JavaScript|Launch|EmbeddedFiles?|RichMedia)\b")


def receive(filename: str, data: bytes) -> tuple[Upload, str, str]:
    """Look at a file and store it, before the transaction; (upload, its name to show, its format). Raises `Invalid` on
    `file`."""
    if not data:
        raise Invalid({"file": _("Choisissez un fichier : il est vide, ou n’est pas arrivé.")})
    if len(data) > MAX_BYTES:
        raise Invalid({"file": _("Ce fichier dépasse 10 Mo : réduisez-le, puis renvoyez-le.")})
    extension = filename.rsplit(".", 1)[-1].lower() if "." in filename else ""
    if extension not in EXTENSIONS:
        raise Invalid({"file": _("Envoyez un PDF, ou une photo JPEG ou PNG.")})
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
            raise Invalid({"file": _("Envoyez un PDF, ou une photo JPEG ou PNG.")}) from None
        raise Invalid({"file": uploads.sentence(bad.code)}) from None


def shown_name(filename: str) -> str:
    """A file's name as text: without folders and invisible characters, cut to what fits."""
    last = filename.replace("\\", "/").rsplit("/", 1)[-1]
    text = "".join(character for character in last if character.isprintable() and is_storable(character)).strip()
    return text if len(text) <= 160 else f"{text[:150]}….{text.rsplit('.', 1)[-1][:8]}"


def media_type(format_: str) -> str:
    """Of the file as it will be kept."""
    return "application/pdf" if format_ == "PDF" else "image/jpeg"


def clean(upload_key: str, is_pdf: bool) -> bytes | None:
    """The bytes to keep, in the worker; None when they are gone, or no picture after all."""
    try:
        with current("files").open(upload_key) as handle:
            data: bytes = handle.read()
        return data if is_pdf else photos.make_sizes(photos.look(data).format, data).base
    except (FileNotFoundError, photos.BadPhoto):
        return None
