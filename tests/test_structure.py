"""The measure of the structure: small functions, modules and folders, no import cycles (import-linter holds the layers)."""

import ast
from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

TOP = Path(__file__).resolve().parent.parent
PACKAGES = ("accounts", "solarnet_portal", "tokens")
MODULES = sorted(path for package in PACKAGES for path in (TOP / package).rglob("*.py") if "migrations" not in path.parts)
MAX_FUNCTION_LINES = 40
MAX_BRANCHES = 10
MAX_MODULE_LINES = 300
MAX_MODULES = 10
MAX_DOMAIN_MODULES = 8
_BRANCHES = (ast.If, ast.IfExp, ast.For, ast.While, ast.ExceptHandler, ast.match_case, ast.Assert)


def name_of(path: Path) -> str:
    return str(path.relative_to(TOP))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def count_branches(function: ast.AST) -> int:
    """Count decisions, each `and` and `or` among them, and each condition of a comprehension."""
    count = 0
    for node in ast.walk(function):
        if isinstance(node, _BRANCHES):
            count += 1
        elif isinstance(node, ast.BoolOp):
            count += len(node.values) - 1
        elif isinstance(node, ast.comprehension):
            count += len(node.ifs)
    return count


def count_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function's body, its docstring left out."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_module_is_over_300_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_MODULE_LINES


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_function_is_over_40_lines(path):
    assert [function.name for function in functions(path) if count_lines(function) > MAX_FUNCTION_LINES] == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_function_has_more_than_10_branches(path):
    assert [function.name for function in functions(path) if count_branches(function) > MAX_BRANCHES] == []


def test_no_folder_has_more_than_ten_modules():
    counts = Counter(path.parent for path in MODULES if path.name != "__init__.py")
    assert {name_of(folder): count for folder, count in counts.items() if count > MAX_MODULES} == {}


def test_no_folder_of_the_rules_has_more_than_eight_modules():
    counts = Counter(path.parent for path in MODULES if path.name != "__init__.py" and "domain" in path.parts)
    assert {name_of(folder): count for folder, count in counts.items() if count > MAX_DOMAIN_MODULES} == {}


def test_no_modules_import_each_other_in_a_circle():
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        pytest.fail(f"A circle of imports: {' → '.join(error.args[1])}")
