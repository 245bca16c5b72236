"""The postings in SQLite: an FTS5 table of analysed words, row number = listing id."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, text

from marketplace.core.text import Query, to_fts5
from marketplace.ports import IndexedWords, WordMatch

# Weights of title, category, materials, description: a word in the title says what it is, one in the description
# may only be passing by. Keys filter, they do not rank.
_BM25 = "bm25({table}, 10.0, 5.0, 2.0, 1.0, 0.0)"
# bm25 weighs a word by how many rows of its table have it. What is not public stands in a table of its own: in that of
# everybody's listings it would move the order of their results, and so tell strangers what is kept from them.
_KEPT = "_kept"
# Of a small table bm25 finds no word rare. What is kept is lifted to where a title with a usual word stands.
_LIFTED = f"{_BM25.format(table='listing_words_kept')} - 4.0"
_WITH_KEPT = (
    "(SELECT rowid AS listing_id FROM listing_words WHERE listing_words MATCH :words"
    " UNION ALL SELECT rowid FROM listing_words_kept WHERE listing_words_kept MATCH :words) AS w"
    " CROSS JOIN search_document AS d ON d.listing_id = w.listing_id"
)
_COLUMNS = ("title", "category", "materials", "description", "keys")

# The words come analysed, so SQLite only cuts at spaces. It keeps them (no `content=''`): its version 3.40 cannot
# delete from a contentless table, and `index check` compares them.
_CREATE = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS {name} USING fts5(title, category, materials, description, keys,"
    " tokenize = \"unicode61 remove_diacritics 0 tokenchars '_'\")"
)


def create_postings(connection: Connection) -> None:
    columns = [row[1] for row in connection.exec_driver_sql("PRAGMA table_info(listing_words)")]
    if columns and "keys" not in columns:  # before version 0002: its words are kept, a rebuild brings the keys
        connection.exec_driver_sql("DROP TABLE IF EXISTS listing_words_next")
        connection.exec_driver_sql(_CREATE.format(name="listing_words_next"))
        connection.exec_driver_sql(
            "INSERT INTO listing_words_next (rowid, title, category, materials, description, keys)"
            " SELECT rowid, title, category, materials, description, '' FROM listing_words"
        )
        connection.exec_driver_sql("DROP TABLE listing_words")
        connection.exec_driver_sql("ALTER TABLE listing_words_next RENAME TO listing_words")
    for name in ("listing_words", "listing_words" + _KEPT):
        connection.exec_driver_sql(_CREATE.format(name=name))


def _walked(table: str, rank: str | None, params: dict[str, Any]) -> WordMatch:
    # CROSS JOIN keeps the planner on the words first; left free it walks a filter's index
    source = f"{table} CROSS JOIN search_document AS d ON d.listing_id = {table}.rowid"
    return WordMatch(source, f"{table} MATCH :words", rank, params, f"{table}.rowid DESC")


def drop_postings(connection: Connection) -> None:
    for name in ("listing_words", "listing_words" + _KEPT):
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}")


class SqliteIndex:
    """`SearchIndex` on FTS5. Works on the connection it is given, inside the caller's transaction."""

    def write(self, connection: Connection, words: Sequence[IndexedWords], table: str = "listing_words") -> None:
        if not words:
            return
        self.remove(connection, [row.listing_id for row in words], table)
        for name, public in ((table, True), (table + _KEPT, False)):
            rows = [tuple(row[:-1]) for row in words if row.public is public]  # all but `public`
            if rows:
                columns = ", ".join(_COLUMNS)
                statement = f"INSERT INTO {name} (rowid, {columns}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608 - ours
                connection.exec_driver_sql(statement, rows)

    def remove(self, connection: Connection, listing_ids: Iterable[int], table: str = "listing_words") -> None:
        ids = ",".join(str(int(listing_id)) for listing_id in listing_ids)
        for name in (table, table + _KEPT) if ids else ():
            connection.exec_driver_sql(f"DELETE FROM {name} WHERE rowid IN ({ids})")  # noqa: S608

    def match(self, query: Query, keys: Sequence[Sequence[str]] = (), *, kept: bool = False) -> WordMatch | None:
        found, left_out = to_fts5(query)
        groups = [" OR ".join(f'"{key}"' for key in group) for group in keys]
        asked = " AND ".join([*([found] if found else []), *(f"({group})" for group in groups)])
        if asked:
            params = {"words": f"({asked}) NOT {left_out}" if left_out else asked}
            ranks = (_BM25.format(table="listing_words"), _LIFTED) if found else (None, None)
            arms = tuple(map(_walked, ("listing_words", "listing_words" + _KEPT), ranks, (params, params)))
            if not kept:
                return arms[0]
            return arms[0]._replace(source=_WITH_KEPT, where="w.listing_id IS NOT NULL", arms=arms)
        if left_out is not None:
            return WordMatch(
                source="search_document AS d",
                where="d.listing_id NOT IN (SELECT rowid FROM listing_words WHERE listing_words MATCH :words"
                " UNION ALL SELECT rowid FROM listing_words_kept WHERE listing_words_kept MATCH :words)",
                rank=None,
                params={"words": left_out},
            )
        return None

    def begin_rebuild(self, connection: Connection) -> str:
        for kind in ("", _KEPT):
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS listing_words_next{kind}")
            connection.exec_driver_sql(_CREATE.format(name=f"listing_words_next{kind}"))
        return "listing_words_next"

    def swap(self, connection: Connection) -> None:
        for kind in ("", _KEPT):
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS listing_words{kind}")
            connection.exec_driver_sql(f"ALTER TABLE listing_words_next{kind} RENAME TO listing_words{kind}")

    def differing(self, connection: Connection, words: Sequence[IndexedWords]) -> list[int]:
        if not words:
            return []
        ids = ",".join(str(int(row.listing_id)) for row in words)
        stored = {
            row[0]: (*row[1:], public)
            for name, public in (("listing_words", True), ("listing_words" + _KEPT, False))
            for row in connection.exec_driver_sql(
                f"SELECT rowid, {', '.join(_COLUMNS)} FROM {name} WHERE rowid IN ({ids})"  # noqa: S608
            )
        }
        return [row.listing_id for row in words if stored.get(row.listing_id) != tuple(row[1:])]

    def strangers(self, connection: Connection, limit: int) -> list[int]:
        found = connection.execute(
            text(
                "SELECT rowid FROM (SELECT rowid FROM listing_words UNION ALL SELECT rowid FROM listing_words_kept)"
                " WHERE rowid NOT IN (SELECT listing_id FROM search_document) LIMIT :limit"
            ),
            {"limit": limit},
        )
        return [row[0] for row in found]
