"""SNWS2 for httpx: `httpx.Client(auth=Snws2(token, secret))`. A body is JSON."""

import base64
import hmac
from datetime import datetime, timezone
from email.utils import format_datetime
from hashlib import sha256
from urllib.parse import parse_qsl, quote, urlencode

import httpx


class Snws2(httpx.Auth):
    requires_request_body = True

    def __init__(self, token, secret):
        self.token, self.secret = token, secret

    def auth_flow(self, request):
        now, url, body = datetime.now(timezone.utc), request.url, request.content
        signed = {"host": request.headers["host"], "x-sn-date": format_datetime(now, usegmt=True)}
        if body:
            digest = base64.b64encode(sha256(body).digest()).decode()
            signed |= {"content-type": request.headers["content-type"], "digest": f"sha-256={digest}"}
        query = urlencode(sorted(parse_qsl(url.query.decode(), True), key=lambda pair: pair[0]), quote_via=quote, safe="")
        names = ";".join(sorted(signed))
        lines = [f"{name}:{signed[name]}" for name in sorted(signed)]
        path = url.raw_path.partition(b"?")[0].decode()
        canonical = "\n".join([request.method, path, query, *lines, names, sha256(body).hexdigest()])
        text = f"SNWS2-HMAC-SHA256\n{now:%Y%m%dT%H%M%SZ}\n{sha256(canonical.encode()).hexdigest()}"
        key = hmac.digest(f"SNWS2{self.secret}".encode(), f"{now:%Y%m%d}".encode(), "sha256")
        signature = hmac.digest(hmac.digest(key, b"snws2_request", "sha256"), text.encode(), "sha256").hex()
        credential = f"SNWS2 Credential={self.token},SignedHeaders={names},Signature={signature}"
        request.headers.update({**signed, "Authorization": credential})
        yield request
