"""HTTP message signatures for requests: `requests.get(url, auth=MessageSignature(token, secret))`."""

import base64
import hmac
import time
from hashlib import sha256
from urllib.parse import urlsplit

from requests.auth import AuthBase


class MessageSignature(AuthBase):
    def __init__(self, token, secret):
        self.token, self.secret = token, secret

    def __call__(self, request):
        now, url, body = int(time.time()), urlsplit(request.url), request.body or b""
        day = time.strftime("%Y%m%d", time.gmtime(now))
        authority = url.netloc.removesuffix(":443" if url.scheme == "https" else ":80")
        covered = {"@method": request.method, "@authority": authority, "@path": url.path}
        if "?" in request.url:
            covered["@query"] = f"?{url.query}"
        if body:
            digest = sha256(body.encode() if isinstance(body, str) else body).digest()
            request.headers["Content-Digest"] = f"sha-256=:{base64.b64encode(digest).decode()}:"
        headers = {name.lower(): value for name, value in request.headers.items()}
        covered |= {name: headers[name] for name in headers if name in ("content-digest", "content-type") or name[:5] == "x-sn-"}
        names = " ".join(f'"{name}"' for name in covered)
        parameters = f'({names});created={now};keyid="{self.token}:{day}";tag="solarnetwork"'
        lines = [f'"{name}": {value}' for name, value in covered.items()]
        base = "\n".join([*lines, f'"@signature-params": {parameters}'])
        key = hmac.digest(f"SNWS3{self.secret}".encode(), day.encode(), "sha256")
        signature = hmac.digest(hmac.digest(key, b"snws3_request", "sha256"), base.encode(), "sha256")
        request.headers["Signature-Input"] = f"sn={parameters}"
        request.headers["Signature"] = f"sn=:{base64.b64encode(signature).decode()}:"
        return request
