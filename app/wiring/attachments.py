"""Wiring of attachments and their storage."""

import secrets
from collections.abc import AsyncIterator

import msgspec
from dishka import Provider, Scope, provide

from app.adapters.attachments.obstore_storage import open_attachments
from app.application.attachments.cleanup import FileCleanup
from app.application.attachments.generated import GeneratedImages
from app.application.attachments.service import Attachments
from app.application.attachments.signed_links import FileLinks
from app.environment import Secret
from app.ports.attachment_storage import AttachmentStorage
from app.ports.file_ledger import FileLedger
from app.ports.storage import Storage
from app.settings import Settings
from app.settings.attachments import AttachmentSettings


def where_files_are(settings: Settings) -> AttachmentSettings:
    """Attachment settings with their default address: files live as long as the database."""
    passing = settings.store.database_url.reveal().startswith("memory:")
    default = "memory://" if passing else "file:data/attachments"
    return msgspec.structs.replace(settings.attachments, url=settings.attachments.url or default)


class AttachmentWiring(Provider):
    """Attachments, their storage at `ATTACHMENTS_URL`, their links and their cleanup."""

    scope = Scope.APP
    attachments = provide(Attachments)
    images = provide(GeneratedImages)

    @provide
    def settings(self, settings: Settings) -> AttachmentSettings:
        return where_files_are(settings)

    @provide
    async def files(self, settings: AttachmentSettings) -> AsyncIterator[AttachmentStorage]:
        files = open_attachments(settings)
        try:
            yield files
        finally:
            await files.aclose()

    @provide
    def ledger(self, storage: Storage) -> FileLedger:
        return storage.files

    @provide
    def links(self, settings: AttachmentSettings, everything: Settings) -> FileLinks:
        # Replicas with the same secret accept each other's links.
        shared = settings.link_secret or everything.login.session_secret or everything.login.jwt_secret
        return FileLinks(shared or Secret(secrets.token_hex(32)), public_url=settings.public_url)

    @provide
    def cleanup(self, ledger: FileLedger, files: AttachmentStorage) -> FileCleanup:
        return FileCleanup(ledger, files)
