"""One analyser for listings and queries; queries compiled without ever passing a user's text through as syntax."""

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.core.text import (
    MAX_QUERY_WORDS,
    analyse,
    any_of,
    clean,
    fold,
    highlight,
    index_text,
    parse_query,
    to_fts5,
    to_tsquery,
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Les feuilles de décor", ["feuill", "decor"]),
        ("l’escalier d'été, qu’il", ["escali", "ete"]),
        ("Œuvre, CŒUR, bœufs", ["oeuvr", "coeur", "boeuf"]),
        ("3m 120x200 m² 17,9", ["3", "m", "120", "x", "200", "m", "2", "17", "9"]),
        ("porte-manteau", ["port", "manteau"]),
        ("the chair with the table", ["chair", "tabl"]),
        ("console son, ton bois", ["consol", "son", "ton", "bois"]),
        ("e\u0301te\u0301 décomposé", ["ete", "decompos"]),
        ("le la les un une à où", []),
        ("\x00\ud800 bois", ["bois"]),
        ("", []),
    ],
)
def test_words(text, words):
    assert analyse(text) == words
    assert index_text(text) == " ".join(words)


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("Chaises pliantes en métal", "chaise pliante metal"),
        ("Châssis entoilés", "chassis entoile"),
        ("bureau d’écolier", "BUREAUX ECOLIER"),
        ("moulures dorées à l'ancienne", "moulure doree ancienne"),
        ("rideaux de velours", "rideau velours"),
        ("Fauteuils club en cuir", "fauteuil cuir"),
    ],
)
def test_plurals_accents_and_case_meet(stored, typed):
    assert set(analyse(typed)) <= set(analyse(stored))


def test_fold_opens_ligatures():
    assert fold("Bœufs d’Été ÆSS ß") == "boeufs d’ete aess ss"


@pytest.mark.parametrize(
    ("text", "fts5"),
    [
        ("chaise", '("chais")'),
        ("chaise -plastique", '(("chais") NOT ("plastiqu"))'),
        ('"table bistro"', '("tabl bistro")'),
        ("feuille OU châssis", '(("feuill" OR "chassis"))'),
        ("feuil*", '(("feuil" * OR "feuil"))'),
        ("(table OR chaise) bois", '(("tabl" OR "chais") AND "bois")'),
        ("(table -bois) OR chaise", '(((("tabl") NOT ("bois")) OR "chais"))'),
        ("table OR -bois", '("tabl")'),
        ("porte-manteau", '("port manteau")'),
        ('un "de la" chaise', '("chais")'),
        # syntax that is broken, or of another language, is words
        ('"table bistro', '("tabl" AND "bistro")'),
        ("table OR", '("tabl")'),
        ("table )", '("tabl")'),
        ("title:table", '("titl tabl")'),
        ("NEAR(table chaise)", '("near" AND "tabl" AND "chais")'),
        ("' OR 1=1 --", '("1 1")'),
    ],
)
def test_queries_compile_to_fts5(text, fts5):
    positive, negative = to_fts5(parse_query(text))
    assert negative is None
    if text == "NEAR(table chaise)":
        assert '"tabl"' in positive and '"chais"' in positive
    else:
        assert positive == fts5


def test_an_exclusion_alone_is_kept_apart():
    assert to_fts5(parse_query("-plastique")) == (None, '("plastiqu")')
    assert to_tsquery(parse_query("-plastique"))[0] is None
    assert parse_query("-plastique").excluded == ("plastique",)


def test_queries_compile_to_tsquery():
    assert to_tsquery(parse_query('chaise -plastique "table bistro"'))[0] == (
        "((('chais') & ('tabl' <-> 'bistro')) & !(('plastiqu')))"
    )


@pytest.mark.parametrize("text", ["", "   ", "le la", "((((", "- -", "*", '""', "AND", "\x00", "%", "\ud800"])
def test_nothing_to_look_for(text):
    query = parse_query(text)
    assert not query
    assert to_fts5(query) == (None, None) == to_tsquery(query)


def test_a_query_is_bounded():
    query = parse_query(" OR ".join(f"mot{n}" for n in range(200)))
    assert len(query.wanted) <= MAX_QUERY_WORDS
    assert len(to_fts5(parse_query("x" * 100_000))[0]) < 100
    assert to_fts5(parse_query("(" * 5000 + "table"))  # no recursion
    assert parse_query("-" * 150 + "table").wanted == ("table",)


def test_what_was_understood_keeps_the_words_as_typed():
    query = parse_query('Chaises -Plastique "table bistro" de feuil*')
    assert query.wanted == ("Chaises", "table bistro", "feuil…")
    assert query.excluded == ("Plastique",)
    assert query.dropped == ("de",)
    assert any_of(query) == 'Chaises OR "table bistro" OR feuil*'
    assert any_of(parse_query("chaise")) is None


ODD = st.text(
    alphabet=st.one_of(
        st.sampled_from(list("\"'()*-+:^~|&!<>\\{}[],. \t\nORANDNOTéœ’ab1\x00\ud800²½")), st.characters()
    ),
    max_size=80,
)


@settings(max_examples=300, deadline=None)
@given(ODD)
def test_whatever_is_typed_both_compilers_answer_and_fts5_accepts(text):
    query = parse_query(text)
    connection = _fts5()
    for expression in to_fts5(query):
        if expression is not None:
            connection.execute("SELECT rowid FROM w WHERE w MATCH ?", (expression,)).fetchall()
    assert (to_fts5(query)[0] is None) == (to_tsquery(query)[0] is None)


@settings(max_examples=200, deadline=None)
@given(ODD)
def test_analysed_words_are_stored_as_they_are(text):
    """SQLite's tokenizer must find again exactly what we indexed."""
    for word in analyse(text):
        assert word and " " not in word and word.isalnum()
    assert "\x00" not in clean(text)


def _fts5(_kept: list = []) -> sqlite3.Connection:  # noqa: B006 - one table for all examples
    if not _kept:
        _kept.append(sqlite3.connect(":memory:", check_same_thread=False))
        _kept[0].execute("CREATE VIRTUAL TABLE w USING fts5(t, tokenize='unicode61 remove_diacritics 0')")
        _kept[0].execute("INSERT INTO w VALUES ('tabl chais bois')")
    return _kept[0]


def test_highlight_marks_original_words_and_escapes():
    marked = highlight("L’escalier <b> de bois & feuilles", parse_query("escaliers feuil* bois"))
    assert marked == "L’<mark>escalier</mark> &lt;b&gt; de <mark>bois</mark> &amp; <mark>feuilles</mark>"
    assert highlight("Œuvre & co", parse_query("")) == "Œuvre &amp; co"
    assert highlight("chaise en plastique", parse_query("chaise -plastique")) == "<mark>chaise</mark> en plastique"


@settings(max_examples=200, deadline=None)
@given(ODD, ODD)
def test_highlight_changes_nothing_but_the_marks(text, asked):
    from markupsafe import escape

    marked = str(highlight(text, parse_query(asked)))
    assert marked.replace("<mark>", "").replace("</mark>", "") == str(escape(clean(text)))
