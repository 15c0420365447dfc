"""Charts that the server draws: numbers in, the measures of an SVG out."""

from collections.abc import Sequence
from typing import NamedTuple

from tokens.services.use.reading import DayCount

# A day's width with the gap behind it, and the height of the tallest bar, in units of the drawing.
_STEP, _WIDTH, HEIGHT = 10, 8, 100
_SPARK_WIDTH, _SPARK_HEIGHT = 60, 14


class Bar(NamedTuple):
    """One day: where its bars are, and what they stand for. Heights are 0 for nothing, and else at least 2, to be seen."""

    day: DayCount
    x: int
    allowed: int
    refused: int

    @property
    def top(self) -> int:
        """Where the bar of what was allowed begins."""
        return HEIGHT - self.allowed

    @property
    def above(self) -> int:
        """Where the bar of what was refused begins, which stands on the other."""
        return HEIGHT - self.allowed - self.refused


class Chart(NamedTuple):
    """A chart of requests by day."""

    bars: list[Bar]
    width: int
    height: int
    most: int


def draw_days(days: Sequence[DayCount]) -> Chart:
    """Return the chart of some days."""
    most = max((day.allowed + day.refused for day in days), default=0)
    bars = [Bar(day, place * _STEP, _scale(day.allowed, most), _scale(day.refused, most)) for place, day in enumerate(days)]
    return Chart(bars, len(days) * _STEP - (_STEP - _WIDTH), HEIGHT, most)


def draw_spark(counts: Sequence[int]) -> str:
    """Return the points of a small line; "" where there is nothing to show."""
    most = max(counts, default=0)
    if not most:
        return ""
    step, height = _SPARK_WIDTH / (len(counts) - 1), _SPARK_HEIGHT - 2
    return " ".join([f"{place * step:.0f},{height + 1 - height * count / most:.0f}" for place, count in enumerate(counts)])


def _scale(number: int, most: int) -> int:
    # Two units less than all of it, so that two bars that are rounded up still fit.
    return max(2, round((HEIGHT - 4) * number / most)) if number else 0
