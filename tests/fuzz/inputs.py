"""Makes inputs that programs stumble over: hostile pieces, and right ones changed a little."""

import json
import random
import string
from collections.abc import Sequence

PIECES = (
    *("", " ", "0", "-1", "1", "1e309", "NaN", "null", "true", "²", "٣", "０", "9" * 30, str(2**63), str(-(2**63) - 1), "1.5"),
    *("\0", "a\0b", "\r\n", "\u202e", "\ud800", "\U0001f600", "ß" * 300, "é" * 130, "\x7f", "\x1b[2J", "%00", "%ff", "%", "%zz"),
    *("+", "'", '"', "<script>", "{{7*7}}", "{% load %}", "' OR 1=1 --", "../../etc/passwd", "=cmd|'x'!A1", "${jndi:x}", "\\"),
    *("/", "//", "*", "**", "***", "/**", "!/**", "!", "?", "/a/**/b", "/" * 300, "*" * 64, "a*" * 40, "[a-z]", "/m/**", "/pm/*"),
    *("/m//x", "[]", "{}", "[", "{", '{"nodeIds":[1]}', '{"a":' * 50, "[" * 2000, '{"nodeIds":null}', '{"notAfter":1e400}'),
    *("\ufeff{}", "2026-02-30", "9999-12-31", "0000-00-00", "2026-11-30T00:00:00Z", "10000-01-01", "now", "Hour", "hour", "None"),
    *("RunningTotal", "Active", "Disabled", "delete", "User", "ReadNodeData", "snws2", "snws3", "24h", "-created", "-used"),
    *("policy", "101", "201", "0x1"),
)
_LETTERS = string.ascii_letters + string.digits + '/*?!{}[]":,.-_ %+&=\n'


class Maker:
    """Makes inputs; the same seed makes the same ones."""

    def __init__(self, seed: int) -> None:
        """Begin at a seed."""
        self.chance = random.Random(seed)

    def text(self) -> str:
        """Return one value."""
        kind = self.chance.random()
        if kind < 0.55:
            return self.chance.choice(PIECES)
        if kind < 0.8:
            return "".join(self.chance.choices(_LETTERS, k=self.chance.randint(1, 60)))
        if kind < 0.95:
            return self.chance.choice(PIECES) + self.chance.choice(PIECES)
        return self.chance.choice(PIECES) * self.chance.randint(2, 200)

    def fields(self, names: Sequence[str], right: dict[str, object] | None = None) -> dict[str, object]:
        """Return values for some of the names, lists for some; most of the rest is as in `right`."""
        made: dict[str, object] = {name: value for name, value in (right or {}).items() if self.chance.random() < 0.9}
        for name in self.chance.sample(list(names), k=self.chance.randint(1, min(3, len(names)))):
            made[name] = [self.text() for _ in range(self.chance.randint(0, 4))] if self.chance.random() < 0.15 else self.text()
        if self.chance.random() < 0.05:
            made[self.text()] = self.text()
        return made

    def body(self, right: object) -> bytes:
        """Return a body: JSON in which one thing is wrong, or no JSON."""
        if self.chance.random() < 0.3:
            return self.text().encode("utf-8", "surrogatepass")
        text = json.dumps(self._changed(right))
        if self.chance.random() < 0.2:
            cut = self.chance.randint(0, len(text))
            text = text[:cut] + self.text() + text[cut + self.chance.randint(0, 5) :]
        return text.encode("utf-8", "surrogatepass")

    def _changed(self, value: object) -> object:
        if isinstance(value, dict) and value and self.chance.random() < 0.8:
            key = self.chance.choice(list(value))
            return {**value, key: self._changed(value[key])}
        if isinstance(value, list) and value and self.chance.random() < 0.7:
            place = self.chance.randrange(len(value))
            return [*value[:place], self._changed(value[place]), *value[place + 1 :]]
        return self.chance.choice([self.text(), None, True, [], {}, [self.text()], -1, 2**70, 1.5, [[[]]], {"a": {"b": []}}])
