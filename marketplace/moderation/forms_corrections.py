"""What was wrong in an entry, and why."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from marketplace.carbon.forms_records import number_field
from marketplace.moderation.forms import ReasonForm


class CorrectionForm(ReasonForm):
    """Boxes left empty stay as they were."""

    unit_mass = number_field(_l("Masse d’une unité"))
    weighed = BooleanField(_l("Pesée"))
    quantity = number_field(_l("Quantité"))
    kilometres = number_field(_l("Kilomètres comptés"))
