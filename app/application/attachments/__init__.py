"""Attachments: uploads, their room and type, signed links, and cleanup."""
