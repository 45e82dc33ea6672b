"""Settings of attachments and of their storage."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote, urlsplit

from app.domain.redaction import MaskedStruct
from app.environment import UNGUESSABLE, Problem, Secret, SigningSecret, checks, env


class MediaTypes(tuple[str, ...]):
    """Media types of files, such as `image/png`."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> "MediaTypes":
        """Parse a list separated by commas. Raises `ValueError` for a part that is no media type."""
        types = [part.strip().lower() for part in text.split(",") if part.strip()]
        if not types or not all(re.fullmatch(r"[a-z0-9.+-]+/[a-z0-9.+-]+", type_) for type_ in types):
            raise ValueError(text)
        return cls(types)

    def __str__(self) -> str:
        return ",".join(self)


class AttachmentSettings(MaskedStruct, frozen=True, kw_only=True):
    """Allowed files, quotas, links and the storage of files."""

    url: Annotated[
        str,
        env(
            "ATTACHMENTS_URL",
            help="Storage of files: `file:///folder`, `s3://bucket/prefix` or `memory://`. "
            "Unset: the folder `data/attachments`; memory with `DATABASE_URL=memory://`.",
            expects="file:///folder, s3://bucket/prefix or memory://",
            check=checks.matching(r"memory://|file:(//)?[^?#]*[^?#/][^?#]*|s3://[A-Za-z0-9._-]{3,255}(/[^\s?#]*)?"),
        ),
    ] = ""
    max_bytes: Annotated[
        int,
        env(
            "ATTACHMENT_MAX_BYTES",
            help="Bytes of the largest file; 0 turns attachments off.",
            expects="a number of bytes up to 1000000000000, 0 for no attachments",
            ge=0,
            le=checks.MOST_BYTES,
        ),
    ] = 20_000_000
    types: Annotated[
        MediaTypes,
        env(
            "ATTACHMENT_TYPES",
            help="Media types of files that are accepted. The content of a file decides its type, not its name.",
            expects="types, such as image/png,application/pdf",
        ),
    ] = MediaTypes.parse(
        "image/png,image/jpeg,image/webp,image/gif,text/plain,text/markdown,text/csv,application/json,application/pdf"
    )
    per_message: Annotated[
        int,
        env(
            "ATTACHMENTS_PER_MESSAGE",
            help="Files that one message may have.",
            expects="a number from 1 to 100",
            ge=1,
            le=100,
        ),
    ] = 10
    bytes_per_user: Annotated[
        int,
        env(
            "ATTACHMENTS_BYTES_PER_USER",
            help="Bytes that all files of one user may have together.",
            expects="a number of bytes up to 1000000000000, 0 for no limit",
            ge=0,
            le=checks.MOST_BYTES,
        ),
    ] = 1_000_000_000
    text_tokens: Annotated[
        int,
        env(
            "ATTACHMENT_TEXT_TOKENS",
            help="Tokens of an attached text that the model receives, approximately; the rest is left out.",
            expects="a number of tokens from 100 to 100000000",
            ge=100,
            le=100_000_000,
        ),
    ] = 20_000
    public_url: Annotated[
        str,
        env(
            "PUBLIC_URL",
            help="Address under which browsers reach this server; links to files start with it. "
            "Unset: the address of the request.",
            expects="an http(s) URL, such as https://chat.example.com",
            check=checks.base_url,
        ),
    ] = ""
    link_secret: Annotated[
        SigningSecret,
        env(
            "FILE_LINKS_SECRET",
            help="Secret that signs links to files. All servers that share a database need the same secret. "
            "Unset: SESSION_SECRET or JWT_SECRET; without these a random secret, whose links end with the process.",
            expects=UNGUESSABLE,
        ),
    ] = SigningSecret("")
    access_key_id: Annotated[
        str,
        env(
            "AWS_ACCESS_KEY_ID",
            help="Access key of S3. Unset: the role of the machine.",
            expects="the id of a key, without spaces",
            check=checks.key,
        ),
    ] = ""
    secret_access_key: Annotated[
        Secret,
        env(
            "AWS_SECRET_ACCESS_KEY",
            help="Secret key of S3.",
            expects="the key of that id, without spaces",
            check=checks.key,
        ),
    ] = Secret("")
    session_token: Annotated[
        Secret,
        env(
            "AWS_SESSION_TOKEN",
            help="Session token of S3, for temporary keys.",
            expects="the token of that key, without spaces",
            check=checks.key,
        ),
    ] = Secret("")
    region: Annotated[
        str,
        env(
            "AWS_REGION",
            "AWS_DEFAULT_REGION",
            help="Region of S3.",
            expects="a region's name, such as eu-central-1",
            check=checks.matching(r"[A-Za-z0-9-]+"),
        ),
    ] = ""
    endpoint: Annotated[
        str,
        env(
            "AWS_ENDPOINT_URL",
            help="Address of a service that is compatible with S3, such as MinIO or R2.",
            expects="an http(s) URL, such as https://minio.example.com:9000",
            check=checks.base_url,
        ),
    ] = ""


def folder_of(url: str) -> Path | None:
    """The folder that a `file:` address names; None for other addresses."""
    parts = urlsplit(url)
    return Path(unquote(parts.netloc + parts.path)).absolute() if parts.scheme == "file" else None


def attachment_problems(settings: AttachmentSettings) -> Iterator[Problem]:
    """Problems of combinations of these settings."""
    if 0 < settings.bytes_per_user < settings.max_bytes:
        yield Problem(
            "ATTACHMENTS_BYTES_PER_USER",
            f"{settings.bytes_per_user} is less than the largest file: "
            f"lower ATTACHMENT_MAX_BYTES ({settings.max_bytes}) or raise this",
        )
    if (folder := folder_of(settings.url)) is not None and not checks.folder(folder):
        yield Problem("ATTACHMENTS_URL", f"{folder} is no folder, and none can be made there")
    if not settings.url.startswith("s3:"):
        return
    if bool(settings.access_key_id) != bool(settings.secret_access_key):
        given, missing = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"
        if settings.secret_access_key:
            given, missing = missing, given
        yield Problem(missing, f"is not set, but {given} is: set both, or neither for the machine's own role")
    elif settings.session_token and not settings.access_key_id:
        yield Problem("AWS_SESSION_TOKEN", "is set without AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: set all three")
