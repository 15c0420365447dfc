"""HTTP message signatures for httpx: `httpx.Client(auth=MessageSignature(token, secret))`."""

import base64
import hmac
import time
from hashlib import sha256

import httpx


class MessageSignature(httpx.Auth):
    requires_request_body = True

    def __init__(self, token, secret):
        self.token, self.secret = token, secret

    def auth_flow(self, request):
        now = int(time.time())
        day = time.strftime("%Y%m%d", time.gmtime(now))
        path, mark, query = request.url.raw_path.decode().partition("?")
        covered = {"@method": request.method, "@authority": request.headers["host"], "@path": path}
        if mark:
            covered["@query"] = f"?{query}"
        if request.content:
            digest = base64.b64encode(sha256(request.content).digest()).decode()
            request.headers["content-digest"] = f"sha-256=:{digest}:"
        headers = request.headers.items()
        covered |= {name: value for name, value in headers if name in ("content-digest", "content-type") or name[:5] == "x-sn-"}
        names = " ".join(f'"{name}"' for name in covered)
        parameters = f'({names});created={now};keyid="{self.token}:{day}";tag="solarnetwork"'
        lines = [f'"{name}": {value}' for name, value in covered.items()]
        base = "\n".join([*lines, f'"@signature-params": {parameters}'])
        key = hmac.digest(f"SNWS3{self.secret}".encode(), day.encode(), "sha256")
        signature = hmac.digest(hmac.digest(key, b"snws3_request", "sha256"), base.encode(), "sha256")
        request.headers["signature-input"] = f"sn={parameters}"
        request.headers["signature"] = f"sn=:{base64.b64encode(signature).decode()}:"
        yield request
