"""Which of the installed packages' files are collected."""

from django.contrib.staticfiles.apps import StaticFilesConfig


class PortalStaticFilesConfig(StaticFilesConfig):
    """Leaves out what no page links: compressing it all would make the set-up many times slower."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        "htmax-*",
        "htmx-4*",
        "htmx-2.js",
        "ext",
    ]
