"""Every refusal that the code can make, found in its source: code, what is wrong, what would mend it.

Found are calls with a literal code and a text (`Refusal("code", "detail", "mend")` and its like) and tables of
`code: (detail, mend)`. Where a table MENDS says what mends a code (`code: mend`), that is used with every call that
says none. A text with a value in it is shown with the value's name in braces.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).parents[2]
_SOURCES = ("shared", "services")
_CALLS = {
    "Refusal": "answer",
    "Unauthenticated": "answer",
    "KeysUnavailable": "answer",
    "Problem": "answer",
    "standard": "answer",
    "__init__": "answer",
    "Obsolete": "obsolete",
    "Finding": "named",
    "FieldProblem": "named",
    "AddressRefused": "named",
    "refuse": "named",
    "FileFinding": "named",
    "Broken": "named",
    "add": "named",
}
_TABLES = {"TEXTS": "answer", "ROW_TEXTS": "named", "FILE_TEXTS": "named"}
_CODE = re.compile(r"[a-z{][a-z0-9_{}-]*")


@dataclass(frozen=True, order=True)
class Found:
    """kind: an answer of its own, named within one (`problems`, `refused`), or obsolete: for reactions."""

    code: str
    kind: str
    detail: str
    mend: str

    def is_of(self, code: str) -> bool:
        """Whether it is this code, or the code with a name filled in."""
        parts = re.split(r"\{\w*\}", self.code)
        return re.fullmatch("[a-z-]+".join(map(re.escape, parts)), code) is not None


def found() -> tuple[Found, ...]:
    """Sorted, each once."""
    paths = (path for source in _SOURCES for path in sorted((ROOT / source).rglob("*.py")))
    texts = [path.read_text(encoding="utf-8") for path in paths]
    mends = {code: mend for text in texts for code, mend in _mends(text)}
    every = {one for text in texts for one in in_source(text)}
    return tuple(sorted({one if one.mend else replace(one, mend=mends.get(one.code, "")) for one in every}))


def _mends(text: str) -> Iterator[tuple[str, str]]:
    for statement in ast.parse(text).body:
        target = statement.target if isinstance(statement, ast.AnnAssign) else None
        if isinstance(target, ast.Name) and target.id == "MENDS":
            value = statement.value if isinstance(statement, ast.AnnAssign) else None
            yield from ast.literal_eval(value or ast.Dict([], [])).items()


def in_source(text: str) -> Iterator[Found]:
    """Those of one module."""
    tree = ast.parse(text)
    yield from _in_tables(tree.body)
    scopes = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    inner = {id(node) for scope in scopes for node in ast.walk(scope) if isinstance(node, ast.Call)}
    module = Names.of(tree.body)
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and id(call) not in inner:
            yield from _in_call(call, module)
    for scope in scopes:
        names = Names.of(ast.walk(scope), module)
        for call in ast.walk(scope):
            if isinstance(call, ast.Call):
                yield from _in_call(call, names)


def _in_call(call: ast.Call, names: "Names") -> Iterator[Found]:
    if _called(call.func) not in _CALLS or len(call.args) < 2:
        return
    code, detail, mend = (_text(argument, names) for argument in (*call.args, ast.Constant(""))[:3])
    if code is not None and detail is not None and _CODE.fullmatch(code):
        yield Found(code, _CALLS[_called(call.func)], detail, mend or "")


@dataclass(frozen=True)
class Names:
    """Names that stand for a text, such as `mend = "…"` before a call: (name, line, text), as assigned."""

    assigned: tuple[tuple[str, int, str], ...]

    @classmethod
    def of(cls, statements: Iterable[ast.AST], around: "Names | None" = None) -> "Names":
        """`around`: names of the module, which hold wherever the function is."""
        assigned = [(name, 0, text) for name, _, text in around.assigned] if around else []
        for statement in statements:
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                text = _text(statement.value, cls(tuple(assigned)))
                if text is not None:
                    assigned.append((statement.targets[0].id, statement.lineno, text))
        return cls(tuple(assigned))

    def at(self, name: ast.Name) -> str | None:
        """The text last assigned above this use of the name."""
        above = [(line, text) for known, line, text in self.assigned if known == name.id and line <= name.lineno]
        return max(above)[1] if above else None


def _in_tables(statements: Iterable[ast.stmt]) -> Iterator[Found]:
    for statement in statements:
        target = statement.target if isinstance(statement, ast.AnnAssign) else None
        if not isinstance(target, ast.Name) or target.id not in _TABLES:
            continue
        value = statement.value if isinstance(statement, ast.AnnAssign) else None
        for code, (detail, mend) in ast.literal_eval(value or ast.Dict([], [])).items():
            yield Found(code, _TABLES[target.id], detail, mend)


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _text(node: ast.expr, names: Names) -> str | None:
    """The text that the expression is, as far as the source says it; None for anything else."""
    match node:
        case ast.Constant(value=str() as value):
            return value
        case ast.JoinedStr(values=parts):
            return "".join(_part(part) for part in parts)
        case ast.Name():
            return names.at(node)
        case ast.IfExp(body=body, orelse=orelse):
            either = [_text(choice, names) for choice in (body, orelse)]
            return " / ".join(text for text in either if text) or None
        case _:
            return None


def _part(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    named = part.value if isinstance(part, ast.FormattedValue) else part
    if isinstance(named, ast.Attribute):
        return f"{{{named.attr}}}"
    return f"{{{named.id}}}" if isinstance(named, ast.Name) else "{}"
