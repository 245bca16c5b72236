"""Pages of papers: asking for one, signing, and the certificate of insurance."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from marketplace.accounts.models import User
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.exchanges import asking_papers, attachments, insurance, signing
from marketplace.exchanges.codes import TooManyTries
from marketplace.exchanges.dues import dues_of
from marketplace.exchanges.forms import show_errors
from marketplace.exchanges.forms_papers import CounterSignForm, InsuranceForm, PaperForm, SignForm
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.papers_shown import Papers, accept_text, insurance_state, papers_of, quotes_of, title_code
from marketplace.exchanges.queries import ExchangeView, as_party, exchange_for, view_of
from marketplace.exchanges.signing import paper_code
from marketplace.exchanges.states import MODERATOR, PROVIDER, RECEIVER
from marketplace.web.access import current_actor, enter, signed_in_actor
from marketplace.web.limits import limiter

blueprint = Blueprint("papers", __name__)
blueprint.add_app_template_global(quotes_of)


@blueprint.url_value_preprocessor
def allow_files(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """A certificate comes with its form; this must be known before the form is read."""
    if endpoint == "papers.insurance_send" and request.method == "POST" and current_actor() is not None:
        request.max_content_length = attachments.MAX_BYTES + 1024 * 1024


@blueprint.app_template_global("papers_of")
def papers_on_page(view: ExchangeView) -> Papers:
    """The papers that stand on the page of an exchange."""
    return papers_of(view)


@blueprint.app_template_global("paper_form")
def paper_form() -> PaperForm:
    """The token of the buttons that ask for a paper."""
    return PaperForm(formdata=None)


# --- asking ----------------------------------------------------------------------------------------------------------


@blueprint.post("/echanges/<public_id>/papiers/devis")
@enter.member
@limiter.limit("30 per hour")
def quote(public_id: str) -> Any:
    """A quote of what stands, in the language of whoever asks."""
    with transaction():
        asking_papers.ask_quote(signed_in_actor(), public_id, _language())
    flash(_("Le devis se prépare : il sera dans les documents dans un instant."), "kept")
    if exchange_for(signed_in_actor(), public_id).state == "cart":
        return redirect(url_for("carts.index") + f"#panier-{public_id}", 303)
    return redirect(url_for("exchanges.show", public_id=public_id) + "#documents", 303)


@blueprint.post("/echanges/<public_id>/papiers/preparation")
@enter.member
@limiter.limit("30 per hour")
def preparation(public_id: str) -> Any:
    """The list to prepare by, with the pieces as they are chosen now."""
    with transaction():
        asking_papers.ask_preparation(signed_in_actor(), public_id, _language())
    flash(_("La liste se prépare : elle sera dans les documents dans un instant."), "kept")
    return redirect(url_for("exchanges.show", public_id=public_id) + "#documents", 303)


@blueprint.post("/echanges/<public_id>/papiers/attestation")
@enter.member
@limiter.limit("30 per hour")
def certificate(public_id: str) -> Any:
    """A certificate of avoided emissions, with the ledger's present word on each line."""
    with transaction():
        asking_papers.ask_certificate(signed_in_actor(), public_id, _language())
    flash(_("L’attestation se prépare : elle sera dans les documents dans un instant."), "kept")
    return redirect(url_for("exchanges.show", public_id=public_id) + "#documents", 303)


def _language() -> str:
    return str(get_locale() or "fr")


# --- signing ---------------------------------------------------------------------------------------------------------


@blueprint.get("/echanges/<public_id>/papiers/<document_id>/signer")
@enter.member
def sign(public_id: str, document_id: str) -> str:
    """What the paper says in short, the file itself, and the buttons that say yes to it."""
    return _sign_page(public_id, document_id)


@blueprint.post("/echanges/<public_id>/papiers/<document_id>/signer")
@enter.member
@limiter.limit("30 per hour")
def sign_send(public_id: str, document_id: str) -> Any:
    """A yes: of one's own side, or (`for=receiver`) of the receiver's on the provider's screen."""
    counter = request.form.get("for") == RECEIVER
    form: SignForm = CounterSignForm(prefix="receiver-") if counter else SignForm(prefix="own-")
    code = form.code.data or "" if isinstance(form, CounterSignForm) else None
    try:
        with transaction():
            signing.sign(signed_in_actor(), public_id, document_id, form.name.data, form.sha256.data, code)
    except (Invalid, TooManyTries) as refusal:
        show_errors(form, refusal if isinstance(refusal, Invalid) else Invalid({"code": refusal.message}))
        seconds = refusal.data.get("retry_after")
        headers = {"Retry-After": str(seconds)} if seconds else {}
        return _sign_page(public_id, document_id, form), refusal.status, headers
    except Conflict as conflict:
        if not conflict.data.get("already"):
            return _sign_page(public_id, document_id, conflict=str(conflict.message)), 409
    else:
        flash(_("C’est signé. Le nom et l’heure sont notés avec l’empreinte du papier."), "kept")
    return redirect(url_for("papers.sign", public_id=public_id, document_id=document_id), 303)


