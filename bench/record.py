"""Where measurements are kept: `bench/results.md` has all, the README the ratios of the newest."""

from typing import Final

from tests.server import ROOT

RESULTS: Final = ROOT / "bench" / "results.md"
README: Final = ROOT / "README.md"
BEGIN: Final = "<!-- bench -->"
END: Final = "<!-- /bench -->"


def record(heading: str, ratios: str, table: str) -> None:
    """Put an entry before all others, and its ratios into the README."""
    title, newest, rest = RESULTS.read_text().partition("\n## ")
    RESULTS.write_text(f"{title}\n## {heading}\n\n{ratios}\n\n{table}\n{newest}{rest}")
    before, _, after = README.read_text().partition(BEGIN)
    README.write_text(f"{before}{BEGIN}\n{ratios}\n{END}{after.partition(END)[2]}")


def shown() -> str:
    """The ratios in the README."""
    return README.read_text().partition(BEGIN)[2].partition(END)[0].strip()


def newest() -> str:
    """The ratios of the newest entry."""
    entry = RESULTS.read_text().partition("\n## ")[2].partition("\n## ")[0]
    return next(paragraph for paragraph in entry.split("\n\n") if paragraph.startswith("|")).strip()
