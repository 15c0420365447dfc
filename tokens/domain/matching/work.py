"""The bound on what comparing patterns may cost."""

from dataclasses import dataclass

from tokens.domain.errors import TooMuchWork

# In steps of half a microsecond at most. Ordinary questions take a few dozen, 1,000 sources against 1,000 patterns 16,000.
MAX_WORK = 100_000


@dataclass(slots=True)
class Work:
    """What is left of the steps that all comparisons of one rule may take."""

    left: int = MAX_WORK

    def spend(self, steps: int) -> None:
        """Take steps before doing the work that they stand for.

        Raises:
            TooMuchWork: none are left. There is no result then, neither yes nor no.
        """
        self.left -= steps
        if self.left < 0:
            raise TooMuchWork("The patterns take too much work to compare.")
