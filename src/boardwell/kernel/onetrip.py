"""Several statements in one message to PostgreSQL and one back, `BEGIN` included: what `sql.together` is there.

The driver's own pipeline sends each statement by itself, which wakes the server as many times, and waits for `BEGIN`.
That costs a completed step as much as everything else. This is the same protocol by the driver's own parts (libpq's
pipeline, its dumpers and loaders, its way of waiting, which lets other threads run), with one flush.

Statements stay prepared, the last used ones of each connection. The driver must prepare none of its own beside them: at
every rollback it would forget them all, and make the server forget ours too (`config/databases` leaves it off).
"""

import re
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from psycopg import Connection, errors, generators
from psycopg.abc import PQGen
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

_MOST_PREPARED = 200
"""Statements that a connection keeps prepared; the one that was not used for longest makes room."""
_PLACES = re.compile("%[s%]")
_numbers = count()

_prepared: "WeakKeyDictionary[Connection[Any], OrderedDict[tuple[str, tuple[int, ...]], bytes]]" = WeakKeyDictionary()


class _Sent:
    """One statement on its way: what to send, and what came back."""

    __slots__ = ("key", "parameters", "result", "sql", "values")

    def __init__(self, driver: "Connection[Any]", sql: str, parameters: Sequence[Any]) -> None:
        self.sql = sql
        self.values = Transformer(driver)
        self.parameters = self.values.dump_sequence(parameters, [PyFormat.AUTO] * len(parameters))
        self.key = sql, self.values.types or ()
        self.result: PGresult | None = None

    def answer(self) -> tuple[list[tuple[Any, ...]], int]:
        """Its rows and how many it touched."""
        if self.result is None:
            raise RuntimeError("a statement without an answer")
        touched = self.result.command_tuples or 0
        if self.result.status != ExecStatus.TUPLES_OK:
            return [], touched
        self.values.set_pgresult(self.result)
        return self.values.load_rows(0, self.result.ntuples, tuple), touched


def one_trip(driver: "Connection[Any]", statements: Sequence[tuple[str, Sequence[Any]]]) -> list[tuple[list[tuple[Any, ...]], int]]:
    """Runs statements in order and returns for each its rows and how many it touched; begins the transaction that is due.

    When one fails, none of those after it runs, and its error is raised as the driver would.
    """
    sent = [_Sent(driver, sql, parameters) for sql, parameters in statements]  # what cannot be dumped is refused before anything is sent
    begins = not driver.autocommit and driver.info.transaction_status == TransactionStatus.IDLE
    driver.pgconn.enter_pipeline_mode()
    try:
        failed = driver.wait(_talk(driver, sent, begins=begins))
        driver.pgconn.exit_pipeline_mode()
    except BaseException:
        driver.close()  # cut off in the middle of an answer: there is nothing to go on with
        raise
    if failed is not None:
        raise errors.error_from_result(failed, encoding="utf-8")
    return [each.answer() for each in sent]


def _talk(driver: "Connection[Any]", sent: Sequence[_Sent], *, begins: bool) -> PQGen[PGresult | None]:
    """Sends everything, then reads everything; returns the first result that is an error, if there is one."""
    server, names = driver.pgconn, _prepared.setdefault(driver, OrderedDict())
    coming: list[tuple[_Sent | None, bytes]] = []  # whose result comes next, and the name that it prepares
    if begins:
        server.send_query_params(b"BEGIN", None)
        coming.append((None, b""))
    while len(names) > _MOST_PREPARED:
        server.send_query_params(b"DEALLOCATE " + names.popitem(last=False)[1], None)
        coming.append((None, b""))
    for each in sent:
        name = names.get(each.key)
        if name is None:
            name = f"boardwell_{next(_numbers)}".encode()
            server.send_prepare(name, _numbered(each.sql), each.key[1])
            coming.append((each, name))
        else:
            names.move_to_end(each.key)
        server.send_query_prepared(name, each.parameters, each.values.formats)
        coming.append((each, b""))
    server.pipeline_sync()
    yield from generators.send(server)
    failed: PGresult | None = None
    for of, name in coming:
        results = yield from generators.fetch_many(server)
        if not results:
            raise errors.OperationalError("the server's answer ended too soon")
        result = results[-1]
        if result.status in (ExecStatus.FATAL_ERROR, ExecStatus.PIPELINE_ABORTED):
            failed = failed or result
        elif of is not None and name:
            names[of.key] = name
        elif of is not None:
            of.result = result
    yield from generators.fetch_many(server)  # the end of the pipeline
    return failed


@lru_cache(maxsize=512)
def _numbered(sql: str) -> bytes:
    """`$1, $2, …` for each `%s`."""
    numbers = count(1)
    return _PLACES.sub(lambda found: f"${next(numbers)}" if found[0] == "%s" else "%", sql).encode()
