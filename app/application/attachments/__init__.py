"""Attachments: uploads, quota, content types, signed links, and cleanup of files."""
