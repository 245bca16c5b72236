"""Forms of reports: which days, in which language; and the code one verifies."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

PERIODS = [
    SelectChoice("all", _l("Tout")),
    SelectChoice("year", _l("Une année")),
    SelectChoice("days", _l("D’un jour à un autre")),
]
LANGUAGES = [SelectChoice("fr", _l("Français")), SelectChoice("en", _l("Anglais"))]


class ReportForm(FlaskForm):
    """What a report covers. The services say what is right."""

    period = RadioField(_l("Période"), choices=PERIODS, default="all", validate_choice=False)
    year = SelectField(_l("Année"), validate_choice=False)
    since = DateField(_l("Premier jour"), validators=[Optional()])
    until = DateField(_l("Dernier jour"), validators=[Optional()])
    language = RadioField(_l("Langue"), choices=LANGUAGES, validate_choice=False)

    def offer_years(self, years: list[int]) -> None:
        """The years one may choose, the latest first."""
        self.year.choices = [SelectChoice(str(year), str(year)) for year in years]


class StatementForm(FlaskForm):
    """The year of an organisation's statement."""

    year = SelectField(_l("Année"), validate_choice=False)
    language = RadioField(_l("Langue"), choices=LANGUAGES, validate_choice=False)

    def offer_years(self, years: list[int]) -> None:
        """The years one may choose, the latest first."""
        self.year.choices = [SelectChoice(str(year), str(year)) for year in years]


class CodeForm(FlaskForm):
    """A code as it stands on a paper or a page. Read from the address: nothing is changed by asking."""

    class Meta:
        csrf = False

    code = StringField(_l("Code"), render_kw={"autocomplete": "off", "maxlength": 90, "spellcheck": "false"})


def code_of(values: Any) -> str:
    """The code asked for in an address."""
    return str(values.get("code", ""))[:90].strip()
