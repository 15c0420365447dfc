"""docs/commands.md has a section for every command, and the exit codes are those of the code."""

from tests.docs.markdown import ROOT, headings, table
from tokens.management import exit_codes

PAGE = "docs/commands.md"


def test_every_command_has_a_section_and_no_other():
    commands = {
        path.stem
        for path in ROOT.glob("*/**/management/commands/[a-z]*.py")
        if not path.relative_to(ROOT).parts[0].startswith(".")
    }
    assert set(headings(PAGE)) - {"Commands"} == commands


def test_the_exit_codes_are_the_code_s():
    documented = [int(row["exit code"]) for row in table(PAGE, "Commands")]
    assert documented == [0, *sorted(value for name, value in vars(exit_codes).items() if name.isupper())]
