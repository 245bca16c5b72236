"""`/favoris`: what somebody keeps at hand, the heart on every card, and lists shared with a production."""

import re
from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import user_logged_in

from marketplace.accounts.forms import EmptyForm, take_errors
from marketplace.accounts.preferences import base_of
from marketplace.accounts.signing_in import SignedIn
from marketplace.accounts.views_organisations import page_number
from marketplace.catalogue import favourite_lists as lists
from marketplace.catalogue import favourites
from marketplace.catalogue.forms_favourites import KeepForm, ListForm
from marketplace.catalogue.queries import listing_for
from marketplace.catalogue.views_favourites_page import lines_of
from marketplace.core.db import transaction
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.core.text import slug
from marketplace.web.access import current_actor, enter, signed_in_actor
from marketplace.web.cards import cards
from marketplace.web.next_address import safe_path

blueprint = Blueprint("favourites", __name__)

_KEEP = re.compile(r"/favoris/garder/([a-z2-7]{13})(?:$|\?)")


@blueprint.get("/favoris")
@enter.signed_in
def index() -> Any:
    """One's first list, and the way to the others."""
    return _list_page(None)


@blueprint.get("/favoris/<string(length=13):list_id>")
@enter.signed_in
def show(list_id: str) -> Any:
    """One list, of one's own or shared with a production one works on."""
    return _list_page(list_id)


def _list_page(list_id: str | None) -> Any:
    actor = signed_in_actor()
    here = lists.list_for(actor.user_id, list_id)
    base = base_of(actor.user_id)
    page = lines_of(here.id, actor, page_number(), base.point if base else None) if here else None
    known = lists.lists_of(actor.user_id)
    shown = cards([line.card for line in page.items if line.card]) if page else []
    return render_template(
        "catalogue/favourites.html",
        here=here,
        page=page,
        cards_by_id={card["keep_id"]: card for card in shown},
        others=[one for one in known if one.name],
        targets=[one for one in known if one.may_add and (here is None or one.id != here.id)],
        first_count=next((one.lines for one in known if one.mine and not one.name), 0),
        user_id=actor.user_id,
        form=EmptyForm(),
        longest_note=favourites.LONGEST_NOTE,
        page_url=lambda n: _address(list_id, page=n),
    )


def _sent_id(field: str) -> str:
    """An identifier of the form sent; '' for none. PostgreSQL takes no text with NUL in it."""
    return request.form.get(field, "")[:20].replace("\x00", "")


def _address(list_id: str | None, **values: Any) -> str:
    if list_id is None:
        return url_for("favourites.index", **values)
    return url_for("favourites.show", list_id=list_id, **values)


@blueprint.post("/favoris/coeur")
@enter.signed_in
def heart() -> Any:
    """The heart on a card: keep or drop one listing. What was asked is said, not turned over: twice is once."""
    actor = signed_in_actor()
    wanted, unwanted = _sent_id("keep"), _sent_id("drop")
    with transaction():
        if wanted:
            title = favourites.keep(actor, wanted)
        elif unwanted:
            favourites.drop(actor, unwanted)
        else:
            raise NotFound
    if request.accept_mimetypes.best == "application/json":  # from the page's own script, which turns the heart itself
        return "", 204
    if wanted:
        flash(_("« %(title)s » est dans vos favoris.", title=title or _("Sans titre")), "kept")
    else:
        flash(_("L’annonce n’est plus dans vos favoris."), "info")
    return redirect(safe_path(request.form.get("next")) or url_for("favourites.index"), 303)


@blueprint.get("/favoris/garder/<string(length=13):listing_id>")
@enter.public
def keep(listing_id: str) -> Any:
    """Where to keep a listing, and under which note. Visitors sign in first: that keeps it (`_keep_what_was_asked`)."""
    back = safe_path(request.args.get("retour"))
    if current_actor() is None:
        came_from = request.referrer or ""
        path = safe_path(came_from.removeprefix(request.host_url.rstrip("/")))
        wanted = url_for("favourites.keep", listing_id=listing_id, retour=back or path)
        return redirect(url_for("accounts.sign_in", next=wanted), 303)
    return _keep_page(listing_id, KeepForm(formdata=None), back)


@blueprint.post("/favoris/garder/<string(length=13):listing_id>")
@enter.signed_in
def keep_in(listing_id: str) -> Any:
    """Keep a listing in the list chosen, or in a new one."""
    actor = signed_in_actor()
    form = KeepForm()
    try:
        with transaction():
            chosen: str | None = _sent_id("list") or None
            if form.new_list.data:
                chosen = lists.create_list(actor, form.new_list.data).public_id
            favourites.keep(actor, listing_id, chosen, form.note.data or "")
    except Invalid as refusal:
        if "name" in refusal.errors:
            refusal.errors["new_list"] = refusal.errors.pop("name")
        take_errors(form, refusal)
        return _keep_page(listing_id, form, None), 422
    flash(_("C’est gardé."), "kept")
    return redirect(_address(chosen), 303)


