"""Which failures of a preparation pass."""

import errno
import os

import pytest

from app.adapters.providers.litellm.engine import EngineError
from app.domain.errors import StoreUnavailableError
from app.startup.warming import is_passing, prepared


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.EMFILE, os.strerror(errno.EMFILE)),
        OSError(errno.ENFILE, os.strerror(errno.ENFILE)),
        OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)),
        ImportError("libssl.so.3: cannot open shared object file: Too many open files"),
        RuntimeError("can't start new thread"),
        MemoryError(),
        TimeoutError(),
        ConnectionResetError(),
        StoreUnavailableError("The database is not available."),
        caused(ImportError("cannot import name 'Runner'"), OSError(errno.EMFILE, "")),
    ],
)
def test_a_shortage_passes(error: Exception) -> None:
    assert is_passing(error)


@pytest.mark.parametrize(
    "error",
    [
        ModuleNotFoundError("No module named 'agents.run'"),
        ImportError("cannot import name 'Runner'"),
        FileNotFoundError(errno.ENOENT, "No such file or directory"),
        PermissionError(errno.EACCES, "Permission denied"),
        SyntaxError("invalid syntax"),
        AttributeError("module has no attribute"),
        RuntimeError("broken"),
        EngineError("LiteLLM is not installed."),
    ],
)
async def test_a_broken_installation_does_not(error: Exception) -> None:
    assert not is_passing(error)

    async def step() -> None:
        raise error

    with pytest.raises(type(error)):
        await prepared(step)
