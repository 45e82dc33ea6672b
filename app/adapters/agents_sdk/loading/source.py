"""Assistant source: imports the module or the file that `ASSISTANT` names."""

import hashlib
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from app.patches.aliased_import import import_as


def import_source(source: str) -> ModuleType:
    """Import `package.module`, or a path that ends in `.py`, relative to the working directory.

    A file's folder joins `sys.path`, as `python path/to/file.py` does it; a file of a package is imported as a part of
    its package. Raises whatever the module raises, and `FileNotFoundError` for a missing file.
    """
    return _import_file(source_path(source)) if source.endswith(".py") else import_module(source)


def source_path(source: str) -> Path:
    """Return the absolute path of a file that `ASSISTANT` names."""
    return Path(source).expanduser().resolve()


def _import_file(file: Path) -> ModuleType:
    if not file.is_file():
        raise FileNotFoundError(file)
    root, names = _package(file)
    for folder in (file.parent, root):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
    place = root / names[0] if len(names) > 1 or file.stem == "__init__" else file
    if _finds(names[0], place):
        return import_module(".".join(names))
    digest = hashlib.sha256(str(place).encode()).hexdigest()[:8]
    return import_as(f"assistant_{names[0].replace('.', '_')}_{digest}", place, *names[1:])


def _package(file: Path) -> tuple[Path, list[str]]:
    """The folder above the outermost package of a file, and the file's name as a module below that folder."""
    folder, names = file.parent, [] if file.stem == "__init__" else [file.stem]
    while (folder / "__init__.py").is_file():
        names.insert(0, folder.name)
        folder = folder.parent
    return folder, names


def _finds(name: str, place: Path) -> bool:
    """True when an import of `name` leads to `place`, and not to another module of that name."""
    try:
        spec = find_spec(name) if "." not in name else None
    except ValueError:  # a module that was loaded without a specification
        spec = None
    file = place / "__init__.py" if place.is_dir() else place
    return spec is not None and spec.origin is not None and Path(spec.origin).resolve() == file.resolve()
