"""The commands' exit codes (docs/commands.md), and which errors lead to them."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist
from django.core.management.base import CommandError
from django.db import DatabaseError

from tokens.domain.errors import NotPermitted, PolicyError, Problem

REJECTED = 1
INVALID_INPUT = 2
NOT_FOUND = 3


@contextmanager
def command_errors() -> Iterator[None]:
    """Turn the errors of services and of the database into a `CommandError` with a clear message and an exit code.

    Raises:
        CommandError: if the block raises such an error.
    """
    try:
        yield
    except PolicyError as error:
        raise CommandError("\n".join(_line(problem) for problem in error.problems), returncode=REJECTED) from error
    except ObjectDoesNotExist as error:
        raise CommandError("It has been deleted in the meantime.", returncode=NOT_FOUND) from error
    except UnicodeEncodeError as error:
        raise CommandError("An argument is not valid UTF-8. Type it again.", returncode=INVALID_INPUT) from error
    except (NotPermitted, ImproperlyConfigured) as error:
        raise CommandError(str(error), returncode=REJECTED) from error
    except DatabaseError as error:
        message = f"The database cannot be used: {error}. Run `manage.py migrate`, or check DATABASE_URL."
        raise CommandError(message, returncode=REJECTED) from error


def _line(problem: Problem) -> str:
    shown = f" ({problem.value})" if problem.value and problem.value not in problem.message else ""
    return f"{problem.field}: {problem.message}{shown}"
