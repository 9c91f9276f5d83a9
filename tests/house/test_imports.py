"""Imports stand at the top of a module; three doors may import late (decision 008)."""

import ast
from pathlib import Path

import mapping

COMMANDS = {f"cli/{name}.py" for name in ("analyse", "communities", "exports", "imports", "serving")}
LATE = {*COMMANDS, "worker.py", "api/maps.py"}


def _has_late_import(source: str) -> bool:
    nodes = list(ast.walk(ast.parse(source)))
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return any(isinstance(inner, ast.Import | ast.ImportFrom) for node in functions for inner in ast.walk(node))


def test_only_three_doors_import_late() -> None:
    root = Path(mapping.__file__).parent
    late = {str(path.relative_to(root)) for path in root.rglob("*.py") if _has_late_import(path.read_text("utf-8"))}
    assert late == LATE
