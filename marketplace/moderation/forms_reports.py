"""The form that reports a listing; what is right is decided by `reports.py`."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, RadioField, StringField, TextAreaField
from wtforms.validators import Optional

from marketplace.accounts.forms import one_line
from marketplace.moderation.reports import APPEAL, LONGEST, LONGEST_NAME, REASONS


class ReportForm(FlaskForm):
    """What is wrong with a listing, and whom to answer. A contestation is its explanation alone."""

    reason = RadioField(
        _l("Ce qui ne va pas"),
        choices=[(code, text) for code, text in REASONS.items() if code != APPEAL],
        validate_choice=False,
    )
    explanation = TextAreaField(_l("Expliquez"), render_kw={"rows": 5, "maxlength": LONGEST})
    name = StringField(
        _l("Votre nom"),
        filters=[one_line],
        validators=[Optional()],
        render_kw={"maxlength": LONGEST_NAME, "autocomplete": "name"},
    )
    email = EmailField(
        _l("Adresse électronique"),
        filters=[one_line],
        validators=[Optional()],
        render_kw={"maxlength": 254, "autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"},
    )
    good_faith = BooleanField(_l("À ma connaissance, ce que je signale est exact et complet."))
