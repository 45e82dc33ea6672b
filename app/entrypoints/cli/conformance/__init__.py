"""`conformance`: check ChatKit's protocol on any server."""

import asyncio
from collections.abc import Mapping, Sequence

import click
import httpx2
import msgspec

from app.entrypoints.cli.conformance.outcome import Outcome
from app.entrypoints.cli.conformance.own_server import own_server
from app.entrypoints.cli.conformance.run import CHECKS, examine
from app.entrypoints.cli.conformance.subject import PROMPTS, Subject
from app.entrypoints.cli.conformance.wire import Chat

_SIGNS = {"holds": "ok", "not offered": "-", "wrong": "WRONG"}


@click.command()
@click.argument("url", required=False)
@click.option("--header", "headers", multiple=True, metavar="NAME:VALUE", help="Sent with every request.")
@click.option("--token", help="Sent as a bearer token.")
@click.option("--other-header", "other_headers", multiple=True, metavar="NAME:VALUE", help="The same for another user.")
@click.option("--other-token", help="A bearer token of another user.")
@click.option("--only", multiple=True, metavar="WORDS", help="Only checks whose sentence contains these words.")
@click.option(
    "--prompt",
    "prompts",
    multiple=True,
    metavar="WHAT=TEXT",
    help=f"Message for a kind of answer: {', '.join(f'{what}={text!r}' for what, text in PROMPTS.items())}.",
)
@click.option("--seconds", type=click.FloatRange(min=1), default=60.0, show_default=True, help="Timeout of one check.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
def conformance(
    url: str | None,
    *,
    headers: Sequence[str],
    token: str | None,
    other_headers: Sequence[str],
    other_token: str | None,
    only: Sequence[str],
    prompts: Sequence[str],
    seconds: float,
    as_json: bool,
) -> None:
    """Run the checks of ChatKit's protocol against the server at URL, and print their results.

    URL is the address of the chat, or of the server with its chat at /chatkit. Without it the command starts a server
    of this version with the demo model and an empty store in memory. Each check prints “ok”, “-” for a feature that the
    server clearly does not offer, or “WRONG”; the command then exits with 1. The checks create threads, and answers of
    the server's model cost their usual price.
    """
    other = _headers(other_headers, other_token)
    arguments = (_headers(headers, token), other, _prompts(prompts), only, seconds)
    outcomes = asyncio.run(_run(_endpoint(url) if url else None, *arguments, show=not as_json))
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(outcomes)).decode())
    wrong = [outcome for outcome in outcomes if outcome.result == "wrong"]
    if not as_json:
        held = sum(outcome.result == "holds" for outcome in outcomes)
        click.echo(f"\n{held} hold, {len(outcomes) - held - len(wrong)} not offered, {len(wrong)} wrong")
    if wrong:
        raise click.exceptions.Exit(1)


async def _run(
    url: str | None,
    headers: Mapping[str, str],
    other_headers: Mapping[str, str],
    prompts: Mapping[str, str],
    only: Sequence[str],
    seconds: float,
    *,
    show: bool,
) -> list[Outcome]:
    if url is None:
        async with own_server() as own:
            return await _run(_endpoint(own), headers, other_headers, prompts, only, seconds, show=show)
    checks = [check for check in CHECKS if not only or any(words in check.sentence for words in only)]
    user = Chat(url, headers, seconds)
    other = Chat(url, other_headers, seconds) if other_headers else None
    outcomes = []
    try:
        async for outcome in examine(Subject(user, other, prompts), checks, seconds):
            outcomes.append(outcome)
            if show:
                detail = f": {outcome.detail}" if outcome.detail else ""
                click.echo(f"{_SIGNS[outcome.result]:<6} {outcome.check}{detail}")
    finally:
        for chat in filter(None, (user, other)):
            await chat.aclose()
    return outcomes


def _endpoint(url: str) -> str:
    parts = httpx2.URL(url)
    if parts.scheme not in {"http", "https"} or not parts.host:
        raise click.BadParameter(f"{url} is no HTTP address", param_hint="URL")
    return str(parts.copy_with(path="/chatkit") if parts.path in {"", "/"} else parts)


def _headers(pairs: Sequence[str], token: str | None) -> Mapping[str, str]:
    headers = {}
    for pair in pairs:
        name, colon, value = pair.partition(":")
        if not colon or not name.strip():
            raise click.BadParameter(f"{pair} is not NAME:VALUE", param_hint="--header")
        headers[name.strip()] = value.strip()
    return headers | ({"Authorization": f"Bearer {token}"} if token else {})


def _prompts(pairs: Sequence[str]) -> Mapping[str, str]:
    prompts = dict(pair.partition("=")[::2] for pair in pairs)
    if unknown := set(prompts) - set(PROMPTS):
        raise click.BadParameter(f"{', '.join(unknown)}: choose from {', '.join(PROMPTS)}", param_hint="--prompt")
    return prompts
