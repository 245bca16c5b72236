"""The postings in SQLite: an FTS5 table of analysed words, row number = listing id."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, text

from marketplace.core.text import Query, to_fts5
from marketplace.ports import IndexedWords, WordMatch

# Weights of title, category, materials, description: a word in the title says what it is, one in the description
# may only be passing by.
_BM25 = "bm25(listing_words, 10.0, 5.0, 2.0, 1.0)"

# The words come analysed, so SQLite only cuts at spaces. It keeps them (no `content=''`): its version 3.40 cannot
# delete from a contentless table, and `index check` compares them.
_CREATE = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS {name} USING fts5(title, category, materials, description,"
    " tokenize = 'unicode61 remove_diacritics 0')"
)


def create_postings(connection: Connection) -> None:
    connection.exec_driver_sql(_CREATE.format(name="listing_words"))


def drop_postings(connection: Connection) -> None:
    connection.exec_driver_sql("DROP TABLE IF EXISTS listing_words")


class SqliteIndex:
    """`SearchIndex` on FTS5. Works on the connection it is given, inside the caller's transaction."""

    def write(self, connection: Connection, words: Sequence[IndexedWords], table: str = "listing_words") -> None:
        if not words:
            return
        self.remove(connection, [row.listing_id for row in words], table)
        connection.execute(
            text(
                f"INSERT INTO {table} (rowid, title, category, materials, description)"  # noqa: S608 - our own names
                " VALUES (:listing_id, :title, :category, :materials, :description)"
            ),
            [row._asdict() for row in words],
        )

    def remove(self, connection: Connection, listing_ids: Iterable[int], table: str = "listing_words") -> None:
        rows = [{"id": listing_id} for listing_id in listing_ids]
        if rows:
            connection.execute(text(f"DELETE FROM {table} WHERE rowid = :id"), rows)  # noqa: S608

    def match(self, query: Query) -> WordMatch | None:
        found, left_out = to_fts5(query)
        if found is not None:
            # CROSS JOIN keeps the planner on the words first; left free it walks a filter's index
            return WordMatch(
                source="listing_words CROSS JOIN search_document AS d ON d.listing_id = listing_words.rowid",
                where="listing_words MATCH :words",
                rank=_BM25,
                params={"words": found},
            )
        if left_out is not None:
            return WordMatch(
                source="search_document AS d",
                where="d.listing_id NOT IN (SELECT rowid FROM listing_words WHERE listing_words MATCH :words)",
                rank=None,
                params={"words": left_out},
            )
        return None

    def begin_rebuild(self, connection: Connection) -> str:
        connection.exec_driver_sql("DROP TABLE IF EXISTS listing_words_next")
        connection.exec_driver_sql(_CREATE.format(name="listing_words_next"))
        return "listing_words_next"

    def swap(self, connection: Connection) -> None:
        connection.exec_driver_sql("DROP TABLE listing_words")
        connection.exec_driver_sql("ALTER TABLE listing_words_next RENAME TO listing_words")

    def differing(self, connection: Connection, words: Sequence[IndexedWords]) -> list[int]:
        if not words:
            return []
        ids = ",".join(str(int(row.listing_id)) for row in words)
        stored = {
            row[0]: tuple(row[1:])
            for row in connection.exec_driver_sql(
                f"SELECT rowid, title, category, materials, description FROM listing_words WHERE rowid IN ({ids})"  # noqa: S608
            )
        }
        return [row.listing_id for row in words if stored.get(row.listing_id) != tuple(row[1:])]

    def strangers(self, connection: Connection, limit: int) -> list[int]:
        found = connection.execute(
            text(
                "SELECT rowid FROM listing_words"
                " WHERE rowid NOT IN (SELECT listing_id FROM search_document) LIMIT :limit"
            ),
            {"limit": limit},
        )
        return [row[0] for row in found]
