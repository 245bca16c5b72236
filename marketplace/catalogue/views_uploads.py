"""Photos in parts over the core of tus 1.0.0 (https://tus.io/protocols/resumable-upload), for the page's own script.

POST announces a photo, PATCH adds a part where the last one ended, HEAD says where that is, DELETE gives up. Refusals
carry a sentence in JSON. The form sends whole photos without any of this.
"""

import base64
import binascii
from typing import Any

from flask import Response, jsonify, make_response, request, url_for
from flask_babel import gettext as _

from marketplace.accounts.permissions import Actor
from marketplace.catalogue import partial_uploads, photos
from marketplace.catalogue.models import PartialUpload
from marketplace.catalogue.views_photos import blueprint
from marketplace.core.db import transaction
from marketplace.core.errors import Conflict, Invalid
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.filters import sentences
from marketplace.web.limits import limiter

VERSION = "1.0.0"
PART_TYPE = "application/offset+octet-stream"
HERE = "/publier/<public_id>/envois"


@blueprint.after_request
def say_the_version(response: Response) -> Response:
    if request.endpoint in ENDPOINTS:
        response.headers["Tus-Resumable"] = VERSION
    return response


ENDPOINTS = {f"photos.upload_{name}" for name in ("options", "new", "state", "part", "stop")}


@blueprint.route(HERE, methods=["OPTIONS"])
@enter.member
def upload_options(public_id: str) -> Response:
    """What this end can do; the same for every listing."""
    return _empty(
        204,
        {"Tus-Version": VERSION, "Tus-Max-Size": str(photos.MAX_BYTES), "Tus-Extension": "creation,termination"},
    )


@blueprint.post(HERE)
@enter.member
@limiter.limit("1200 per hour")
def upload_new(public_id: str) -> Response:
    actor = signed_in_actor()
    length = _number(request.headers.get("Upload-Length"))
    if _other_version():
        return _other_version_refused()
    if length is None:
        return _refused(400, _("La taille du fichier manque."))
    try:
        with transaction():
            partial = partial_uploads.begin(actor, public_id, _filename(), length)
    except Invalid as invalid:
        return _refused(413 if length > photos.MAX_BYTES else 422, _said(invalid))
    where = url_for("photos.upload_state", public_id=public_id, upload_id=partial.public_id)
    return _empty(201, {"Location": where, **_stands(partial)})


@blueprint.route(f"{HERE}/<upload_id>", methods=["HEAD"])
@enter.member
def upload_state(public_id: str, upload_id: str) -> Response:
    return _empty(200, _stands(partial_uploads.find(signed_in_actor(), public_id, upload_id)))


@blueprint.patch(f"{HERE}/<upload_id>")
@enter.member
@limiter.limit("20000 per hour")
def upload_part(public_id: str, upload_id: str) -> Response:
    actor = signed_in_actor()
    offset = _number(request.headers.get("Upload-Offset"))
    if _other_version():
        return _other_version_refused()
    if request.mimetype != PART_TYPE:
        return _refused(415, _("Une partie de fichier était attendue."))
    if offset is None:
        return _refused(400, _("La place de cette partie manque."))
    partial = partial_uploads.find(actor, public_id, upload_id)  # a stranger's part is not even read
    if (request.content_length or 0) > partial_uploads.MOST_PART_BYTES:
        return _refused(413, _("Cette partie est trop grande : 512 ko au plus."))
    part = request.stream.read(partial_uploads.MOST_PART_BYTES + 1)
    if len(part) > partial_uploads.MOST_PART_BYTES:
        return _refused(413, _("Cette partie est trop grande : 512 ko au plus."))
    try:
        partial_uploads.check_part(partial, offset, len(part))
        if part:
            stored = partial_uploads.store_part(part)
            with transaction():
                partial = partial_uploads.append(actor, public_id, upload_id, offset, stored)
    except Conflict as conflict:
        answer = _refused(409, str(conflict.message))
        answer.headers["Upload-Offset"] = str(conflict.data["offset"])
        return answer
    except Invalid as invalid:
        return _refused(422, _said(invalid))
    return _made(actor, public_id, partial) if partial_uploads.is_whole(partial) else _empty(204, _stands(partial))


def _made(actor: Actor, public_id: str, partial: PartialUpload) -> Response:
    """The photo made of an upload that is whole; one that is refused is forgotten with its parts."""
    upload_id = partial.public_id
    try:
        upload = partial_uploads.put_together(partial)
        with transaction():
            partial = partial_uploads.finish(actor, public_id, upload_id, upload)
    except Invalid as invalid:
        with transaction():
            partial_uploads.forget(actor, public_id, upload_id)
        return _refused(422, _said(invalid))
    return _empty(204, _stands(partial))


@blueprint.delete(f"{HERE}/<upload_id>")
@enter.member
@limiter.limit("1200 per hour")
def upload_stop(public_id: str, upload_id: str) -> Response:
    with transaction():
        partial_uploads.forget(signed_in_actor(), public_id, upload_id)
    return _empty(204, {})


def _stands(partial: PartialUpload) -> dict[str, str]:
    """Where an upload is; once whole, the photo it became."""
    became = {"Upload-Photo": partial.photo_public_id} if partial.photo_public_id else {}
    return {"Upload-Offset": str(partial.received), "Upload-Length": str(partial.size), **became}


def _empty(status: int, headers: dict[str, str]) -> Response:
    return make_response("", status, {"Cache-Control": "no-store", **headers})


def _refused(status: int, said: str) -> Response:
    return make_response(jsonify(error=said), status)


def _said(invalid: Invalid) -> str:
    return " ".join(sentences(invalid.errors))


def _other_version() -> bool:
    return request.headers.get("Tus-Resumable", VERSION) != VERSION


def _other_version_refused() -> Response:
    answer = _refused(412, _("Cette version d’envoi n’est pas connue ici."))
    answer.headers["Tus-Version"] = VERSION
    return answer


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 12 else None


def _filename() -> str:
    """The name in `Upload-Metadata: filename <base64>`; empty when there is none to read."""
    pairs: dict[str, Any] = {}
    for pair in request.headers.get("Upload-Metadata", "")[:2000].split(","):
        name, _space, value = pair.strip().partition(" ")
        pairs[name] = value
    try:
        name = base64.b64decode(pairs.get("filename", ""), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return "".join(letter for letter in name if letter.isprintable())
