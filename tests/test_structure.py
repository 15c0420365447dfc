"""The measure of the structure: small functions, modules and folders, no import cycles (import-linter checks the layers)."""

import ast
from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

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


def dotted(path: Path) -> str:
    return name_of(path.with_suffix("")).replace("/", ".").removesuffix(".__init__")


def imports(path: Path) -> set[str]:
    """Return the dotted names of our own modules that a module imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found & {dotted(module) for module in MODULES} - {dotted(path)}


def test_no_modules_import_each_other_in_a_circle():
    # A package's own module is imported by every import from it, so it is left out unless it defines something.
    graph = {dotted(path): imports(path) for path in MODULES if path.name != "__init__.py"}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"A circle of imports: {' → '.join(error.args[1])}")


def test_imports_between_our_modules_are_seen():
    assert "tokens.services.audit" in imports(TOP / "tokens/services/lifecycle/changes.py")
