"""HTTP/1.1 to upstreams for httpx2, on httptools: what one read brings leaves in one piece.

httpx2's own transport parses in Python and hands on each chunk of a body alone, which costs more than all else that is
done for a token.
"""

from app.adapters.providers.shared.http.transport import HttpTransport as HttpTransport
