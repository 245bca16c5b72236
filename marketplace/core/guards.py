"""Every trigger of the database, in both dialects: what the code would miss, the database refuses.

Migrations rebuild tables and lose their triggers on SQLite, so `install()` runs after each of them.
Triggers read no clock; deadlines are the services' business.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class Guard:
    """One trigger. `sqlite` and `postgresql` are whole statements; the PostgreSQL one calls a function of its name."""

    name: str
    table: str
    sqlite: str
    postgresql_when: str  # e.g. BEFORE INSERT
    postgresql_body: str  # plpgsql between BEGIN and END


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


# The largest sum of active holds at any instant of the new one: it can only rise where a hold starts, so it is
# enough to look at the new start and at each start inside it.
_SQLITE_OVERFULL = """
SELECT RAISE(ABORT, 'stock_exceeded') WHERE EXISTS (
  SELECT 1 FROM (
    SELECT NEW.starts_on AS at
    UNION SELECT starts_on FROM hold WHERE listing_id = NEW.listing_id AND state = 'active'
      AND starts_on > NEW.starts_on AND (NEW.ends_on IS NULL OR starts_on < NEW.ends_on)
  ) AS instant
  WHERE NEW.quantity + (
    SELECT coalesce(sum(quantity), 0) FROM hold WHERE listing_id = NEW.listing_id AND state = 'active'
      AND id IS NOT NEW.id AND starts_on <= instant.at AND (ends_on IS NULL OR ends_on > instant.at)
  ) > (SELECT coalesce(quantity, 0) FROM listing WHERE id = NEW.listing_id)
)"""

_POSTGRESQL_OVERFULL = """
PERFORM 1 FROM listing WHERE id = NEW.listing_id FOR UPDATE;
IF EXISTS (
  SELECT 1 FROM (
    SELECT NEW.starts_on AS at
    UNION SELECT starts_on FROM hold WHERE listing_id = NEW.listing_id AND state = 'active'
      AND starts_on > NEW.starts_on AND (NEW.ends_on IS NULL OR starts_on < NEW.ends_on)
  ) AS instant
  WHERE NEW.quantity + (
    SELECT coalesce(sum(quantity), 0) FROM hold WHERE listing_id = NEW.listing_id AND state = 'active'
      AND id <> NEW.id AND starts_on <= instant.at AND (ends_on IS NULL OR ends_on > instant.at)
  ) > (SELECT coalesce(quantity, 0) FROM listing WHERE id = NEW.listing_id)
) THEN RAISE EXCEPTION 'stock_exceeded'; END IF;
RETURN NEW;"""

_HOLDS_PEAK = """(
  SELECT max(held) FROM (
    SELECT (
      SELECT coalesce(sum(other.quantity), 0) FROM hold AS other WHERE other.listing_id = NEW.id
        AND other.state = 'active' AND other.starts_on <= one.starts_on
        AND (other.ends_on IS NULL OR other.ends_on > one.starts_on)
    ) AS held FROM hold AS one WHERE one.listing_id = NEW.id AND one.state = 'active'
  ) AS peaks
)"""

GUARDS: list[Guard] = [
    Guard(
        "guard_hold_insert",
        "hold",
        "CREATE TRIGGER guard_hold_insert BEFORE INSERT ON hold WHEN NEW.state = 'active' "
        f"BEGIN {_SQLITE_OVERFULL}; END",
        "BEFORE INSERT",
        f"IF NEW.state <> 'active' THEN RETURN NEW; END IF; {_POSTGRESQL_OVERFULL}",
    ),
    Guard(
        "guard_hold_update",
        "hold",
        "CREATE TRIGGER guard_hold_update BEFORE UPDATE ON hold WHEN NEW.state = 'active' "
        f"BEGIN {_SQLITE_OVERFULL}; END",
        "BEFORE UPDATE",
        f"IF NEW.state <> 'active' THEN RETURN NEW; END IF; {_POSTGRESQL_OVERFULL}",
    ),
    Guard(
        "guard_listing_quantity",
        "listing",
        "CREATE TRIGGER guard_listing_quantity BEFORE UPDATE OF quantity ON listing "
        "WHEN coalesce(NEW.quantity, 0) < coalesce(OLD.quantity, 0) BEGIN "
        f"SELECT RAISE(ABORT, 'quantity_below_holds') WHERE {_HOLDS_PEAK} > coalesce(NEW.quantity, 0); END",
        "BEFORE UPDATE OF quantity",
        f"IF {_HOLDS_PEAK} > coalesce(NEW.quantity, 0) THEN RAISE EXCEPTION 'quantity_below_holds'; END IF; "
        "RETURN NEW;",
    ),
    *append_only("move"),
    *append_only("audit_entry"),
    *append_only("ledger_entry"),
    *append_only("ledger_share"),
    *append_only("factor"),
    *append_only("parameter"),
]


def install(connection: Connection) -> None:
    """Put every guard whose table exists in place, replacing what is there."""
    tables = set(_tables(connection))
    for guard in GUARDS:
        if guard.table not in tables:
            continue
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {guard.name}")
            connection.exec_driver_sql(guard.sqlite)
        else:
            connection.exec_driver_sql(
                f"CREATE OR REPLACE FUNCTION {guard.name}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$guard$ BEGIN {guard.postgresql_body} END $guard$"
            )
            connection.exec_driver_sql(f'DROP TRIGGER IF EXISTS {guard.name} ON "{guard.table}"')
            connection.exec_driver_sql(
                f'CREATE TRIGGER {guard.name} {guard.postgresql_when} ON "{guard.table}" '
                f"FOR EACH ROW EXECUTE FUNCTION {guard.name}()"
            )


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
