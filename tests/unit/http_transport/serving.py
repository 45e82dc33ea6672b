"""Upstreams that write bytes by hand, and a client on the transport under test."""

import asyncio
import datetime as dt
import ipaddress
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.adapters.providers.shared.http import HttpTransport

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"


@asynccontextmanager
async def listening(serve: Serve, **tls: Any) -> AsyncGenerator[tuple[str, list[asyncio.StreamWriter]], None]:
    """Run a server that passes each connection to `serve`; yield its address and its connections."""
    taken: list[asyncio.StreamWriter] = []

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.append(writer)
        try:
            await serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0, **tls)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"127.0.0.1:{port}", taken
    finally:
        server.close()
        for writer in taken:
            writer.close()


@asynccontextmanager
async def client(**limits: Any) -> AsyncGenerator[httpx2.AsyncClient, None]:
    """A client on the transport under test."""
    async with httpx2.AsyncClient(transport=HttpTransport(ssl.create_default_context, **limits)) as http:
        yield http


def always(*answers: bytes, close: bool = False) -> Serve:
    """Answer every request with the same bytes, in these writes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            for answer in answers:
                writer.write(answer)
                await writer.drain()
                await asyncio.sleep(0)
            if close:
                return

    return serve


def secured(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return TLS contexts of a server here and of a client that trusts it."""
    certificate, key = _certified(folder)
    told = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    told.load_cert_chain(certificate, key)
    return told, ssl.create_default_context(cafile=str(certificate))


def _certified(folder: Path) -> tuple[Path, Path]:
    """Write a self-signed certificate for this machine, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "upstream")])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    signed = builder.add_extension(here, critical=False).sign(key, hashes.SHA256())
    certificate, secret = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, secret
