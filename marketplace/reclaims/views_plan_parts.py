"""A wrap plan as pages: the same for members of the production and for bearers of a link, who decide less."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.accounts import queries_organisations
from marketplace.accounts.forms import EmptyForm, take_errors
from marketplace.accounts.models import Production
from marketplace.catalogue import taxonomy
from marketplace.core.clock import today_at, zone_of
from marketplace.core.db import db, new_public_id, transaction
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.reclaims import plan_adding, plan_lines, queries_plans, typed_lines
from marketplace.reclaims import wording_plans as wording
from marketplace.reclaims.forms_plans import (
    WRITE_MOMENT,
    AddForm,
    LineForm,
    outcome_choices,
    read_moment,
    vehicle_choices,
)
from marketplace.reclaims.models_plans import WrapPlan
from marketplace.reclaims.planning import Writer
from marketplace.reclaims.plans import FETCHED, OUTCOMES
from marketplace.reclaims.queries_plans import LINES_A_PAGE, Shown
from marketplace.reclaims.views_plans_figures import figures_of
from marketplace.web import filters

KEPT = "-"  # of a field in bulk: empty it


@dataclass
class Access:
    """How somebody came to a plan. `decides`: says what becomes of things; `writer` asks anew, inside the transaction,
    whether they may write; `url(what, **values)`: its addresses."""

    plan: WrapPlan
    production: Production
    member: bool
    may_write: bool
    decides: bool
    writer: Callable[[], Writer]
    url: Callable[..., str]
    kept_as: str  # what a browser keeps unsaved typing under
    more: dict[str, Any] = field(default_factory=dict)  # for the template

    @property
    def zone(self) -> ZoneInfo:
        return zone_of(self.plan.postcode or self.production.base_postcode)

    def again(self) -> None:
        """Read the plan anew, after a transaction that was rolled back."""
        self.plan = db.session.get_one(WrapPlan, self.plan_id, populate_existing=True)
        self.production = db.session.get_one(Production, self.plan.production_id)

    def __post_init__(self) -> None:
        self.plan_id = self.plan.id


def filtered(lines: list[Shown]) -> tuple[list[Shown], dict[str, str]]:
    """The lines that the address asks for, and what it asks."""
    asked = {name: request.args.get(name, "")[:60] for name in ("zone", "devenir", "etat") if name in request.args}
    if "zone" in asked:
        lines = [line for line in lines if line.zone == asked["zone"]]
    if asked.get("devenir") in ("aucun", *OUTCOMES):
        wanted = None if asked["devenir"] == "aucun" else asked["devenir"]
        lines = [line for line in lines if line.outcome == wanted]
    if asked.get("etat") in ("fait", "reste"):
        lines = [line for line in lines if (line.done_at is not None) == (asked["etat"] == "fait")]
    return lines, asked


def plan_page(access: Access, said: Any = (), ticked: Any = (), overtaken: Any = (), status: int = 200) -> Any:
    """The whole plan. `said`: sentences on top, `ticked` lines stay ticked, `overtaken` are marked."""
    plan = access.plan
    every = queries_plans.lines_of(plan)
    lines, asked = filtered(every)
    page = _page_number()
    pages = max(1, -(-len(lines) // LINES_A_PAGE))
    page = min(page, pages)
    shown = lines[(page - 1) * LINES_A_PAGE : page * LINES_A_PAGE]
    return render_template(
        "reclaims/plan.html", access=access, plan=plan, production=access.production, every=every, lines=shown,
        asked=asked, zones=queries_plans.zones_of(every), progress=queries_plans.progress_of(every),
        figures=figures_of(every), outcomes=outcome_choices(_("Ne pas changer")),
        vehicles=vehicle_choices(_("Ne pas changer")), wording=wording, said=said, ticked=set(ticked),
        overtaken=set(overtaken), form=EmptyForm(formdata=None), typed=request.form if said else {}, FETCHED=FETCHED,
        page=page, pages=pages, first=(page - 1) * LINES_A_PAGE + 1, last=min(page * LINES_A_PAGE, len(lines)),
        total=len(lines), page_url=lambda n: access.url("plan", **asked, page=n), local=access_local(access),
        categories=taxonomy.categories(), language=filters.language(), **access.more,
    ), status  # fmt: skip


def access_local(access: Access) -> Callable[..., str]:
    """Instants on the place's own clock: « 12 mars, 18:00 »."""
    zone = access.zone

    def local(at: Any) -> str:
        if at is None:
            return ""
        there = at.astimezone(zone)
        return f"{filters.short_day(there.date())}, {there:%H:%M}"

    return local


def _page_number() -> int:
    text = request.args.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 6 else 1


def chosen_lines() -> dict[str, int]:
    """Public id → version seen, of the ticked lines, or of all that were shown. Anything else is left out."""
    names = request.form.getlist("shown" if request.form.get("all") else "line")[: plan_lines.MOST]
    found = {}
    for name in names:
        public_id, _colon, version = name.partition(":")
        if version.isascii() and version.isdecimal() and len(version) < 9:
            found[public_id] = int(version)
    return found


