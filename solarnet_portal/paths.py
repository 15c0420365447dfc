"""Where the portal's files and data are, in a checkout and in an installed package. Independent of Django's settings."""

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent

# A wheel has templates/ and static/ inside the package; in a checkout they are at its top (pyproject.toml, force-include).
IS_INSTALLED = (PACKAGE / "templates").is_dir()
FILES = PACKAGE if IS_INSTALLED else PACKAGE.parent


def var_dir() -> Path:
    """Return the folder for data: the SQLite database, collected static files and development keys.

    Returns:
        What `PORTAL_VAR` names; otherwise `var` at the top of a checkout, and for an installed package `solarnet-portal` in the
        user's data folder (`XDG_DATA_HOME`, or `~/.local/share`): the same folder wherever a command is called.
    """
    named = os.environ.get("PORTAL_VAR", "").strip()
    if named:
        return Path(named)
    if not IS_INSTALLED:
        return FILES / "var"
    data = Path(os.environ.get("XDG_DATA_HOME", ""))
    # By the XDG specification a relative path counts as unset.
    return (data if data.is_absolute() else Path("~/.local/share").expanduser()) / "solarnet-portal"
