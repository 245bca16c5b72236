"""One list of expectations, on FTS5 and on tsvector."""

import pytest
from sqlalchemy import text

from marketplace.adapters import index_ddl
from marketplace.core.db import db, transaction
from marketplace.core.text import index_text, parse_query
from marketplace.ports import IndexedWords, current
from tests.factories import make_listing, make_organisation

pytestmark = pytest.mark.both_databases


def words(
    listing_id: int, title: str = "", category: str = "", materials: str = "", description: str = "", keys: str = ""
):
    return IndexedWords(listing_id, *map(index_text, (title, category, materials, description)), keys)


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


def found(asked: str, *keys: list[str]) -> list[int]:
    match = current("index").match(parse_query(asked), keys)
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


def test_keys_narrow_what_words_find_or_are_walked_alone(ids):
    a, b, c, d, _e = ids
    write(
        words(a, "table", keys="m_plywood c_red"),
        words(b, "table", keys="m_velvet"),
        words(c, "chaise", keys="m_velvet c_red"),
        words(d, "table"),
    )
    assert found("table", ["m_velvet"]) == [b]
    assert set(found("table", ["m_velvet", "m_plywood"])) == {a, b}
    assert found("table", ["m_velvet"], ["c_red"]) == []
    assert found("", ["m_velvet"], ["c_red"]) == [c]
    assert set(found("", ["m_velvet"])) == {b, c}
    assert found("-chaise", ["m_velvet"]) == [b]
    assert found("m_velvet") == found("velvet") == found("c_red") == []
    with db.engine.connect() as connection:
        assert current("index").differing(connection, [words(a, "table", keys="m_plywood")]) == [a]


def test_keys_do_not_rank(ids):
    write(
        words(ids[0], "table", description="velours", keys="c_red m_velvet s_art_deco"),
        words(ids[1], "velours", description="table", keys="c_red"),
    )
    assert current("index").match(parse_query(""), [["c_red"]]).rank is None
    assert found("velours", ["c_red", "m_velvet", "s_art_deco"]) == [ids[1], ids[0]]
    assert found("table", ["c_red", "m_velvet", "s_art_deco"]) == [ids[0], ids[1]]


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


def test_what_is_kept_is_found_only_where_asked_and_moves_no_rank(ids):
    a, b, c, d, e = ids
    write(words(a, "Table", description="chaise"), words(b, "Chaise", description="table"), words(c, "Lampe"))

    def ranked(kept):
        """Public listings with their rank, and what else is found."""
        match = current("index").match(parse_query("table OU chaise"), kept=kept)
        rows = []
        for arm in match.arms or (match,):
            statement = text(f"SELECT d.listing_id, {arm.rank} FROM {arm.source} WHERE {arm.where}")  # noqa: S608
            rows += [tuple(row) for row in db.session.execute(statement, arm.params)]
        every = text(f"SELECT d.listing_id FROM {match.source} WHERE {match.where}")  # noqa: S608
        assert set(db.session.scalars(every, match.params)) == {row[0] for row in rows}
        db.session.rollback()
        return {row for row in rows if row[0] in (a, b)}, {row[0] for row in rows} - {a, b}

    before, _else = ranked(kept=False)
    write(*(words(one, "Chaise chaise", description="chaise")._replace(public=False) for one in (d, e)))
    after, _else = ranked(kept=False)
    assert before == after
    assert ranked(kept=True) == (before, {d, e})
    write(words(d, "Chaise"))  # now everybody's: it stands in one place
    assert ranked(kept=True)[1] == {d, e}
    assert current("index").differing(db.session.connection(), [words(d, "Chaise")]) == []
    assert set(found("lampe -chaise")) == {c}
    assert d not in found("-chaise") and e not in found("-chaise")
