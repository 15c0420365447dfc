"""Settings, all from the environment (README, "Configuration"). `PORTAL_ENV=production` turns every guard on."""

import re
import secrets

from csp.constants import NONE, SELF

from solarnet_portal import paths
from solarnet_portal.databases import read_cache, read_database, read_replica
from solarnet_portal.env import Environment
from solarnet_portal.operations.logs import FORMATS, logging_settings
from tokens.domain.text import is_origin

env = Environment()

PORTAL_ENV = env.choice("PORTAL_ENV", "development", ("development", "production"))
IS_PRODUCTION = PORTAL_ENV == "production"
VAR_DIR = paths.var_dir()

DEBUG = env.flag("PORTAL_DEBUG", default=False)
env.require("PORTAL_DEBUG", not (DEBUG and IS_PRODUCTION), "debugging is off in production.")


def _key_file(name: str) -> str:
    """Return the text of a key file that `make setup` wrote, "" if there is none or in production."""
    path = VAR_DIR / name
    return path.read_text(encoding="utf-8").strip() if not IS_PRODUCTION and path.is_file() else ""


# --- Secrets -------------------------------------------------------------------------------------------------------------
_NO_KEY = "missing. `manage.py make_keys` prints one, run without PORTAL_ENV."
SECRET_KEY = env.secret("PORTAL_SECRET_KEY") or _key_file("secret_key")
if not SECRET_KEY and not IS_PRODUCTION:
    # Commands that need no database work before `make setup`. What this key signs is valid only in this process.
    SECRET_KEY = secrets.token_urlsafe(64)
env.require("PORTAL_SECRET_KEY", SECRET_KEY, _NO_KEY)
env.require("PORTAL_SECRET_KEY", len(SECRET_KEY) >= 50 and len(set(SECRET_KEY)) >= 10, "weak: use at least 50 random characters.")
SECRET_KEY_FALLBACKS = env.words("PORTAL_SECRET_KEY_FALLBACKS")

# The keys that encrypt private passwords, newest first.
TOKEN_KEYS = env.secret("PORTAL_TOKEN_KEYS") or _key_file("token_keys")
TOKEN_KEYS_FILE = env.secret_file("PORTAL_TOKEN_KEYS") or ("" if env.text("PORTAL_TOKEN_KEYS") else str(VAR_DIR / "token_keys"))
env.require("PORTAL_TOKEN_KEYS", TOKEN_KEYS or not IS_PRODUCTION, _NO_KEY)

# --- Where the portal is -------------------------------------------------------------------------------------------------
ALLOWED_HOSTS = env.words("PORTAL_ALLOWED_HOSTS", () if IS_PRODUCTION else ("127.0.0.1", "localhost", "[::1]"))
env.require("PORTAL_ALLOWED_HOSTS", ALLOWED_HOSTS, "missing. List the host names of the portal.")
env.require("PORTAL_ALLOWED_HOSTS", "*" not in ALLOWED_HOSTS or not IS_PRODUCTION, "weak: * allows any host.")
CSRF_TRUSTED_ORIGINS = env.words("PORTAL_TRUSTED_ORIGINS")
# The addresses or networks of the proxies whose X-Forwarded-* and X-Original-* headers are trusted.
TRUSTED_PROXIES = env.words("PORTAL_TRUSTED_PROXIES")
# Where the data of most accounts is; "" where that is not known. An account may have an address of its own.
SERVICE_URL = env.text("PORTAL_SERVICE_URL")
# Where links in mails lead, which no request tells.
PORTAL_URL = env.text("PORTAL_URL", f"https://{(*ALLOWED_HOSTS, '')[0]}" if IS_PRODUCTION else "http://127.0.0.1:8000")
env.require(
    "PORTAL_SERVICE_URL",
    not SERVICE_URL or is_origin(SERVICE_URL),
    "write scheme and host in lower case (https://data.example.org), no path and no slash at the end.",
)

