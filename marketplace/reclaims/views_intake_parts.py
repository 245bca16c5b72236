"""What a weighing becomes, and closing the collection. On the blueprint of `views_intake.py`."""

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid
from marketplace.exchanges import services
from marketplace.exchanges.models import Exchange
from marketplace.reclaims import intake, masses, outcomes, queries_intake, wording_intake
from marketplace.reclaims import views_intake_words as words
from marketplace.reclaims.forms_intake import PartRow, PartsForm, parts_sent, rows_of, stored_parts
from marketplace.reclaims.streams import STREAMS
from marketplace.reclaims.views_intake import ONE, PAGE, blueprint, by_outcome_of, one_for
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.limits import limiter


@blueprint.get(ONE)
@enter.member
def parts(public_id: str, weighing_id: str) -> Any:
    """One weighing: what becomes of each part. Read by both sides, written by the collector until it is closed."""
    return _parts_page(public_id, weighing_id)


@blueprint.post(ONE)
@enter.member
@limiter.limit("120 per minute")
def parts_send(public_id: str, weighing_id: str) -> Any:
    actor = signed_in_actor()
    queries_intake.reclaim_for(actor, public_id)
    sent = parts_sent(request.form)
    if request.form.get("go") == "more":
        return _parts_page(public_id, weighing_id, rows_of(sent, more=2))
    try:
        with transaction():
            intake.attribute(actor, public_id, weighing_id, sent)
    except Invalid as refusal:
        return _parts_page(public_id, weighing_id, rows_of(sent, refusal), refusal), 422
    except Conflict as conflict:
        return _parts_page(public_id, weighing_id, rows_of(sent), conflict=str(conflict.message)), 409
    flash(_("C’est noté."), "kept")
    return redirect(url_for("intake.show", public_id=public_id) + "#pesees", 303)


def _parts_page(
    public_id: str,
    weighing_id: str,
    rows: Sequence[PartRow] | None = None,
    refusal: Invalid | None = None,
    conflict: str = "",
) -> str:
    db.session.rollback()
    exchange, view, weighing = one_for(public_id, weighing_id)
    writes = queries_intake.may_weigh(view) and weighing.sealed_at is None
    every = queries_intake.weighings_of(exchange.id)
    return render_template(
        "reclaims/intake_parts.html",
        exchange=exchange,
        view=view,
        weighing=weighing,
        writes=writes,
        corrects=queries_intake.may_correct(view) and queries_intake.replacement_of(weighing, every) is None,
        replacement=queries_intake.replacement_of(weighing, every),
        form=PartsForm(formdata=None),
        rows=rows if rows is not None else rows_of(stored_parts(weighing), more=0 if weighing.outcomes else 1),
        conflict=conflict,
        **shown_parts(exchange, weighing.stream, refusal),
    )


def shown_parts(exchange: Exchange, stream: str, refusal: Invalid | None) -> dict[str, Any]:
    """The lists of a part's fields, and the sentences about all parts together."""
    codes = outcomes.outcomes_of(stream)
    return {
        "outcome_choices": [(code, wording_intake.outcome(code)) for code in codes],
        "treatment_choices": _treatments(stream),
        "taker_choices": list(wording_intake.TAKERS.items()),
        "destinations": words.known_destinations(exchange),
        "said": list(refusal.errors.get("parts", ())) if refusal is not None else [],
    }


def _treatments(stream: str) -> list[tuple[str, str]]:
    """Every treatment that an outcome of this stream may have; left empty, it is the usual one."""
    found: dict[str, None] = {}
    for outcome in outcomes.outcomes_of(stream):
        found |= dict.fromkeys(code for code in outcomes.treatments_of(stream, outcome) if code)
    return [("", _("Celui d’usage")), *((code, str(wording_intake.TREATMENTS[code])) for code in sorted(found))]


# --- closing ---------------------------------------------------------------------------------------------------------


@blueprint.get(f"{PAGE}/cloture")
@enter.member
def close(public_id: str) -> Any:
    """What adds up and what does not, before the collection is closed for good."""
    return _close_page(public_id)


@blueprint.post(f"{PAGE}/cloture")
@enter.member
@limiter.limit("30 per hour")
def close_send(public_id: str) -> Any:
    actor = signed_in_actor()
    exchange, _view = queries_intake.reclaim_for(actor, public_id)
    typed = request.form.get("version", "")
    version = int(typed) if typed.isdecimal() and len(typed) < 9 else None
    try:
        with transaction():
            services.move(actor, exchange.public_id, "complete", {}, version)
    except Conflict as conflict:
        if not conflict.data.get("already"):
            return _close_page(public_id, str(conflict.message)), 409
    else:
        flash(_("La collecte est close. Le certificat se prépare, la production est prévenue."), "kept")
    return redirect(url_for("intake.show", public_id=public_id), 303)


def _close_page(public_id: str, conflict: str = "") -> Any:
    db.session.rollback()
    exchange, view = queries_intake.reclaim_for(signed_in_actor(), public_id)
    if not queries_intake.may_weigh(view):
        return redirect(url_for("intake.show", public_id=public_id), 303)
    live = queries_intake.live_of(queries_intake.weighings_of(exchange.id))
    drafts = sum(part.draft_count for one in live for part in one.outcomes)
    return render_template(
        "reclaims/intake_close.html",
        exchange=exchange,
        view=view,
        live=live,
        wrong=[(one, said) for one in live if (said := wording_intake.does_not_add_up(one))],
        sums=masses.sums_of(live, {}, STREAMS),
        weighed=sum(one.net_grams for one in live),
        by_outcome=by_outcome_of(live),
        drafts=ngettext("%(num)d brouillon d’annonce", "%(num)d brouillons d’annonces", drafts) if drafts else "",
        form=PartsForm(formdata=None),
        conflict=conflict,
    )