def _keep_page(listing_id: str, form: KeepForm, back: str | None) -> Any:
    actor = signed_in_actor()
    listing = listing_for(actor, listing_id)
    page = f"/annonces/{listing_id}-{slug(listing.title)}"
    kept = listing_id in favourites.kept_among(actor.user_id, [listing_id])
    if kept and back:
        return redirect(back, 303)
    known = [one for one in lists.lists_of(actor.user_id) if one.may_add]
    form.list.choices = [("", _("Favoris")), *((one.public_id, one.name) for one in known if one.name)]
    return render_template("catalogue/favourites_keep.html", form=form, listing=listing, page=page, kept=kept)


@blueprint.route("/favoris/listes", methods=["GET", "POST"])
@enter.signed_in
def create() -> Any:
    """Open a list."""
    return _edited(None)


@blueprint.route("/favoris/<string(length=13):list_id>/modifier", methods=["GET", "POST"])
@enter.signed_in
def edit(list_id: str) -> Any:
    """Rename a list of one's own, share it or stop sharing it."""
    found = lists.list_for(signed_in_actor().user_id, list_id)
    if found is None or not found.mine or not found.name:
        raise NotFound
    return _edited(found)


def _edited(found: lists.OwnList | None) -> Any:
    actor = signed_in_actor()
    wanted = request.args.get("production", "")  # where the production's page leads here; an unknown one chooses none
    shown = {"name": found.name, "production": found.production_public_id or ""} if found else {"production": wanted}
    form = ListForm(data=shown) if request.method == "GET" else ListForm()
    form.offer(lists.shareable_with(actor.user_id))
    if request.method == "POST":
        given = form.name.data or "", _sent_id("production") or None
        try:
            with transaction():
                if found is None:
                    public_id = lists.create_list(actor, *given).public_id
                else:
                    public_id = lists.change_list(actor, found.public_id, *given).public_id
        except Invalid as refusal:
            take_errors(form, refusal)
        else:
            flash(_("C’est enregistré."), "kept")
            return redirect(_address(public_id), 303)
    status = 422 if form.errors or form.form_errors else 200
    return render_template("catalogue/favourites_list.html", form=form, list=found), status


@blueprint.route("/favoris/<string(length=13):list_id>/effacer", methods=["GET", "POST"])
@enter.signed_in
def delete(list_id: str) -> Any:
    """Ask before a list is deleted, then delete it."""
    actor = signed_in_actor()
    found = lists.list_for(actor.user_id, list_id)
    if found is None or not found.mine or not found.name:
        raise NotFound
    if request.method == "GET":
        return render_template("catalogue/favourites_delete.html", list=found, form=EmptyForm())
    with transaction():
        name = lists.delete_list(actor, list_id)
    flash(_("La liste « %(name)s » est effacée.", name=name), "kept")
    return redirect(url_for("favourites.index"), 303)


@blueprint.post("/favoris/lignes/<string(length=13):list_id>/<string(length=13):listing_id>")
@enter.signed_in
def line(list_id: str, listing_id: str) -> Any:
    """One line of a list: its note, out of the list, or over to another one."""
    actor = signed_in_actor()
    go, target = request.form.get("go", ""), _sent_id("target")
    done = {
        "note": _("La note est gardée."),
        "out": _("L’annonce est sortie de la liste."),
        "move": _("L’annonce a changé de liste."),
        "copy": _("L’annonce est aussi dans l’autre liste."),
    }
    if go not in done:
        raise NotFound
    try:
        with transaction():
            # a note typed before moving or copying is not lost
            if go == "note" or (go in ("move", "copy") and "note" in request.form):
                favourites.annotate(actor, list_id, listing_id, request.form.get("note", ""))
            if go == "out":
                favourites.take_out(actor, list_id, listing_id)
            elif go in ("move", "copy"):
                favourites.transfer(actor, list_id, listing_id, target, stays=go == "copy")
    except Invalid as refusal:
        flash(str(next(iter(refusal.errors.values()))[0]), "lost")
    else:
        flash(done[go], "kept")
    own = lists.list_for(actor.user_id, list_id)
    page = page_number()
    return redirect(_address(list_id if own and own.name else None, page=page if page > 1 else None), 303)


def _keep_what_was_asked(_app: Flask, user: SignedIn, **_more: Any) -> None:
    """Somebody who touched a heart before signing in finds the listing kept: the address they go on to names it."""
    asked = _KEEP.match(safe_path(request.values.get("next")) or "")
    if asked is None:
        return
    try:
        with transaction():
            title = favourites.keep(user.actor(), asked[1])
    except (NotFound, Conflict):
        return
    flash(_("« %(title)s » est dans vos favoris.", title=title or _("Sans titre")), "kept")


blueprint.record_once(lambda state: user_logged_in.connect(_keep_what_was_asked, state.app))
