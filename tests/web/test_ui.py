"""The parts of a page, as markup: what a reader or a keyboard meets."""

import re
from collections.abc import Iterator
from decimal import Decimal
from types import SimpleNamespace

import pytest
from flask import Flask, render_template_string
from flask_babel import Babel
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DecimalField,
    FieldList,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    widgets,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional

from marketplace.settings import ROOT
from marketplace.web import filters

UI = '{% import "shared/ui.html" as ui %}'


@pytest.fixture
def shell() -> Iterator[Flask]:
    app = Flask("shell", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.secret_key = "test"
    app.config["WTF_CSRF_ENABLED"] = False
    Babel(app, default_locale="fr")
    filters.init_app(app)
    with app.test_request_context("/", method="POST"):
        yield app


def render(text: str, **context) -> str:
    return re.sub(r"[ \n]+", " ", render_template_string(UI + text, **context)).strip()


class Form(FlaskForm):
    title = StringField("Titre", [InputRequired("Donnez un titre.")], description="Ce que c’est.")
    mass = DecimalField("Masse", [InputRequired("Indiquez une masse.")])
    period = SelectField("Époque", [Optional()], choices=[SelectChoice("", "—"), SelectChoice("1970s", "années 1970")])
    condition = RadioField(
        "État",
        choices=[SelectChoice("new", "neuf"), SelectChoice("good", "bon")],
        validators=[InputRequired("Choisissez.")],
    )
    modes = SelectMultipleField(
        "Vous les",
        choices=[SelectChoice("donate", "donnez"), SelectChoice("sell", "vendez")],
        option_widget=widgets.CheckboxInput(),
        widget=widgets.ListWidget(),
    )
    dismantling = BooleanField("À démonter")
    names = FieldList(StringField("Nom", [InputRequired("Donnez un nom.")]), min_entries=2)


def test_field_ties_label_help_control_and_error(shell: Flask) -> None:
    form = Form()
    assert not form.validate()
    page = render("{{ ui.field(form.title) }}", form=form)
    assert '<label for="title">Titre</label>' in page
    assert '<p class="help" id="title-h">Ce que c’est.</p>' in page
    assert 'aria-describedby="title-h title-e"' in page
    assert 'aria-invalid="true"' in page
    assert '<p class="err" id="title-e">' in page and "Donnez un titre." in page
    assert page.index("<label") < page.index('class="help"') < page.index("<input") < page.index('class="err"')


def test_field_without_help_or_error_describes_nothing(shell: Flask) -> None:
    page = render("{{ ui.field(form.mass, unit='kg', inputmode='decimal') }}", form=Form())
    assert "aria-describedby" not in page and "aria-invalid" not in page
    assert 'inputmode="decimal"' in page
    assert "<span>kg</span>" in page


def test_the_optional_is_marked_and_the_required_is_not(shell: Flask) -> None:
    assert "(facultatif)" in render("{{ ui.select_field(form.period) }}", form=Form())
    assert "(facultatif)" not in render("{{ ui.field(form.title) }}", form=Form())
    assert "(facultatif)" in render("{{ ui.field(form.title, optional=true) }}", form=Form())


def test_choices_are_a_group_with_its_name(shell: Flask) -> None:
    form = Form()
    form.validate()
    page = render("{{ ui.choices(form.condition) }}{{ ui.choices(form.modes, icons={'donate': 'gift'}) }}", form=form)
    assert '<fieldset class="field" id="modes" tabindex="-1">' in page
    assert '<fieldset class="field" id="condition" tabindex="-1" aria-describedby="condition-e">' in page
    assert "<legend>État</legend>" in page
    assert page.count('type="radio"') == 2 and page.count('type="checkbox"') == 2
    assert "#i-gift" in page


def test_check_field_has_its_words_beside_it(shell: Flask) -> None:
    page = render("{{ ui.check_field(form.dismantling) }}", form=Form())
    assert '<label class="check">' in page and "<span>À démonter</span>" in page
    assert 'class="input"' not in page


def test_summary_lists_every_error_once_with_a_link(shell: Flask) -> None:
    form = Form()
    form.validate()
    page = render("{{ ui.errors_summary(form, extra=['Reste une chose.']) }}", form=form)
    assert 'role="alert"' in page and 'tabindex="-1"' in page
    links = re.findall(r'<li><a href="#([\w-]+)">', page)
    assert links == ["title", "mass", "condition", "names", "names"]
    assert "<li>Reste une chose.</li>" in page
    assert "6 points à revoir" in page
    identified = render("{% for f in form %}{{ f }}{% endfor %}", form=form)
    for target in ("title", "mass", "names"):
        assert f'id="{target}"' in identified


def test_summary_says_nothing_when_all_is_well(shell: Flask) -> None:
    assert render("{{ ui.errors_summary(form) }}", form=Form()) == ""


def test_what_people_type_is_text(shell: Flask) -> None:
    row = SimpleNamespace(
        url="/annonces/x", title="<b>Table</b> \"ronde\"", photo_url=None, photo_large=None, colour=None,
        drawing="table", modes_text="Don", price_text=None, free_text="1 libre", place="<Lyon>",
        distance_text=None, urgent_text=None,
        carbon_text=None,
    )  # fmt: skip
    page = render("{{ ui.cards([row]) }}{{ ui.facts([('a', '<i>')]) }}{{ ui.state('draft', '<u>') }}", row=row)
    assert "<b>Table" not in page and "&lt;b&gt;Table" in page
    assert "&lt;Lyon&gt;" in page and "&lt;i&gt;" in page and "&lt;u&gt;" in page


def test_card_takes_mappings_and_objects(shell: Flask) -> None:
    row = {
        "url": "/annonces/x", "title": "Table", "photo_url": "/photos/k-320.webp", "photo_large": "/photos/k-800.webp",
        "colour": "#aabbcc", "drawing": "table", "modes_text": "Vente", "price_text": "14 €", "free_text": "1 libre",
        "place": "Lyon", "distance_text": "4 km", "urgent_text": "part jeudi", "carbon_text": "évite 3 ± 1 kgCO2e",
    }  # fmt: skip
    page = render("{{ ui.cards([row], cls='lie', lead=true) }}", row=row)
    assert page == render("{{ ui.cards([row], cls='lie', lead=true) }}", row=SimpleNamespace(**row))
    assert '<ul class="cards lie">' in page and "card lead" in page
    assert 'srcset="/photos/k-320.webp 320w, /photos/k-800.webp 800w"' in page
    assert "part jeudi" in page and "Vente · 14 €" in page
    assert '<li class="card">' in render("{{ ui.card(row) }}", row=row)
    assert "<ul" not in render("{{ ui.card(row) }}", row=row)


def test_photo_offers_webp_first_then_jpeg(shell: Flask) -> None:
    page = render("{{ ui.photo('k', 'Une table', sizes='50vw') }}")
    assert page.index('type="image/webp"') < page.index("<img")
    assert "/photos/k-320.webp 320w, /photos/k-800.webp 800w, /photos/k-1600.webp 1600w" in page
    assert 'src="/photos/k-800.jpg"' in page and 'alt="Une table"' in page


def test_gallery_without_photos_shows_the_drawing(shell: Flask) -> None:
    page = render("{{ ui.gallery([], drawing='table') }}")
    assert "/drawings/table.svg" in page and "<a " not in page


def test_steps_say_which_are_done(shell: Flask) -> None:
    life = [
        {"title": "Demandé", "at": "2 nov.", "done": True},
        {"title": "Remise", "current": True, "note": "jeudi"},
        {"title": "Terminé"},
    ]
    page = render("{{ ui.steps(life, 'Vie') }}", life=life)
    assert 'aria-label="Vie"' in page
    assert page.count('aria-current="step"') == 1
    assert 'Demandé<span class="sr">, fait</span>' in page


def test_figure_owns_up_when_the_sign_is_unknown(shell: Flask) -> None:
    sure = render("{{ ui.figure_doubt(a, u) }}", a=Decimal("131.5"), u=Decimal("49.6"))
    unsure = render("{{ ui.figure_doubt(a, u) }}", a=Decimal("3.2"), u=Decimal("14"))
    assert "132\u00a0±\u00a050\u00a0kgCO2e" in sure and "on ne sait pas" not in sure
    assert "on ne sait pas" in unsure


def test_turn_takes_buttons(shell: Flask) -> None:
    page = render(
        "{% call ui.turn('wait', 'On attend', 'Jusqu’à jeudi.') %}<a>Relancer</a>{% endcall %}"
        "{{ ui.turn('kept', 'Fini') }}"
    )
    assert 'class="turn wait"' in page and "<a>Relancer</a>" in page
    assert 'class="turn kept"' in page


def test_pager_stops_at_both_ends(shell: Flask) -> None:
    def at(page: int) -> str:
        return render("{{ ui.pager(page, 3, 1, 24, 1240, url) }}", page=page, url=lambda n: f"?page={n}")

    assert "Suivantes" in at(1) and "Précédentes" not in at(1)
    assert 'href="?page=1"' in at(2) and 'href="?page=3"' in at(2)
    assert "Suivantes" not in at(3)
    assert "1\u00a0240" in at(1)


def test_tables_keep_their_roles_when_stacked(shell: Flask) -> None:
    page = render(
        "{{ ui.table_open('Lignes', ['Objet', ('Masse', 'r')]) }}<tr role=\"row\">{{ ui.row_head('Table') }}"
        "{{ ui.cell('18 kg', 'Masse', 'r') }}</tr>{{ ui.table_close() }}"
    )
    assert 'class="stack-table" role="table"' in page
    assert 'role="cell" data-l="Masse" class="r"' in page
    for tag in ("table", "thead", "tbody", "tr", "div"):
        assert page.count(f"<{tag}") == page.count(f"</{tag}>"), tag


def test_formula_reads_as_written(shell: Flask) -> None:
    page = render("{{ ui.formula([('A', ''), ('d × P', '+'), ('E', '+'), ('X', '-')]) }}")
    assert re.sub(r"<[^>]+>", "", page).split() == ["A", "=", "d", "×", "P", "+", "E", "−", "X"]
