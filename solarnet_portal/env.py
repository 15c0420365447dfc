"""Typed access to environment variables. Problems are collected and reported together."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


@dataclass
class Environment:
    """Reads settings from environment variables, and collects what is wrong with them.

    Methods return the default for an invalid value, so that all problems are found. `check` raises them.
    """

    values: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    problems: list[str] = field(default_factory=list)

    def text(self, name: str, default: str = "") -> str:
        """Return a variable, or the default if it is unset or blank."""
        return self.values.get(name, "").strip() or default

    def secret_file(self, name: str) -> str:
        """Return the path of the file that holds a secret (`NAME_FILE`), "" if the variable holds it or it is not set."""
        return self.text(f"{name}_FILE")

    def secret(self, name: str, default: str = "") -> str:
        """Return a secret from `NAME`, or from the file at `NAME_FILE`."""
        path = self.secret_file(name)
        if not path:
            return self.text(name, default)
        try:
            return Path(path).read_text(encoding="utf-8").strip() or default
        except OSError as error:
            self.problems.append(f"{name}_FILE: {path} cannot be read ({error.strerror}).")
        except UnicodeDecodeError:
            self.problems.append(f"{name}_FILE: {path} cannot be read (it is not text).")
        return default

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a boolean."""
        return self._read(name, default, _read_flag, "yes or no")

    def number(self, name: str, default: int, *, least: int = 0) -> int:
        """Return an integer that is at least `least`."""
        value = self._read(name, default, int, "a whole number")
        if value < least:
            self.problems.append(f"{name} is {value}; the minimum is {least}.")
            return default
        return value

    def words(self, name: str, default: tuple[str, ...] = ()) -> list[str]:
        """Return a comma-separated list."""
        text = self.text(name)
        return [word.strip() for word in text.split(",") if word.strip()] if text else list(default)

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        """Return one of `choices`."""
        value = self.text(name, default)
        if value not in choices:
            self.problems.append(f"{name} is {value!r}; it must be one of {', '.join(choices)}.")
            return default
        return value

    def require(self, name: str, value: object, why: str) -> None:
        """Report a problem unless `value` is true."""
        if not value:
            self.problems.append(f"{name}: {why}")

    def check(self) -> None:
        """Raise every problem.

        Raises:
            ImproperlyConfigured: if there are problems; lists them, one on each line.
        """
        if self.problems:
            # A setting that two databases share is read for each.
            lines = "\n".join(f"  - {problem}" for problem in dict.fromkeys(self.problems))
            raise ImproperlyConfigured(f"The portal cannot start with these settings:\n{lines}")

    def _read(self, name: str, default: T, read: Callable[[str], T], wanted: str) -> T:
        text = self.text(name)
        if not text:
            return default
        try:
            return read(text)
        except ValueError:
            self.problems.append(f"{name} is {text!r}; it must be {wanted}.")
            return default


def _read_flag(text: str) -> bool:
    lowered = text.lower()
    if lowered not in _TRUE | _FALSE:
        raise ValueError(text)
    return lowered in _TRUE
