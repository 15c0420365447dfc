"""The wheel: an installed portal needs no checkout. Built with the backend that the tests have installed, without the network."""

import configparser
import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

TOP = Path(__file__).parent.parent
PACKAGES = [TOP / name for name in ("accounts", "solarnet_portal", "tokens")]
OURS = ("PORTAL_", "DATABASE_URL", "EMAIL_", "DJANGO_", "XDG_")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=TOP, check=True, capture_output=True, timeout=120)
    [made] = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def names(wheel) -> set[str]:
    """The names of the files in the wheel."""
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


def files_of(folder: Path, pattern: str) -> set[Path]:
    """Return the files below a folder of the checkout, relative to its top."""
    found = (path for path in folder.rglob(pattern) if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(TOP) for path in found}


@pytest.mark.parametrize("folder", ["templates", "static"])
def test_templates_and_static_files_are_inside_the_package(names, folder):
    wanted = {f"solarnet_portal/{path}" for path in files_of(TOP / folder, "*")}
    assert wanted
    assert wanted <= names


@pytest.mark.parametrize("pattern", ["*.py", "*.json"])
def test_every_module_migration_and_data_file_of_our_packages_is_there(names, pattern):
    wanted = {str(path) for package in PACKAGES for path in files_of(package, pattern)}
    assert any(("/migrations/" in path) or path.endswith("api_methods.json") for path in wanted)
    assert wanted <= names


def test_nothing_else_is_there(names):
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {package.name for package in PACKAGES}


def test_it_installs_the_command(wheel, names):
    [listed] = [name for name in names if name.endswith("entry_points.txt")]
    points = configparser.ConfigParser()
    with ZipFile(wheel) as archive:
        points.read_string(archive.read(listed).decode())
    assert dict(points["console_scripts"]) == {"solarnet-portal": "solarnet_portal.cli:main"}


def test_the_installed_wheel_works_without_the_checkout(wheel, tmp_path):
    with ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    environment = {**inherited, "PYTHONPATH": str(tmp_path / "site"), "HOME": str(tmp_path / "home")}

    def call(*arguments: str) -> str:
        command = [sys.executable, "-c", "from solarnet_portal.cli import main; main()", *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    call("setup", "--demo")
    assert (tmp_path / "home/.local/share/solarnet-portal/portal.sqlite3").is_file()
    assert "Research partner" in call("token", "list", "--owner", "demo@example.org")
    look = """
from django.conf import settings
from django.test import Client
page = Client().get("/accounts/login/", headers={"host": "localhost"})
print(page.status_code, settings.ROOT_URLCONF)
"""
    assert "200 solarnet_portal.urls" in call("shell", "-v0", "-c", look)
