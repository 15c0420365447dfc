"""Units, image and compose file: what can be known of them without systemd and Docker running."""

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from tests.running import ROOT, own_database
from tests.test_cli import manage
from tokens.domain.secrets.vault import make_key

UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service")) + sorted((ROOT / "deploy" / "systemd").glob("*.timer"))
SETTINGS = set(re.findall(r"`([A-Z_]{4,})`", (ROOT / "README.md").read_text()))
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def lines_of_environment() -> dict[str, str]:
    text = (ROOT / "deploy" / "systemd" / "portal.env").read_text()
    return dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#"))


@pytest.fixture(scope="module")
def compose() -> Any:
    return yaml.safe_load((ROOT / "compose.yaml").read_text())


class TestUnits:
    @pytest.mark.slow
    def test_systemd_finds_nothing_wrong_with_them(self, tmp_path):
        if not shutil.which("systemd-analyze"):
            pytest.skip("systemd-analyze is not installed")
        for unit in UNITS:
            # The program and its user are not here.
            text = unit.read_text().replace("/opt/solarnet-portal/bin/solarnet-portal", "/bin/true")
            (tmp_path / unit.name).write_text(re.sub("^(User|Group)=.*$", "", text, flags=re.MULTILINE))
        files = [str(tmp_path / unit.name) for unit in UNITS]
        found = subprocess.run(["systemd-analyze", "verify", *files], capture_output=True, text=True, check=False, timeout=60)
        assert [line for line in found.stderr.splitlines() if "solarnet-portal" in line] == []

    def test_each_timer_has_its_service(self):
        services = {unit.stem for unit in UNITS if unit.suffix == ".service"}
        assert {unit.stem for unit in UNITS if unit.suffix == ".timer"} < services

    def test_each_command_is_one(self):
        commands = re.findall(r"bin/solarnet-portal (\w+)", "".join(unit.read_text() for unit in UNITS))
        known = {path.stem for path in ROOT.glob("*/**/management/commands/*.py")} | {"run"}
        assert set(commands) == {"run", "send_notices", "tidy", "backup"} <= known

    @pytest.mark.slow
    def test_production_starts_with_their_environment(self, tmp_path):
        values = lines_of_environment()
        assert values.keys() <= SETTINGS | {name for name in values if name.removesuffix("_FILE") in SETTINGS}
        (tmp_path / "secret_key").write_text("0123456789" * 6)
        (tmp_path / "token_keys").write_text(make_key())
        values |= {"PORTAL_SECRET_KEY_FILE": str(tmp_path / "secret_key"), "PORTAL_TOKEN_KEYS_FILE": str(tmp_path / "token_keys")}
        with own_database(tmp_path) as url:
            done = manage("check", var=tmp_path, **{**values, "PORTAL_VAR": str(tmp_path), "DATABASE_URL": url})
        assert done.returncode == 0, done.stderr


class TestImage:
    def test_what_is_copied_is_there_and_is_sent_to_the_builder(self):
        copied = re.findall(r"^COPY (?!--from)(\S+) ", DOCKERFILE, re.MULTILINE)
        sent = {line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
        assert all((ROOT / name).exists() for name in copied)
        assert set(copied) == sent

    def test_packages_are_those_that_were_tested(self):
        assert "--require-hashes --only-binary :all:" in DOCKERFILE

    def test_nothing_runs_as_root(self):
        assert DOCKERFILE.index("USER portal") < DOCKERFILE.index("CMD [")

    def test_no_secret_is_in_it(self):
        assert not re.search(r"(SECRET_KEY|TOKEN_KEYS|DATABASE_URL)=", DOCKERFILE)


class TestCompose:
    def test_every_service_runs_on_a_root_that_cannot_be_written_to(self, compose):
        for name, service in compose["services"].items():
            assert service["read_only"] is True, name
            assert "no-new-privileges:true" in service["security_opt"], name

    def test_the_portal_has_no_capability_and_is_not_root(self, compose):
        portals = [service for service in compose["services"].values() if service.get("build")]
        assert len(portals) == 3
        assert all(service["cap_drop"] == ["ALL"] and service["user"] == "10001:10001" for service in portals)

    def test_no_secret_is_in_it(self, compose):
        for service in compose["services"].values():
            for name, value in service.get("environment", {}).items():
                assert name.endswith("_FILE") or not re.search("KEY|PASSWORD|SECRET|URL", name), (name, value)

    def test_only_nginx_is_reached_from_outside(self, compose):
        assert [name for name, service in compose["services"].items() if service.get("ports")] == ["nginx"]

    def test_the_portal_is_not_its_own_proxy(self, compose):
        subnet = compose["networks"]["inside"]["ipam"]["config"][0]["subnet"]
        assert compose["services"]["portal"]["environment"]["PORTAL_TRUSTED_PROXIES"] == subnet

    def test_its_settings_are_those_of_the_readme(self, compose):
        names = compose["services"]["portal"]["environment"].keys()
        assert {name.removesuffix("_FILE") for name in names} <= SETTINGS
