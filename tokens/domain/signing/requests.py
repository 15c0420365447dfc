"""What a signature is checked against: one HTTP request as a plain value, free of any web framework."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """One HTTP request, as the client sent it.

    Attributes:
        method: upper case.
        path: exactly as sent on the request line, still percent-encoded, without the query.
        query: the raw query string, without the `?`.
        headers: `(lower-case name, value as sent)`, in order; a header that was sent twice is listed twice.
        body: the raw body; `None` if it is not at hand (a gateway's sub-request), `b""` if there is none.
        has_body: whether the original request carried a body; only asked where `body` is `None`.
        hosts: the spellings of the host that count, the one as sent first, as the edge determined them (trusted proxies
            considered). A client may have signed any of them: with and without the scheme's default port. Empty: the `host`
            header's own value is taken, with either default port (`:80`, `:443`) added or left out.
        scheme: `http` or `https`, as the client used it; "" if the edge does not know it (a proxy that does not say).
        has_empty_query: whether a `?` with nothing after it was sent.
        address: the client's address, for the audit trail; "" if unknown.
        client: the client's `User-Agent`, for the audit trail.
    """

    method: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = field(default=b"", repr=False)
    has_body: bool = False
    hosts: tuple[str, ...] = ()
    scheme: str = ""
    has_empty_query: bool = False
    address: str = ""
    client: str = ""

    def header_values(self, name: str) -> tuple[str, ...]:
        """Return every value sent under a lower-case name, in order."""
        return tuple([value for key, value in self.headers if key == name])

    @property
    def has_query(self) -> bool:
        """True if the request line has a `?`."""
        return self.query != "" or self.has_empty_query

    @property
    def has_content(self) -> bool:
        """True if the request has a body that is not empty; where it is not at hand, if the edge takes it to have one."""
        return self.has_body if self.body is None else self.body != b""
