"""Processes whose wall clock is wrong, by libfaketime: time itself passes for them as for all others."""

from pathlib import Path

_LIBRARY = "faketime/libfaketime.so.1"
_FOLDERS = ("/usr/lib", "/usr/lib64", "/usr/local/lib", *map(str, Path("/usr/lib").glob("*-linux-*")))


def skewed(seconds: float) -> dict[str, str]:
    """The environment of a process that is so far ahead; one that is behind has a number below 0."""
    return {**_environment(), "FAKETIME": f"{seconds:+g}"}


def set_from(file: Path) -> dict[str, str]:
    """The environment of processes whose clock `file` sets, which may be written anew at any moment."""
    return {**_environment(), "FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_NO_CACHE": "1"}


def _environment() -> dict[str, str]:
    found = [path for folder in _FOLDERS if (path := Path(folder, _LIBRARY)).exists()]
    # Not a reason to skip: what these tests show is shown by no other.
    assert found, "there is no libfaketime: apt-get install libfaketime"
    return {"LD_PRELOAD": str(found[0]), "DONT_FAKE_MONOTONIC": "1"}
