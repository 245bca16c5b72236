"""Forms of factors: a file to publish, and what a maker declares of a product."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, RadioField, StringField
from wtforms.validators import Length

from marketplace.carbon.importing_factors import LONGEST_REASON


class FactorFileForm(FlaskForm):
    """The field `file` is read by the view."""

    file = FileField(_l("Fichier CSV"))


class PublishForm(FlaskForm):
    """Why these versions; `count` is how many the page said there are."""

    count = HiddenField()
    reason = StringField(
        _l("D’où viennent ces versions"),
        validators=[Length(max=LONGEST_REASON, message=_l("%(max)d caractères au plus."))],
        render_kw={"maxlength": LONGEST_REASON, "autocomplete": "off"},
    )


class DecideForm(FlaskForm):
    """A button."""


class ProductDataForm(FlaskForm):
    """Read by the service, which says what is wrong; `file` is read by the view."""

    name = StringField(_l("Nom de la déclaration"), render_kw={"maxlength": 160})
    operator = StringField(_l("Programme qui l’a vérifiée"), render_kw={"maxlength": 120})
    registration = StringField(_l("Numéro d’enregistrement"), render_kw={"maxlength": 120})
    declared_unit = RadioField(
        _l("Elle vaut pour"), choices=[("piece", _l("une pièce")), ("kg", _l("un kilogramme"))], validate_choice=False
    )
    kgco2e = StringField(_l("Émissions de fabrication"), render_kw={"inputmode": "decimal"})
    uncertainty = StringField(_l("Incertitude"), render_kw={"inputmode": "decimal"})
    to_grave = BooleanField(_l("Ce chiffre compte aussi la fin de vie (modules C)"))
    valid_until = StringField(_l("Valable jusqu’au"))
    file = FileField(_l("La déclaration"))
    is_public = BooleanField(_l("Tout le monde peut ouvrir le document"))
