"""Finds out why a signature does not hold: what the client did otherwise, and where its text differs from the portal's."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tokens.domain.diagnosis.cases import Case, ClientText, nearest
from tokens.domain.diagnosis.comparing import Row, State, compare
from tokens.domain.diagnosis.drafts import Draft, Line, Mistake, Suspect, line_suspect
from tokens.domain.diagnosis.searching import (
    Budget,
    Found,
    Guess,
    KeyGuess,
    double_guesses,
    find_hash,
    find_signer,
    find_text,
    normalize,
    single_guesses,
)
from tokens.domain.diagnosis.suspecting.keys import KnownSecret, suspect_keys

_STRING_ROLES = ("algorithm", "date", "canonical request's hash")


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why a signature does not hold. It contains neither a key nor the signature that would be right.

    Attributes:
        headline: what was found, in a sentence or two.
        is_explained: whether the signature is accounted for, so that the mistakes are known to be all there is.
        mistakes: what the client does otherwise, each once.
        rows: the canonical request or the signature base on both sides; empty if the client's is not known.
        string_rows: SNWS2's string to sign on both sides, where it differs or was pasted.
        is_pasted: whether the client's side was pasted; else it was found out from the signature.
        portal_text, portal_string: what the portal would have signed.
    """

    headline: str
    is_explained: bool
    mistakes: tuple[Mistake, ...]
    portal_text: str
    portal_string: str = ""
    rows: tuple[Row, ...] = ()
    string_rows: tuple[Row, ...] = ()
    is_pasted: bool = False

    @property
    def has_no_rows(self) -> bool:
        """True if there is nothing of the client's to compare with."""
        return not self.rows and not self.string_rows


def diagnose(case: Case, client_text: str, secrets: Sequence[KnownSecret]) -> Diagnosis:
    """Diagnose a request whose signature does not hold, or which cannot be read.

    Args:
        case: the request.
        client_text: what the client says it signed, "" if it says nothing.
        secrets: the token's private passwords, the current one first.
    """
    client = case.split(_unquote(client_text)) if client_text.strip() else ClientText()
    keys = suspect_keys(case.lock, secrets) if case.lock and case.signature else ()
    guess = _recognize(case, client)
    found = _find_in_client_text(case, client, guess, keys) or _search(case, keys)
    return _report(case, client, guess, found)


def _unquote(text: str) -> str:
    """Return a text that a log shows on one line, in quotes and with escapes, as the lines that it stands for."""
    unified = normalize(text)
    if "\n" not in unified.strip() and "\\n" in unified:
        unified = unified.strip().strip("'\"").replace("\\r\\n", "\n").replace("\\n", "\n").replace('\\"', '"')
    return unified


def _guesses(case: Case) -> Iterator[Guess]:
    for draft in case.accepted:
        yield from single_guesses(Guess(draft), case.suspects)
    yield from double_guesses(Guess(case.accepted[0]), case.suspects)


def _recognize(case: Case, client: ClientText) -> Guess | None:
    """Return the guess that is the client's text, or whose hash is the one in its string to sign; `None` if none is."""
    if client.lines:
        return find_text("\n".join(line.text for line in client.lines), _guesses(case), Budget())
    if client.string:
        return find_hash(client.string[-1].text, _guesses(case), Budget())
    return None


def _find_in_client_text(case: Case, client: ClientText, guess: Guess | None, keys: Sequence[KeyGuess]) -> Found | None:
    """Return the key that makes the signature of what the client says it signed, `None` if none does."""
    if case.signature is None or not keys:
        return None
    # A form does not keep line ends, so these are tried as well.
    more = [suspect for suspect in case.suspects if suspect.role in {"newline", "end", "string", "stamp"}]
    for draft in _drafts_of_client(case, client, guess):
        found = find_signer(case.signature, single_guesses(Guess(draft, guess.mistakes if guess else ()), more), keys, Budget())
        if found:
            return found
    return None


def _drafts_of_client(case: Case, client: ClientText, guess: Guess | None) -> Iterator[Draft]:
    """Yield what the client says it signed: its string to sign, and the one that its canonical request leads to."""
    base = guess.draft if guess else case.accepted[0]
    if client.string:
        yield replace(base, lines=(Line("", "\n".join(line.text for line in client.string)),), outer="{text}")
    if client.lines:
        yield replace(base, lines=client.lines)