DATABASES = {"default": read_database(env, VAR_DIR), **read_replica(env)}
DATABASE_ROUTERS = ["solarnet_portal.operations.replica.ReplicaRouter"] if "replica" in DATABASES else []
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Shared by all processes, so that rate limits count all requests. Secrets are never cached.
CACHES = {"default": read_cache(env)}

# --- The application -----------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "accounts.apps.AccountsConfig",
    "tokens.apps.TokensConfig",
    "solarnet_portal.operations",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "solarnet_portal.assets.apps.PortalStaticFilesConfig",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "crispy_forms",
    "django_htmx",
    "csp",
    "corsheaders",
]
# For programs (the gateway, the API).
PROGRAM_MIDDLEWARE = [
    "tokens.middleware.BodylessHeadMiddleware",
    "tokens.middleware.TrustedProxyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "tokens.middleware.ApiCorsMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.common.CommonMiddleware",
    "tokens.middleware.PrivatePagesMiddleware",
]
# The second and third serve operators and programs themselves; all that comes after them is for pages.
MIDDLEWARE = [
    "solarnet_portal.operations.requests.RequestMiddleware",
    "solarnet_portal.operations.health.HealthMiddleware",
    "tokens.middleware.ProgramMiddleware",
    "tokens.middleware.BodylessHeadMiddleware",
    "tokens.middleware.TrustedProxyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tokens.middleware.UnavailableMiddleware",
    "tokens.middleware.PageMethodsMiddleware",
    "solarnet_portal.operations.compression.CompressionMiddleware",
    "csp.middleware.CSPMiddleware",
    "accounts.security.sessions.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.security.middleware.ProofMiddleware",
    "accounts.security.middleware.SecondFactorMiddleware",
    "tokens.middleware.PrivatePagesMiddleware",
    "tokens.middleware.HtmxResponseMiddleware",
]
if DATABASE_ROUTERS:
    # In front of programs too.
    MIDDLEWARE.insert(0, "solarnet_portal.operations.replica.ReplicaMiddleware")
ROOT_URLCONF = "solarnet_portal.urls"
WSGI_APPLICATION = "solarnet_portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [paths.FILES / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "portal"
CRISPY_TEMPLATE_PACK = "portal"
CRISPY_FAIL_SILENTLY = False
LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"
# Dates one way in the admin too (without translations these count).
DATE_FORMAT = "j M Y"
DATETIME_FORMAT = r"j M Y H:i \U\T\C"
# A form may select 1,000 nodes; a body may have 1 MB.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576

# --- Accounts (django-allauth) -------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [f"django.contrib.auth.hashers.{name}PasswordHasher" for name in ("Argon2", "PBKDF2")]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
SIGNUP_OPEN = env.flag("PORTAL_SIGNUP", default=False)
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "tokens:list"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
# Who may sign up by themselves must show that the address is theirs.
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if SIGNUP_OPEN else "optional"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = "SolarNet Portal: "
# How long a proof of identity lasts, in seconds (SPEC, "Promises"); email addresses are changed only with one too.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_REAUTHENTICATION_REQUIRED = True
MFA_ADAPTER = "accounts.security.second_factors.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    f"{act}_webauthn": f"accounts.forms.{act.capitalize()}PasskeyForm"
    for act in ("add", "authenticate", "login", "reauthenticate")
}
MFA_PASSKEY_LOGIN_ENABLED = True
# Browsers make passkeys without HTTPS for localhost only.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_PRODUCTION
# Nobody has an address that is not verified: administrators enter them, and who signs up verifies it first.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "SolarNet Portal"
SECOND_FACTOR = env.choice("PORTAL_SECOND_FACTOR", "optional", ("optional", "staff", "everyone"))

_transport = "smtp" if env.text("EMAIL_HOST") else "console"
EMAIL_BACKEND = f"django.core.mail.backends.{_transport}.EmailBackend"
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.number("EMAIL_PORT", 587, least=1)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.secret("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", default=True)
DEFAULT_FROM_EMAIL = env.text("PORTAL_FROM_EMAIL", "SolarNet Portal <portal@localhost>")

