"""Which static files of the installed packages are collected."""

from django.contrib.staticfiles.apps import StaticFilesConfig


class PortalStaticFilesConfig(StaticFilesConfig):
    """Ignores files that no page uses, because compressing them takes long."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        "htmax-*",
        "htmx-4*",
        "htmx-2.js",
        "ext",
    ]
