"""The user model."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone


class UserManager(BaseUserManager["User"]):
    """Creates users, who sign in with their e-mail address."""

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
        """Return the account with an e-mail address, ignoring case."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """An account, or an administrator."""

    email = models.EmailField("e-mail", max_length=254, unique=True)
    is_active = models.BooleanField(
        "active", default=True, help_text="An account that is not active cannot sign in, and none of its tokens works."
    )
    is_staff = models.BooleanField("staff", default=False, help_text="May enter the administration.")
    date_joined = models.DateTimeField("joined", default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = "account"
        constraints = [
            models.UniqueConstraint(
                Lower("email"), name="user_email_unique", violation_error_message="This e-mail has an account already."
            )
        ]

    def __str__(self) -> str:
        return self.email
