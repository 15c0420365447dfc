"""The changes that `mutants.py` makes to a module: each is a small mistake that a programmer might make."""

import ast
import copy
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
}
_TWINS = {"any": "all", "all": "any", "min": "max", "max": "min", "sorted": "list"}
# Method calls that might be forgotten: `text.strip()` becomes `text`.
_CLEANING = {"strip", "lstrip", "rstrip", "lower", "upper", "casefold", "removeprefix", "removesuffix", "replace"}
# None of these is a rule: types, the text of an explanation, docstrings.
_SKIPPED_FIELDS = {"annotation", "returns", "decorator_list", "exc", "cause", "type_params", "bases"}

_Place = tuple[str, int | None]  # a field of a node, and where in it, if it is a list


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change: `number` counts those of a module, `lineno` is where it is, `change` says `before → after`."""

    number: int
    lineno: int
    change: str


def find_mutations(source: str) -> list[Mutation]:
    """Return every mutation of a module, in the order of its text."""
    found = []
    for number, (_, _, before, after) in enumerate(_steps(ast.parse(source))):
        text = f"{_show(before)} → {_show(after)}" if after is not None else f"{_show(before)} → (nothing)"
        found.append(Mutation(number, before.lineno, text))
    return found


def mutate(source: str, mutation: Mutation) -> str:
    """Return the source of the module with one mutation (without comments and layout)."""
    tree = ast.parse(source)
    for number, (parent, place, _, after) in enumerate(_steps(tree)):
        if number == mutation.number:
            _put(parent, place, after or ast.Pass())
            break
    return ast.unparse(ast.fix_missing_locations(tree))


def _put(parent: ast.AST, place: _Place, node: ast.AST) -> None:
    name, at = place
    if at is None:
        setattr(parent, name, node)
    else:
        getattr(parent, name)[at] = node


def _show(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 160 else f"{text[:80]} … {text[-78:]}"


def _steps(tree: ast.AST) -> Iterator[tuple[ast.AST, _Place, ast.AST, ast.AST | None]]:
    """Yield (parent, place in it, node, replacement or `None` for `pass`) for each mutation."""
    for parent, place, node in _walk(tree):
        for after in _replacements(node, place[0]):
            yield parent, place, node, after


def _walk(parent: ast.AST) -> Iterator[tuple[ast.AST, _Place, ast.AST]]:
    for name, value in ast.iter_fields(parent):
        if name in _SKIPPED_FIELDS:
            continue
        for at, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or _is_prose(child):
                continue
            if isinstance(child, ast.expr | ast.stmt):
                yield parent, (name, at), child
            yield from _walk(child)


def _is_prose(node: ast.AST) -> bool:
    """True for a docstring and for a formatted text."""
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def _replacements(node: ast.AST, field: str) -> Iterator[ast.AST | None]:
    if field in {"test", "ifs"}:
        yield from (ast.Constant(True), ast.Constant(False))
    match node:
        case ast.Raise() | ast.Expr(value=ast.Call()):
            yield None
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield ast.Return(ast.Constant(None))
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.expr():
            yield from _of_expression(node)


def _of_expression(node: ast.expr) -> Iterator[ast.AST]:
    match node:
        case ast.Compare():
            for at, operator in enumerate(node.ops):
                yield ast.Compare(
                    node.left, [*node.ops[:at], _COMPARISONS[type(operator)](), *node.ops[at + 1 :]], node.comparators
                )
        case ast.BoolOp():
            yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
            yield from _without_each(node, "values")
        case ast.BinOp() if type(node.op) in _OPERATORS:
            yield ast.BinOp(node.left, _OPERATORS[type(node.op)](), node.right)
        case ast.Constant():
            yield from map(ast.Constant, _nudged(node.value))
        case ast.Call():
            yield from _of_call(node)
        case ast.Set() | ast.Tuple(ctx=ast.Load()) | ast.List(ctx=ast.Load()):
            yield from _without_each(node, "elts")
        case ast.Dict():
            for at in range(len(node.keys)):
                yield ast.Dict(node.keys[:at] + node.keys[at + 1 :], node.values[:at] + node.values[at + 1 :])


def _without_each(node: ast.AST, name: str) -> Iterator[ast.AST]:
    parts = getattr(node, name)
    for at in range(len(parts)):
        shorter = copy.copy(node)
        setattr(shorter, name, parts[:at] + parts[at + 1 :])
        yield shorter


def _nudged(value: object) -> list[object]:
    match value:
        case bool():
            return [not value]
        case int():
            return [value + 1, value - 1]
        case str() if not (" " in value and value.endswith(".")):
            # The wording of a sentence is not a rule.
            return ["" if value else "x"]
        case bytes():
            return [b"" if value else b"x"]
    return []


def _of_call(node: ast.Call) -> Iterator[ast.AST]:
    match node:
        case ast.Call(func=ast.Name(id="compare_digest"), args=[left, right]):
            yield ast.Compare(left, [ast.Eq()], [right])
        case ast.Call(func=ast.Name(id=name)) if name in _TWINS:
            yield ast.Call(ast.Name(_TWINS[name]), node.args, [] if name == "sorted" else node.keywords)
        case ast.Call(func=ast.Attribute(attr=name, value=value)) if name in _CLEANING:
            yield value
        case ast.Call(func=ast.Attribute(attr="compile", value=ast.Name(id="re")), args=[pattern, *others]):
            for shorter in _patterns(pattern):
                yield ast.Call(node.func, [shorter, *others], node.keywords)


def _patterns(pattern: ast.expr) -> Iterator[ast.expr]:
    """Yield a plain pattern with one character removed each time, if the rest is a valid pattern."""
    if isinstance(pattern, ast.Constant) and isinstance(pattern.value, str):
        text = pattern.value
        # The name of a group does not change what it matches.
        names = {at for name in re.finditer(r"\(\?P<(\w+)>", text) for at in range(*name.span(1))}
        shorter = dict.fromkeys(text[:at] + text[at + 1 :] for at in range(len(text)) if at not in names)
        yield from (ast.Constant(one) for one in shorter if _compiles(one))


def _compiles(pattern: str) -> bool:
    with warnings.catch_warnings():
        # A warning from Python fails the tests at once.
        warnings.simplefilter("error")
        try:
            re.compile(pattern)
        except (re.error, FutureWarning):
            return False
    return True