# --- Limits (SPEC, "Limits" and "Errors"); requests a minute -------------------------------------------------------------
RATE_REFUSED = env.number("PORTAL_RATE_REFUSED", 600, least=1)
RATE_CHANGES = env.number("PORTAL_RATE_CHANGES", 600, least=1)
REFUSE_REPLAYS = env.choice("PORTAL_REFUSE_REPLAYS", "changes", ("changes", "all"))
RATE_LOOKUPS = env.number("PORTAL_RATE_LOOKUPS", 30, least=1)
USE_LOG_THREAD = True  # Last uses and repeated refusals are written by a thread, so that requests do not wait for it.

# --- Security ------------------------------------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# The database holds a hash of the cookie.
SESSION_ENGINE = "accounts.security.sessions"
KNOWN_BROWSER_COOKIE_NAME = "known"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 12
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "solarnet_portal.error_views.csrf_failure"
if IS_PRODUCTION:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    # With this prefix, browsers accept the cookies only from this host over HTTPS.
    SESSION_COOKIE_NAME = "__Host-session"
    KNOWN_BROWSER_COOKIE_NAME = "__Host-known"
    CSRF_COOKIE_NAME = "__Host-csrf"
    LANGUAGE_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.flag("PORTAL_SSL_REDIRECT", default=True)
    SECURE_REDIRECT_EXEMPT = [r"^authorize$"]
    SECURE_HSTS_SECONDS = env.number("PORTAL_HSTS_SECONDS", 31_536_000, least=3600)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
# TrustedProxyMiddleware sets the scheme and the client's address, only for proxies in PORTAL_TRUSTED_PROXIES.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        **{f"{what}-src": [SELF] for what in ("script", "style", "img", "font", "connect", "manifest")},
        "form-action": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

# --- CORS: what pages of other origins may call (SPEC, "CORS") -----------------------------------------------------------
_origins = env.words("PORTAL_CORS_ORIGINS", ("*",))
CORS_ALLOW_ALL_ORIGINS = _origins == ["*"]
CORS_ALLOWED_ORIGINS = [] if _origins in (["*"], ["none"]) else _origins
env.require(
    "PORTAL_CORS_ORIGINS",
    all(re.fullmatch(r"https?://[^\sA-Z/?#@*]+", origin) for origin in CORS_ALLOWED_ORIGINS),
    "write each origin as browsers send it (https://app.example.org, no path), or * for any, or none.",
)
# The gateway's refusals too: no proxy adds anything to them. Whether it lets preflights through is its own setting.
CORS_URLS_REGEX = r"^/(?:authorize$|(?:solaruser|solarquery|solarin)/)"
CORS_ALLOW_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
CORS_ALLOW_HEADERS = [
    *("Authorization", "X-SN-Date", "X-SN-PreSignedAuthorization", "Signature", "Signature-Input"),
    *("Content-Type", "Content-MD5", "Content-Digest", "Digest"),
]
CORS_EXPOSE_HEADERS = ["X-SN-Token-Expires", "Accept-Signature", "X-SN-ErrorMessage"]
# Chromium keeps the answer to a preflight no longer than this.
CORS_PREFLIGHT_MAX_AGE = 7200
PASS_PREFLIGHTS = env.flag("PORTAL_GATEWAY_PREFLIGHTS", default=False)

# --- Static files --------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [paths.FILES / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "solarnet_portal.assets.bundles.BundlingStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_ALLOW_ALL_ORIGINS = False  # By default pages of any origin can read every file.

# --- What operators see: private passwords are removed from every record ---------------------------------------------
DEFAULT_EXCEPTION_REPORTER = "tokens.redaction.SecretFreeReporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "tokens.redaction.SecretFreeReporterFilter"
LOGGING = logging_settings(
    env.choice("PORTAL_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
    env.choice("PORTAL_LOG_FORMAT", FORMATS[0], FORMATS),
)
# The addresses or networks that may read /metrics; without any, nothing is counted.
METRICS_READERS = env.words("PORTAL_METRICS_READERS")

env.check()
