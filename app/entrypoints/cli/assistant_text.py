"""Assistant report as text for a terminal: sections with aligned columns, wrapped to its width."""

import shutil
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Final

import click

from app.application.health.assistant_report import AgentFacts, AssistantReport, ModelFacts, Part

_WIDEST: Final = 110
_NARROWEST: Final = 60
_INDENT: Final = "  "
_GAP: Final = "  "

Row = tuple[str, ...]


def lines_of(report: AssistantReport) -> Iterator[str]:
    """Yield the lines of a report."""
    yield from _head(report)
    if report.facts is not None:
        several = report.facts.is_graph and len(report.facts.agents) > 1
        for number, agent in enumerate(report.facts.agents):
            yield from _agent(agent, first=several and number == 0)
        yield from _table("Around the agents", _rows(report.facts.parts))
    yield from _table("Models that may answer", [_model(model) for model in report.models])
    yield from _list("Settings that it needs", [("·", text, "") for text in report.settings])
    yield from _list("Works here", [("✓", text, "") for text in report.works], colour="green")
    yield from _list("Remarks, no mistakes", [("!", text, "") for text in report.warnings], colour="yellow")
    problems = [("✗", one.text, f"[the {one.actor} must act]") for one in report.problems]
    yield from _list("Stops the start", problems, colour="red")
    yield ""
    yield _verdict(report)


def _head(report: AssistantReport) -> Iterator[str]:
    place = f"{report.file}, line {report.line}" if report.line else report.file
    facts = report.facts
    rows = [("assistant", report.assistant)]
    rows += [("form", facts.form), ("name", facts.name)] if facts is not None else []
    rows += [("place", place)] if place else []
    yield from _columns(rows, indent="")


def _agent(agent: AgentFacts, *, first: bool) -> Iterator[str]:
    model = (("model", agent.model or "that of the message", "" if agent.model else "it names none"),)
    title = f"Agent “{agent.name}”" + (", which each turn starts at" if first else "")
    yield from _table(title, [*model, *_rows(agent.parts)])


def _rows(parts: Sequence[Part]) -> Sequence[Row]:
    """Rows of parts; a kind stands at the first of its parts alone."""
    kinds = ["", *(part.kind for part in parts)]
    return [
        ("" if part.kind == before else part.kind, part.name, part.remark)
        for part, before in zip(parts, kinds, strict=False)
    ]


def _model(model: ModelFacts) -> Row:
    return model.id, model.role, ", ".join(model.abilities)


def _table(title: str, rows: Sequence[Row]) -> Iterator[str]:
    if rows:
        yield ""
        yield click.style(title, bold=True)
        yield from _columns(rows, indent=_INDENT)


def _columns(rows: Sequence[Row], indent: str) -> Iterator[str]:
    """Aligned columns; the last one of a row is wrapped, and continues below itself."""
    count = max(map(len, rows))
    widths = [max(len(row[index]) for row in rows if index < len(row)) for index in range(count - 1)]
    for row in rows:
        cells = [cell for index, cell in enumerate(row) if cell or any(row[index + 1 :])]
        before = indent + "".join(f"{cell:<{width}}{_GAP}" for cell, width in zip(cells[:-1], widths, strict=False))
        yield from _wrapped(before, cells[-1])


def _list(title: str, rows: Sequence[tuple[str, str, str]], colour: str | None = None) -> Iterator[str]:
    if rows:
        yield ""
        yield click.style(title, bold=True)
        for mark, text, end in rows:
            first, *others = _wrapped(f"{_INDENT}{mark} ", f"{text} {end}".rstrip())
            yield first.replace(mark, click.style(mark, fg=colour), 1)
            yield from others


def _wrapped(before: str, text: str) -> Sequence[str]:
    width = min(max(shutil.get_terminal_size().columns, _NARROWEST), _WIDEST)
    room = max(width - len(before), _NARROWEST // 2)
    lines = [part for line in text.splitlines() for part in wrap(line, room, break_on_hyphens=False)] or [""]
    begins = [before, *[" " * len(before)] * (len(lines) - 1)]
    return [f"{begin}{line}".rstrip() for begin, line in zip(begins, lines, strict=True)]


def _verdict(report: AssistantReport) -> str:
    if report.servable:
        return click.style(f"It can be served: ASSISTANT={report.assistant} anyport serve", fg="green")
    return click.style("It cannot be served.", fg="red")
