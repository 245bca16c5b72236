"""The postings in PostgreSQL: a tsvector of analysed words per listing, under a GIN index."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, inspect, text

from marketplace.core.text import Query, to_tsquery
from marketplace.ports import IndexedWords, WordMatch

# D, C, B, A: description, materials, category, title; the proportions of the SQLite adapter.
_RANK = "-ts_rank('{0.1, 0.2, 0.5, 1.0}', listing_words.document, CAST(:ranked AS tsquery))"
_MAX_POSITION = 16383  # PostgreSQL keeps no higher one, and at most 256 of a word
_GAP = 50  # between two columns, so that no phrase reaches across


def create_postings(connection: Connection) -> None:
    if not inspect(connection).has_table("listing_words"):
        _create(connection, "listing_words")


def _create(connection: Connection, name: str) -> None:
    connection.exec_driver_sql(f"CREATE TABLE {name} (listing_id integer NOT NULL, document tsvector NOT NULL)")
    connection.exec_driver_sql(f"ALTER TABLE {name} ADD CONSTRAINT pk_{name} PRIMARY KEY (listing_id)")
    # fastupdate would queue new words in a list that every search then walks, until a vacuum empties it: 10 ms a search
    # after loading 10,000 listings, and plans that give the index up altogether
    connection.exec_driver_sql(
        f"CREATE INDEX ix_{name}_document ON {name} USING gin (document) WITH (fastupdate = off)"
    )


def drop_postings(connection: Connection) -> None:
    connection.exec_driver_sql("DROP TABLE IF EXISTS listing_words")


def tsvector(words: IndexedWords) -> str:
    """The text form of the vector, made here: PostgreSQL's own parser would cut numbers and addresses its own way."""
    positions: dict[str, list[str]] = {}
    at = 0
    for weight, column in zip("ABCD", words[1:5], strict=True):
        for word in column.split():
            at += 1
            if at > _MAX_POSITION:
                break
            places = positions.setdefault(word, [])
            if len(places) < 255:
                places.append(f"{at}{weight}")
        at += _GAP
    quoted = (("'" + word.replace("\\", "\\\\").replace("'", "''") + "'", at) for word, at in positions.items())
    return " ".join([*(f"{word}:{','.join(at)}" for word, at in quoted), *(f"'{key}'" for key in words.keys.split())])


class PostgresIndex:
    """`SearchIndex` on tsvector. Works on the connection it is given, inside the caller's transaction."""

    def write(self, connection: Connection, words: Sequence[IndexedWords], table: str = "listing_words") -> None:
        if words:
            connection.execute(
                text(
                    f"INSERT INTO {table} (listing_id, document) VALUES (:id, CAST(:document AS tsvector))"  # noqa: S608
                    " ON CONFLICT (listing_id) DO UPDATE SET document = excluded.document"
                ),
                [{"id": row.listing_id, "document": tsvector(row)} for row in words],
            )

    def remove(self, connection: Connection, listing_ids: Iterable[int], table: str = "listing_words") -> None:
        ids = list(listing_ids)
        if ids:
            connection.execute(text(f"DELETE FROM {table} WHERE listing_id = ANY(:ids)"), {"ids": ids})  # noqa: S608

    def match(self, query: Query, keys: Sequence[Sequence[str]] = (), *, kept: bool = False) -> WordMatch | None:
        """`kept` changes nothing here: ts_rank looks at one document, never at how many have a word."""
        found, left_out = to_tsquery(query)
        groups = [" | ".join(f"'{key}'" for key in group) for group in keys]
        asked = " & ".join([*([found] if found else []), *(f"({group})" for group in groups)])
        if asked:
            params = {"words": f"({asked}) & !{left_out}" if left_out else asked}
            return WordMatch(
                source="listing_words JOIN search_document AS d ON d.listing_id = listing_words.listing_id",
                where="listing_words.document @@ CAST(:words AS tsquery)",
                rank=_RANK if found else None,
                params=params | {"ranked": found} if found else params,
                latest="listing_words.listing_id DESC",
            )
        if left_out is not None:
            return WordMatch(
                source="search_document AS d",
                where="NOT EXISTS (SELECT 1 FROM listing_words AS w WHERE w.listing_id = d.listing_id"
                " AND w.document @@ CAST(:words AS tsquery))",
                rank=None,
                params={"words": left_out},
            )
        return None

    def begin_rebuild(self, connection: Connection) -> str:
        connection.exec_driver_sql("DROP TABLE IF EXISTS listing_words_next")
        _create(connection, "listing_words_next")
        return "listing_words_next"

    def swap(self, connection: Connection) -> None:
        connection.exec_driver_sql("DROP TABLE listing_words")
        connection.exec_driver_sql("ALTER TABLE listing_words_next RENAME TO listing_words")
        connection.exec_driver_sql("ALTER INDEX pk_listing_words_next RENAME TO pk_listing_words")
        connection.exec_driver_sql("ALTER INDEX ix_listing_words_next_document RENAME TO ix_listing_words_document")

    def differing(self, connection: Connection, words: Sequence[IndexedWords]) -> list[int]:
        if not words:
            return []
        same = connection.execute(
            text(
                "SELECT w.listing_id FROM listing_words AS w"
                " JOIN unnest(CAST(:ids AS integer[]), CAST(:documents AS text[])) AS e(id, document)"
                " ON e.id = w.listing_id WHERE w.document = CAST(e.document AS tsvector)"
            ),
            {"ids": [row.listing_id for row in words], "documents": [tsvector(row) for row in words]},
        )
        equal = {row[0] for row in same}
        return [row.listing_id for row in words if row.listing_id not in equal]

    def strangers(self, connection: Connection, limit: int) -> list[int]:
        found = connection.execute(
            text(
                "SELECT listing_id FROM listing_words AS w WHERE NOT EXISTS"
                " (SELECT 1 FROM search_document AS d WHERE d.listing_id = w.listing_id) LIMIT :limit"
            ),
            {"limit": limit},
        )
        return [row[0] for row in found]
