"""Tells PostgreSQL which organisation acts, for its row-level security policies, just before a statement needs it.

Nothing is sent when a context is entered or left. Each statement compares what the context wants with what this
connection was last told, so a context without statements costs nothing, a context that ends in an aborted
transaction sends nothing into it, and threads and async tasks cannot disagree with their own connection.

The session is told before a transaction begins, so that requests for the same organisation are told once. Inside a
transaction the setting is local to it, because a rollback would revert it either way. Do not put a
transaction-pooling proxy in between.
"""

from collections.abc import Callable
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any

from django.db.backends.signals import connection_created

if TYPE_CHECKING:  # the driver is not even read where SQLite does the work
    from psycopg import Connection

SETTING = "boardwell.organisation"
EVERYBODY = "*"
NOBODY = ""
_IDLE, _IN_ERROR = 0, 3
"""libpq's PQTRANS_IDLE and PQTRANS_INERROR."""
_SAVEPOINTS = ("SAVEPOINT ", "RELEASE SAVEPOINT ", "ROLLBACK TO SAVEPOINT ")
"""Statements that no policy concerns."""
_TELL = "SELECT set_config(%s, %s, %s)"

_announced: ContextVar[str] = ContextVar("announced_organisation", default=NOBODY)


def announce(organisation_id: str) -> "Token[str]":
    """Says what the policies must compare with from here on; `kernel.tenancy` calls it, the database hears of it later."""
    return _announced.set(organisation_id)


def withdraw(token: "Token[str]") -> None:
    """Goes back to what was announced before."""
    _announced.reset(token)


def wanted() -> str:
    """What was announced: an organisation's id, "*" when unscoped, "" (no rows) for nobody."""
    return _announced.get()


class Announcer:
    """Remembers what one connection was told; an execute wrapper of Django, called around every statement."""

    def __init__(self) -> None:
        self.of_session: str | None = None
        self.of_transaction: str | None = None
        self.told = 0
        """How many times the database had to be told; for tests and benches."""

    def __call__(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        driver = context["connection"].connection
        reads_nothing = isinstance(sql, str) and sql.startswith(_SAVEPOINTS)
        if driver is not None:
            with context["connection"].wrap_database_errors:  # a lost connection is Django's OperationalError here too
                self.tell(driver, send=not reads_nothing)
        try:
            return execute(sql, params, many, context)
        finally:
            if reads_nothing and sql.startswith("ROLLBACK"):
                self.of_transaction = None

    def tell(self, driver: "Connection[Any]", *, send: bool = True) -> None:
        """Sends the setting when the connection does not have it; without `send` only keeps up with its transactions."""
        status = driver.info.transaction_status
        if status == _IN_ERROR:
            return  # nothing runs here before the rollback, after which the memory is void
        value = wanted()
        if status == _IDLE:  # the statement to come is alone, or the first of a new transaction
            if send and self.of_session != value:
                self._tell_session(driver, value)
            self.of_transaction = self.of_session
        elif send and self.of_transaction != value:
            driver.execute(_TELL, [SETTING, value, True])
            self.of_transaction = value
            self.told += 1

    def _tell_session(self, driver: "Connection[Any]", value: str) -> None:
        """Before the transaction begins, so that neither its rollback nor its end takes the setting back."""
        begins_transactions = not driver.autocommit
        if begins_transactions:
            driver.autocommit = True  # a flag of the driver's: costs nothing
        try:
            # On the driver, so that it is neither wrapped again nor counted among the page's queries.
            driver.execute(_TELL, [SETTING, value, False])
        finally:
            if begins_transactions:
                driver.autocommit = False
        self.of_session = value
        self.told += 1


def announcer_of(connection: Any) -> Announcer | None:
    """The connection's announcer; None before it was opened and on other databases."""
    return next((each for each in connection.execute_wrappers if isinstance(each, Announcer)), None)


def _on_connect(sender: Any, connection: Any, **_: Any) -> None:
    if connection.vendor != "postgresql":
        return
    connection.execute_wrappers = [each for each in connection.execute_wrappers if not isinstance(each, Announcer)]
    connection.execute_wrappers.insert(0, Announcer())


connection_created.connect(_on_connect, dispatch_uid="boardwell.rowlevel")
