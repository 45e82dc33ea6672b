"""Figures of the README equal the last measurement."""

from bench.record import newest, shown


def test_the_readme_shows_the_ratios_of_the_newest_measurement() -> None:
    assert "CPU per token" in shown()
    assert shown() == newest()
