"""Import problems: one sentence for each way in which the module of an assistant fails to load."""

import difflib
import os
import sysconfig
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from traceback import walk_tb
from typing import Final

from app.adapters.agents_sdk.loading.package_clash import HOME, clash, is_clash, missing_name, short_path
from app.adapters.agents_sdk.loading.source import source_path
from app.domain.redaction import mask_secrets

_LONGEST: Final = 400

_PACKAGES: Final = {"guardrails": "openai-guardrails"}
"""Packages of modules that exported workflows import, where the names differ."""


def import_problem(error: BaseException, source: str) -> str:
    """Return the sentence for an exception that the import of `source` raised, without secrets."""
    if isinstance(error, FileNotFoundError) and source.endswith(".py") and error.args == (source_path(source),):
        return _no_file(source)
    if is_clash(error):
        return f"{_place(error)}{clash(missing_name(error))}"
    if isinstance(error, ModuleNotFoundError) and _is_part(error.name, source):
        return _no_module(error.name or source)
    if isinstance(error, ModuleNotFoundError):
        package = _PACKAGES.get(error.name or "", "it")
        return (
            f"{_place(error)}there is no module {error.name}. Install {package} beside Anyport, or correct the import."
        )
    if isinstance(error, SystemExit):
        return f"{_place(error)}it ends the program while it is imported. Move that behind if __name__ == '__main__':"
    if isinstance(error, SyntaxError):
        line = f", line {error.lineno}" if error.lineno else ""
        return f"{short_path(error.filename or source)}{line}: it is no valid Python: {_words(error.msg)}"
    return f"it fails while it is imported. {failure_in_code(error)}"


def failure_in_code(error: BaseException) -> str:
    """Return the place in the user's own code that raised the error, and the error, without secrets."""
    try:
        text = str(error)
    except Exception:  # an exception of foreign code may not even have a text
        text = ""
    return f"{_place(error)}{type(error).__name__}: {_words(text)}".rstrip(": ")


def near_miss(wanted: str, known: Iterable[str]) -> str:
    """Return the question whether a similar name was meant, or an empty string."""
    close = difflib.get_close_matches(wanted, list(known), n=1)
    return f" Did you mean {close[0]}?" if close else ""


def _no_file(source: str) -> str:
    file = source_path(source)
    nearby = [entry.name for entry in file.parent.glob("*.py")] if file.parent.is_dir() else []
    return f"there is no file {source} in the folder {Path.cwd()}.{near_miss(file.name, nearby)}"


def _no_module(name: str) -> str:
    file = Path(*name.split(".")).with_suffix(".py")
    if file.is_file():
        return f"there is no module {name} in PYTHONPATH. For the file of that name write ASSISTANT={file}:…"
    close = near_miss(name, _modules(name))
    return (
        f"there is no module {name} (ModuleNotFoundError).{close} Install it, set PYTHONPATH to its folder, "
        "or name its file: ASSISTANT=path/to/file.py:name"
    )


def _modules(name: str) -> list[str]:
    """Names of the modules beside the one that is missing."""
    parent, _, _ = name.rpartition(".")
    found = find_spec(parent) if parent else None
    beside = [".", *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    folders = found.submodule_search_locations or [] if found is not None else beside
    names = [entry.stem for folder in folders if folder and Path(folder).is_dir() for entry in Path(folder).iterdir()]
    return [f"{parent}.{one}" if parent else one for one in names if one.isidentifier()]


def _is_part(name: str | None, source: str) -> bool:
    return name is not None and f"{source}.".startswith(f"{name}.")


def _place(error: BaseException) -> str:
    """File and line of the user's own code that raised the error, with a colon; empty when it is not known."""
    lines = ((frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__))
    foreign = [(filename, line) for filename, line in lines if _is_foreign(filename)]
    own = [(filename, line) for filename, line in foreign if not _is_library(filename)] or foreign[:1]
    return f"{short_path(own[-1][0])}, line {own[-1][1]}: " if own else ""


@cache
def _is_foreign(filename: str) -> bool:
    """True for a file that is neither Anyport's nor part of Python's import, nor compiled."""
    named = not filename.startswith("<") and not filename.endswith(".pyx")
    return named and not _is_in(filename, {HOME}) and "importlib" not in Path(filename).parts


@cache
def _is_library(filename: str) -> bool:
    return _is_in(filename, _libraries())


def _is_in(filename: str, folders: set[Path]) -> bool:
    return any(Path(filename).resolve().is_relative_to(folder) for folder in folders)


def _libraries() -> set[Path]:
    return {Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib", "purelib", "platlib")}


def _words(text: str) -> str:
    """The text of an exception in one line, shortened, without secrets."""
    line = mask_secrets(" ".join(text.split()), os.environ)
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
