"""What happened to one token, told beside it on the next page: in its row of the list, or at the top of its own page."""

from typing import NamedTuple
from urllib.parse import quote

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest

from tokens.domain.states import State


class Notice(NamedTuple):
    """A message about one token. `state` is what was chosen: what the message offers to undo."""

    token_id: str
    state: State
    level: int
    text: str

    @property
    def level_tag(self) -> str:
        """The level's name, as the style sheet knows it."""
        return messages.DEFAULT_TAGS[self.level]


def tell(request: HttpRequest, notice: Notice) -> None:
    """Keep a notice for the next page. A page that does not know the token shows it like any other message."""
    messages.add_message(request, notice.level, notice.text, extra_tags=f"{notice.state} {notice.token_id}")


def take(request: HttpRequest) -> tuple[dict[str, Notice], list[Message]]:
    """Take this page's messages: the newest notice about each token, by its identifier, and all that are about none."""
    notices: dict[str, Notice] = {}
    others = []
    for message in messages.get_messages(request):
        state, _, token_id = message.extra_tags.partition(" ")
        if token_id:
            notices[token_id] = Notice(token_id, State(state), message.level, message.message)
        else:
            others.append(message)
    return notices, others


def anchor_of(token_id: str) -> str:
    """Return the id of a token's row on the page."""
    return f"token-{token_id}"


def fragment_of(token_id: str) -> str:
    """Return the end of an address that leads to a token's row."""
    return f"#{quote(anchor_of(token_id), safe='')}"
