"""What grows with tokens and requests on PostgreSQL (docs/scaling.md): the audit trail, whole and in parts, and counts of use.

Run: `scripts/postgres.sh python -m benchmarks.scaling`. A year of entries is made (`BENCH_ENTRIES` in all), a twelfth of them a
month, for as many accounts as there would be; then the same is asked of both tables. Counts of use are added by several writers
at once, as processes do. Rows are made up by the database; the statements are the portal's.
"""

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from urllib.parse import unquote, urlsplit

import psycopg

ENTRIES = int(os.environ.get("BENCH_ENTRIES", "6000000"))
ACCOUNTS = max(1, ENTRIES // 60)
COUNTS = 20_000
_COLUMNS = """
    id bigint, at timestamptz NOT NULL, action varchar(40) NOT NULL, token_id varchar(64) NOT NULL, owner_id bigint,
    actor_id bigint, actor_label varchar(320) NOT NULL, address varchar(64) NOT NULL, client varchar(256) NOT NULL,
    detail jsonb NOT NULL, count integer NOT NULL
"""
_FILL = """
INSERT INTO {table}
SELECT n, timestamptz '2026-01-01' + ((n - 1)::float8 / %s) * interval '1 year',
       (ARRAY['token.created', 'request.refused', 'account.signed_in'])[1 + n %% 3], md5((n %% %s)::text),
       n::bigint * 7919 %% %s, NULL,
       'token ' || md5((n %% %s)::text), '198.51.100.' || n %% 250, 'curl/8.5.0',
       '{{"code": "DENIED", "rule": "apiPaths", "path": "/datum/list"}}', 1
FROM generate_series(1, %s) AS n
"""
_NEWEST = "SELECT * FROM {table} WHERE owner_id = %s ORDER BY at DESC, id DESC LIMIT 51"
_ADD_DAY = """
INSERT INTO scaling_useday (token_id, day, secret_key, allowed, refused) VALUES (%s, current_date, %s, 1, 0)
ON CONFLICT (token_id, day, secret_key) DO UPDATE SET allowed = scaling_useday.allowed + excluded.allowed
"""


def connect() -> "psycopg.Connection[tuple[object, ...]]":
    """Connect to the database that `DATABASE_URL` names."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    place = {"host": unquote(parts.hostname or ""), "port": parts.port, "user": parts.username, "password": parts.password}
    given = {key: value for key, value in place.items() if value}
    return psycopg.connect(dbname=parts.path.removeprefix("/"), autocommit=True, **given)  # type: ignore[arg-type] # as parsed


def timed(act: Callable[[], object]) -> float:
    """Return how long something takes, in milliseconds."""
    start = time.perf_counter()
    act()
    return (time.perf_counter() - start) * 1000


def make_trails(database: "psycopg.Connection[tuple[object, ...]]") -> None:
    """Make the same year of entries twice: in one table, and in a partition for each month."""
    database.execute("DROP TABLE IF EXISTS trail_whole, trail_parts, scaling_useday")
    database.execute(f"CREATE TABLE trail_whole ({_COLUMNS}, PRIMARY KEY (id))")
    database.execute(f"CREATE TABLE trail_parts ({_COLUMNS}, PRIMARY KEY (id, at)) PARTITION BY RANGE (at)")
    for month in range(1, 13):
        end = f"{2026 + month // 12}-{month % 12 + 1:02}-01"
        bounds = f"FROM ('2026-{month:02}-01') TO ('{end}')"
        database.execute(f"CREATE TABLE trail_{month:02} PARTITION OF trail_parts FOR VALUES {bounds}")
    for table in ("trail_whole", "trail_parts"):
        database.execute(f"CREATE INDEX ON {table} (token_id, at DESC)")
        database.execute(f"CREATE INDEX ON {table} (owner_id, at DESC)")
        took = timed(lambda table=table: database.execute(_FILL.format(table=table), [ENTRIES, *[ACCOUNTS] * 3, ENTRIES]))
        database.execute(f"ANALYZE {table}")
        print(f"{table}: {ENTRIES:,} entries made in {took / 1000:.0f} s")


def compare_trails(database: "psycopg.Connection[tuple[object, ...]]") -> None:
    """Print what a page costs, and what dropping the oldest month costs, in both."""
    for table in ("trail_whole", "trail_parts"):
        accounts = [number * 31 % ACCOUNTS for number in range(200)]
        query = _NEWEST.format(table=table)
        pages = median(timed(lambda one=one, query=query: database.execute(query, [one]).fetchall()) for one in accounts)
        print(f"{table}: the newest 51 entries of an account, median {pages:.2f} ms")
    deleting = timed(lambda: database.execute("DELETE FROM trail_whole WHERE at < '2026-02-01'"))
    vacuuming = timed(lambda: database.execute("VACUUM trail_whole"))
    dropping = timed(lambda: database.execute("DROP TABLE trail_01"))
    print(f"the oldest month: deleted in {deleting:,.0f} ms, vacuumed in {vacuuming:,.0f}; as a partition {dropping:,.0f}")
    (size,) = database.execute("SELECT pg_total_relation_size('trail_whole')").fetchone() or (0,)
    print(f"bytes an entry, with indexes: {int(str(size)) / ENTRIES:,.0f}")


def count_uses(database: "psycopg.Connection[tuple[object, ...]]") -> None:
    """Print how many different counts of use a second are added, by one, two, four and eight processes at once."""
    database.execute("""
        CREATE TABLE scaling_useday (
            id bigserial PRIMARY KEY, token_id bigint, day date, secret_key bigint, allowed int, refused int,
            UNIQUE (token_id, day, secret_key)
        )
    """)
    for writers in (1, 2, 4, 8):
        with ThreadPoolExecutor(writers) as pool:
            took = timed(lambda pool=pool, writers=writers: list(pool.map(_add_counts, range(writers))))
        print(f"{writers} writers: {writers * COUNTS / took * 1000:,.0f} counts a second")


def _add_counts(writer: int) -> None:
    with connect() as database, database.transaction(), database.cursor() as cursor:
        # Half of what each adds is added by others as well, in one order.
        rows = [(number if number % 2 else number + writer * COUNTS, 1) for number in range(COUNTS)]
        cursor.executemany(_ADD_DAY, sorted(rows))


def main() -> int:
    """Run all of it."""
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        print("Name a PostgreSQL database: scripts/postgres.sh python -m benchmarks.scaling", file=sys.stderr)
        return 1
    with connect() as database:
        make_trails(database)
        compare_trails(database)
        count_uses(database)
    return 0


if __name__ == "__main__":
    sys.exit(main())
