"""Requests to S3 that are signed here are signed as AWS's own library does it."""

import datetime as dt

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from app.adapters.attachments import s3_multipart
from app.environment import Secret
from app.settings.attachments import AttachmentSettings


@pytest.mark.parametrize("session_token", ["", "a/token=="])
@pytest.mark.parametrize(
    ("method", "path", "query"),
    [("GET", "", "prefix=some%2Fatc_1&uploads="), ("DELETE", "/some/atc%201", "uploadId=a%2Fb%2Bc")],
)
def test_the_signature_is_that_of_aws(session_token: str, method: str, path: str, query: str) -> None:
    settings = AttachmentSettings(
        url="s3://files",
        region="eu-central-1",
        access_key_id="id",
        secret_access_key=Secret("planted-secret"),
        session_token=Secret(session_token),
    )
    multipart = s3_multipart.Multipart(settings, "files", "some")
    url = f"https://s3.eu-central-1.amazonaws.com/files{path}?{query}"
    now = dt.datetime(2026, 11, 29, 13, 0, tzinfo=dt.UTC)
    signed = multipart.signed(method, url, now)

    theirs = AWSRequest(method=method, url=url, headers={"x-amz-content-sha256": signed["x-amz-content-sha256"]})
    theirs.context["timestamp"] = signed["x-amz-date"]
    auth = S3SigV4Auth(Credentials("id", "planted-secret", session_token or None), "s3", "eu-central-1")
    theirs.headers["x-amz-date"] = signed["x-amz-date"]
    if session_token:
        theirs.headers["x-amz-security-token"] = session_token
    signature = auth.signature(auth.string_to_sign(theirs, auth.canonical_request(theirs)), theirs)
    assert signed["authorization"].rpartition("Signature=")[2] == signature
