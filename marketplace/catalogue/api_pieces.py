"""Pieces over the API: those of an own listing, taken in, changed, repaired, withdrawn; the same verbs as the pages.

A piece is its own house's alone: to anybody else it does not exist.
"""

from collections.abc import Callable
from typing import Any

from flask import Response
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.accounts.permissions import Actor
from marketplace.api import auth, paging
from marketplace.api.answers import answer
from marketplace.api.auth import enter
from marketplace.api.blueprint import Blueprint
from marketplace.api.idempotency import unit_of_work
from marketplace.api.schemas.pieces import (
    PIECES_EXAMPLE,
    BackSchema,
    PieceChangeSchema,
    PiecesArgs,
    PieceSchema,
    PiecesMadeSchema,
    PiecesRequestSchema,
    RepairSchema,
    WholePieceSchema,
    WithdrawSchema,
)
from marketplace.catalogue import pieces, queries_pieces
from marketplace.catalogue.models import Piece
from marketplace.catalogue.piece_fields import read_code, read_fields
from marketplace.catalogue.queries import own_listing
from marketplace.catalogue.reading import Wrong
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid

blueprint = Blueprint("api_pieces", __name__, description=_l("Les pièces de vos annonces, une par une"))

_SAME = (
    "code", "state", "shelf", "condition", "acquired", "acquired_on", "purchase_cents", "lives", "note", "version",
    "created_at",
)  # fmt: skip


def _shown(piece: Piece, listing: str) -> dict[str, Any]:
    return {"id": piece.public_id, "listing": listing, **{name: getattr(piece, name) for name in _SAME}}


def _whole(actor: Actor, piece_id: str) -> dict[str, Any]:
    """A piece with its history, as it stands in this unit of work."""
    db.session.flush()
    db.session.expire_all()
    piece = queries_pieces.own_piece(actor, piece_id)
    rows = queries_pieces.history_of(piece).rows
    names = ("act", "at", "condition", "note", "cost_cents")
    history = [{name: getattr(row, name) for name in names} for row in rows]
    return {**_shown(piece, piece.listing.public_id), "history": history}


def _values(fields: dict[str, Any]) -> dict[str, Any]:
    values, errors = read_fields({name: _said(value) for name, value in fields.items()})
    if errors:
        raise Invalid(errors)
    return values


