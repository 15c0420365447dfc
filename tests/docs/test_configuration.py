"""The README's table of settings and what the code reads from the environment are the same."""

import ast
import re

from tests.docs.markdown import ROOT, in_backticks, table

_READERS = {"choice", "flag", "number", "secret", "text", "words"}
# The user's own, by the XDG specification; documented in the row of PORTAL_VAR.
_NOT_OURS = {"XDG_DATA_HOME"}


def calls():
    for path in sorted((ROOT / "solarnet_portal").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                yield node.func, node.args[0]


def names_read(*readers):
    """Return the names that `env.<reader>("NAME")` reads."""
    return {
        name.value
        for function, name in calls()
        if function.attr in readers and ast.unparse(function.value) == "env" and isinstance(name, ast.Constant)
    }


def names_read_elsewhere():
    """Return what is read without `Environment`: by gunicorn, by the commands, by the Makefile."""
    read = {
        str(name.value)
        for function, name in calls()
        if ast.unparse(function) == "os.environ.get" and isinstance(name, ast.Constant)
    }
    return (read | set(re.findall(r"^(\w+) \?=", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))) - _NOT_OURS


def setting_cells():
    return [row["variable"] for row in table("README.md", "Configuration")]


def test_every_setting_is_in_the_table_and_no_other():
    assert {name for cell in setting_cells() for name in in_backticks(cell)} == names_read(*_READERS) | names_read_elsewhere()


def test_each_secret_and_nothing_else_has_a_file_variant():
    marked = {name for cell in setting_cells() for name in re.findall(r"`([^`]+)` \(file\)", cell)}
    assert marked == names_read("secret")
