"""Forms of favourites; what is right is decided by `favourites.py` and `favourite_lists.py`."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.validators import Optional

from marketplace.catalogue.favourite_lists import LONGEST_NAME
from marketplace.catalogue.favourites import LONGEST_NOTE


class KeepForm(FlaskForm):
    """In which list, and why."""

    list = SelectField(_l("Dans la liste"), validate_choice=False)
    new_list = StringField(
        _l("Ou dans une nouvelle liste"),
        validators=[Optional()],
        render_kw={"maxlength": LONGEST_NAME, "autocomplete": "off"},
    )
    note = StringField(
        _l("Note"), validators=[Optional()], render_kw={"maxlength": LONGEST_NOTE, "autocomplete": "off"}
    )


class ListForm(FlaskForm):
    """A list's name, and the production that sees it."""

    name = StringField(_l("Nom de la liste"), render_kw={"maxlength": LONGEST_NAME, "autocomplete": "off"})
    production = SelectField(_l("Partagée avec"), validate_choice=False)

    def offer(self, productions: list[tuple[str, str]]) -> None:
        self.production.choices = [("", _("Personne : elle est à vous seul")), *productions]
