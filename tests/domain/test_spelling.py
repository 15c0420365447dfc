"""Slips of one character."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokens.domain.spelling import KnownPaths, Slip, Vocabulary, find_slip

words = st.text(alphabet="ab/", max_size=6)


def one_slip_from(word: str) -> set[str]:
    """Return every text that one slip makes of a word, by making each slip (the oracle)."""
    places = range(len(word) + 1)
    texts = {word[:at] + new + word[at:] for at in places for new in "ab/"}
    texts |= {word[:at] + new + word[at + 1 :] for at in range(len(word)) for new in ("", *"ab/")}
    texts |= {word[:at] + word[at : at + 2][::-1] + word[at + 2 :] for at in places}
    return texts - {word}


@given(words, words)
def test_a_slip_is_found_if_and_only_if_one_slip_was_made(typed, meant):
    assert (find_slip(typed, meant) is not None) == (typed in one_slip_from(meant))


@given(words, words)
def test_a_slip_that_is_undone_gives_what_was_meant(typed, meant):
    slip = find_slip(typed, meant)
    if slip:
        assert typed[: slip.place] + slip.meant + typed[slip.place + len(slip.typed) :] == meant


@given(st.lists(words, max_size=8), words)
def test_a_vocabulary_finds_every_word_that_is_near_and_no_other(known, text):
    assert set(Vocabulary(known).near(text)) == set(known) & one_slip_from(text)


@pytest.mark.parametrize(
    ("typed", "meant", "slip"),
    [
        ("/dtum", "/datum", Slip(2, "", "a")),
        ("/dattum", "/datum", Slip(4, "t", "")),
        ("/dotum", "/datum", Slip(2, "o", "a")),
        ("/dautm", "/datum", Slip(3, "ut", "tu")),
        ("/datum/", "/datum", Slip(6, "/", "")),
    ],
)
def test_a_slip_says_where_and_what(typed, meant, slip):
    assert find_slip(typed, meant) == slip


@pytest.mark.parametrize(("typed", "meant"), [("/datum", "/datum"), ("/dtm", "/datum"), ("/damut", "/datum"), ("", "ab")])
def test_what_differs_by_nothing_or_by_more_is_no_slip(typed, meant):
    assert find_slip(typed, meant) is None


class TestKnownPaths:
    known = KnownPaths(["/datum/list", "/nodes"], ["datum", "list", "nodes"])

    @pytest.mark.parametrize(
        ("entry", "meant"),
        [
            ("/datum/lst", "/datum/list"),
            ("/datumlist", "/datum/list"),
            ("/datum/list/", "/datum/list"),
            ("nodes", "/nodes"),
            ("/datm/**", "/datum/**"),
            ("/nodes/7/lits", "/nodes/7/list"),
        ],
    )
    def test_a_slip_is_corrected_in_the_whole_or_in_a_segment(self, entry, meant):
        assert list(self.known.corrections(entry)) == [meant]

    @pytest.mark.parametrize("entry", ["/datum/list", "/other", "/dtm/**", "", "/"])
    def test_what_is_known_or_far_from_it_has_no_correction(self, entry):
        assert list(self.known.corrections(entry)) == []
