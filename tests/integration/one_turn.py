"""Run as a process: one turn on the provider that the environment names, with every address but loopback refused.

Prints a JSON object: the answer, empty if there was none, the addresses that were contacted, and those that were
refused. It runs on asyncio's own loop, because uvloop opens its sockets where no audit hook sees them.
"""

import asyncio
import ipaddress
import json
import os
import sys
from typing import Any

contacted: set[str] = set()
refused: set[str] = set()


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse to connect anywhere, and to look up any name, but on this machine."""
    if event == "socket.connect":
        address = arguments[1]
        if isinstance(address, tuple):
            judge(str(address[0]), f"{address[0]}:{address[1]}")
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        judge(str(arguments[0]), str(arguments[0]))


def judge(host: str, told: str) -> None:
    """Note the address; raise unless it is loopback."""
    try:
        fine = ipaddress.ip_address(host).is_loopback
    except ValueError:
        fine = host == "localhost"
    (contacted if fine else refused).add(told)
    if not fine:
        raise PermissionError(f"this process may not talk to {told}")


async def main() -> dict[str, Any]:
    """One message, one answer."""
    from app.bootstrap import make_container, read_settings
    from app.domain.errors import AnyportError
    from app.domain.identity import RequestContext
    from app.entrypoints.chatkit.dispatcher import ChatKitDispatcher
    from app.entrypoints.chatkit.plain import chatkit_request, collect
    from tests.streamed import streamed

    container = make_container(read_settings(os.environ))
    try:
        server = await container.get(ChatKitDispatcher)
        stream = await streamed(server, chatkit_request("Hello!", None), RequestContext(user_id="ada"))
        answer = (await collect(stream.frames)).content
    except AnyportError:
        answer = ""
    finally:
        await container.close()
    return {"answer": answer, "contacted": sorted(contacted), "refused": sorted(refused)}


if __name__ == "__main__":
    sys.addaudithook(watch)
    print(json.dumps(asyncio.run(main())))  # noqa: T201