def act(access: Access, go: str) -> Any:
    """`set`, `done`, `undone`, `remove` on the lines chosen."""
    lines = chosen_lines()
    access.writer()  # whoever may not is told so before anything else
    try:
        if go == "set":
            values = _bulk_values(access)
            with transaction():
                many = plan_lines.set_many(access.writer(), lines, values)
            said = ngettext("%(num)d ligne changée.", "%(num)d lignes changées.", many.changed)
        elif go in ("done", "undone"):
            with transaction():
                many = plan_lines.tick(access.writer(), list(lines), go == "done")
            said = (
                ngettext("%(num)d ligne faite.", "%(num)d lignes faites.", many.changed)
                if go == "done"
                else ngettext("%(num)d ligne à refaire.", "%(num)d lignes à refaire.", many.changed)
            )
        elif go == "remove":
            with transaction():
                many = plan_lines.Many(plan_lines.remove(access.writer(), list(lines)))
            said = ngettext("%(num)d ligne retirée du plan.", "%(num)d lignes retirées du plan.", many.changed)
        else:
            raise NotFound
    except Invalid as refusal:
        access.again()
        return plan_page(access, sentences_of(refusal), lines, status=422)
    except Conflict as refusal:
        access.again()
        return plan_page(access, [refusal.message], lines, status=409)
    if many.changed:
        flash(said, "kept")
    if many.overtaken:
        access.again()
        return plan_page(access, [left_out(go, many)], many.overtaken, many.overtaken, 409 if go == "set" else 422)
    return redirect(access.url("plan", **_asked()), 303)


def left_out(go: str, many: plan_lines.Many) -> str:
    names = ", ".join(many.titles[:5]) + ("…" if len(many.titles) > 5 else "")
    if go == "set":
        return _(
            "Quelqu’un a changé entre-temps : %(names)s. Ces lignes restent comme elles sont, encore cochées : "
            "regardez-les, puis recommencez s’il le faut.",
            names=names,
        )
    return _("Dites d’abord ce que deviennent : %(names)s. Une ligne est faite quand on sait ce qu’on en a fait.",
             names=names)  # fmt: skip


def _asked() -> dict[str, str]:
    return {name: request.args[name][:60] for name in ("zone", "devenir", "etat", "page") if name in request.args}


def sentences_of(refusal: Invalid) -> list[str]:
    found = [str(text) for texts in refusal.errors.values() for text in texts]
    return [*found, str(refusal.message)] if refusal.message else found


def _bulk_values(access: Access) -> dict[str, Any]:
    """The columns that the bulk form changes: what was left as it is changes nothing. Raises `Invalid`."""
    given = {name: request.form.get(f"set_{name}", "").strip() for name in ("outcome", "who", "vehicle", "zone", "due")}
    found: dict[str, Any] = {}
    for name in ("outcome", "vehicle", "who", "zone"):
        if given[name]:
            found[name] = "" if given[name] == KEPT else given[name]
    if given["due"]:
        try:
            found["due_at"] = read_moment(given["due"], access.zone, today_at(access.plan.postcode))
        except ValueError:
            raise Invalid({"due": str(WRITE_MOMENT)}) from None
    return found


# --- adding ----------------------------------------------------------------------------------------------------------


def add_page(access: Access) -> Any:
    """Typing in bulk: first shown as understood, then put down."""
    form = AddForm()
    form.offer()
    if request.method == "GET":
        form = AddForm(formdata=None, data={"zone": request.args.get("zone", "")[:60]})
        form.offer()
        form.version.data = new_public_id()
        return _adding(access, form, None, 200)
    access.writer()
    if not form.validate_on_submit():
        return _adding(access, form, None, 422)
    read = typed_lines.read_lines(form.lines.data or "", form.zone.data or "")
    if not read.lines:
        form.lines.errors = [_("Écrivez au moins une ligne : « 6 feuilles 3x2 m ».")]
        return _adding(access, form, None, 422)
    if request.form.get("go") != "keep" or read.left:
        return _adding(access, form, read, 200)
    try:
        with transaction():
            outcome = form.outcome.data or None if access.decides else None
            count = plan_adding.add_typed(access.writer(), read.lines, form.version.data or "", outcome)
    except Invalid as refusal:
        access.again()
        take_errors(form, refusal)
        return _adding(access, form, read, 422)
    except Conflict as refusal:
        access.again()
        form.form_errors.append(refusal.message)
        return _adding(access, form, read, 409)
    said = ngettext("%(num)d ligne au plan.", "%(num)d lignes au plan.", count)
    flash(said if count else _("Déjà gardé : rien n’a été écrit deux fois."), "kept")
    return redirect(access.url("plan"), 303)


