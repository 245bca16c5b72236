"""Pages of recalls: opened by the donor or a moderator, followed by the donor, answered by each receiver."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Select, select

from marketplace.accounts.forms import take_errors
from marketplace.accounts.permissions import allows
from marketplace.accounts.views_organisations import page_number, status_of
from marketplace.catalogue.models import Listing
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.exchanges.queries import right
from marketplace.exchanges.states import RECEIVER
from marketplace.meals import queries_recalls, recalls, reporting_eaten
from marketplace.meals import wording_traced as wording
from marketplace.meals.forms_traced import AnswerForm, RecallForm
from marketplace.meals.models import Leftover
from marketplace.meals.models_traced import MealRecallAnswer, MealRecallNotice
from marketplace.moderation.queries import seen_by_moderators
from marketplace.web import filters
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.limits import limiter

blueprint = Blueprint("meal_recalls", __name__)
ID = "string(length=13)"


def answer_word(answer: str) -> str:
    return str(wording.ANSWERS[answer])


def answers_of(notice: MealRecallNotice) -> dict[str, MealRecallAnswer]:
    """What a receiver answered, by what it said."""
    return {one.answer: one for one in notice.answers}


def _answered(one: MealRecallAnswer) -> str:
    at = filters.moment(one.at)
    return f"{at} : « {one.note} »" if one.note else at


@blueprint.get("/repas/rappels")
@enter.member
def index() -> str:
    """The recalls one opened, and those one was told of."""
    actor, number = signed_in_actor(), page_number()
    organisation_id = actor.organisation_id or 0
    opened = queries_recalls.opened_by(organisation_id, number)
    told = queries_recalls.told_to(organisation_id, number)
    size = queries_recalls.PAGE
    return render_template(
        "meals/recalls.html",
        opened=opened[:size],
        told=told[:size],
        counted=queries_recalls.counted,
        answer_word=answer_word,
        page=number,
        has_more=len(opened) > size or len(told) > size,
    )


@blueprint.route(f"/repas/<{ID}:public_id>/rappel", methods=["GET", "POST"])
@enter.member
@limiter.limit("20 per hour", methods=["POST"])
def open_one(public_id: str) -> Any:
    """What does not go on, why, and what to do with it; one button tells everybody at once."""
    actor = signed_in_actor()
    listing, _leftover = reporting_eaten.own_leftover(actor, public_id)
    existing = recalls.recall_of(listing.id)
    if existing is not None:
        return redirect(url_for("meal_recalls.show", public_id=existing.public_id), 303)
    return _open(public_id, listing.title, as_moderator=False)


@blueprint.route(f"/moderation/repas/<{ID}:public_id>/rappel", methods=["GET", "POST"])
@enter.moderator
def open_as_moderator(public_id: str) -> Any:
    """In the donor's place, when it does not answer."""
    found = db.session.scalar(_any_leftover(public_id))
    if found is None:
        raise NotFound
    existing = recalls.recall_of(found.id)
    if existing is not None:
        return redirect(url_for("meal_recalls.show", public_id=existing.public_id), 303)
    return _open(public_id, found.title, as_moderator=True)


def _any_leftover(public_id: str) -> Select[Any]:
    query = select(Listing).join(Leftover, Leftover.listing_id == Listing.id)
    return query.where(Listing.public_id == public_id, *seen_by_moderators())


def _open(public_id: str, title: str, *, as_moderator: bool) -> Any:
    actor, form = signed_in_actor(), RecallForm()
    if form.validate_on_submit():
        try:
            with transaction():
                recall = recalls.open_recall(
                    actor, public_id, form.reason.data or "", form.what_to_do.data or "", as_moderator=as_moderator
                )
                recall_id, told = recall.public_id, len(recall.notices)
        except Invalid as refusal:
            take_errors(form, refusal)
        except Conflict as refusal:
            flash(str(refusal.message), "lost")
            return redirect(url_for("meal_recalls.index"), 303)
        else:
            said = ngettext("%(num)d structure est prévenue.", "%(num)d structures sont prévenues.", told)
            flash(_("Le rappel est lancé.") + " " + said, "kept")
            return redirect(url_for("meal_recalls.show", public_id=recall_id), 303)
    where = "meal_recalls.open_as_moderator" if as_moderator else "meal_recalls.open_one"
    page = render_template("meals/recall_open.html", title=title, form=form, action=url_for(where, public_id=public_id))
    return page, status_of(form)


@blueprint.get(f"/repas/rappels/<{ID}:public_id>")
@enter.signed_in
def show(public_id: str) -> str:
    """Who was told, who has read it, what they did with it: to the donor, and to moderators."""
    recall = queries_recalls.recall_for(signed_in_actor(), public_id)
    return render_template(
        "meals/recall.html",
        recall=recall,
        listing=recall.listing,
        counted=queries_recalls.counted(recall.notices),
        answers_of=answers_of,
    )


@blueprint.route(f"/repas/rappels/recus/<{ID}:public_id>", methods=["GET", "POST"])
@enter.member
@limiter.limit("60 per hour", methods=["POST"])
def received(public_id: str) -> Any:
    """What to do now, and the buttons that say that it is done."""
    actor, form = signed_in_actor(), AnswerForm()
    notice, acting = recalls.notice_for(actor, public_id)
    if request.method == "POST" and form.validate():
        try:
            with transaction():
                recalls.answer_recall(actor, public_id, request.form.get("answer", ""), form.note.data or "")
        except Invalid as refusal:
            take_errors(form, refusal)
        else:
            flash(_("C’est transmis au donateur."), "kept")
            return redirect(url_for("meal_recalls.received", public_id=public_id), 303)
    recall = notice.recall
    page = render_template(
        "meals/recall_received.html",
        notice=notice,
        recall=recall,
        listing=recall.listing,
        donor=notice.exchange.provider,
        exchange=notice.exchange,
        said=answers_of(notice),
        said_answers=[(answer_word(one.answer), _answered(one)) for one in notice.answers],
        form=form,
        may_answer=allows(acting.role, right(notice.exchange, RECEIVER)) and acting.verified,
    )
    return page, status_of(form)
