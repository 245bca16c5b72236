"""The one form of moderators: a reason."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import Length

from marketplace.moderation.services import LONGEST_REASON


class ReasonForm(FlaskForm):
    """Why; read by those concerned, kept in the audit log."""

    reason = StringField(
        _l("Raison"),
        validators=[Length(max=LONGEST_REASON, message=_l("%(max)d caractères au plus."))],
        render_kw={"maxlength": LONGEST_REASON, "autocomplete": "off"},
    )