def _adding(access: Access, form: AddForm, read: typed_lines.Read | None, status: int) -> Any:
    found = [plan_adding.guessed(one) for one in read.lines] if read else []
    return render_template(
        "reclaims/plan_add.html", access=access, plan=access.plan, production=access.production, form=form,
        found=found, left=read.left if read else (), categories=taxonomy.categories(), language=filters.language(),
        most=typed_lines.MOST, wording=wording, kept_as=f"{access.kept_as}:add",
        grams=sum((one.mass_grams or 0) * int(one.typed.quantity) for one in found), **access.more,
    ), status  # fmt: skip


# --- one line --------------------------------------------------------------------------------------------------------


def line_page(access: Access, line_public_id: str) -> Any:
    """One line. When somebody was quicker, what was typed stays, beside what the line says now."""
    line = queries_plans.line_shown(access.plan, plan_lines.line_of(access.plan, line_public_id))
    form, status, differs = LineForm(), 200, []
    form.offer()
    if request.method == "GET":
        form = LineForm(formdata=None)
        form.offer()
        form.show(line, access.zone)
    else:
        access.writer()
        status = 422
        version = form.version.data or ""
        if form.validate_on_submit():
            try:
                values = form.values(line, access.zone, today_at(access.plan.postcode), decides=access.decides)
                with transaction():
                    number = int(version) if version.isascii() and version.isdecimal() and len(version) < 9 else 0
                    plan_lines.edit_line(access.writer(), line_public_id, values, number)
            except Invalid as refusal:
                take_errors(form, refusal)
            except Conflict as refusal:
                status = 409
                form.form_errors.append(refusal.message)
            else:
                flash(_("La ligne est gardée."), "kept")
                return redirect(access.url("plan"), 303)
        access.again()
        line = queries_plans.line_shown(access.plan, plan_lines.line_of(access.plan, line_public_id))
        if status == 409:
            differs = _differences(access, line, form)
            form.version.data = str(line.version)
    changes, _total = queries_plans.changes_of(access.plan.id, 1, line.id)
    return render_template(
        "reclaims/plan_line.html", access=access, plan=access.plan, production=access.production, form=form, line=line,
        differs=differs, last=queries_plans.last_change(line.id) if differs else None, changes=changes[:20],
        zones=[name for name, _n in queries_plans.zones_of(queries_plans.lines_of(access.plan)) if name],
        names=sorted({taxonomy.categories()[key].name(filters.language()) for _t, keys in taxonomy.pickable()
                      for key in keys}) if access.decides else [],
        people=_people(access) if access.member else [],
        button=EmptyForm(formdata=None), wording=wording, told=told_change(access), local=access_local(access),
        **access.more,
    ), status  # fmt: skip


def _people(access: Access) -> list[str]:
    """Names that one may type: members of the house and guests of the production."""
    members = queries_organisations.members_of(access.production.organisation_id).items
    guests = queries_organisations.guests_of(access.production.id)
    return sorted({str(one.name) for one in (*members, *guests)})


def _differences(access: Access, line: Shown, form: LineForm) -> list[tuple[str, str, str]]:
    """(field, what it says now, what was typed), where the two differ."""
    now = LineForm(formdata=None)
    now.offer()
    now.show(line, access.zone)
    found = []
    for name in ("title", "category", "quantity", "unit", "mass", "volume", "zone", "outcome", "who", "due_at",
                 "vehicle", "note", "next_outcome", "next_at"):  # fmt: skip
        if not access.decides and name not in plan_lines.HELPERS:
            continue
        there, typed = now[name].data or "", form[name].data or ""
        if there != typed:
            found.append((str(form[name].label.text), _said(name, there), _said(name, typed)))
    return found


def _said(name: str, text: str) -> str:
    if name in ("outcome", "next_outcome"):
        return wording.outcome(text or None) if text in wording.OUTCOMES or not text else text
    if name == "vehicle" and text in taxonomy.vehicles():
        return taxonomy.vehicles()[text].name(filters.language())
    return text or _("rien")


def told_change(access: Access) -> Callable[[Any], list[str]]:
    """A change of the history in words: « Devenir : Donner → Recycler »."""
    local = access_local(access)

    def value(name: str, raw: Any) -> str:
        if raw in (None, ""):
            return wording.outcome(None) if name == "outcome" else _("rien")
        if name in ("outcome", "next_outcome"):
            return wording.outcome(str(raw)) if raw in wording.OUTCOMES else str(raw)
        if name in ("due_at", "next_at", "skip_at"):
            return local(datetime.fromisoformat(str(raw)))
        if name == "mass_grams":
            return filters.mass(int(raw))
        if name == "volume_litres":
            return f"{filters.number(Decimal(int(raw)) / 1000)}\u00a0m³"
        return _said(name, str(raw))

    def told(change: Any) -> list[str]:
        return [
            f"{wording.FIELDS[name]}\u00a0: {value(name, pair[0])} → {value(name, pair[1])}"
            for name, pair in change.values.items()
            if name in wording.FIELDS and isinstance(pair, list) and len(pair) == 2
        ]

    return told
