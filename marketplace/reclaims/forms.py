"""Forms of calls, offers and profiles. They carry what was typed; the services decide what is right."""

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, HiddenField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice

from marketplace.accounts.forms_organisations import PlacedForm, line
from marketplace.catalogue.forms_fields import Several
from marketplace.core.errors import Invalid
from marketplace.reclaims import rules, wording
from marketplace.reclaims.fields import branches
from marketplace.reclaims.forms_parts import day_field, number_field, time_field, typed, typed_moment, words_field
from marketplace.reclaims.models import ReclaimCall
from marketplace.reclaims.plan_calls import Draft
from marketplace.reclaims.streams import HAZARDS, PARKING

ROWS = 3  # of contents, where nothing was typed


class Contents(Field):
    """Rows of `kind` (`category:…` or `stream:…`), `volume`, `mass` and `note`; `data` is a list of them as typed."""

    NAMES = ("kind", "volume", "mass", "note")

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        self.process_errors: list[str] = []
        if formdata is not None and "content-kind" in formdata:
            columns = [formdata.getlist(f"content-{name}") for name in self.NAMES]
            rows = [tuple(row) for row in zip(*columns, strict=False)]
            self.data = [row for row in rows if any(row)][: rules.MOST_CONTENTS]
        else:
            self.data = list(data) if isinstance(data, list) else []

    def rows(self) -> list[tuple[str, ...]]:
        """What was typed, and room for one more at least."""
        return [*self.data, *[("", "", "", "")] * max(1, ROWS - len(self.data))][: rules.MOST_CONTENTS]

    def values(self) -> list[dict[str, Any]]:
        """As the service reads them."""
        found = []
        for kind, volume, mass, note in self.data:
            group, _colon, key = kind.partition(":")
            row: dict[str, Any] = {"volume_m3": volume, "mass_kg": mass, "note": note}
            if group in ("category", "stream"):
                row[group] = key
            found.append(row)
        return found


class CallForm(PlacedForm):
    """A call for a collection, on one page."""

    key = HiddenField()
    version = HiddenField()
    plan = HiddenField()  # the wrap plan that it serves, if any
    production = SelectField(_l("Pour"), validate_choice=False)
    site = SelectField(_l("Où"), validate_choice=False)
    street = line(_l("Rue et numéro"), 200, autocomplete="street-address")
    postcode = line(_l("Code postal"), 12, inputmode="numeric", autocomplete="postal-code")
    opens_on = day_field(_l("À partir du"))
    opens_time = time_field(_l("Heure"))
    closes_on = day_field(_l("Jusqu’au"))
    closes_time = time_field(_l("Heure"))
    contents = Contents(_l("Ce qu’il y a"))
    volume_m3 = number_field(_l("Volume total"))
    mass_kg = number_field(_l("Masse totale"))
    needs_dismantling = BooleanField(_l("Il faut démonter sur place"))
    people_on_site = line(_l("Personnes sur place pour charger"), 4, inputmode="numeric", autocomplete="off")
    has_dock = BooleanField(_l("Quai de chargement"))
    has_lift = BooleanField(_l("Monte-charge"))
    height_cm = line(_l("Hauteur du passage le plus bas"), 6, inputmode="numeric", autocomplete="off")
    floor = line(_l("Étage"), 4, inputmode="numeric", autocomplete="off")
    parking = RadioField(_l("Stationnement sur la voie publique"), validate_choice=False, default="none")
    access_notes = words_field(_l("Pour entrer"), 1000)
    contact_name = line(_l("Qui demander sur place"), 120, autocomplete="name")
    contact_phone = line(_l("Son téléphone"), 30, inputmode="tel", autocomplete="tel")
    hazards = Several(_l("Y a-t-il de cela"), validate_choice=False)
    description = words_field(_l("Autre chose à savoir"), 4000)

    def offer(self, productions: Iterable[Any], sites: Iterable[Any]) -> None:
        """Fill the lists."""
        self.production.choices = [
            SelectChoice("", _("L’organisation elle-même")),
            *(SelectChoice(one.public_id, one.title) for one in productions),
        ]
        self.site.choices = [
            SelectChoice("", _("À une autre adresse, ci-dessous")),
            *(SelectChoice(one.public_id, f"{one.name}, {one.city}") for one in sites),
        ]
        self.parking.choices = [SelectChoice(code, str(wording.PARKING[code])) for code in PARKING]
        self.hazards.choices = [SelectChoice(code, str(wording.HAZARDS[code])) for code in HAZARDS]
        self.kinds = wording.kind_choices(branches())
        self.offer_communes()

    def sent(self) -> dict[str, Any]:
        """As the service reads it."""
        plain = (
            "production", "site", "street", "postcode", "commune", "volume_m3", "mass_kg", "needs_dismantling",
            "people_on_site", "has_dock", "has_lift", "height_cm", "floor", "parking", "access_notes", "contact_name",
            "contact_phone", "hazards", "description",
        )  # fmt: skip
        return {
            **{name: self[name].data for name in plain},
            "opens_at": (self.opens_on.data, self.opens_time.data),
            "closes_at": (self.closes_on.data, self.closes_time.data),
            "contents": self.contents.values(),
        }

    def take(self, refusal: Invalid) -> None:
        """Show a refusal beside the fields it names."""
        beside = {"opens_at": "opens_on", "closes_at": "closes_on"}
        for name, sentences in refusal.errors.items():
            field = beside.get(name, name)
            if field in self:
                self[field].errors = [*self[field].errors, *sentences]
            else:
                self.form_errors.extend(sentences)
        if refusal.message:
            self.form_errors.append(refusal.message)

    @staticmethod
    def of_plan(plan: str, draft: Draft, zone: ZoneInfo) -> dict[str, Any]:
        """What the form shows of the lines of a wrap plan."""
        return {
            "plan": plan,
            "production": draft.production,
            "postcode": draft.postcode,
            "description": draft.description,
            **typed_moment("opens", draft.opens_at.astimezone(zone)),
            **typed_moment("closes", draft.closes_at.astimezone(zone)),
            "contents": [
                (
                    f"stream:{one.stream}" if one.stream else f"category:{one.category}",
                    typed(one.volume_m3),
                    typed(one.mass_kg),
                    one.note,
                )
                for one in draft.contents
            ],
        }

    @staticmethod
    def of(call: ReclaimCall, zone: ZoneInfo) -> dict[str, Any]:
        """What the form shows of a draft."""
        opens, closes = call.opens_at.astimezone(zone), call.closes_at.astimezone(zone)
        same = (
            "street", "postcode", "needs_dismantling", "has_dock", "has_lift", "parking", "access_notes",
            "contact_name", "contact_phone", "hazards", "description",
        )  # fmt: skip
        return {
            **{name: getattr(call, name) for name in same},
            "version": str(call.version),
            "production": call.production.public_id if call.production else "",
            "site": call.site.public_id if call.site else "",
            **{name: typed(getattr(call, name)) for name in ("people_on_site", "height_cm", "floor")},
            **{name: _total(call, name) for name in ("volume_m3", "mass_kg")},
            **typed_moment("opens", opens),
            **typed_moment("closes", closes),
            "contents": [
                (
                    f"stream:{one.stream}" if one.stream else f"category:{one.category}",
                    typed(one.volume_m3),
                    typed(one.mass_kg),
                    one.note,
                )
                for one in call.contents
            ],
        }


def _total(call: ReclaimCall, name: str) -> str:
    """A total as typed; nothing where it is the sum of the detail, which changes with it."""
    total = getattr(call, name)
    return "" if total == rules.total_of(getattr(one, name) for one in call.contents) else typed(total)
