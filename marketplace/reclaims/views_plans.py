"""Wrap plans for those who work on a production with an account: list, new, the plan, its sheets, its links."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.accounts.forms import EmptyForm, take_errors
from marketplace.accounts.models import Production
from marketplace.accounts.permissions import allows
from marketplace.accounts.productions import actor_for_production
from marketplace.accounts.views_organisations import page_number
from marketplace.core.clock import today_at, zone_of
from marketplace.core.db import db, new_public_id, transaction
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.geo import normal_postcode
from marketplace.exchanges.queries import productions_for
from marketplace.reclaims import plan_adding, plan_calls, plan_drafts, plan_lines, planning, queries_plans
from marketplace.reclaims import views_plan_parts as parts
from marketplace.reclaims import wording_plans as wording
from marketplace.reclaims.forms_plans import PlanForm
from marketplace.reclaims.plans import COLLECT, FETCHED
from marketplace.reclaims.wording import STATES
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.limits import limiter

blueprint = Blueprint("plans", __name__)


def access_of(public_id: str) -> parts.Access:
    acting, plan = planning.plan_for(signed_in_actor(), public_id)
    production = db.session.get_one(Production, plan.production_id)
    open_ = plan.closed_at is None
    may_write = allows(acting.role, planning.WRITE)

    def url(what: str, **values: Any) -> str:
        return url_for(f"plans.{what}", public_id=public_id, **values)

    return parts.Access(
        plan,
        production,
        member=True,
        may_write=may_write and open_,
        decides=may_write and open_,
        writer=lambda: planning.member_writer(signed_in_actor(), public_id),
        url=url,
        kept_as=f"plan:{public_id}",
        more={
            "may_share": allows(acting.role, planning.SHARE),
            "may_publish": may_write and open_ and allows(acting.role, "listing.draft"),
            "may_reopen": may_write and not open_,
        },
    )


@blueprint.get("/collectes/plans")
@enter.signed_in
def index() -> str:
    """One's plans, those still open first."""
    actor = signed_in_actor()
    return render_template(
        "reclaims/plans.html", page=queries_plans.plans_of(actor, page_number()),
        page_url=lambda n: url_for("plans.index", page=n), may_open=bool(_productions()),
    )  # fmt: skip


def _productions() -> list[tuple[str, str]]:
    return [(one.public_id, one.title) for one in productions_for(signed_in_actor())]


@blueprint.route("/collectes/plans/nouveau", methods=["GET", "POST"])
@enter.signed_in
@limiter.limit("60 per hour", methods=["POST"])
def create() -> Any:
    """A plan for one production at one place."""
    offered = _productions()
    if not offered:
        flash(_("Ouvrez d’abord une production : un plan de démontage est le sien."), "lost")
        return redirect(url_for("productions.index"), 303)
    form = PlanForm()
    form.offer(offered)
    if request.method == "GET":
        form.production.data = request.args.get("production", "") or offered[0][0]
    elif form.validate_on_submit():
        try:
            postcode = normal_postcode(form.postcode.data or "")
            values = form.values(zone_of(postcode), today_at(postcode))
            with transaction():
                plan = planning.create_plan(signed_in_actor(), form.production.data or "", values)
                public_id = plan.public_id
        except Invalid as refusal:
            take_errors(form, refusal)
        else:
            flash(_("Le plan est ouvert : dites ce qui reste, une ligne par chose."), "kept")
            return redirect(url_for("plans.add", public_id=public_id), 303)
    status = 200 if request.method == "GET" else 422
    return render_template("reclaims/plan_form.html", form=form, plan=None, differs=[]), status


@blueprint.get("/productions/<public_id>/demontage")
@enter.signed_in
def of_production(public_id: str) -> Any:
    """The plan of a production: straight to it where it has one, to a new one where it has none."""
    _acting, production = actor_for_production(signed_in_actor(), public_id)
    found = queries_plans.of_production(production.id)
    if len(found) == 1:
        return redirect(url_for("plans.plan", public_id=found[0]), 303)
    if found:
        return redirect(url_for("plans.index"), 303)
    return redirect(url_for("plans.create", production=public_id), 303)


