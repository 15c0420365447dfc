"""The administration of accounts. They can be deactivated, but not deleted."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import User
from accounts.services import is_address_taken, record_password_change, remove_second_factors, save_account
from solarnet_portal.admin_site import CheckedSelection, site
from tokens.domain.dates import format_minute
from tokens.web.actors import browser_actor

if TYPE_CHECKING:
    AccountFormBase = UserChangeForm[User]
    NewAccountFormBase = AdminUserCreationForm[User]
    AccountAdminBase = UserAdmin[User]
else:
    AccountAdminBase = UserAdmin
    AccountFormBase = UserChangeForm
    NewAccountFormBase = AdminUserCreationForm

_PERMISSIONS = ("is_active", "is_staff", "is_superuser")


class _UniqueEmailMixin:
    """Rejects an email address that belongs to another account, as its email or as a second address."""

    instance: User
    cleaned_data: dict[str, Any]

    def clean_email(self) -> str:
        """Return the address in lower case."""
        email = User.objects.normalize_email(self.cleaned_data["email"])
        if is_address_taken(email, excluding=self.instance):
            raise ValidationError("This email already belongs to another account. Enter another one.")
        return email


class AccountForm(_UniqueEmailMixin, AccountFormBase):
    """Changes an account."""

    class Meta:
        model = User
        fields = ("email", "password", "service_url", *_PERMISSIONS)


class NewAccountForm(_UniqueEmailMixin, NewAccountFormBase):
    """Creates an account."""

    class Meta:
        model = User
        fields = ("email",)
        field_classes = {"email": forms.EmailField}


@admin.register(User, site=site)
class AccountAdmin(CheckedSelection, AccountAdminBase):
    """Accounts, by email."""

    form = AccountForm
    add_form = NewAccountForm
    list_display = ("email", "is_active", "is_staff", "joined", "signed_in")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email",)
    search_help_text = "Email"
    ordering = ("email",)
    filter_horizontal = ()
    readonly_fields = ("signed_in", "joined")
    show_full_result_count = False
    actions = ("activate", "deactivate", "remove_second_factors")
    fieldsets = (
        (None, {"fields": ("email", "password", "service_url")}),
        ("Rights", {"fields": _PERMISSIONS}),
        ("Dates", {"fields": ("signed_in", "joined")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "usable_password", "password1", "password2")}),)

    @admin.display(description="Joined")
    def joined(self, user: User) -> str:
        """Return when the account was created."""
        return format_minute(user.date_joined)

    @admin.display(description="Last sign-in")
    def signed_in(self, user: User) -> str:
        """Return when somebody last signed in."""
        return format_minute(user.last_login) if user.last_login else "Never"

    @admin.action(description="Activate the selected accounts", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Let the accounts sign in again, and their tokens work."""
        self._set_active(request, queryset, is_active=True)

    @admin.action(description="Deactivate the selected accounts: no sign-in, and every token is refused", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Stop the accounts and their tokens."""
        self._set_active(request, queryset, is_active=False)

    @admin.action(description="Remove the second factors of the selected accounts, for who has lost them", permissions=["change"])
    def remove_second_factors(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Let the accounts sign in with their password alone again. Their owners are told."""
        actor, now = browser_actor(request), timezone.now()
        with transaction.atomic():
            allowed = [user for user in queryset.order_by("pk") if self.has_change_permission(request, user)]
            changed = sum(remove_second_factors(user, actor=actor, now=now) for user in allowed)
        self.message_user(request, f"The second factors of {changed} accounts are removed.", messages.SUCCESS)

    def _set_active(self, request: HttpRequest, queryset: QuerySet[User], *, is_active: bool) -> None:
        """Change the accounts that the administrator may change, all of them or none, and say which were left as they are."""
        actor, now = browser_actor(request), timezone.now()
        changed, left = 0, []
        with transaction.atomic():
            for user in queryset.order_by("pk"):
                if user == request.user or not self.has_change_permission(request, user) or not self._may_change_rights(request):
                    left.append(user.email)
                elif user.is_active != is_active:
                    user.is_active = is_active
                    save_account(user, actor=actor, now=now)
                    changed += 1
        self.message_user(request, f"{changed} {'activated' if is_active else 'deactivated'}.", messages.SUCCESS)
        if left:
            self.message_user(request, f"Not changed, because you may not change them: {', '.join(left)}.", messages.WARNING)

    def _may_change_rights(self, request: HttpRequest) -> bool:
        return bool(getattr(request.user, "is_superuser", False))

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Let only superusers change permissions, and never their own."""
        may_change_permissions = self._may_change_rights(request) and obj != request.user
        return tuple(self.readonly_fields) if may_change_permissions else (*self.readonly_fields, *_PERMISSIONS)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Let only superusers change a superuser, because setting a password takes over the account."""
        if obj is not None and obj.is_superuser and not getattr(request.user, "is_superuser", False):
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Return False: accounts are deactivated instead, which keeps their tokens and history."""
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save with the service, which writes the audit entry."""
        save_account(obj, actor=browser_actor(request), now=timezone.now())

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002 -- Django's own
        """Set a password, with an audit entry in the same transaction."""
        with transaction.atomic():
            before = self._password_hash(request, id)
            response = super().user_change_password(request, id, form_url)
            user = self.get_object(request, unquote(id))
            if user is not None and user.password != before:
                record_password_change(user, actor=browser_actor(request), now=timezone.now())
        return response

    def _password_hash(self, request: HttpRequest, user_id: str) -> str | None:
        user = self.get_object(request, unquote(user_id))
        return user.password if user else None
