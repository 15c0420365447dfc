"""Transactions that write take turns (docs/decisions/sqlite-turns.md), and the file is its owner's alone."""

import os
from typing import TYPE_CHECKING, Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base

from solarnet_portal.operations.sqlite3.turns import turns_at

if TYPE_CHECKING:
    WrapperBase = Any
else:
    WrapperBase = base.DatabaseWrapper

_SUFFIX = "-turns"
_SECONDS = 5.0


class DatabaseWrapper(WrapperBase):  # type: ignore[misc] # django-stubs knows little of backends
    """Django's. A transaction waits for its turn before it begins, as long as SQLite itself would have let it try."""

    _has_turn = False

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect; a missing file is made readable by its owner alone, and SQLite gives its journal the same mode."""
        if not self.is_in_memory_db():
            self._make_file(str(self.settings_dict["NAME"]))
        return super().get_new_connection(conn_params)

    @staticmethod
    def _make_file(path: str) -> None:
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        except OSError:
            # It is there, or SQLite itself will say why it cannot be.
            return

    def is_usable(self) -> bool:
        """Return False: Django asks after an error. One that was opened while the disk could only be read stays like that."""
        return False

    def _start_transaction_under_autocommit(self) -> None:
        self._take_turn()
        try:
            super()._start_transaction_under_autocommit()
        except BaseException:
            self._end_turn()
            raise

    def _commit(self) -> None:
        super()._commit()
        self._end_turn()

    def _rollback(self) -> None:
        super()._rollback()
        self._end_turn()

    def _close(self) -> None:
        super()._close()
        self._end_turn()

    def __del__(self) -> None:
        # A thread that ended within a transaction has let SQLite's own lock go by now.
        self._end_turn()

    def _take_turn(self) -> None:
        if self._has_turn or self.is_in_memory_db():
            return
        seconds = float(self.settings_dict["OPTIONS"].get("timeout", _SECONDS))
        self._has_turn = turns_at(self._turns_path).take(seconds)
        if not self._has_turn:
            raise OperationalError("database is locked")

    def _end_turn(self) -> None:
        if self._has_turn:
            self._has_turn = False
            turns_at(self._turns_path).end()

    @property
    def _turns_path(self) -> str:
        return f"{self.settings_dict['NAME']}{_SUFFIX}"
