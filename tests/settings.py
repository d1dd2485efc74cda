"""The project's settings under test: quick, in a folder of their own, and strict about a query a row.

The database is a file even on SQLite, so that the tests meet the locks and pragmas that readers meet; DATABASE_URL
puts them on PostgreSQL. No `.env` is read.
"""

import os
import tempfile

if "PYTEST_XDIST_WORKER" not in os.environ:  # a worker shares the folder of the process that started it
    FOLDER = tempfile.TemporaryDirectory(prefix="catalogue-tests-", ignore_cleanup_errors=True)
    os.environ["DATA_DIR"] = FOLDER.name
os.environ["ENV_FILE"] = ""
os.environ["SECRET_KEY"] = "kept only for the tests, where nothing has to stay secret"
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's event loop stands around the tests' queries

from codelivery.settings import *  # noqa: F403 - the settings, whole, once the environment is set
from codelivery.settings import DATA_DIR, DATABASES, INSTALLED_APPS, MIDDLEWARE, STATIC_ROOT

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}

INSTALLED_APPS = [*INSTALLED_APPS, "zeal"]
MIDDLEWARE = ["zeal.middleware.zeal_middleware", *MIDDLEWARE]
# One row fetched once more, by code that is not ours.
ZEAL_ALLOWLIST = [{"model": f"*.{model}", "field": "get()"} for model in ("Session", "EmailAddress", "User")]

STATIC_ROOT.mkdir(exist_ok=True)  # nothing is collected for tests, and WhiteNoise warns of a missing folder
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
