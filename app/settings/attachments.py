"""The settings of attachments, as values."""

import re
from typing import Annotated

import msgspec

from app.environment import URL, Secret, env


class MediaTypes(tuple[str, ...]):
    """Types of files, such as `image/png`."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> "MediaTypes":
        """Read a list with commas. Raises `ValueError` for what is no type."""
        types = [part.strip().lower() for part in text.split(",") if part.strip()]
        if not all(re.fullmatch(r"[\w.+-]+/[\w.+-]+", type_) for type_ in types):
            raise ValueError(text)
        return cls(types)

    def __str__(self) -> str:
        return ",".join(self)


class AttachmentSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What users may attach to their messages, and where it is kept."""

    url: Annotated[
        str,
        env(
            "ATTACHMENTS_URL",
            help="Where files are kept: `file:///folder`, `s3://bucket/prefix` or `memory://`. "
            "Unset: the folder `data/attachments`; memory with `DATABASE_URL=memory://`.",
            expects="file:///folder, s3://bucket/prefix or memory://",
            pattern=r"^(memory://|file:.+|s3://[^/\s]+.*)$",
        ),
    ] = ""
    max_bytes: Annotated[
        int,
        env(
            "ATTACHMENT_MAX_BYTES",
            help="Largest file; 0 turns attachments off.",
            expects="a number of bytes, 0 for no attachments",
            ge=0,
        ),
    ] = 20_000_000
    types: Annotated[
        MediaTypes,
        env(
            "ATTACHMENT_TYPES",
            help="Types of files that are taken. A file's own content says which it is, not its name.",
            expects="types, such as image/png,application/pdf",
        ),
    ] = MediaTypes.parse(
        "image/png,image/jpeg,image/webp,image/gif,text/plain,text/markdown,text/csv,application/json,application/pdf"
    )
    per_message: Annotated[
        int,
        env("ATTACHMENTS_PER_MESSAGE", help="Files in one message.", expects="a number from 1 to 100", ge=1, le=100),
    ] = 10
    bytes_per_user: Annotated[
        int,
        env(
            "ATTACHMENTS_BYTES_PER_USER",
            help="Bytes of all files that one user may keep here.",
            expects="a number of bytes, 0 for no limit",
            ge=0,
        ),
    ] = 1_000_000_000
    text_tokens: Annotated[
        int,
        env(
            "ATTACHMENT_TEXT_TOKENS",
            help="About how many tokens of an attached text the model is told.",
            expects="a number of tokens, 100 or more",
            ge=100,
        ),
    ] = 20_000
    public_url: Annotated[
        str,
        env(
            "PUBLIC_URL",
            help="Address under which browsers reach this server, for links to files. "
            "Unset: the one that the request came to.",
            expects="an http(s) URL",
            pattern=URL,
        ),
    ] = ""
    link_secret: Annotated[
        Secret,
        env(
            "FILE_LINKS_SECRET",
            help="Signs links to files; the same on all servers that share a database. "
            "Unset: SESSION_SECRET or JWT_SECRET; without them a random one, whose links end with the process.",
            expects="32 characters or more",
        ),
    ] = Secret("")
    access_key_id: Annotated[str, env("AWS_ACCESS_KEY_ID", help="For S3. Unset: the machine's own role.")] = ""
    secret_access_key: Annotated[Secret, env("AWS_SECRET_ACCESS_KEY", help="For S3.")] = Secret("")
    session_token: Annotated[Secret, env("AWS_SESSION_TOKEN", help="For S3, with keys of limited life.")] = Secret("")
    region: Annotated[str, env("AWS_REGION", "AWS_DEFAULT_REGION", help="For S3.")] = ""
    endpoint: Annotated[
        str,
        env(
            "AWS_ENDPOINT_URL",
            help="Another service that speaks like S3, such as MinIO or R2.",
            expects="an http(s) URL",
            pattern=URL,
        ),
    ] = ""
