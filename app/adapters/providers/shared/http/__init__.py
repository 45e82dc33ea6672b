"""HTTP/1.1 transport for httpx2, on httptools: the body of one socket read leaves as one piece.

httpx2's own transport parses in Python and yields each chunk separately, which costs more CPU than the rest of the work
for a token.
"""

from app.adapters.providers.shared.http.transport import HttpTransport as HttpTransport
