"""Forms of messages and preferences."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import Length

from marketplace.messaging.rules import LONGEST_MESSAGE


class MessageForm(FlaskForm):
    """A message to the other side."""

    text = TextAreaField(
        _l("Votre message"),
        validators=[Length(max=LONGEST_MESSAGE, message=_l("%(max)d caractères au plus."))],
        render_kw={"rows": 3, "maxlength": LONGEST_MESSAGE},
    )


class EmptyForm(FlaskForm):
    """A button, or boxes read by name: nothing but the token against forged requests."""

    def ticked(self, names: Any, sent: Any) -> dict[Any, bool]:
        """For each (kind, channel) whether its box came along."""
        return {name: "-".join(name) in sent for name in names}
