"""Budgets of size: a breach is a conversation, not a number to raise in silence."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*ROOT.glob("libs/*/src/**/*.py"), *ROOT.glob("services/*/src/**/*.py"), *ROOT.glob("deploy/**/*.py")])

FILE_LINES_MAX = 200
FILE_LINES_MEDIAN = 120
FUNCTION_LINES_MAX = 40
FUNCTION_LINES_P90 = 25
FUNCTION_LINES_MEDIAN = 9
POSITIONAL_MAX = 3  # besides self
FOLDER_MODULES_MAX = 16

# What may be longer, or take more, and why.
EXCEPTIONS: dict[str, str] = {}


@cache
def _nodes(path):
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def _functions():
    for path in SOURCES:
        for node in _nodes(path):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.relative_to(ROOT)}:{node.name}", node


def _lines(node):
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def _positional(node):
    names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    return len([name for name in names if name not in ("self", "cls")])


def _over(found, limit):
    return {name: number for name, number in found.items() if number > limit and name not in EXCEPTIONS}


def test_files_are_short():
    """No god file; half of the files fit on a screen or two."""
    lines = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert _over(lines, FILE_LINES_MAX) == {}
    assert median(lines.values()) <= FILE_LINES_MEDIAN


def test_functions_are_short():
    """Most functions are read at a glance; none needs scrolling."""
    lines = {name: _lines(node) for name, node in _functions()}
    assert _over(lines, FUNCTION_LINES_MAX) == {}
    assert quantiles(lines.values(), n=10)[-1] <= FUNCTION_LINES_P90
    assert median(lines.values()) <= FUNCTION_LINES_MEDIAN


def test_parameters_that_are_told_by_their_place_are_few():
    """A caller who gives four values in a row gives two of them in the wrong order one day."""
    assert _over({name: _positional(node) for name, node in _functions()}, POSITIONAL_MAX) == {}


def test_no_folder_is_a_heap():
    """A folder holds one idea, so few modules."""
    folders = {path.parent for path in SOURCES}
    modules = {
        str(folder.relative_to(ROOT)): len([path for path in folder.glob("*.py") if path.stem != "__init__"])
        for folder in folders
    }
    assert _over(modules, FOLDER_MODULES_MAX) == {}


def test_every_exception_is_one():
    """Names that exist, each with a reason."""
    known = {str(path.relative_to(ROOT)) for path in SOURCES} | {name for name, _ in _functions()}
    assert set(EXCEPTIONS) <= known
    assert all(EXCEPTIONS.values())


def test_only_the_runner_and_the_metrics_catch_everything():
    """`except Exception` hides defects; it stands only where nothing may stop the work."""
    bare = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        for node in _nodes(path)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")))
    ]
    assert [path for path in bare if not path.startswith("deploy/")] == ["libs/common/src/pqr_common/stage/driver.py"]