@blueprint.get("/collectes/plans/<public_id>")
@enter.signed_in
def plan(public_id: str) -> Any:
    access = access_of(public_id)
    access.more |= {"calls": plan_calls.calls_of(access.plan.id), "call_words": STATES}
    return parts.plan_page(access)


@blueprint.post("/collectes/plans/<public_id>/lignes")
@enter.signed_in
@limiter.limit("600 per hour")
def act(public_id: str) -> Any:
    """What the bulk form asks: on the lines ticked, or on all that were shown."""
    access, go = access_of(public_id), request.form.get("go", "set")
    if go == "publish":
        return _publish(access)
    if go == "collect":
        return _collect(access)
    return parts.act(access, go)


def _publish(access: parts.Access) -> Any:
    lines = parts.chosen_lines()
    try:
        with transaction():
            drafts = plan_drafts.drafts_from(access.writer(), list(lines))
    except Invalid as refusal:
        access.again()
        return parts.plan_page(access, parts.sentences_of(refusal), lines, status=422)
    except Conflict as refusal:
        access.again()
        return parts.plan_page(access, [refusal.message], lines, status=409)
    if not drafts:
        flash(_("Ces lignes ont déjà leur annonce en ligne."), "kept")
        return redirect(access.url("plan"), 303)
    flash(ngettext("%(num)d brouillon à relire, puis à publier.", "%(num)d brouillons à relire, puis à publier.",
                   len(drafts)), "kept")  # fmt: skip
    return redirect(url_for("catalogue.batch", annonces=".".join(drafts)), 303)


def _collect(access: parts.Access) -> Any:
    """On to the form of a call for a collection, which reads these lines. Those that were to go another way, or none
    yet, are collected from now on; what is recycled or composted stays so."""
    access.writer()
    lines = parts.chosen_lines()
    if not lines:
        said = [_("Cochez les lignes à faire collecter.")]
        return parts.plan_page(access, said, status=422)
    there = {one.public_id: one for one in queries_plans.lines_of(access.plan)}
    other = {name: seen for name, seen in lines.items() if name in there and there[name].outcome not in FETCHED}
    try:
        with transaction():
            writer = access.writer()
            many = plan_lines.set_many(writer, other, {"outcome": COLLECT}) if other else plan_lines.Many()
    except Conflict as refusal:
        access.again()
        return parts.plan_page(access, [refusal.message], lines, status=409)
    if many.overtaken:
        access.again()
        return parts.plan_page(access, [parts.left_out("set", many)], lines, many.overtaken, 409)
    return redirect(url_for("reclaims.ask", plan=access.plan.public_id, lignes=".".join(lines)), 303)


@blueprint.route("/collectes/plans/<public_id>/ajouter", methods=["GET", "POST"])
@enter.signed_in
@limiter.limit("120 per hour", methods=["POST"])
def add(public_id: str) -> Any:
    access = access_of(public_id)
    planning.member_writer(signed_in_actor(), public_id)
    return parts.add_page(access)


@blueprint.route("/collectes/plans/<public_id>/annonces", methods=["GET", "POST"])
@enter.signed_in
@limiter.limit("120 per hour", methods=["POST"])
def listings(public_id: str) -> Any:
    """Lines from one's drafts and published listings."""
    access = access_of(public_id)
    planning.member_writer(signed_in_actor(), public_id)
    said: list[str] = []
    if request.method == "POST":
        try:
            with transaction():
                count = plan_adding.add_listings(
                    access.writer(), request.form.getlist("listing"), request.form.get("version", ""),
                    request.form.get("zone", ""),
                )  # fmt: skip
        except Invalid as refusal:
            access.again()
            said = parts.sentences_of(refusal)
        else:
            flash(ngettext("%(num)d ligne au plan.", "%(num)d lignes au plan.", count), "kept")
            return redirect(access.url("plan"), 303)
    every = request.args.get("toutes") == "1"
    page = queries_plans.listings_to_put(access.plan, page_number(), every)
    if not page.total and not every and request.method == "GET":
        every = True
        page = queries_plans.listings_to_put(access.plan, page_number(), every)
    return render_template(
        "reclaims/plan_listings.html", access=access, plan=access.plan, production=access.production, page=page,
        every=every, said=said, ticked=request.form.getlist("listing"), form=EmptyForm(formdata=None),
        version=request.form.get("version") or new_public_id(),
        page_url=lambda n: access.url("listings", page=n, **({"toutes": 1} if every else {})),
    ), 422 if said else 200  # fmt: skip


