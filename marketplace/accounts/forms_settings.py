"""Where somebody usually works; what is right is decided by `preferences.py`."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.validators import Optional

from marketplace.accounts.forms import one_line
from marketplace.accounts.preferences import communes_meant, place_key
from marketplace.core import geo


class BaseForm(FlaskForm):
    """A postcode or a commune and, where several are meant, a choice among them."""

    base = StringField(
        _l("Code postal ou commune"),
        filters=[one_line],
        validators=[Optional()],
        render_kw={"autocomplete": "postal-code", "maxlength": 80},
    )
    commune = SelectField(_l("Commune"), validate_choice=False)

    def offer_communes(self) -> None:
        """Fill the choice from what was typed."""
        found = communes_meant(self.base.data or "")
        self.several = len(found) > 1
        self.commune.choices = [
            ("", _l("Choisir")),
            *((place_key(p), f"{geo.short_name(p.commune)} ({p.postcode})") for p in found),
        ]
