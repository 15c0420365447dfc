"""The user model."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from tokens.domain.text import is_origin

# A host name has 253 characters at most.
MAX_ORIGIN_LENGTH = 270


def validate_origin(value: str) -> None:
    """Refuse what is not an origin of http or https.

    Raises:
        ValidationError: says how to write one.
    """
    if not is_origin(value):
        raise ValidationError("Write scheme and host in lower case, such as https://data.example.org, without a path.")


class UserManager(BaseUserManager["User"]):
    """Creates users, who sign in with their email address."""

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """Return an address in lower case, because django-allauth only finds those."""
        return super().normalize_email(email).lower()

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an account. Without a password, the user must reset it to sign in."""
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an administrator."""
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the account with an email address, ignoring case."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """An account, or an administrator."""

    email = models.EmailField("email", max_length=254, unique=True)
    is_active = models.BooleanField(
        "active", default=True, help_text="An account that is not active cannot sign in, and none of its tokens works."
    )
    is_staff = models.BooleanField("staff", default=False, help_text="May enter the administration.")
    service_url = models.CharField(
        "service address",
        max_length=MAX_ORIGIN_LENGTH,
        blank=True,
        validators=[validate_origin],
        help_text="Where this account's data is requested, such as https://data.example.org. The programs on the tokens' pages"
        " call it. Empty: that of PORTAL_SERVICE_URL.",
    )
    date_joined = models.DateTimeField("joined", default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = "account"
        constraints = [
            models.UniqueConstraint(
                Lower("email"), name="user_email_unique", violation_error_message="This email already has an account."
            ),
            models.CheckConstraint(
                condition=Q(service_url="") | Q(service_url__startswith="https://") | Q(service_url__startswith="http://"),
                name="user_service_url_web",
                violation_error_message="The service address begins with https:// or http://.",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def service_address(self) -> str:
        """The origin of the service that has the account's data: its own, or else that of the settings; "" if not known."""
        return self.service_url or str(settings.SERVICE_URL)
