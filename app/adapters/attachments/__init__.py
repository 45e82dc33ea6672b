"""Where attachments are kept; the scheme of `ATTACHMENTS_URL` says where."""
