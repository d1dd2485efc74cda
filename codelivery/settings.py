"""The settings. Each comes from the environment (or a `.env` file beside `manage.py`), and all are optional: by default
the catalogue runs safely for this machine alone. `.env.example` explains each.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from codelivery import environment

BASE_DIR = Path(__file__).resolve().parent.parent
environment.read_env_file(BASE_DIR / os.environ.get("ENV_FILE", ".env"))

# Set by the operator

DATA_DIR = environment.read_folder("DATA_DIR", BASE_DIR / "var")
DEBUG = environment.read_bool("DEBUG", default=False)
SECRET_KEY = environment.read_secret("SECRET_KEY", DATA_DIR / "secret-key")
SECRET_KEY_FALLBACKS = environment.read_list("SECRET_KEY_FALLBACKS", [])
PORT = environment.read_int("PORT", 8000, least=1)
BASE_URL = environment.read_origin("BASE_URL", f"http://127.0.0.1:{PORT}")  # the origin of absolute addresses
HTTPS = environment.read_bool("HTTPS", default=BASE_URL.startswith("https://"))
PROXIES = environment.read_int("PROXIES", 0)  # how many proxies of our own are in front, whose headers are trusted
SIGN_UP = environment.read_bool("SIGN_UP", default=True)
QUERY_ENGINE = environment.read_choice(
    "QUERY_ENGINE", "bitmaps", ("bitmaps", "sql")
)  # what computes results and counts
TOKEN_DAYS = environment.read_int("TOKEN_DAYS", 365, least=1)
LICENCE = environment.read_str("LICENCE", "")  # of the catalogue's data, as SPDX names it
CONTACT = environment.read_str("CONTACT", "")  # an e-mail address, told to programs
LOG_LEVEL = environment.read_choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))
BASE_HOST = urlsplit(BASE_URL).hostname or "127.0.0.1"
LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = environment.read_list("ALLOWED_HOSTS", [*dict.fromkeys([*LOCAL_HOSTS, BASE_HOST])])

# Identifies the release: it changes with the code and with these settings.
RELEASE = environment.release_fingerprint(BASE_DIR, BASE_URL, HTTPS, SIGN_UP, LICENCE, CONTACT)

# Apps and middleware

INSTALLED_APPS = [
    "accounts",
    "taxonomy",
    "cases",
    "annotations",
    "interchange",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "django_filters",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "django_countries",
    "simple_history",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
]

# Pages are not compressed: with both a secret and a visitor's input in one, its length gives the secret away (BREACH).
# WhiteNoise serves the static files, compressed at collectstatic.
MIDDLEWARE = [
    "codelivery.machines.cross_origin_middleware",  # first, so that redirects and errors can be read, too
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "codelivery.machines.MachineGZipMiddleware",
    "codelivery.machines.short_target_middleware",
    "codelivery.middleware.problem_document_middleware",
    "codelivery.middleware.tracker_middleware",  # before a session is looked up
    "django.contrib.sessions.middleware.SessionMiddleware",
    "codelivery.machines.ConditionalReadMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "codelivery.middleware.ComposedTextMiddleware",  # behind it, as it reads the form
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "codelivery.middleware.private_cache_middleware",
    "codelivery.sending.sent_once_middleware",
    "codelivery.unsent.unsent_forms_middleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",  # records who changes a register in the admin
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "codelivery.urls"
WSGI_APPLICATION = "codelivery.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
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

# Data

# Committed data survives a power cut, readers and a writer work at the same time, and transactions take the write lock
# at the start, where they can wait for it. (Django itself switches foreign keys on.)
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,  # seconds to wait for the write lock; sets busy_timeout
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY",
}
PERSISTENT_CONNECTIONS = {
    "CONN_MAX_AGE": 60,
    "CONN_HEALTH_CHECKS": True,
}  # reopening SQLite, too, takes a tenth of a page's time

SQLITE_FILE = quote(str(DATA_DIR / "catalogue.sqlite3"))
DATABASES = {"default": environment.read_database("DATABASE_URL", f"sqlite:///{SQLITE_FILE}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = SQLITE_OPTIONS
DATABASES["default"] = PERSISTENT_CONNECTIONS | DATABASES["default"]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # a curator's page has a whole case, with every passage and claim

# Counts sign-in attempts and caches the results of the automatic checks, shared by all worker processes.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": DATA_DIR / "cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
}

# Language and time

LANGUAGE_CODE = "en-gb"
USE_I18N = False
TIME_ZONE = "UTC"

# Static files

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Accounts

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"

ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "signup": "accounts.forms.SignUpForm",
    "add_email": "accounts.forms.AddEmailForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = environment.read_choice(
    "EMAIL_VERIFICATION", "optional", ("none", "optional", "mandatory")
)
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Co-delivery Case Catalogue] "
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
MFA_TOTP_ISSUER = "Co-delivery Case Catalogue"
ALLAUTH_TRUSTED_PROXY_COUNT = PROXIES

# E-mail

EMAIL_CONFIG = environment.read_email("EMAIL_URL", "consolemail://")
EMAIL_BACKEND = EMAIL_CONFIG["EMAIL_BACKEND"]
EMAIL_FILE_PATH = EMAIL_CONFIG["EMAIL_FILE_PATH"]
EMAIL_HOST = EMAIL_CONFIG["EMAIL_HOST"]
EMAIL_PORT = EMAIL_CONFIG["EMAIL_PORT"]
EMAIL_HOST_USER = EMAIL_CONFIG["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = EMAIL_CONFIG["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = EMAIL_CONFIG.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = EMAIL_CONFIG.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = EMAIL_CONFIG.get("EMAIL_TIMEOUT", 20)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = environment.read_str("EMAIL_FROM", f"catalogue@{BASE_HOST}")

# Browser security

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = environment.read_int("HSTS_SECONDS", 31_536_000) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = environment.read_bool("HSTS_SUBDOMAINS", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
CSRF_TRUSTED_ORIGINS = [BASE_URL]
CSRF_FAILURE_VIEW = "codelivery.unsent.csrf_failure"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],  # the second factor's QR code, and Swagger UI's icons
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    },
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    feature: []
    for feature in (
        "accelerometer",
        "autoplay",
        "browsing-topics",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "hid",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "serial",
        "usb",
        "xr-spatial-tracking",
    )
}

# API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.TokenAuthentication",  # first, so that a request without permission gets 401, not 403
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.DjangoModelPermissionsOrAnonReadOnly"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["codelivery.parsers.ComposedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "codelivery.errors.problem_exception_handler",
    "URL_FORMAT_OVERRIDE": None,  # `format` is an ordinary query parameter
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "NUM_PROXIES": PROXIES,
}
REST_KNOX = {
    "TOKEN_TTL": timedelta(days=TOKEN_DAYS),
    "TOKEN_PREFIX": "ccc_",  # so that a scanner finds a token that someone published by mistake
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Co-delivery Case Catalogue",
    "DESCRIPTION": "Cases of services delivered by public organisations together with citizens, after Loeffler (2020).",
    "VERSION": "1.1.0",
    "SERVERS": [{"url": BASE_URL}],
    "CONTACT": {"name": "Co-delivery Case Catalogue", "url": f"{BASE_URL}/"} | ({"email": CONTACT} if CONTACT else {}),
    "LICENSE": {"name": LICENCE, "identifier": LICENCE} if LICENCE else {"name": "Not stated; ask the contact"},
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,  # requests and responses have different schemas
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "codelivery.api.add_components"],
    "ENUM_NAME_OVERRIDES": {  # choices that several fields share
        "AbsenceEnum": "cases.models.case.Absence",
        "BasisEnum": "cases.models.case.Basis",
        "PrecisionEnum": "cases.models.case.Precision",
        "StatusEnum": "cases.models.proposal.Proposal.Status",
        "ImportStatusEnum": "interchange.models.Batch.Status",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# Logs go to the terminal (stderr); the process manager can store them.

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"terminal": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["terminal"], "level": LOG_LEVEL},
    "loggers": {"django": {"handlers": ["terminal"], "level": LOG_LEVEL, "propagate": False}},
}
