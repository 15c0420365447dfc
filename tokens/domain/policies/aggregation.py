"""Aggregation levels, fine to coarse (SPEC, "Aggregation levels")."""

from collections.abc import Collection
from enum import StrEnum


class Aggregation(StrEnum):
    """An aggregation by the name that SolarNetwork's API uses."""

    NONE = "None"
    MINUTE = "Minute"
    FIVE_MINUTE = "FiveMinute"
    TEN_MINUTE = "TenMinute"
    FIFTEEN_MINUTE = "FifteenMinute"
    THIRTY_MINUTE = "ThirtyMinute"
    HOUR = "Hour"
    HOUR_OF_DAY = "HourOfDay"
    HOUR_OF_YEAR = "HourOfYear"
    SEASONAL_HOUR_OF_DAY = "SeasonalHourOfDay"
    DAY = "Day"
    DAY_OF_WEEK = "DayOfWeek"
    DAY_OF_YEAR = "DayOfYear"
    SEASONAL_DAY_OF_WEEK = "SeasonalDayOfWeek"
    WEEK = "Week"
    WEEK_OF_YEAR = "WeekOfYear"
    MONTH = "Month"
    YEAR = "Year"
    RUNNING_TOTAL = "RunningTotal"

    @property
    def level(self) -> int:
        """How coarse: a finer level is a smaller number; groupings such as `HourOfDay` count like their unit."""
        return _LEVELS[self]


_LADDER: tuple[tuple[Aggregation, ...], ...] = (
    (Aggregation.NONE,),
    (Aggregation.MINUTE,),
    (Aggregation.FIVE_MINUTE,),
    (Aggregation.TEN_MINUTE,),
    (Aggregation.FIFTEEN_MINUTE,),
    (Aggregation.THIRTY_MINUTE,),
    (Aggregation.HOUR, Aggregation.HOUR_OF_DAY, Aggregation.HOUR_OF_YEAR, Aggregation.SEASONAL_HOUR_OF_DAY),
    (Aggregation.DAY, Aggregation.DAY_OF_WEEK, Aggregation.DAY_OF_YEAR, Aggregation.SEASONAL_DAY_OF_WEEK),
    (Aggregation.WEEK, Aggregation.WEEK_OF_YEAR),
    (Aggregation.MONTH,),
    (Aggregation.YEAR,),
    (Aggregation.RUNNING_TOTAL,),
)
_LEVELS = {aggregation: level for level, rung in enumerate(_LADDER) for aggregation in rung}

# What the form offers, with the words that a person reads (SPEC, "Minimum Aggregation").
OFFERED: dict[Aggregation, str] = {
    Aggregation.NONE: "None",
    Aggregation.FIVE_MINUTE: "5 Minute",
    Aggregation.TEN_MINUTE: "10 Minute",
    Aggregation.FIFTEEN_MINUTE: "15 Minute",
    Aggregation.THIRTY_MINUTE: "30 Minute",
    Aggregation.HOUR: "Hour",
    Aggregation.DAY: "Day",
    Aggregation.WEEK: "Week",
    Aggregation.MONTH: "Month",
    Aggregation.RUNNING_TOTAL: "Running Total",
}

# The short keys of SolarNetwork's API, all of them; case counts (`m` is a minute, `M` a month).
SHORT_KEYS: dict[str, Aggregation] = {
    "0": Aggregation.NONE,
    "m": Aggregation.MINUTE,
    "5m": Aggregation.FIVE_MINUTE,
    "10m": Aggregation.TEN_MINUTE,
    "15m": Aggregation.FIFTEEN_MINUTE,
    "30m": Aggregation.THIRTY_MINUTE,
    "h": Aggregation.HOUR,
    "hd": Aggregation.HOUR_OF_DAY,
    "hy": Aggregation.HOUR_OF_YEAR,
    "shd": Aggregation.SEASONAL_HOUR_OF_DAY,
    "d": Aggregation.DAY,
    "wd": Aggregation.DAY_OF_WEEK,
    "yd": Aggregation.DAY_OF_YEAR,
    "swd": Aggregation.SEASONAL_DAY_OF_WEEK,
    "w": Aggregation.WEEK,
    "yw": Aggregation.WEEK_OF_YEAR,
    "M": Aggregation.MONTH,
    "y": Aggregation.YEAR,
    "rt": Aggregation.RUNNING_TOTAL,
}

_BY_NAME: dict[str, Aggregation] = {
    **SHORT_KEYS,
    **{aggregation.value: aggregation for aggregation in Aggregation},
    # The finest level is written in lower case too (SPEC, "Minimum Aggregation").
    "none": Aggregation.NONE,
}


def find_aggregation(text: str) -> Aggregation | None:
    """Return the aggregation that a name (`FiveMinute`) or a short key (`5m`) stands for, `None` for anything else."""
    return _BY_NAME.get(text)


def unit_of(aggregation: Aggregation) -> Aggregation:
    """Return the aggregation that names a level: `Hour` for `HourOfDay`."""
    return _LADDER[aggregation.level][0]


def missing_levels(listed: Collection[Aggregation], minimum: Aggregation) -> list[Aggregation]:
    """Return the levels from a minimum up that a list names by none of their names, each by its unit."""
    named = {aggregation.level for aggregation in listed}
    return [rung[0] for level, rung in enumerate(_LADDER) if level >= minimum.level and level not in named]


def missing_units(listed: Collection[Aggregation], minimum: Aggregation) -> list[Aggregation]:
    """Return the units from a minimum up (`Hour`, not `HourOfDay`) that a list leaves out."""
    return [rung[0] for rung in _LADDER[minimum.level :] if rung[0] not in listed]


def finer_than(listed: Collection[Aggregation], minimum: Aggregation) -> list[Aggregation]:
    """Return what a list names that is finer than a minimum."""
    return [aggregation for aggregation in listed if aggregation.level < minimum.level]
