"""`flask user`, `flask org` and `flask token`: administration without a browser."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import click
from flask import Blueprint, current_app
from flask.cli import AppGroup
from sqlalchemy import or_, select

from marketplace.accounts import (
    mail_addresses,
    organisations,
    passkeys,
    passwords,
    queries,
    second_factor,
    services,
    sites,
    tokens,
)
from marketplace.accounts.models import Membership, Organisation, User
from marketplace.accounts.permissions import Actor
from marketplace.core import geo
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid, MarketplaceError

blueprint = Blueprint("accounts_commands", __name__, cli_group=None)
users = AppGroup("user", help="People.")
orgs = AppGroup("org", help="Organisations.")
api_tokens = AppGroup("token", help="Keys for programs.")
for group in (users, orgs, api_tokens):
    blueprint.cli.add_command(group)


@contextmanager
def _said_plainly() -> Iterator[None]:
    """A refusal ends the command with its sentences and exit code 1."""
    try:
        yield
    except Invalid as refusal:
        lines = [f"{field}: {sentence}" for field, found in refusal.errors.items() for sentence in found]
        raise click.ClickException("\n".join([*lines, *([str(refusal.message)] if refusal.message else [])])) from None
    except MarketplaceError as refusal:
        raise click.ClickException(str(refusal.message) or type(refusal).__name__) from None


def _plain(command: Callable[..., None]) -> Callable[..., None]:
    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        with _said_plainly():
            command(*args, **kwargs)

    return run


@users.command("create")
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--password", required=True)
@click.option("--verified", is_flag=True, help="Take the address as proved; otherwise a link is sent to it.")
@click.option("--moderator", is_flag=True)
@_plain
def user_create(email: str, name: str, password: str, verified: bool, moderator: bool) -> None:
    """Open an account with its personal space."""
    email, name = mail_addresses.checked(email), mail_addresses.without_controls(name)
    if not 0 < len(name) <= 120:
        raise Invalid({"name": "1 à 120 caractères."})
    refusal = passwords.why_refused(password, [email, name])
    if refusal:
        raise Invalid({"password": refusal})
    password_hash = passwords.hash_password(password)
    with transaction():
        user = services.create_user(email, name, password_hash, verified=verified, moderator=moderator)
        if not verified:
            services.resend_verification(user.id)
    click.echo(f"{user.public_id} {email}")


@users.command("code")
@click.option("--email", required=True)
@_plain
def user_code(email: str) -> None:
    """The six digits of this moment for an account of the demo: nowhere else does anybody but its phone know them."""
    user = queries.user_by_email(mail_addresses.as_kept(email))
    if not current_app.extensions["settings"].demo:
        raise Invalid({"email": "seulement dans une démonstration (DEMO=1)."})
    code = second_factor.code_of_now(user.id) if user is not None else None
    if code is None:
        raise Invalid({"email": "ce compte n’a pas de second facteur."})
    click.echo(code)


@users.command("remove-second-factor")
@click.option("--email", required=True)
@_plain
def user_remove_second_factor(email: str) -> None:
    """For somebody who lost phone, codes and passkeys, once you are sure of who asks; they are told by mail."""
    user = _user(email)
    with transaction():
        had_code = second_factor.guard_of(user.id).since is not None
        second_factor.remove(user.id)
        keys = passkeys.remove_all(user.id)
    if not had_code and not keys:
        raise Invalid({"email": "ce compte n’a pas de second facteur."})
    click.echo(f"{email} se connecte de nouveau par son seul mot de passe.")


@users.command("close")
@click.option("--email", required=True)
@click.option("--reason", required=True, help="Written to the person, who may contest it.")
@_plain
def user_close(email: str, reason: str) -> None:
    """Close an account: nobody signs in to it, its tokens and links stop; what it published stays."""
    user = _user(email)
    with transaction():
        services.disable_user(user.id, None, reason)
    click.echo(f"{email} est fermé.")


@users.command("reopen")
@click.option("--email", required=True)
@_plain
def user_reopen(email: str) -> None:
    """Open a closed account again."""
    user = _user(email)
    with transaction():
        services.enable_user(user.id, None)
    click.echo(f"{email} est ouvert.")


@users.command("reseal")
@_plain
def user_reseal() -> None:
    """Encrypt every second factor under the present SECRET_KEY, before OLD_SECRET_KEYS goes."""
    with transaction():
        count = second_factor.reseal_all()
    click.echo(f"{count} clés de second facteur sous la clé présente.")


@orgs.command("create")
@click.option("--name", required=True)
@click.option("--kind", required=True, type=click.Choice(organisations.KINDS))
@click.option("--owner", required=True, help="Address of the owner's account.")
@click.option("--postcode", required=True, help="Of its first site.")
@click.option("--commune", help="INSEE code, where the postcode serves several communes.")
@click.option("--verified", is_flag=True)
@_plain
def org_create(name: str, kind: str, owner: str, postcode: str, commune: str | None, verified: bool) -> None:
    """Found an organisation with its owner and a first site."""
    place, wrong = sites.place_of(postcode, commune)
    if place is None and "commune" in wrong:
        # the first commune of several: a command has nobody to ask
        place, wrong = sites.place_of(postcode, geo.communes(postcode)[0].insee)
    if place is None:
        raise Invalid(wrong)
    with transaction():
        user_id = _user(owner).id
        organisation = organisations.create_organisation(user_id, {"name": name, "kind": kind})
        if verified:
            organisations.set_verified(organisation.id, True, by_user_id=None, reason="flask org create --verified")
        site = {"name": geo.short_name(place.commune), "postcode": place.postcode, "commune": place.insee}
        sites.add_site(organisation.id, site, by_user_id=None)
    click.echo(f"{organisation.public_id} {name} ({place.postcode} {place.commune})")


@orgs.command("verify")
@click.argument("org", required=False)
@click.option("--org", "--name", "by_option", help="Its name or its identifier.")
@click.option("--undo", is_flag=True, help="Take the verification back.")
@_plain
def org_verify(org: str | None, by_option: str | None, undo: bool) -> None:
    """Verify an organisation: it may then receive food, take payments, issue receipts."""
    named = org or by_option
    if not named:
        raise click.UsageError("name the organisation: flask org verify --org NAME")
    with transaction():
        organisation = _organisation(named)
        organisations.set_verified(organisation.id, not undo, by_user_id=None, reason="flask org verify")
    click.echo(f"{organisation.public_id} {organisation.name}")


@api_tokens.command("create")
@click.option("--email", required=True, help="Whose token it is.")
@click.option("--org", required=True, help="Name or identifier of the organisation it acts for.")
@click.option("--scope", "scopes", multiple=True, required=True, help="May be repeated, or list several.")
@click.option("--name", default="flask token create", show_default=True)
@click.option("--days", default=90, show_default=True)
@click.argument("more_scopes", nargs=-1)
@_plain
def token_create(email: str, org: str, scopes: Iterable[str], name: str, days: int, more_scopes: Iterable[str]) -> None:
    """Make a token; it is printed once, last on its line."""
    wanted = {scope for text in (*scopes, *more_scopes) for scope in text.replace(",", " ").split()}
    with transaction():
        user = _user(email)
        organisation = _organisation(org, user.id)
        role = db.session.scalar(
            select(Membership.role).where(Membership.user_id == user.id, Membership.organisation_id == organisation.id)
        )
        actor = Actor(user.id, organisation.id, role, verified=user.verified_at is not None, entry="command")
        if role is None:
            raise Invalid({"org": f"{email} n’en est pas membre."})
        token, secret = tokens.create_token(actor, name, wanted, days)
        public_id = token.public_id
    click.echo(f"{public_id} {' '.join(sorted(wanted))} {secret}")


def _user(email: str) -> User:
    user = queries.user_by_email(mail_addresses.as_kept(email))
    if user is None:
        raise Invalid({"email": f"Personne n’a l’adresse {email}."})
    return user


def _organisation(named: str, member_id: int | None = None) -> Organisation:
    """The organisation of this identifier or name; of several, the one of `member_id`."""
    found = list(
        db.session.scalars(
            select(Organisation)
            .where(or_(Organisation.public_id == named, Organisation.name == named))
            .order_by(Organisation.kind == "person", Organisation.id)
        )
    )
    if member_id is not None and len(found) > 1:
        theirs = set(db.session.scalars(select(Membership.organisation_id).where(Membership.user_id == member_id)))
        found = [o for o in found if o.id in theirs] or found
    real = [o for o in found if o.kind != "person"] or found
    if not real:
        raise Invalid({"org": f"Aucune organisation ne s’appelle {named}."})
    if len(real) > 1:
        raise Invalid({"org": f"{len(real)} organisations s’appellent {named} : donnez l’identifiant de la bonne."})
    return real[0]