def _said(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


@blueprint.route("/listings/<listing_id>/pieces", methods=["GET"])
@enter.token("read", "listings")
@blueprint.arguments(PiecesArgs, location="query")
@blueprint.response(200, paging.page_of(PieceSchema))
@blueprint.doc(operationId="listPieces", summary=_l("Les pièces d’une annonce à vous, par code"), refuses=[404])
def list_pieces(asked: dict[str, Any], listing_id: str) -> Response:
    number, size = asked["page"], asked["per_page"]
    found = queries_pieces.pieces_of(auth.actor(), listing_id, asked.get("state", ""), number, size)
    rows = found.rows if found.page == number else []
    return answer(paging.page([_shown(one, listing_id) for one in rows], found.total, number, size))


@blueprint.route("/listings/<listing_id>/pieces", methods=["POST"])
@enter.token("listings")
@blueprint.arguments(PiecesRequestSchema, example=PIECES_EXAMPLE)
@blueprint.response(201, PiecesMadeSchema)
@blueprint.doc(
    operationId="addPieces",
    summary=_l("Faire entrer des pièces ; les premières font compter l’annonce par pièce"),
    refuses=[404],
    links={"piece_id": ("/items/0/id", ["readPiece", "changePiece", "repairPiece", "bringPieceBack", "withdrawPiece"])},
)
def add_pieces(fields: dict[str, Any], listing_id: str) -> Response:
    actor = auth.actor()
    listing = own_listing(actor, listing_id, "listing.draft")
    codes = _codes(fields.pop("codes"))
    values = _values(fields)
    add = pieces.add_pieces if listing.stock_by == "piece" else pieces.count_by_piece
    try:
        with unit_of_work() as work:
            made = [_shown(one, listing_id) for one in add(actor, listing_id, codes, values)]
            whole = own_listing(actor, listing_id)
            return work.answer(201, {"items": made, "quantity": whole.quantity, "by_piece": whole.stock_by == "piece"})
    except Invalid as refusal:
        known = {"code": "codes", "count": "codes"}
        raise Invalid({known.get(name, name): said for name, said in refusal.errors.items()}) from refusal


def _codes(given: list[str]) -> list[str]:
    found, wrong = [], {}
    for place, code in enumerate(given):
        try:
            found.append(read_code(code))
        except Wrong as said:
            wrong[f"codes.{place}"] = [str(said)]
    if wrong:
        raise Invalid(wrong)
    return found


@blueprint.route("/pieces/<piece_id>", methods=["GET"])
@enter.token("read", "listings")
@blueprint.response(200, WholePieceSchema)
@blueprint.doc(operationId="readPiece", summary=_l("Une pièce à vous et ce qui lui est arrivé"), refuses=[404])
def read_piece(piece_id: str) -> Response:
    return answer(_whole(auth.actor(), piece_id))


@blueprint.route("/pieces/<piece_id>", methods=["PATCH"])
@enter.token("listings")
@blueprint.arguments(PieceChangeSchema, example={"shelf": "B4", "version": 1})
@blueprint.response(200, WholePieceSchema)
@blueprint.doc(operationId="changePiece", summary=_l("Changer les champs envoyés, et eux seuls"), refuses=[404])
def change_piece(fields: dict[str, Any], piece_id: str) -> Response:
    actor, version = auth.actor(), fields.pop("version")
    queries_pieces.own_piece(actor, piece_id)
    values = _values(fields)
    try:
        with unit_of_work() as work:
            pieces.edit_piece(actor, piece_id, values, version)
            return work.answer(200, _whole(actor, piece_id))
    except Conflict as refusal:
        if "version" not in refusal.data:
            raise
        said = _("Cette pièce a changé depuis que vous l’avez lue : relisez-la.")
        raise Conflict(said, version=refusal.data["version"]) from refusal


def _done(piece_id: str, act: Callable[[Actor], object]) -> Response:
    actor = auth.actor()
    queries_pieces.own_piece(actor, piece_id)
    with unit_of_work() as work:
        act(actor)
        return work.answer(200, _whole(actor, piece_id))


@blueprint.route("/pieces/<piece_id>/repair", methods=["POST"])
@enter.token("listings")
@blueprint.arguments(RepairSchema, example={"note": "Un pied à recoller"})
@blueprint.response(200, WholePieceSchema)
@blueprint.doc(
    operationId="repairPiece", summary=_l("En réparation : comptée, et pas libre jusqu’à son retour"), refuses=[404]
)
def repair(said: dict[str, Any], piece_id: str) -> Response:
    return _done(piece_id, lambda actor: pieces.send_to_repair(actor, piece_id, said["note"], said["cost_cents"]))


@blueprint.route("/pieces/<piece_id>/back", methods=["POST"])
@enter.token("listings")
@blueprint.arguments(BackSchema, example={"condition": "good", "cost_cents": 1500})
@blueprint.response(200, WholePieceSchema)
@blueprint.doc(
    operationId="bringPieceBack",
    summary=_l("De nouveau en stock : réparée, ou reprise après un retrait"),
    refuses=[404],
)
def back(said: dict[str, Any], piece_id: str) -> Response:
    def act(actor: Actor) -> object:
        if queries_pieces.own_piece(actor, piece_id).state == "withdrawn":
            return pieces.take_back(actor, piece_id, said["condition"], said["note"])
        return pieces.back_from_repair(actor, piece_id, said["condition"], said["note"], said["cost_cents"])

    return _done(piece_id, act)


@blueprint.route("/pieces/<piece_id>/withdraw", methods=["POST"])
@enter.token("listings")
@blueprint.arguments(WithdrawSchema, example={"note": "Cassée"})
@blueprint.response(200, WholePieceSchema)
@blueprint.doc(
    operationId="withdrawPiece", summary=_l("Retirer du stock : l’annonce en compte une de moins"), refuses=[404]
)
def withdraw(said: dict[str, Any], piece_id: str) -> Response:
    return _done(piece_id, lambda actor: pieces.withdraw_piece(actor, piece_id, said["note"]))
