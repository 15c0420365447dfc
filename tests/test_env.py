"""Typed access to environment variables."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from solarnet_portal.env import Environment


@pytest.mark.parametrize(("values", "expected"), [({}, "else"), ({"NAME": "  "}, "else"), ({"NAME": " text "}, "text")])
def test_text_is_trimmed_and_blank_means_unset(values, expected):
    assert Environment(values).text("NAME", "else") == expected


@pytest.mark.parametrize("word", ["1", "true", "Yes", "ON"])
def test_a_flag_reads_the_words_for_yes(word):
    assert Environment({"FLAG": word}).flag("FLAG", default=False) is True


@pytest.mark.parametrize("word", ["0", "False", "no", "off"])
def test_a_flag_reads_the_words_for_no(word):
    assert Environment({"FLAG": word}).flag("FLAG", default=True) is False


def test_an_unknown_flag_is_a_problem_that_names_it():
    env = Environment({"FLAG": "perhaps"})
    assert env.flag("FLAG", default=False) is False
    assert env.problems == ["FLAG is 'perhaps'; it must be yes or no."]


def test_a_number_below_the_minimum_is_a_problem_and_the_default_is_used():
    env = Environment({"PORT": "0"})
    assert env.number("PORT", 587, least=1) == 587
    assert env.problems == ["PORT is 0; the minimum is 1."]


def test_an_invalid_number_is_a_problem():
    env = Environment({"PORT": "smtp"})
    assert env.number("PORT", 587) == 587
    assert env.problems == ["PORT is 'smtp'; it must be a whole number."]


def test_words_are_separated_by_commas_trimmed_and_never_blank():
    assert Environment({"HOSTS": " a, ,b,"}).words("HOSTS", ("c",)) == ["a", "b"]
    assert Environment({}).words("HOSTS", ("c",)) == ["c"]


def test_a_word_outside_a_closed_set_is_a_problem_that_names_the_set():
    env = Environment({"ENV": "staging"})
    assert env.choice("ENV", "development", ("development", "production")) == "development"
    assert env.problems == ["ENV is 'staging'; it must be one of development, production."]


def test_a_secret_can_come_from_a_file(tmp_path):
    file = tmp_path / "key"
    file.write_text("from the file\n")
    assert Environment({"KEY": "from the variable", "KEY_FILE": str(file)}).secret("KEY") == "from the file"


def test_an_unreadable_secret_file_is_a_problem_without_the_secret(tmp_path):
    env = Environment({"KEY": "from the variable", "KEY_FILE": str(tmp_path / "none")})
    assert env.secret("KEY") == ""
    assert len(env.problems) == 1
    assert env.problems[0].startswith("KEY_FILE: ")
    assert "from the variable" not in env.problems[0]


def test_a_binary_secret_file_is_a_problem(tmp_path):
    file = tmp_path / "key"
    file.write_bytes(b"\xff\xfe\x00")
    env = Environment({"KEY_FILE": str(file)})
    assert env.secret("KEY") == ""
    assert env.problems == [f"KEY_FILE: {file} cannot be read (it is not text)."]


def test_all_problems_stop_the_start_together():
    env = Environment({"A": "x", "B": "y"})
    env.flag("A", default=False)
    env.number("B", 1)
    env.require("C", "", "missing.")
    with pytest.raises(ImproperlyConfigured) as refusal:
        env.check()
    assert [line for line in str(refusal.value).splitlines() if line.startswith("  - ")] == [
        "  - A is 'x'; it must be yes or no.",
        "  - B is 'y'; it must be a whole number.",
        "  - C: missing.",
    ]


def test_without_problems_check_passes():
    env = Environment({"A": "yes", "B": "1"})
    assert [env.flag("A", default=False), env.number("B", 0)] == [True, 1]
    env.check()
    assert env.problems == []


def test_the_values_do_not_show_in_the_representation():
    assert "hidden" not in repr(Environment({"KEY": "hidden"}))
