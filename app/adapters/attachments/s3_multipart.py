"""Parts of files that never became whole, on S3: obstore ends them when an upload fails, but not when its process dies.

S3 keeps and bills such parts without end, in no list of files. They are found and ended by two requests, signed as AWS
describes it (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html).
"""

import datetime as dt
import hashlib
import hmac
import re
from typing import Final
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import unescape

from app.settings.attachments import AttachmentSettings

_REGION: Final = "us-east-1"
_NOTHING: Final = hashlib.sha256(b"").hexdigest()
_UPLOAD: Final = re.compile(r"<Upload>.*?</Upload>", re.DOTALL)
_SECONDS: Final = 20


class Multipart:
    """The uploads in parts under one prefix of a bucket.

    Only with `AWS_ACCESS_KEY_ID`: the keys of a machine's own role are known to obstore alone, and a lifecycle rule of
    the bucket does the same.
    """

    def __init__(self, settings: AttachmentSettings, bucket: str, prefix: str) -> None:
        self._settings = settings
        self._region = settings.region or _REGION
        endpoint = settings.endpoint or f"https://s3.{self._region}.amazonaws.com"
        self._base = f"{endpoint.rstrip('/')}/{quote(bucket)}"
        self._prefix = f"{prefix}/" if prefix else ""

    async def discard(self, key: str) -> None:
        """End the uploads in parts of that key. Raises `OSError` when S3 cannot be asked, or refuses."""
        if not self._settings.access_key_id:
            return
        name = f"{self._prefix}{key}"
        found = await self._ask("GET", "", {"prefix": name, "uploads": ""})
        for upload in _UPLOAD.findall(found):
            if _text(upload, "Key") == name:
                await self._ask("DELETE", f"/{quote(name)}", {"uploadId": _text(upload, "UploadId")})

    async def _ask(self, method: str, path: str, query: dict[str, str]) -> str:
        import httpx2

        written = "&".join(f"{quote(name, safe='')}={quote(query[name], safe='')}" for name in sorted(query))
        url = f"{self._base}{path}?{written}"
        try:
            async with httpx2.AsyncClient(timeout=_SECONDS) as client:
                answer = await client.request(method, url, headers=self.signed(method, url, dt.datetime.now(dt.UTC)))
        except httpx2.HTTPError as error:
            raise OSError(f"{method} {self._base}{path}: {error}") from error
        if answer.is_error and answer.status_code != httpx2.codes.NOT_FOUND:
            raise OSError(f"{method} {self._base}{path}: {answer.status_code} {answer.text}")
        return answer.text

    def signed(self, method: str, url: str, now: dt.datetime) -> dict[str, str]:
        """The headers of a request without a body; the names in the query of `url` are in order."""
        parts = urlsplit(url)
        stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
        headers = {"host": parts.netloc, "x-amz-content-sha256": _NOTHING, "x-amz-date": stamp}
        if token := self._settings.session_token.reveal():
            headers["x-amz-security-token"] = token
        names = ";".join(headers)
        lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
        canonical = f"{method}\n{parts.path}\n{parts.query}\n{lines}\n{names}\n{_NOTHING}"
        scope = f"{day}/{self._region}/s3/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = b"AWS4" + self._settings.secret_access_key.reveal().encode()
        for part in (*scope.split("/"), text):
            key = hmac.digest(key, part.encode(), "sha256")
        credential = f"{self._settings.access_key_id}/{scope}"
        return headers | {
            "authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={key.hex()}"
        }


def _text(xml: str, tag: str) -> str:
    found = re.search(f"<{tag}>([^<]*)</{tag}>", xml)
    return unescape(found[1]) if found else ""
