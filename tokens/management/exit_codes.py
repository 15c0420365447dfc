"""What the commands' exit codes mean (docs/commands.md), and the errors that lead to them."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist
from django.core.management.base import CommandError
from django.db import DatabaseError

from tokens.domain.errors import NotPermitted, PolicyError, Problem

REFUSED = 1
UNREADABLE = 2
UNKNOWN = 3


@contextmanager
def told_by_exit() -> Iterator[None]:
    """Turn what the portal's rules refuse, and a database that does not answer, into one clear message and an exit code.

    Raises:
        CommandError: with the exit code that says which kind of failure it is.
    """
    try:
        yield
    except PolicyError as error:
        raise CommandError("\n".join(_line(problem) for problem in error.problems), returncode=REFUSED) from error
    except ObjectDoesNotExist as error:
        raise CommandError("It is gone: somebody deleted it meanwhile.", returncode=UNKNOWN) from error
    except (NotPermitted, ImproperlyConfigured) as error:
        raise CommandError(str(error), returncode=REFUSED) from error
    except DatabaseError as error:
        message = f"The database cannot be used: {error}. Run `manage.py migrate`, or check DATABASE_URL."
        raise CommandError(message, returncode=REFUSED) from error


def _line(problem: Problem) -> str:
    shown = f" ({problem.value})" if problem.value and problem.value not in problem.message else ""
    return f"{problem.field}: {problem.message}{shown}"
