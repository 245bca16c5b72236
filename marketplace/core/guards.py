"""Every trigger of the database, in both dialects: what the code would miss, the database refuses.

Migrations rebuild tables and lose their triggers on SQLite, so `install()` runs after each of them.
Triggers read no clock; deadlines are the services' business.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, text

from marketplace.core import guards_intake


@dataclass(frozen=True)
class Guard:
    """One trigger. `sqlite` is a whole statement; the PostgreSQL one calls a function of its name, and is left out
    where a constraint of that database does the same. `needs`: other tables that it reads."""

    name: str
    table: str
    sqlite: str
    postgresql_when: str | None = None  # e.g. BEFORE INSERT
    postgresql_body: str = ""  # plpgsql between BEGIN and END
    needs: tuple[str, ...] = ()


def watching(watch: guards_intake.Watch, needs: tuple[str, ...]) -> Guard:
    """The trigger that refuses what `watch` calls wrong, in both dialects."""
    in_sqlite = " ".join(f"SELECT RAISE(ABORT, '{code}') WHERE {wrong};" for wrong, code in watch.wrong)
    in_postgresql = "".join(f"IF {wrong} THEN RAISE EXCEPTION '{code}'; END IF; " for wrong, code in watch.wrong)
    lock = f"PERFORM {watch.locks.removeprefix('SELECT ')}; " if watch.locks else ""
    return Guard(
        watch.name,
        watch.table,
        f'CREATE TRIGGER {watch.name} BEFORE {watch.on} ON "{watch.table}" BEGIN {in_sqlite} END',
        f"BEFORE {watch.on}",
        f"{lock}{in_postgresql}RETURN {watch.gives};",
        needs,
    )


def append_only(table: str) -> list[Guard]:
    """UPDATE and DELETE refused on `table`."""
    guards = []
    for verb in ("update", "delete"):
        name = f"guard_{table}_{verb}"
        guards.append(
            Guard(
                name,
                table,
                f'CREATE TRIGGER {name} BEFORE {verb.upper()} ON "{table}" '
                "BEGIN SELECT RAISE(ABORT, 'append_only'); END",
                f"BEFORE {verb.upper()}",
                "RAISE EXCEPTION 'append_only';",
            )
        )
    return guards


# No promise lasts longer than this: preparation, the longest rental and turnaround. A sweep need not look further back.
LONGEST_HOLD_DAYS = 430

# The largest sum of active holds at any instant of the new one, in one sweep over them: each adds on the day it begins
# (or the new one does, if later) and takes away on the day it ends. Two reads, each by an index of its own: promises,
# which began no longer ago than the longest lasts, and what has no end or is a fact, however old. Facts are counted,
# never refused.
_EXCEEDED = """(
  SELECT max(held) FROM (
    SELECT sum(sum(change)) OVER (ORDER BY day) AS held FROM (
      SELECT CASE WHEN edge.sign < 0 THEN kept.ends_on WHEN kept.starts_on > NEW.starts_on THEN kept.starts_on
        ELSE NEW.starts_on END AS day, edge.sign * kept.quantity AS change
      FROM (
        SELECT starts_on, ends_on, quantity FROM hold WHERE listing_id = NEW.listing_id AND state = 'active'
          AND {not_itself} AND NOT is_fact AND ends_on > NEW.starts_on AND starts_on > {earliest}
          AND starts_on < coalesce(NEW.ends_on, {never})
        UNION ALL
        SELECT starts_on, ends_on, quantity FROM hold WHERE listing_id = NEW.listing_id AND state = 'active'
          AND {not_itself} AND (ends_on IS NULL OR is_fact) AND (ends_on IS NULL OR ends_on > NEW.starts_on)
          AND NOT starts_on >= coalesce(NEW.ends_on, {never})
      ) AS kept CROSS JOIN (SELECT 1 AS sign UNION ALL SELECT -1) AS edge
      WHERE edge.sign > 0 OR kept.ends_on IS NOT NULL
    ) AS edges GROUP BY day
  ) AS instants
) + NEW.quantity > (SELECT coalesce(quantity, 0) FROM listing WHERE id = NEW.listing_id)
OR NEW.quantity > (SELECT coalesce(quantity, 0) FROM listing WHERE id = NEW.listing_id)"""


def _exceeded(not_itself: str, earliest: str, never: str) -> str:
    return _EXCEEDED.format(not_itself=not_itself, earliest=earliest, never=never)


_SQLITE_HOLD = (
    "SELECT RAISE(ABORT, 'hold_too_long') "
    f"WHERE NEW.ends_on IS NOT NULL AND NEW.ends_on > date(NEW.starts_on, '+{LONGEST_HOLD_DAYS} days'); "
    "SELECT RAISE(ABORT, 'stock_exceeded') WHERE "
    + _exceeded("id IS NOT NEW.id", f"date(NEW.starts_on, '-{LONGEST_HOLD_DAYS} days')", "'9999-12-31'")
)
_POSTGRESQL_HOLD = (
    f"IF NEW.ends_on IS NOT NULL AND NEW.ends_on > NEW.starts_on + {LONGEST_HOLD_DAYS} THEN "
    "RAISE EXCEPTION 'hold_too_long'; END IF; "
    "PERFORM 1 FROM listing WHERE id = NEW.listing_id FOR UPDATE; "
    f"IF {_exceeded('id <> NEW.id', f'NEW.starts_on - {LONGEST_HOLD_DAYS}', 'DATE ' + repr('9999-12-31'))} "
    "THEN RAISE EXCEPTION 'stock_exceeded'; END IF; RETURN NEW;"
)

_PROMISED = "NEW.state = 'active' AND NOT NEW.is_fact"
# a promise that shrinks is never too much, even where a fact has already broken the count
_GROWS = (
    f"{_PROMISED} AND (OLD.state <> 'active' OR OLD.is_fact OR NEW.listing_id <> OLD.listing_id"
    " OR NEW.quantity > OLD.quantity OR NEW.starts_on < OLD.starts_on"
    " OR (OLD.ends_on IS NOT NULL AND (NEW.ends_on IS NULL OR NEW.ends_on > OLD.ends_on)))"
)

# A shortage that is open says already that the count is over: what leaves meanwhile is not its fault.
_BELOW_HOLDS = """(
  SELECT max(held) FROM (
    SELECT (
      SELECT coalesce(sum(other.quantity), 0) FROM hold AS other WHERE other.listing_id = NEW.id
        AND other.state = 'active' AND other.starts_on <= one.starts_on
        AND (other.ends_on IS NULL OR other.ends_on > one.starts_on)
    ) AS held FROM hold AS one WHERE one.listing_id = NEW.id AND one.state = 'active'
  ) AS peaks
) > coalesce(NEW.quantity, 0)
AND NOT EXISTS (SELECT 1 FROM shortage WHERE listing_id = NEW.id AND solved_at IS NULL)"""

# SQLite's form of PostgreSQL's exclusion constraint ex_assignment_piece_id (migration 0003)
_SQLITE_TWICE = """
SELECT RAISE(ABORT, 'piece_taken') WHERE EXISTS (
  SELECT 1 FROM assignment WHERE piece_id = NEW.piece_id AND state IN ('planned','out') AND id IS NOT NEW.id
    AND (NEW.ends_on IS NULL OR starts_on < NEW.ends_on) AND (ends_on IS NULL OR ends_on > NEW.starts_on)
)"""

_NOT_HANDED_OVER = """NOT EXISTS (
  SELECT 1 FROM exchange_line JOIN exchange ON exchange.id = exchange_line.exchange_id
  WHERE exchange_line.id = NEW.line_id AND exchange_line.listing_id = NEW.listing_id
    AND exchange_line.quantity = NEW.quantity AND exchange.kind = 'meal' AND exchange.state = 'completed'
)"""
_RECALLED = "EXISTS (SELECT 1 FROM meal_recall WHERE meal_recall.listing_id = NEW.listing_id)"

GUARDS: list[Guard] = [
    Guard(
        "guard_hold_insert",
        "hold",
        f"CREATE TRIGGER guard_hold_insert BEFORE INSERT ON hold WHEN {_PROMISED} BEGIN {_SQLITE_HOLD}; END",
        "BEFORE INSERT",
        f"IF NOT ({_PROMISED}) THEN RETURN NEW; END IF; {_POSTGRESQL_HOLD}",
    ),
    Guard(
        "guard_hold_update",
        "hold",
        f"CREATE TRIGGER guard_hold_update BEFORE UPDATE ON hold WHEN {_GROWS} BEGIN {_SQLITE_HOLD}; END",
        "BEFORE UPDATE",
        f"IF NOT ({_GROWS}) THEN RETURN NEW; END IF; {_POSTGRESQL_HOLD}",
    ),
    Guard(
        "guard_listing_quantity",
        "listing",
        "CREATE TRIGGER guard_listing_quantity BEFORE UPDATE OF quantity ON listing "
        "WHEN coalesce(NEW.quantity, 0) < coalesce(OLD.quantity, 0) BEGIN "
        f"SELECT RAISE(ABORT, 'quantity_below_holds') WHERE {_BELOW_HOLDS}; END",
        "BEFORE UPDATE OF quantity",
        f"IF coalesce(NEW.quantity, 0) < coalesce(OLD.quantity, 0) AND {_BELOW_HOLDS} "
        "THEN RAISE EXCEPTION 'quantity_below_holds'; END IF; RETURN NEW;",
    ),
    *(
        Guard(
            f"guard_assignment_{verb.lower()}",
            "assignment",
            f"CREATE TRIGGER guard_assignment_{verb.lower()} BEFORE {verb} ON assignment "
            f"WHEN NEW.state IN ('planned','out') BEGIN {_SQLITE_TWICE}; END",
        )
        for verb in ("INSERT", "UPDATE")
    ),
    *(watching(watch, guards_intake.NEEDS) for watch in guards_intake.WATCHES),
    *append_only("move"),
    *append_only("offline_payment"),
    *append_only("signature"),
    *append_only("audit_entry"),
    *append_only("ledger_entry"),
    *append_only("ledger_share"),
    *append_only("factor"),
    *append_only("parameter"),
    *append_only("meal_hand_over"),
    *append_only("meal_outcome"),
    *append_only("meal_recall"),
    *append_only("meal_recall_notice"),
    *append_only("meal_recall_answer"),
    *append_only("meal_value"),
    Guard(  # a receiver reports on all that it was handed, and on nothing else
        "guard_meal_outcome_whole",
        "meal_outcome",
        "CREATE TRIGGER guard_meal_outcome_whole BEFORE INSERT ON meal_outcome WHEN NEW.line_id IS NOT NULL BEGIN "
        f"SELECT RAISE(ABORT, 'outcome_not_whole') WHERE {_NOT_HANDED_OVER}; END",
        "BEFORE INSERT",
        f"IF NEW.line_id IS NOT NULL AND {_NOT_HANDED_OVER} THEN RAISE EXCEPTION 'outcome_not_whole'; END IF; "
        "RETURN NEW;",
    ),
    Guard(  # fires after guard_hold_insert, by its name: the listing is locked by then
        "guard_hold_recalled",
        "hold",
        f"CREATE TRIGGER guard_hold_recalled BEFORE INSERT ON hold WHEN {_PROMISED} BEGIN "
        f"SELECT RAISE(ABORT, 'meal_recalled') WHERE {_RECALLED}; END",
        "BEFORE INSERT",
        f"IF {_PROMISED} AND {_RECALLED} THEN RAISE EXCEPTION 'meal_recalled'; END IF; RETURN NEW;",
        needs=("meal_recall",),
    ),
]


def due(connection: Connection) -> list[Guard]:
    """The guards that this database should have: those whose table exists, and that no constraint stands for."""
    tables = set(_tables(connection))
    sqlite = connection.dialect.name == "sqlite"
    return [
        guard
        for guard in GUARDS
        if guard.table in tables and tables.issuperset(guard.needs) and (sqlite or guard.postgresql_when)
    ]


def install(connection: Connection) -> None:
    """Put every guard that is due in place, replacing what is there."""
    remove(connection)
    for guard in due(connection):
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(guard.sqlite)
        else:
            connection.exec_driver_sql(
                f"CREATE OR REPLACE FUNCTION {guard.name}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$guard$ BEGIN {guard.postgresql_body} END $guard$"
            )
            connection.exec_driver_sql(
                f'CREATE TRIGGER {guard.name} {guard.postgresql_when} ON "{guard.table}" '
                f"FOR EACH ROW EXECUTE FUNCTION {guard.name}()"
            )


def remove(connection: Connection) -> None:
    """Take every guard away, until `install`: SQLite rebuilds no table that a trigger of another one names."""
    for guard in due(connection):
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {guard.name}")
        else:
            connection.exec_driver_sql(f'DROP TRIGGER IF EXISTS {guard.name} ON "{guard.table}"')


def live(connection: Connection) -> set[str]:
    """Names of the guards that the database really has, awake."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'guard!_%' ESCAPE '!'"
    else:
        query = "SELECT tgname FROM pg_trigger WHERE tgenabled = 'O' AND tgname LIKE 'guard!_%' ESCAPE '!'"
    return set(connection.scalars(text(query)))


def _tables(connection: Connection) -> list[str]:
    if connection.dialect.name == "sqlite":
        return list(connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")))
    return list(connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")))
