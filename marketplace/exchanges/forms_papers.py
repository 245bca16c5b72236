"""Forms of the pages of papers: signing one, sending a certificate of insurance."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import HiddenField, StringField


class PaperForm(FlaskForm):
    """A button that makes or asks for something."""


class SignForm(FlaskForm):
    """A yes to a paper; `sha256` is that of the file that was shown."""

    sha256 = HiddenField()
    name = StringField(_l("Nom de qui signe"))


class CounterSignForm(SignForm):
    """The same on the provider's screen, for the receiver."""

    name = StringField(_l("Votre nom"))
    code = StringField(_l("Code à six chiffres"))


class InsuranceForm(FlaskForm):
    """The field `file` is read by the view."""

    file = FileField(_l("Attestation"))
    valid_until = StringField(_l("Valable jusqu’au"))
