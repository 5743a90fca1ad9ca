"""Budgets of size: a breach is a conversation, not a number to raise in silence."""

from __future__ import annotations

import ast
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*ROOT.glob("libs/*/src/**/*.py"), *ROOT.glob("services/*/src/**/*.py")])

FILE_LINES_MAX = 300
FILE_LINES_MEDIAN = 120
FUNCTION_LINES_MAX = 40
FUNCTION_LINES_P90 = 25
FUNCTION_LINES_MEDIAN = 9


def _functions():
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
                yield f"{path.relative_to(ROOT)}:{node.name}", lines


def test_files_are_short():
    """No god file; half of the files fit on a screen or two."""
    lines = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert {name: n for name, n in lines.items() if n > FILE_LINES_MAX} == {}
    assert median(lines.values()) <= FILE_LINES_MEDIAN


def test_functions_are_short():
    """Most functions are read at a glance; none needs scrolling."""
    lines = dict(_functions())
    assert {name: n for name, n in lines.items() if n > FUNCTION_LINES_MAX} == {}
    assert quantiles(lines.values(), n=10)[-1] <= FUNCTION_LINES_P90
    assert median(lines.values()) <= FUNCTION_LINES_MEDIAN


def test_only_the_runner_and_the_metrics_catch_everything():
    """`except Exception` hides defects; it stands only where nothing may stop the work."""
    bare = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")))
    ]
    assert bare == ["libs/common/src/pqr_common/runner.py"]
