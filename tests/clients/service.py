"""The service behind the gateway: answers as SolarNetwork does, and tells what reached it."""

import http.server
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

_DATUM = [{"number": number} for number in range(3)]
_INTERVAL = {"startDate": "2026-01-01", "startDateMillis": 1, "endDate": "2026-11-24", "endDateMillis": 2}


class Service(http.server.BaseHTTPRequestHandler):
    """Answers every request with the envelope; lists have three entries, in pages."""

    def response(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        arrived = {
            "method": self.command,
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": self.rfile.read(length).decode(),
        }
        body = json.dumps({"success": True, "data": self._data(arrived)}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _data(self, arrived: dict[str, Any]) -> Any:
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        if url.path.endswith("/range/sources") and "sourceId" in query:
            return [{"nodeId": int(query["nodeId"][0]), "sourceId": query["sourceId"][0]}]
        first, most = (int(query.get(name, [default])[0]) for name, default in (("offset", "0"), ("max", "1000")))
        results = _DATUM[first : first + most]
        return {**arrived, **_INTERVAL, "results": results, "returnedResultCount": len(results), "startingOffset": first}

    do_GET = do_POST = do_PUT = do_DELETE = response  # noqa: N815 -- the base class's names

    def log_message(self, *_: object) -> None:
        pass
