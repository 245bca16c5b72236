"""The shapes of `packages.py`: a question, a column brought to the fore, a package of them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from marketplace.catalogue.reading import Wrong, day, number, one_of, text


@dataclass(frozen=True)
class Name:
    """A word in both languages: the search knows both, whoever reads."""

    fr: str
    en: str

    def of(self, language: str) -> str:
        return self.en if language == "en" else self.fr


@dataclass(frozen=True)
class Question:
    """`kind`: number (from `low` to `high`, in steps of `step`), choice (of `options`), flag, text (up to `longest`
    characters) or day. `advised`: publishing without it is worth a remark."""

    name: str
    kind: str
    label: Name
    unit: str = ""
    low: float = 1
    high: float = 10_000
    step: float = 1
    longest: int = 40
    options: Mapping[str, Name] = field(default_factory=dict)
    help: Name | None = None
    advised: bool = False

    def read(self, raw: Any) -> Any:
        """The value as `traits` keeps it, None when empty. Raises `Wrong` with a sentence."""
        if self.kind == "number":
            return _measure(raw, self)
        if self.kind == "flag":
            return _flag(raw)
        if self.kind == "choice":
            return one_of(self.options)(raw)
        if self.kind == "day":
            found = day(raw)
            return None if found is None else found.isoformat()
        return text(raw, self.longest) or None


@dataclass(frozen=True)
class Column:
    """A field of every listing that this branch asks for up front, by its trade name here."""

    name: str  # that of the API
    label: Name
    advised: bool = False


@dataclass(frozen=True)
class Package:
    columns: tuple[Column, ...] = ()
    questions: tuple[Question, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.columns or self.questions)


def _measure(raw: Any, question: Question) -> int | float | None:
    value = number(raw)
    if value is None:
        return None
    if not question.low <= value <= question.high:
        raise Wrong(_("De %(low)s à %(high)s.", low=f"{question.low:g}", high=f"{question.high:g}"))
    if value % Decimal(str(question.step)):
        raise Wrong(
            _("Un nombre entier est attendu.")
            if question.step == 1
            else _("Par pas de %(step)s.", step=f"{question.step:g}".replace(".", ","))
        )
    return int(value) if value == value.to_integral_value() else float(value)


def _flag(raw: Any) -> bool | None:
    if raw is None or raw == "":
        return None
    if isinstance(raw, bool):
        return raw
    if raw in ("yes", "no"):
        return bool(raw == "yes")
    raise Wrong(_("Oui ou non est attendu."))
