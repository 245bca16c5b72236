"""Filters and globals of the templates, each also a plain function for views that write text into rows.

All write in the language of the request, French outside of one.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask, current_app, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from markupsafe import Markup

from marketplace.web import labels, writing
from marketplace.web import stylesheets as sheets
from marketplace.web.language import spoken
from marketplace.web.next_address import page_behind
from marketplace.web.writing import NBSP, Figure, sign_known

FONT = "fonts/radio-canada-latin.woff2"  # tokens.css names it without a hash: a new font gets a new name
NO_DRAWING = "vide"


def language() -> str:
    """'fr' or 'en'."""
    return spoken()


def number(value: Figure | None, decimals: int | None = None) -> str:
    """« 1 240 », « 12,5 »."""
    return "" if value is None else writing.plain(value, language(), decimals)


def percent(value: Figure | None) -> str:
    """« 50 % » of 50."""
    if value is None:
        return ""
    return f"{number(value)}{'' if language() == 'en' else NBSP}%"


def money(cents: int | None, decimals: bool | None = None) -> str:
    """Cents → « 45 € », « 45,50 € »; `decimals` true writes them always, for columns."""
    return "" if cents is None else writing.money(cents, language(), decimals)


def mass(grams: int | None, source: str = "weighed") -> str:
    """Grams → « 17,9 kg »; what was not weighed → « environ 18 kg »."""
    if grams is None:
        return ""
    text = writing.mass(grams, language(), exact=source == "weighed")
    return text if source == "weighed" else _("environ %(mass)s", mass=text)


def quantity(value: Decimal | int | None, unit: str) -> str:
    """« 6 pièces », « 12,5 m² »."""
    if value is None:
        return ""
    return f"{number(value)}{NBSP}{labels.unit_word(unit, value, language())}"


def distance(kilometres: Figure | None) -> str:
    """« 4 km », « moins d’un km »."""
    if kilometres is None:
        return ""
    whole = round(kilometres)
    return f"{number(whole)}{NBSP}km" if whole >= 1 else _("moins d’un km")


def day(value: date | datetime | None) -> str:
    """« 12 mars 2026 »."""
    return "" if value is None else writing.day(value, language())


def short_day(value: date | datetime | None) -> str:
    """« 12 mars »."""
    return "" if value is None else writing.short_day(value, language())


def moment(value: datetime | None) -> str:
    """« 12 mars 2026, 9:12 », in Paris."""
    return "" if value is None else writing.moment(value, language())


def short_moment(value: datetime | None) -> str:
    """« 12 mars, 9:12 », in Paris."""
    return "" if value is None else writing.short_moment(value, language())


def clock_time(value: datetime | None) -> str:
    """« 9:12 », in Paris."""
    return "" if value is None else writing.clock_time(value, language())


def doubt(result: Figure | None, uncertainty: Figure | None = None) -> str:
    """« 132 ± 50 »."""
    return "" if result is None else writing.doubt(result, uncertainty, language())


def carbon(result: Figure | None, uncertainty: Figure | None = None) -> str:
    """« 132 ± 50 kgCO2e », in tonnes above 10,000 kg."""
    return "" if result is None else writing.carbon(result, uncertainty, language())


def photo_url(key: str, size: int = 800, ext: str = "webp") -> str:
    """The address of a photo's file: size 320, 800 or 1600, ext webp or jpg."""
    return f"/photos/{key}-{size}.{ext}"


def drawing_url(name: str | None) -> str:
    """The address of a drawing, that of the empty shelf when there is none of this name."""
    return current_app.extensions["drawings"][name]


def asset(path: str) -> str:
    """`/static/<path>?v=<hash of its content>`. KeyError when there is no such file."""
    return current_app.extensions["assets"][path]


def stylesheets() -> Markup:
    """The link to the style sheets of all pages."""
    return Markup('<link rel="stylesheet" href="{}">').format(sheets.address())


def link(endpoint: str) -> str:
    """`url_for` of an address without values, remembered: the head of every page asks for eight."""
    return current_app.extensions["links"][endpoint]


def in_language(code: str) -> str:
    """This page's address in another language; the answer to a form is shown from its start again."""
    if request.method in ("GET", "HEAD"):
        path, asked = request.path, {**request.args.to_dict(flat=False), "lang": [code]}
    else:
        path, asked = page_behind(request.path, current_app.create_url_adapter(request)), {"lang": [code]}
    return f"{path}?{urlencode(asked, doseq=True)}"


def sentences(errors: Any) -> Iterator[Any]:
    """Every sentence of a form's errors, however deep: fields made of fields hold dicts and lists of them."""
    if isinstance(errors, Mapping):
        errors = errors.values()
    elif not isinstance(errors, list | tuple):
        yield errors
        return
    for inner in errors:
        yield from sentences(inner)


class Remembered(dict[Any, Any]):
    """What `find` answers by key, asked once in the life of a process, or each time when `remember` is false."""

    def __init__(self, find: Callable[[Any], Any], remember: bool = True):
        super().__init__()
        self.find, self.remember = find, remember

    def __missing__(self, key: Any) -> Any:
        found = self.find(key)
        if self.remember:
            self[key] = found
        return found


def _hashed(folder: Path, url_path: str, path: str) -> str:
    try:
        content = (folder / path).read_bytes()
    except FileNotFoundError:
        raise KeyError(f"static/{path}") from None
    return f"{url_path}/{path}?v={hashlib.sha256(content).hexdigest()[:12]}"


FILTERS: tuple[Callable[..., Any], ...] = (
    number, percent, money, mass, quantity, distance, day, short_day, moment, short_moment, clock_time, doubt, carbon,
)  # fmt: skip
GLOBALS: tuple[Callable[..., Any], ...] = (
    *FILTERS, photo_url, drawing_url, asset, stylesheets, link, in_language, sentences, sign_known,
    labels.label, labels.labels, labels.state_look, labels.drawing_for, get_locale,
)  # fmt: skip


def init_app(app: Flask) -> None:
    """Give the templates of `app` their filters and globals."""
    folder, url_path = Path(app.static_folder or ""), app.static_url_path or ""

    def drawing(name: str | None) -> str:
        known = (folder / "img" / "drawings" / f"{name}.svg").is_file()
        return assets[f"img/drawings/{name if known else NO_DRAWING}.svg"]

    assets = Remembered(lambda path: _hashed(folder, url_path, path), remember=not app.debug)
    drawings = Remembered(drawing, remember=not app.debug)
    links = Remembered(url_for)
    app.extensions |= {"assets": assets, "drawings": drawings, "links": links}
    for function in FILTERS:
        app.jinja_env.filters[function.__name__] = function
    for function in GLOBALS:
        app.jinja_env.globals[function.__name__] = function
    # the same answers without the way through current_app: a page asks for dozens
    app.jinja_env.globals |= {
        "asset": assets.__getitem__,
        "drawing_url": drawings.__getitem__,
        "link": links.__getitem__,
        "font_url": f"{url_path}/{FONT}",
    }