def _sign_page(public_id: str, document_id: str, sent: SignForm | None = None, conflict: str = "") -> str:
    db.session.rollback()
    actor = signed_in_actor()
    exchange, document, side = signing.paper_to_sign(actor, public_id, document_id)
    view = view_of(actor, exchange)
    signatures = {one.side: one for one in signing.signatures_of([document.id])}
    writes = view.may_move and side != MODERATOR
    why_not = signing.why_not(exchange, document)
    own = counter = None
    if writes and why_not is None:
        if side not in signatures:
            own = SignForm(prefix="own-", formdata=None)
            own.name.data = _own_name(actor.user_id)
        if side == PROVIDER and RECEIVER not in signatures:
            counter = CounterSignForm(prefix="receiver-", formdata=None)
            counter.name.data = exchange.collected_by_name
    if isinstance(sent, CounterSignForm):
        counter = sent
        counter.code.data = ""  # digits are typed anew
    elif sent is not None:
        own = sent
    for form in (own, counter):
        if form is not None:
            form.sha256.data = document.sha256
    code = paper_code(document) if side == RECEIVER and writes and why_not is None else None
    return render_template(
        "exchanges/sign.html",
        exchange=exchange,
        document=document,
        view=view,
        title=title_code(document),
        dues=dues_of(exchange),
        accept=accept_text(document),
        signatures=signatures,
        names={PROVIDER: exchange.provider.name, RECEIVER: exchange.receiver.name},
        own=own,
        counter=counter,
        code=code if RECEIVER not in signatures else None,
        why_not=why_not,
        conflict=conflict,
    )


def _own_name(user_id: int) -> str:
    user = db.session.get(User, user_id)
    return user.name if user is not None else ""


# --- the certificate of insurance ------------------------------------------------------------------------------------


@blueprint.get("/echanges/<public_id>/papiers/assurance")
@enter.member
def insurance_page(public_id: str) -> str:
    """Where the certificate stands; the provider asks for it here, the receiver sends it."""
    return _insurance_page(public_id)


@blueprint.post("/echanges/<public_id>/papiers/assurance")
@enter.member
@limiter.limit("20 per hour; 60 per day")
def insurance_send(public_id: str) -> Any:
    """The receiver's certificate. Looked at and stored first, then noted."""
    actor = signed_in_actor()
    exchange = exchange_for(actor, public_id)  # strangers stop here, before anything is stored
    if as_party(actor, exchange)[1] != RECEIVER or not insurance.takes_insurance(exchange):
        raise NotFound
    form = InsuranceForm()
    given = request.files.get("file")
    try:
        insurance.read_day(form.valid_until.data)
        name, data = _file_of(given)
        upload, shown, format_ = attachments.receive(name, data)
        with transaction():
            insurance.add(actor, public_id, upload, shown, format_, form.valid_until.data)
    except Invalid as invalid:
        show_errors(form, invalid)
        return _insurance_page(public_id, form), 422
    flash(_("Reçue. On l’ouvre, puis le prestataire la verra."), "kept")
    return redirect(url_for("papers.insurance_page", public_id=public_id), 303)


def _file_of(given: FileStorage | None) -> tuple[str, bytes]:
    if given is None:
        return "", b""
    return given.filename or "", given.read(attachments.MAX_BYTES + 1)


@blueprint.post("/echanges/<public_id>/papiers/assurance/demande")
@enter.member
@limiter.limit("30 per hour")
def insurance_ask(public_id: str) -> Any:
    """The provider asks for a certificate, or no longer."""
    asked = request.form.get("asked") == "1"
    with transaction():
        insurance.ask_for(signed_in_actor(), public_id, asked)
    flash(_("L’attestation est demandée.") if asked else _("L’attestation n’est plus demandée."), "kept")
    return redirect(url_for("papers.insurance_page", public_id=public_id), 303)


def _insurance_page(public_id: str, form: InsuranceForm | None = None) -> str:
    db.session.rollback()
    actor = signed_in_actor()
    exchange: Exchange = exchange_for(actor, public_id)
    view = view_of(actor, exchange)
    papers = papers_of(view)
    if view.side == MODERATOR or papers.insurance is None:
        raise NotFound
    last = insurance.last_of(exchange)
    takes = insurance.takes_insurance(exchange) and view.may_move
    return render_template(
        "exchanges/insurance.html",
        exchange=exchange,
        view=view,
        last=last,
        state=insurance_state(exchange, last),
        form=(form or InsuranceForm(formdata=None)) if takes and view.side == RECEIVER else None,
        ask_form=PaperForm(formdata=None) if takes and view.side == PROVIDER else None,
        accept=attachments.ACCEPT,
    )
