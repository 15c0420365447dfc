"""Whether the key ring is the one that sealed what is stored."""

from functools import lru_cache

from django.db.models import BinaryField, Count, F, Func, Value

from tokens import conf
from tokens.conf import KeysUnusable
from tokens.domain.errors import UnknownKey
from tokens.domain.secrets.vault import KEY_ID_PLACE, Vault
from tokens.models import TokenSecret

_WRONG = (
    "None of the keys of PORTAL_TOKEN_KEYS opens the private passwords that are stored: every signed request would be refused. "
    "Set the ring that sealed them; a new key goes in front of it."
)


def find_key_problem() -> str:
    """Return what is wrong with the key ring, "" if it opens the newest or the oldest stored secret, or none is stored.

    Raises:
        DatabaseError: the database does not answer.
    """
    try:
        vault = conf.get_vault()
    except KeysUnusable as error:
        return str(error)
    return "" if _opens_any(vault) else _WRONG


def require_keys() -> Vault:
    """Return the vault to seal a new secret with.

    Raises:
        KeysUnusable: if there is no ring, or it opens nothing of what is stored. What it sealed would be lost with it.
    """
    vault = conf.get_vault()
    if not _is_known_good(vault) and not _opens_any(vault):
        # Asked again next time: the cache must not keep a no that a restore mends.
        _is_known_good.cache_clear()
        raise KeysUnusable(_WRONG)
    return vault


def count_sealed() -> dict[str, int]:
    """Return how many private passwords each key has sealed, by the key's name (`Vault.key_ids`), with one query."""
    name = Func(F("sealed"), *map(Value, KEY_ID_PLACE), function="SUBSTR", output_field=BinaryField())
    found = TokenSecret.objects.annotate(key=name).values_list("key").annotate(count=Count("pk")).order_by()
    return {bytes(key).hex(): count for key, count in found}


@lru_cache(maxsize=1)
def _is_known_good(vault: Vault) -> bool:
    return _opens_any(vault)


def _opens_any(vault: Vault) -> bool:
    rows = TokenSecret.objects.select_related("token").only("sealed", "token__token_id")
    samples = [rows.order_by("-pk").first(), rows.order_by("pk").first()]
    found = [secret for secret in samples if secret is not None]
    return not found or any(_opens(vault, secret) for secret in found)


def _opens(vault: Vault, secret: TokenSecret) -> bool:
    try:
        vault.open(bytes(secret.sealed), token_id=secret.token.token_id)
    except UnknownKey:
        return False
    return True
