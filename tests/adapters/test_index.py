"""One list of expectations, on FTS5 and on tsvector."""

import pytest
from sqlalchemy import text

from marketplace.adapters import index_ddl
from marketplace.core.db import db, transaction
from marketplace.core.text import index_text, parse_query
from marketplace.ports import IndexedWords, current
from tests.factories import make_listing, make_organisation

pytestmark = pytest.mark.both_databases


def words(listing_id: int, title: str = "", category: str = "", materials: str = "", description: str = ""):
    return IndexedWords(listing_id, *map(index_text, (title, category, materials, description)))


@pytest.fixture
def ids(app):
    """Five listings with documents, their words taken away: these tests write their own."""
    shop = make_organisation()
    made = [make_listing(shop, f"Annonce {n}").id for n in range(5)]
    with transaction() as session:
        current("index").remove(session.connection(), made)
    return made


def write(*rows: IndexedWords) -> None:
    with transaction() as session:
        current("index").write(session.connection(), rows)


def found(asked: str) -> list[int]:
    match = current("index").match(parse_query(asked))
    order = f" ORDER BY {match.rank}" if match.rank else " ORDER BY d.listing_id"
    statement = text(f"SELECT d.listing_id FROM {match.source} WHERE {match.where}{order}")  # noqa: S608 - the adapter's own pieces
    db.session.rollback()
    return list(db.session.scalars(statement, match.params))


def test_words_phrases_exclusions_alternatives_beginnings(ids):
    a, b, c, d, _e = ids
    write(
        words(a, "Table de bistrot ronde", description="plateau marbre"),
        words(b, "Table basse", description="Vient d’un bistrot"),
        words(c, "Chaise en plastique"),
        words(d, "Chaises bois et tables"),
    )
    assert set(found("table")) == {a, b, d}
    assert set(found("tables bistrots")) == {a, b}
    assert found('"table bistrot"') == [a]
    assert found('"bistrot table"') == []
    assert set(found("chaise -plastique")) == {d}
    assert set(found("marbre OR plastique")) == {a, c}
    assert found("plast*") == [c]
    assert set(found("-chaise")) == {a, b, ids[4]}
    assert found("(marbre OR bois) -chaise") == [a]
    assert found("rien") == []


def test_no_words_no_match(app):
    assert current("index").match(parse_query("le la")) is None
    assert current("index").match(parse_query("")) is None


def test_a_phrase_does_not_reach_from_one_column_into_the_next(ids):
    write(words(ids[0], "table", "bistrot", "bois", "chêne"))
    assert found('"table bistrot"') == []
    assert found("table bistrot bois chene") == [ids[0]]


def test_title_before_category_before_materials_before_description(ids):
    filler = "un deux trois quatre"
    write(
        words(ids[0], filler, filler, filler, "velours"),
        words(ids[1], filler, filler, "velours", filler),
        words(ids[2], filler, "velours", filler, filler),
        words(ids[3], "velours", filler, filler, filler),
        words(ids[4], filler, filler, filler, filler),
    )
    assert found("velours") == [ids[3], ids[2], ids[1], ids[0]]


def test_writing_replaces_and_removing_forgets(ids):
    write(words(ids[0], "armoire"))
    write(words(ids[0], "commode"))
    assert found("armoire") == []
    assert found("commode") == [ids[0]]
    with transaction() as session:
        current("index").remove(session.connection(), [ids[0], 999_999])
    assert found("commode") == []


def test_what_is_rolled_back_was_never_found(ids):
    with pytest.raises(RuntimeError), transaction() as session:
        current("index").write(session.connection(), [words(ids[0], "armoire")])
        raise RuntimeError
    assert found("armoire") == []


@pytest.mark.parametrize(
    "asked",
    [
        "' OR 1=1 --", '"; DROP TABLE listing_words; --', "a' & !b", "table:*", "table <-> bistrot", "title : table",
        "^table", "NEAR(a b, 2)", "{title} : x", "\\", "\\'", "%", "table\x00", "\ud800", "*", "((((", "- - -", "|&!",
        "²½ m²", "中文 табле", "x" * 5000, " OR ".join("abcdefghij" * 30),
    ],
)  # fmt: skip
def test_odd_queries_are_only_words(ids, asked):
    write(words(ids[0], "table"))
    match = current("index").match(parse_query(asked))
    if match is not None:
        found(asked)
    assert found("table") == [ids[0]]


def test_odd_texts_are_stored_and_found_again(ids):
    odd = "L'œuvre d’été №5 “½” 3,5 m² \\ ' \" ² 中文 табле 😀 " + "mot " * 40_000
    write(words(ids[0], odd, odd, odd, odd), words(ids[1], ""))
    for asked in ("oeuvre", "ete", "3,5", "中文", "табле", "mots"):
        assert found(asked) == [ids[0]], asked
    with db.engine.connect() as connection:
        assert current("index").differing(connection, [words(ids[0], odd, odd, odd, odd), words(ids[1])]) == []


def test_differences_and_strangers_are_told(ids):
    write(words(ids[0], "armoire"), words(ids[1], "commode"), words(777, "sans document"))
    with db.engine.connect() as connection:
        index = current("index")
        assert index.differing(connection, [words(ids[0], "armoire"), words(ids[1], "autre"), words(ids[2], "x")]) == [
            ids[1],
            ids[2],
        ]
        assert index.differing(connection, []) == []
        assert index.strangers(connection, 10) == [777]


def test_a_rebuild_replaces_all_at_once(ids):
    write(words(ids[0], "armoire"))
    index = current("index")
    with transaction() as session:
        table = index.begin_rebuild(session.connection())
        index.write(session.connection(), [words(ids[1], "commode")], table)
    assert found("armoire") == [ids[0]]
    assert found("commode") == []
    with transaction() as session:
        index.swap(session.connection())
    assert found("armoire") == []
    assert found("commode") == [ids[1]]
    with transaction() as session:  # and once more: names are free again
        index.begin_rebuild(session.connection())
        index.swap(session.connection())
    assert found("commode") == []


def test_tables_come_and_go(app):
    with transaction() as session:
        index_ddl.create_postings(session.connection())  # there already
        index_ddl.drop_postings(session.connection())
        index_ddl.drop_postings(session.connection())
        index_ddl.create_postings(session.connection())
    assert found("table") == []
