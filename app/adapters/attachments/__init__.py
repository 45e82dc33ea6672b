"""Attachment storage: a folder, S3 or memory, by the scheme of `ATTACHMENTS_URL`."""
