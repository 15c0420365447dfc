"""Sheets and scripts are put together when they are collected, and nothing else changes."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.test.utils import override_settings

from solarnet_portal.assets.bundles import put_together

STATIC = Path(__file__).parent.parent / "static"
FILES = {
    "a/page.css": '/* Of a page. */\n@import "base.css";\n@import "own.css";\n',
    "a/base.css": '@import "theme.css";\nb { color: red }\n',
    "a/theme.css": ":root { color: blue }\n",
    "a/own.css": 'i { background: url("../img/x.svg") }\n',
    "a/all.js": '// All.\nimport "./one.js";\nimport "./two.js";\n',
    "a/one.js": "const same = 1;\n",
    "a/two.js": "const same = 2;\n",
    "a/text.txt": '@import "base.css";\n',
}


class TestPuttingTogether:
    def test_a_sheet_has_those_that_it_imports_in_their_places(self):
        together = '/* Of a page. */\n:root { color: blue }\nb { color: red }\ni { background: url("../img/x.svg") }\n'
        assert put_together("a/page.css", FILES.__getitem__) == together

    def test_scripts_keep_their_names_to_themselves(self):
        together = "// All.\n{\nconst same = 1;\n}\n{\nconst same = 2;\n}\n"
        assert put_together("a/all.js", FILES.__getitem__) == together

    @pytest.mark.parametrize("name", ["a/own.css", "a/one.js", "a/text.txt"])
    def test_a_file_that_imports_nothing_is_left_alone(self, name):
        assert put_together(name, FILES.__getitem__) is None

    def test_a_file_that_is_not_there_is_an_error(self):
        with pytest.raises(KeyError):
            put_together("b.css", {"b.css": '@import "gone.css";\n'}.__getitem__)


@pytest.mark.parametrize("path", sorted((STATIC / "portal").rglob("*.js")), ids=lambda path: path.name)
def test_a_script_only_imports_as_a_bundle_can(path):
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"^export|^import(?! \"(?:\.|\.\./\.\./[a-z]+/js)/[a-z-]+\.js\";$)|^await ", text, re.MULTILINE) == []


@pytest.mark.parametrize("path", sorted((STATIC / "portal").rglob("*.css")), ids=lambda path: path.name)
def test_a_sheet_only_imports_from_its_own_folder(path):
    # What it says of pictures is relative to the sheet.
    assert re.findall(r"^@import(?! \"[a-z-]+\.css\";$).*", path.read_text(encoding="utf-8"), re.MULTILINE) == []


@pytest.mark.slow
@pytest.mark.django_db
class TestInProduction:
    @pytest.fixture
    def collected(self, tmp_path):
        storages = {
            "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
            "staticfiles": {"BACKEND": "solarnet_portal.assets.bundles.BundlingStorage"},
        }
        with override_settings(STATIC_ROOT=tmp_path, STORAGES=storages):
            call_command("collectstatic", interactive=False, verbosity=0)
            yield tmp_path

    @pytest.mark.parametrize("address", ["/tokens/", "/tokens/new/data/", "/accounts/login/"])
    def test_a_page_takes_one_sheet_and_two_scripts(self, collected, alice_client, address):
        client = Client() if "login" in address else alice_client
        html = client.get(address).content.decode()
        linked = re.findall(r'(?:src|href)="/static/([^"]+\.(?:css|js))"', html)
        assert sorted(name.rpartition(".")[2] for name in linked) == ["css", "js", "js"]
        for name in linked:
            assert not re.search(r"^(?:@)?import ", (collected / name).read_text(encoding="utf-8"), re.MULTILINE)
