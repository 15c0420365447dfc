"""Walking down a tree, such as a metadata document, along what patterns can still match there."""

from collections.abc import Iterable, Sequence

from tokens.domain.matching.texts import is_plain, segment_matches
from tokens.domain.matching.work import Work


class _Node:
    """What patterns that begin alike say after that: the next segments, and whether one of them ends here."""

    __slots__ = ("is_end", "plain", "skipping", "skips", "wild")

    def __init__(self, *, skips: bool = False) -> None:
        """Begin without patterns; `skips` is true right behind a `**`, where any segment may be passed over."""
        self.skips = skips
        self.is_end = False
        self.plain: dict[str, _Node] = {}
        self.wild: dict[str, _Node] = {}
        self.skipping: _Node | None = None

    def add(self, segments: Sequence[str]) -> None:
        """Add a pattern from here on."""
        node = self
        for segment in segments:
            if segment == "**":
                node.skipping = node.skipping or _Node(skips=True)
                node = node.skipping
            else:
                node = (node.plain if is_plain(segment) else node.wild).setdefault(segment, _Node())
        node.is_end = True


class PathWalk:
    """A place in a tree, and what patterns can still match from there on."""

    __slots__ = ("_nodes", "_work")

    def __init__(self, nodes: Iterable[_Node], work: Work) -> None:
        """Stand at these nodes, and at those behind a `**` that matches no segment."""
        self._work = work
        self._nodes: dict[_Node, None] = {}
        for node in nodes:
            behind: _Node | None = node
            while behind is not None:
                self._nodes[behind] = None
                behind = behind.skipping

    @classmethod
    def at_root(cls, entries: Sequence[str], work: Work | None = None) -> "PathWalk":
        """Return the place above the first segment, the empty path, which no pattern matches; `work` bounds the whole walk."""
        root = _Node()
        for entry in entries:
            # A path begins with "/", so only such a pattern can match one.
            if entry.startswith("/"):
                root.add(entry.split("/")[1:])
        return cls([root], work or Work())

    def below(self, segment: str) -> "PathWalk | None":
        """Return the place one segment further down, `None` if nothing there or below it can match.

        A "/" in the segment is no separator: it is one more character that wildcards match.

        Raises:
            TooMuchWork: the bound is reached, and the result is not known.
        """
        following: list[_Node] = []
        self._work.spend(1 + len(self._nodes))
        for node in self._nodes:
            if node.wild:
                # A wildcard may try every place of the segment.
                self._work.spend(len(node.wild) * (2 + len(segment) // 16))
            if node.skips:
                following.append(node)
            if segment in node.plain:
                following.append(node.plain[segment])
            following += [below for wild, below in node.wild.items() if segment_matches(wild, segment)]
        return PathWalk(following, self._work) if following else None

    @property
    def matches(self) -> bool:
        """True if the path so far matches an entry."""
        return any(node.is_end for node in self._nodes)
