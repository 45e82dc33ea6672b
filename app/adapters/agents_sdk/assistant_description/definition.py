"""Definition: the file and the line where a module gives a value its name."""

import ast
from pathlib import Path

from app.adapters.agents_sdk.loading.loader import Named
from app.adapters.agents_sdk.loading.package_clash import short_path


def place_of(named: Named) -> tuple[str, int | None]:
    """Return the module's file, relative to the working directory, and the line; None where no line names it."""
    file = getattr(named.module, "__file__", None)
    if not file:
        return "", None
    try:
        tree = ast.parse(Path(file).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return short_path(file), None
    lines = [node.lineno for node in tree.body if named.attribute in _names(node)]
    return short_path(file), lines[-1] if lines else None


def _names(statement: ast.stmt) -> set[str]:
    """The names that a statement of a module binds."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name for alias in statement.names}
    bound = (node for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    return {node.id for node in bound}
