"""The project's own settings, at a few addresses more: what is served here is measured."""

from codelivery.settings import *  # noqa: F403 - the settings, whole

ROOT_URLCONF = "tests.benchmarks.urls"
