"""Forms of accounts. Passwords are compared and hashed as typed; every other line loses control characters."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, IntegerField, PasswordField, SelectField, SelectMultipleField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from marketplace.accounts import mail_addresses
from marketplace.accounts.tokens import LONGEST_DAYS, SCOPES
from marketplace.core.errors import Invalid
from marketplace.web.labels import choices

NEEDS_PASSWORD = _l("Écrivez votre mot de passe.")
REVEAL = {"data_reveal": _l("Montrer le mot de passe"), "data_reveal_hide": _l("Cacher le mot de passe")}
LANGUAGES = [("fr", "Français"), ("en", "English")]


def one_line(text: str | None) -> str:
    return mail_addresses.without_controls(text)


def whole_address(form: FlaskForm, field: Any) -> None:
    """Puts the address in the form we keep."""
    try:
        field.data = mail_addresses.checked(field.data)
    except Invalid as refusal:
        raise ValidationError(str(refusal.errors["email"][0])) from None


def take_errors(form: FlaskForm, refusal: Invalid) -> None:
    """Show a service's refusal beside the fields it names; what names none goes on top."""
    for name, sentences in refusal.errors.items():
        if name in form:
            form[name].errors = [*form[name].errors, *sentences]
        else:
            form.form_errors.extend(sentences)
    if refusal.message:
        form.form_errors.append(refusal.message)


def _name_field() -> StringField:
    return StringField(
        _l("Votre nom"),
        filters=[one_line],
        validators=[
            DataRequired(_l("Écrivez le nom sous lequel on vous connaît.")),
            Length(max=120, message=_l("120 caractères au plus.")),
        ],
        render_kw={"autocomplete": "name", "maxlength": 120},
    )


def _new_password_field(label: Any) -> PasswordField:
    return PasswordField(
        label,
        description=_l("12 caractères au moins. Trois ou quatre mots sans lien entre eux font un bon mot de passe."),
        validators=[InputRequired(_l("Choisissez un mot de passe."))],
        render_kw={"autocomplete": "new-password", **REVEAL},
    )


class SignInForm(FlaskForm):
    email = EmailField(
        _l("Adresse électronique"),
        filters=[one_line],
        validators=[DataRequired(_l("Écrivez votre adresse."))],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = PasswordField(
        _l("Mot de passe"),
        validators=[InputRequired(NEEDS_PASSWORD)],
        render_kw={"autocomplete": "current-password", **REVEAL},
    )
    next = HiddenField()


class SignUpForm(FlaskForm):
    name = _name_field()
    email = EmailField(
        _l("Adresse électronique"),
        description=_l("Nous y envoyons un lien à suivre une fois."),
        filters=[one_line],
        validators=[whole_address],
        render_kw={"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = _new_password_field(_l("Mot de passe"))
    next = HiddenField()


class ForgottenForm(FlaskForm):
    email = EmailField(
        _l("Adresse électronique"),
        filters=[one_line],
        validators=[whole_address],
        render_kw={"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"},
    )


class ResetForm(FlaskForm):
    password = _new_password_field(_l("Nouveau mot de passe"))


class CodeForm(FlaskForm):
    """The six digits of the moment."""

    code = StringField(
        _l("Code à six chiffres"),
        description=_l("Celui que montre maintenant l’application de votre téléphone."),
        filters=[one_line],
        validators=[DataRequired(_l("Écrivez le code à six chiffres."))],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 10, "size": 10},
    )


class RecoveryForm(FlaskForm):
    """One of the eight codes kept for the day the phone is lost."""

    code = StringField(
        _l("Code de secours"),
        description=_l("Cinq groupes de cinq signes. Il sert une fois."),
        filters=[one_line],
        validators=[DataRequired(_l("Écrivez un de vos codes de secours."))],
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "maxlength": 60, "size": 32},
    )


class PasskeyForm(FlaskForm):
    """What a device answered, written by the page's script."""

    answer = HiddenField()


class PasskeyNameForm(FlaskForm):
    name = StringField(
        _l("Nom de la clé"),
        description=_l("Par exemple celui de l’appareil : « téléphone d’Alice »."),
        filters=[one_line],
        validators=[DataRequired(_l("Donnez-lui un nom.")), Length(max=80, message=_l("80 caractères au plus."))],
        render_kw={"autocomplete": "off", "maxlength": 80},
    )
    answer = HiddenField()


class ProofForm(FlaskForm):
    """Who sits there, once more; one of the four is enough. `proof_to` is where what was sent goes on to."""

    proof = PasswordField(
        _l("Votre mot de passe"), validators=[Optional()], render_kw={"autocomplete": "current-password", **REVEAL}
    )
    proof_code = StringField(
        _l("Code à six chiffres"),
        description=_l("Celui que montre maintenant l’application de votre téléphone."),
        filters=[one_line],
        validators=[Optional()],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 10, "size": 10},
    )
    proof_recovery = StringField(
        _l("Code de secours"),
        description=_l("Cinq groupes de cinq signes. Il sert une fois."),
        filters=[one_line],
        validators=[Optional()],
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "maxlength": 60, "size": 32},
    )
    answer = HiddenField(name="proof_answer")
    proof_to = HiddenField()
    proof_factor = HiddenField()


class EmptyForm(FlaskForm):
    """A button, with its token against forged requests."""


class ProfileForm(FlaskForm):
    name = _name_field()
    language = SelectField(
        _l("Langue des pages et des messages"),
        choices=LANGUAGES,
        validate_choice=False,
        render_kw={"autocomplete": "language"},
    )

    def validate_language(self, field: Any) -> None:
        if field.data not in dict(LANGUAGES):
            raise ValidationError(_("Choisissez une des langues proposées."))


class AddressForm(FlaskForm):
    new_email = EmailField(
        _l("Nouvelle adresse"),
        filters=[one_line],
        validators=[whole_address],
        render_kw={"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"},
    )


class PasswordForm(FlaskForm):
    new_password = _new_password_field(_l("Nouveau mot de passe"))


class TokenForm(FlaskForm):
    name = StringField(
        _l("Nom du jeton"),
        description=_l("Le programme qui s’en servira."),
        filters=[one_line],
        validators=[DataRequired(_l("Donnez-lui un nom.")), Length(max=80, message=_l("80 caractères au plus."))],
        render_kw={"autocomplete": "off", "maxlength": 80},
    )
    scopes = SelectMultipleField(
        _l("Ce qu’il peut faire"),
        choices=choices("scope", SCOPES),
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    days = IntegerField(
        _l("Durée"),
        default=90,
        validators=[
            InputRequired(_l("Dites combien de jours il doit durer.")),
            NumberRange(1, LONGEST_DAYS, _l("De 1 à 366 jours.")),
        ],
        render_kw={"inputmode": "numeric"},
    )
