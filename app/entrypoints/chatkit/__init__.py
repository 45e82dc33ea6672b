"""ChatKit's protocol: requests in, thread events out."""
