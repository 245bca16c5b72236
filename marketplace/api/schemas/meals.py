"""Food as the API takes it with a listing and gives it, and how what can be had is asked for (docs/api.md)."""

from typing import Any

from flask_babel import lazy_gettext as _l

from marketplace.api.fields import Text, described
from marketplace.api.paging import Paging
from marketplace.meals.drafts import NONE
from marketplace.meals.rules import ALLERGENS, KEEPS, OPEN_TO, PACKAGINGS

_MOMENT = {"type": ["string", "null"], "format": "date-time"}
_FLAG = {"type": ["boolean", "null"]}
_PROPERTIES: dict[str, Any] = {
    "made_at": _MOMENT,
    "use_by": {**_MOMENT, "description": _l("La DLC ; ou best_before, la DDM : l’une des deux.")},
    "best_before": {"type": ["string", "null"], "format": "date"},
    "keep": {"type": ["string", "null"], "enum": [*KEEPS, None]},
    "temperature_c": {
        "type": ["string", "number", "null"],
        "description": _l("À cœur, maintenant : 63 ou plus pour hot, 4 ou moins pour cold."),
    },
    "out_since": {**_MOMENT, "description": _l("Hors température depuis : moins de deux heures.")},
    "allergens": {
        "type": ["array", "null"],
        "items": {"type": "string", "enum": [*ALLERGENS, NONE]},
        "description": _l('Les quatorze du règlement (UE) 1169/2011 ; ["none"] dit qu’il n’y en a aucun.'),
    },
    "packaging": {"type": ["string", "null"], "enum": [*PACKAGINGS, None]},
    "pick_up_from": {**_MOMENT, "description": _l("Sans cela, tout de suite.")},
    "pick_up_to": {**_MOMENT, "description": _l("Sans cela, aussi longtemps que cela se garde ; jamais après la DLC.")},
    "first_come": {**_FLAG, "description": _l("false : le donneur choisit, en une demi-heure.")},
    "open_to": {"type": ["string", "null"], "enum": [*OPEN_TO, None]},
    "address": {"type": ["string", "null"], "maxLength": 300, "description": _l("Pour qui retient seulement.")},
    "contact": {"type": ["string", "null"], "maxLength": 120},
}
_SENT = {
    "served": {**_FLAG, "description": _l("A été servi à table ou en buffet : refusé.")},
    "reheated": {**_FLAG, "description": _l("A déjà été réchauffé : refusé.")},
    "fallback_bio_waste": _FLAG,
}
_GIVEN = {
    "temperature_read_at": _MOMENT,
    "ended_at": _MOMENT,
    "end_reason": {"type": ["string", "null"], "enum": ["gone", "expired", "cooled", "withdrawn", None]},
}


def food_sent() -> Any:
    return described(
        "object", "null", properties={**_PROPERTIES, **_SENT}, additionalProperties=False,
        description=_l("Pour ce qui se mange."),
    )  # fmt: skip


def food_given() -> Any:
    return described("object", "null", properties={**_PROPERTIES, **_SENT, **_GIVEN}, additionalProperties=False)


class MealListArgs(Paging):
    near = Text(80, metadata={"description": _l("Commune ou code postal ; sans cela, autour de votre structure.")})
