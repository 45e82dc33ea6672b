"""Three replicas on one database, and nginx before them."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tests.ports import free_port
from tests.server import ServerProcess
from tests.skew import skewed

_NGINX = """
daemon off;
error_log stderr warn;
pid {folder}/nginx.pid;
worker_processes 1;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  upstream anyport {{
    {servers}
    keepalive 64;
  }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://anyport;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host 127.0.0.1;
      proxy_buffering off;
      proxy_read_timeout 60s;
      # An unreachable replica costs no client an error; one that dies in the middle of a request does.
      proxy_next_upstream error timeout;
      proxy_connect_timeout 1s;
    }}
  }}
}}
"""


class Fleet:
    """The replicas, by number, and the address that clients use."""

    def __init__(self, replicas: list[ServerProcess], url: str) -> None:
        self.replicas = replicas
        self.url = url
        self.deaths: list[float] = []
        self.rollings = 0

    async def crash(self, number: int) -> None:
        """Kill a replica without a shutdown, and start it again."""
        replica = self.replicas[number]
        self.deaths.append(time.monotonic())
        await replica.stop(signal.SIGKILL)
        await replica.start()

    async def roll(self) -> None:
        """Restart the replicas one by one, as a deployment does; each must exit with 0."""
        for replica in self.replicas:
            code = await replica.stop(signal.SIGTERM)
            if code != 0:
                raise RuntimeError(f"a replica that got SIGTERM exited with {code}:\n{replica.log[-2000:]}")
            await replica.start()
        self.rollings += 1


@asynccontextmanager
async def fleet(
    folder: Path, environment: Mapping[str, str], replicas: int = 3, *, skew: float = 0
) -> AsyncIterator[Fleet]:
    """Start them all, and stop them all. The clock of the last one is `skew` seconds ahead."""
    running = [ServerProcess(folder, environment, fresh=True) for _ in range(replicas - 1)]
    wrong = skewed(skew) if skew else {}
    # Unwatched: reading a false clock takes longer, and the watch reads it at each step.
    running.append(ServerProcess(folder, {**environment, **wrong}, command=("app", "serve")))
    try:
        for replica in running:
            await replica.start()
        async with _nginx(folder, [replica.port for replica in running]) as url:
            yield Fleet(running, url)
    finally:
        for replica in running:
            await replica.stop(signal.SIGKILL)


@asynccontextmanager
async def _nginx(folder: Path, ports: list[int]) -> AsyncIterator[str]:
    port = free_port()
    servers = "\n    ".join(f"server 127.0.0.1:{each} max_fails=1 fail_timeout=1s;" for each in ports)
    configuration = folder / "nginx.conf"
    configuration.write_text(_NGINX.format(folder=folder, servers=servers, port=port))
    log = (folder / "nginx.log").open("wb")
    process = await asyncio.create_subprocess_exec("nginx", "-c", str(configuration), stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()
        log.close()
