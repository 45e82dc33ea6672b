"""Wrong wall clocks, by libfaketime: time passes at the usual speed."""

from pathlib import Path

_LIBRARY = "faketime/libfaketime.so.1"
_FOLDERS = ("/usr/lib", "/usr/lib64", "/usr/local/lib", *map(str, Path("/usr/lib").glob("*-linux-*")))


def skewed(seconds: float) -> dict[str, str]:
    """Return the environment of a process whose clock is `seconds` ahead; below 0 it is behind."""
    return {**_environment(), "FAKETIME": f"{seconds:+g}"}


def set_from(file: Path) -> dict[str, str]:
    """Return the environment of processes whose clock follows `file`, which may change at any time."""
    return {**_environment(), "FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_NO_CACHE": "1"}


def _environment() -> dict[str, str]:
    found = [path for folder in _FOLDERS if (path := Path(folder, _LIBRARY)).exists()]
    # A failure and not a skip: no other test shows the same.
    assert found, "there is no libfaketime: apt-get install libfaketime"
    return {"LD_PRELOAD": str(found[0]), "DONT_FAKE_MONOTONIC": "1"}
