"""A new token as files: for a password manager or a spreadsheet, for a program's environment, and for any other program."""

import base64
import csv
import io
import json
from typing import NamedTuple

from tokens.models import SecurityToken
from tokens.presentation.downloads.tables import harmless

_COLUMNS = ("Token Type", "Token ID", "Token Secret", "Name", "Description")


class SecretFile(NamedTuple):
    """A file to download: its label, its name, its media type, and its content."""

    label: str
    name: str
    media_type: str
    content: bytes

    @property
    def encoded(self) -> str:
        """The content in Base64, for a `data:` address: the server keeps no file."""
        return base64.b64encode(self.content).decode("ascii")


def secret_files(token: SecurityToken, secret: str) -> list[SecretFile]:
    """Return the files that hold a token and its private password."""
    stem = file_stem(token)
    return [
        SecretFile("CSV", f"{stem}.csv", "text/csv", make_csv(token, secret)),
        SecretFile(".env", f"{stem}.env", "text/plain", make_env(token, secret)),
        SecretFile("JSON", f"{stem}.json", "application/json", make_json(token, secret)),
    ]


def file_stem(token: SecurityToken) -> str:
    """Return what the names of a token's files begin with."""
    return f"solarnetwork-token-{token.token_id}"


def make_csv(token: SecurityToken, secret: str) -> bytes:
    """Return the token as a CSV file with a header; cells that a spreadsheet would take for a formula begin with `'`."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(_COLUMNS)
    writer.writerow([harmless(cell) for cell in (token.type, token.token_id, secret, token.name, token.description)])
    return buffer.getvalue().encode()


def make_env(token: SecurityToken, secret: str) -> bytes:
    """Return the token as assignments that a shell, Docker and dotenv read alike; the name is a comment.

    Values are in single quotes unless they need none: a token that was imported may hold any printable character.
    """
    title = " ".join(token.display_name.split())
    lines = [f"# {title}", f"SNWS2_TOKEN={_quoted(token.token_id)}", f"SNWS2_SECRET={_quoted(secret)}", ""]
    return "\n".join(lines).encode()


def make_json(token: SecurityToken, secret: str) -> bytes:
    """Return the token as a JSON object with the API's keys (`authSecret` is the private password)."""
    document = {
        "id": token.token_id,
        "authSecret": secret,
        "type": token.type,
        "name": token.name,
        "description": token.description,
        "policy": token.policy,
    }
    return f"{json.dumps(document, indent=2, ensure_ascii=False)}\n".encode()


def _quoted(value: str) -> str:
    if value.isascii() and value.replace("_", "").isalnum():
        return value
    escaped = value.replace("'", "'\\''")
    return f"'{escaped}'"