@blueprint.route("/collectes/plans/<public_id>/lignes/<line_id>", methods=["GET", "POST"])
@enter.signed_in
def line(public_id: str, line_id: str) -> Any:
    return parts.line_page(access_of(public_id), line_id)


@blueprint.route("/collectes/plans/<public_id>/modifier", methods=["GET", "POST"])
@enter.signed_in
def edit(public_id: str) -> Any:
    """Where and until when; what becomes of what nobody took."""
    access = access_of(public_id)
    planning.member_writer(signed_in_actor(), public_id)
    form, status, differs = PlanForm(), 200, []
    form.offer(None)
    if request.method == "GET":
        form = PlanForm(formdata=None)
        form.offer(None)
        _fill(form, access)
    else:
        status = 422
        if form.validate_on_submit():
            version = form.version.data or ""
            try:
                values = form.values(access.zone, today_at(access.plan.postcode))
                with transaction():
                    number = int(version) if version.isascii() and version.isdecimal() and len(version) < 9 else 0
                    planning.edit_plan(access.writer(), values, number)
            except Invalid as refusal:
                take_errors(form, refusal)
            except Conflict as refusal:
                status = 409
                form.form_errors.append(refusal.message)
            else:
                flash(_("Le plan est gardé."), "kept")
                return redirect(access.url("plan"), 303)
            access.again()
            if status == 409:
                differs = _now(access)
                form.version.data = str(access.plan.version)
    page = render_template("reclaims/plan_form.html", form=form, plan=access.plan, access=access, differs=differs)
    return page, status


def _fill(form: PlanForm, access: parts.Access) -> None:
    here = access.plan
    form.place.data, form.postcode.data = here.place, here.postcode or here.city or ""
    form.next_outcome.data, form.version.data = here.next_outcome or "", str(here.version)
    form.skip_at.show(here.skip_at, access.zone)
    form.next_at.show(here.next_at, access.zone)


def _now(access: parts.Access) -> list[tuple[str, str]]:
    """What the plan says now, for whoever was overtaken."""
    here, local = access.plan, parts.access_local(access)
    return [
        (_("Lieu"), here.place),
        (_("Code postal ou commune"), here.postcode or here.city or ""),
        (_("La benne arrive"), local(here.skip_at)),
        (_("Ce que personne n’a pris devient"), wording.outcome(here.next_outcome) if here.next_outcome else ""),
        (_("À partir de"), local(here.next_at)),
    ]


@blueprint.post("/collectes/plans/<public_id>/finir")
@enter.signed_in
def close(public_id: str) -> Any:
    """The strike is over, or it is not after all."""
    with transaction():
        writer = planning.member_writer(signed_in_actor(), public_id)
        again = request.form.get("go") == "reopen"
        (planning.reopen_plan if again else planning.close_plan)(writer)
    flash(_("Le plan est rouvert.") if again else _("Le plan est terminé : il reste à lire et à imprimer."), "kept")
    return redirect(url_for("plans.plan", public_id=public_id), 303)


@blueprint.get("/collectes/plans/<public_id>/historique")
@enter.signed_in
def history(public_id: str) -> str:
    """Everything that was done, the latest first."""
    access = access_of(public_id)
    page, size = page_number(), queries_plans.CHANGES_A_PAGE
    changes, total = queries_plans.changes_of(access.plan.id, page)
    return render_template(
        "reclaims/plan_history.html", access=access, plan=access.plan, production=access.production, changes=changes,
        total=total, page=page, pages=max(1, -(-total // size)), first=(page - 1) * size + 1,
        last=min(page * size, total), wording=wording, told=parts.told_change(access),
        page_url=lambda n: access.url("history", page=n),
    )  # fmt: skip