def _search(case: Case, keys: Sequence[KeyGuess]) -> Found | None:
    """Try suspect texts with suspect keys, the likeliest first."""
    if case.signature is None or not keys:
        return None
    likely = [key for key in keys if key.is_likely]
    bases = [Guess(draft) for draft in case.accepted]
    singles = list(single_guesses(bases[0], case.suspects))
    rounds: tuple[tuple[Iterator[Guess], Sequence[KeyGuess]], ...] = (
        (iter(bases), keys),
        (iter(singles), [key for key in keys if key.is_right]),
        (double_guesses(bases[0], case.suspects), likely),
        (iter(singles), keys),
    )
    for guesses, tried in rounds:
        found = find_signer(case.signature, guesses, tried, Budget())
        if found:
            return found
    return None


def _report(case: Case, client: ClientText, guess: Guess | None, found: Found | None) -> Diagnosis:
    theirs = _lines_of_client(client, guess, found)
    portal = nearest(case.accepted, theirs) if theirs else case.accepted[0]
    rows = compare(portal, theirs, case.suspects) if theirs else ()
    string_rows = _string_rows(portal, client, found, case.suspects)
    named = [mistake for row in (*rows, *string_rows) for mistake in row.mistakes]
    known = [*(found.mistakes if found else ()), *(guess.mistakes if guess else ())]
    differs = any(row.state is not State.SAME for row in (*rows, *string_rows))
    is_given = bool(client.lines or client.string)
    return Diagnosis(
        headline=_say_found(found, differs=is_given and differs) if found else _say_nothing(case, client, differs=differs),
        is_explained=found is not None,
        mistakes=tuple(dict.fromkeys((*known, *named, *case.mistakes))),
        portal_text=portal.text,
        portal_string="" if portal.outer == "{text}" else portal.message.decode("utf-8", "replace"),
        rows=rows,
        string_rows=string_rows,
        is_pasted=is_given,
    )


def _lines_of_client(client: ClientText, guess: Guess | None, found: Found | None) -> tuple[Line, ...]:
    """Return the lines that the client signed, as far as they are known: pasted, recognized, or found out."""
    if client.lines:
        return client.lines
    if guess is not None:
        return guess.draft.lines
    # A pasted string to sign has no lines to compare.
    return found.guess.draft.lines if found and found.guess.mistakes and not client.string else ()


def _string_rows(portal: Draft, client: ClientText, found: Found | None, suspects: Sequence[Suspect]) -> tuple[Row, ...]:
    """Compare the strings to sign, if the client's was pasted or is known to differ in more than its hash."""
    ours = _string_draft(portal)
    theirs = client.string
    if not theirs and found and (found.guess.draft.outer, found.guess.draft.stamp) != (portal.outer, portal.stamp):
        theirs = _string_draft(found.guess.draft).lines
    if not theirs or len(ours.lines) < 2:
        return ()
    return compare(ours, theirs, tuple(_string_suspects(portal, ours, suspects)))


def _string_draft(draft: Draft) -> Draft:
    if draft.outer == "{text}":
        return Draft(())
    lines = draft.message.decode("utf-8", "replace").split("\n")
    roles = _STRING_ROLES if len(lines) == len(_STRING_ROLES) else ("",) * len(lines)
    return Draft(tuple(Line(role, line) for role, line in zip(roles, lines, strict=True)))


def _string_suspects(portal: Draft, ours: Draft, suspects: Sequence[Suspect]) -> Iterator[Suspect]:
    """Yield the suspects of the string to sign as changes of its lines."""
    for suspect in suspects:
        if suspect.role in {"stamp", "string"}:
            for line in _string_draft(suspect.change(portal)).lines:
                if line.role and line.text != ours.find(line.role):
                    yield line_suspect(line.role, line.text, *suspect.mistakes)


def _say_found(found: Found, *, differs: bool) -> str:
    if found.key.is_right and differs:
        return (
            f"The key is right ({found.key.description}): it made the signature of what the client signed. Only the text differs."
        )
    if not found.mistakes:
        return f"The signature itself is right ({found.key.description}). The way in which the request states it is wrong."
    return f"Found: what is listed here gives exactly the signature that was sent ({found.key.description})."


def _say_nothing(case: Case, client: ClientText, *, differs: bool) -> str:
    if case.signature is None or case.lock is None:
        return "The request lacks what is needed to check a signature."
    if differs:
        return (
            "The texts differ, and no key that was tried gives the signature for the client's text. Correct the text first, "
            "then check the private password."
        )
    if client.lines:
        return (
            "Both sign the same text, so the key differs: it comes from none of this token's private passwords, not even from a "
            "misspelled one. Check which private password the client has. To get a new one, rotate the token."
        )
    return (
        "No mistake that was tried explains this signature. Paste what the client signed to see where it differs. "
        "If the client does not show it, check its private password."
    )
