"""The papers of an exchange over the API: which there are, who signed them, and their files; to its sides alone."""

from typing import Any

from flask import Response
from flask_babel import lazy_gettext as _l

from marketplace.api import auth, paging
from marketplace.api.answers import answer
from marketplace.api.auth import enter
from marketplace.api.blueprint import Blueprint
from marketplace.api.schemas.papers import PaperSchema
from marketplace.api.session import PREFIX
from marketplace.core.db import db
from marketplace.exchanges import queries
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.paper_files import sent
from marketplace.exchanges.papers_shown import Paper, file_name, papers_of

blueprint = Blueprint("api_papers", __name__, description=_l("Les papiers d’un échange"))


@blueprint.route("/exchanges/<exchange_id>/documents", methods=["GET"])
@enter.token("read", "exchanges")
@blueprint.arguments(paging.Paging, location="query")
@blueprint.response(200, paging.page_of(PaperSchema))
@blueprint.doc(
    operationId="listExchangeDocuments",
    summary=_l("Les papiers d’un échange : lesquels, de quand, signés par qui"),
    refuses=[404],
)
def list_documents(asked: dict[str, Any], exchange_id: str) -> Response:
    actor = auth.actor()
    exchange = queries.exchange_for(actor, exchange_id)
    papers = papers_of(queries.view_of(actor, exchange))
    rows = sorted([*papers.now, *papers.before], key=lambda one: one.document.id)
    number, size = asked["page"], asked["per_page"]
    items = [_shown(exchange, one) for one in rows[(number - 1) * size : number * size]]
    return answer(paging.page(items, len(rows), number, size))


def _shown(exchange: Exchange, paper: Paper) -> dict[str, Any]:
    document = paper.document
    ready = document.file_key is not None
    return {
        "id": document.public_id,
        "kind": document.kind,
        "direction": paper.title if paper.title in ("departure", "return") else None,
        "ready": ready,
        "file": f"{PREFIX}/exchanges/{exchange.public_id}/documents/{document.public_id}" if ready else None,
        "file_name": file_name(document, exchange),
        "media_type": document.media_type,
        "sha256": document.sha256,
        "valid_until": document.valid_until,
        "superseded": document.superseded_at is not None,
        "created_at": document.created_at,
        "signatures": [{"side": one.side, "name": one.name, "at": one.at} for one in paper.signatures],
        "awaits": list(paper.missing),
    }


@blueprint.route("/exchanges/<exchange_id>/documents/<document_id>", methods=["GET"])
@enter.token("read", "exchanges")
@blueprint.response(200, {"contentMediaType": "application/pdf"}, content_type="application/pdf")
@blueprint.response(200, {"contentMediaType": "image/jpeg"}, content_type="image/jpeg")
@blueprint.doc(
    operationId="readExchangeDocument",
    summary=_l("Le fichier d’un papier : un PDF ; une attestation d’assurance peut être une photo JPEG"),
    refuses=[404],
)
def read_document(exchange_id: str, document_id: str) -> Any:
    document = queries.document_for(auth.actor(), exchange_id, document_id)
    return sent(document, db.session.get_one(Exchange, document.exchange_id))
