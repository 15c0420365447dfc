"""Copying everything that the portal stores from one database to another, row by row, and reading it back."""

from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Any

from django.apps import apps
from django.core.management.color import no_style
from django.db import connections, models, transaction
from django.db.migrations.recorder import MigrationRecorder

from tokens.models.policies import PolicyMarkField

BATCH = 1_000


class NotTheSame(Exception):
    """The two databases differ where they must not: nothing was copied."""


def count_rows(alias: str) -> int:
    """Return how many rows a database has in all."""
    return sum(model._base_manager.using(alias).count() for model in stored_models())


def copy_all(source: str, target: str, report: Callable[[int], None]) -> None:
    """Copy all rows, in one transaction at each side; nobody writes to a SQLite source until it is over.

    Args:
        source: the alias of the database to copy from.
        target: the alias of the one to copy to. It is migrated and has no rows but those that Django makes itself.
        report: called with the number of rows copied so far.

    Raises:
        NotTheSame: if the two have other migrations, or a row is not what was copied when it is read back.
    """
    with transaction.atomic(using=source), transaction.atomic(using=target):
        _compare_migrations(source, target)
        done = 0
        for model in stored_models():
            # What `migrate` has filled in (content types, permissions) has other numbers there.
            model._base_manager.using(target).all().delete()
        for model in stored_models():
            for batch in _batches(model, source):
                model._base_manager.using(target).bulk_create(batch)
                done += len(batch)
                report(done)
        _compare_rows(source, target)
        _reset_sequences(target)


def stored_models() -> list[type[models.Model]]:
    """Return the models that have a table of their own, those between two others included."""
    return [model for model in apps.get_models(include_auto_created=True) if model._meta.managed and not model._meta.proxy]


def _batches(model: type[models.Model], alias: str) -> Iterator[list[Any]]:
    rows = model._base_manager.using(alias).order_by("pk").iterator(chunk_size=BATCH)
    batch: list[Any] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _compare_migrations(source: str, target: str) -> None:
    applied = [set(MigrationRecorder(connections[alias]).applied_migrations()) for alias in (source, target)]
    if applied[0] != applied[1]:
        names = ", ".join(sorted(".".join(name) for name in applied[0] ^ applied[1]))
        raise NotTheSame(f"The databases have other migrations ({names}). Run `migrate` on both with this version first.")


def _compare_rows(source: str, target: str) -> None:
    for model in stored_models():
        for mine, theirs in zip_longest(_values(model, source), _values(model, target)):
            if mine != theirs:
                raise NotTheSame(f"A row of {model._meta.label} was not the same when it was read back. Nothing was copied.")


def _values(model: type[models.Model], alias: str) -> Iterator[tuple[Any, ...]]:
    # What the database makes itself is made by each in its own way.
    names = [field.attname for field in model._meta.concrete_fields if not _is_made_there(field)]
    rows = model._base_manager.using(alias).order_by("pk").values_list(*names)
    return (tuple(map(_plain, row)) for row in rows.iterator(chunk_size=BATCH))


def _is_made_there(field: "models.Field[Any, Any]") -> bool:
    return field.generated or isinstance(field, PolicyMarkField)


def _plain(value: Any) -> Any:
    # Each driver has its own class for bytes.
    return bytes(value) if isinstance(value, (bytes, bytearray, memoryview)) else value


def _reset_sequences(alias: str) -> None:
    """Let the database count on from the rows that came with their numbers."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), stored_models()):
            cursor.execute(statement)
