"""Second factors (authenticator app, passkeys, recovery codes): who needs one, and how django-allauth stores them."""

import base64
import ipaddress
from collections import Counter

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from accounts.models import User
from tokens import conf
from tokens.domain.errors import UnknownKey
from tokens.domain.secrets.vault import key_id_of

# What a key of the ring seals for a factor is bound to this, as a private password is to its token.
_BOUND_TO = "second factor"
# Where django-allauth keeps what is sealed.
_SEALED = ("secret", "seed")
_TYPES = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
_KEY_NAMES = ("Passkey", "Second passkey")


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc] # allauth ships no types
    """Seals what signs in: a stolen database opens no account."""

    def encrypt(self, text: str) -> str:
        """Return a secret sealed with the newest key of `PORTAL_TOKEN_KEYS`."""
        return base64.b64encode(conf.get_vault().seal(text, token_id=_BOUND_TO)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return a sealed secret.

        Raises:
            UnknownKey: if no key of the ring opens it.
        """
        return conf.get_vault().open(base64.b64decode(encrypted_text), token_id=_BOUND_TO)

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002 -- allauth's own word
        """Return a name for the next passkey."""
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return _KEY_NAMES[count] if count < len(_KEY_NAMES) else f"Passkey {count + 1}"

    def build_totp_svg(self, url: str) -> str:
        """Return the code to scan: black on white, in the dark too."""
        # Only this page needs it, and every command would wait for it.
        import qrcode
        from qrcode.image.svg import SvgPathFillImage

        svg = str(qrcode.make(url, image_factory=SvgPathFillImage).to_string(encoding="unicode"))
        return svg.replace("<svg ", '<svg role="img" aria-label="The code to scan; the key to type is below" ', 1)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Return the site that passkeys are for."""
        return {"id": host_of(context.request), "name": "SolarNet Portal"}


def host_of(request: HttpRequest) -> str:
    """Return the host that a request names, without its port."""
    host = request.get_host()
    return host.rpartition(":")[0] if ":" in host and not host.endswith("]") else host


def can_have_passkeys(request: HttpRequest) -> bool:
    """Return whether browsers make passkeys here: they do for names, not for IP addresses."""
    try:
        ipaddress.ip_address(host_of(request).strip("[]"))
    except ValueError:
        return True
    return False


def has_second_factor(user: User) -> bool:
    """Return whether signing in takes more than a password."""
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=_TYPES).exists())


def lacks_second_factor(user: User) -> bool:
    """Return whether the settings want a second factor (`PORTAL_SECOND_FACTOR`) that an account does not have."""
    is_wanted = settings.SECOND_FACTOR == "everyone" or (settings.SECOND_FACTOR == "staff" and user.is_staff)
    return is_wanted and not has_second_factor(user)


def describe(factor: Authenticator) -> str:
    """Return what a factor is called in the activity."""
    if factor.type == Authenticator.Type.WEBAUTHN:
        return f"passkey “{factor.wrap().name}”"
    return "authenticator app" if factor.type == Authenticator.Type.TOTP else "recovery codes"


def count_by_key() -> dict[str, int]:
    """Return how many second factors each key has sealed, by the key's name (`Vault.key_ids`)."""
    stored = Authenticator.objects.values_list("data", flat=True)
    sealed = (data[name] for data in stored for name in _SEALED if name in data)
    return dict(Counter(key_id_of(base64.b64decode(text)) for text in sealed))


def reseal_all() -> tuple[int, int]:
    """Seal what the factors hold with the newest key, each in its own transaction.

    Returns:
        How many were sealed anew, and how many no key opens.
    """
    renewed = shut = 0
    for key in list(Authenticator.objects.order_by("pk").values_list("pk", flat=True)):
        try:
            renewed += _reseal(key)
        except UnknownKey:
            shut += 1
    return renewed, shut


@transaction.atomic
def _reseal(key: int) -> bool:
    factor = Authenticator.objects.select_for_update().filter(pk=key).first()
    sealed = {name: factor.data[name] for name in _SEALED if name in factor.data} if factor else {}
    old = {name: text for name, text in sealed.items() if not conf.get_vault().is_current(base64.b64decode(text))}
    if not old:
        return False
    adapter = SecondFactorAdapter()
    factor.data |= {name: adapter.encrypt(adapter.decrypt(text)) for name, text in old.items()}
    factor.save(update_fields=["data"])
    return True
