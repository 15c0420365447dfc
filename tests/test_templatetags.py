"""The filters of the templates."""

import pytest

from tokens.domain.policies.wording.phrases import Name, Pattern, Words
from tokens.templatetags.patterns import isolate_patterns


class TestIsolatePatterns:
    @pytest.mark.parametrize(
        ("text", "html"),
        [
            (Words("Reads ", Pattern("/גג/*"), "."), 'Reads <code dir="ltr">/גג/*</code>.'),
            (Words("node 1 (", Name("גג"), ")"), "node 1 (<bdi>גג</bdi>)"),
            (Words("node 1 (", Name("Roof"), ")"), "node 1 (Roof)"),
            ("plain", "plain"),
            ("", ""),
        ],
    )
    def test_patterns_and_names_are_isolated(self, text, html):
        assert isolate_patterns(text) == html

    @pytest.mark.parametrize("make", [str, Pattern, Name])
    def test_markup_is_harmless(self, make):
        assert "<b>" not in isolate_patterns(Words("x", make("<b>é")))
