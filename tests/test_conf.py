"""Settings become domain objects."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from tokens import conf
from tokens.domain.secrets.vault import make_key


class TestVault:
    def test_the_newest_key_seals_and_older_ones_open(self, settings):
        old, new = make_key(), make_key()
        settings.TOKEN_KEYS = old
        sealed = conf.get_vault().seal("secret", token_id="a")
        settings.TOKEN_KEYS = f"{new},{old}"
        assert conf.get_vault().open(sealed, token_id="a") == "secret"
        assert not conf.get_vault().is_current(sealed)

    @pytest.mark.parametrize("ring", ["", "no key", "c2hvcnQ="])
    def test_invalid_keys_are_reported_without_their_text(self, settings, ring):
        settings.TOKEN_KEYS = ring
        with pytest.raises(ImproperlyConfigured, match="PORTAL_TOKEN_KEYS") as refusal:
            conf.get_vault()
        assert not ring or ring not in str(refusal.value)


class TestTrustedProxies:
    @pytest.mark.parametrize("address", ["10.0.0.5", "192.168.7.9", "fd00::1", "::ffff:10.0.0.5"])
    def test_named_addresses_and_networks_are_trusted(self, settings, address):
        settings.TRUSTED_PROXIES = ["10.0.0.5", "192.168.0.0/16", "fd00::/8"]
        assert conf.is_trusted_proxy(address)

    @pytest.mark.parametrize("address", ["10.0.0.6", "8.8.8.8", "fe80::1", "", "unix", "nonsense", "10.0.0.5, 8.8.8.8"])
    def test_nobody_else_is(self, settings, address):
        settings.TRUSTED_PROXIES = ["10.0.0.5", "192.168.0.0/16", "fd00::/8"]
        assert not conf.is_trusted_proxy(address)

    def test_a_unix_socket_is_trusted_if_it_is_listed(self, settings):
        settings.TRUSTED_PROXIES = ["unix"]
        assert conf.is_trusted_proxy("")
        assert not conf.is_trusted_proxy("127.0.0.1")

    def test_by_default_nobody_is_trusted(self, settings):
        settings.TRUSTED_PROXIES = []
        assert not conf.is_trusted_proxy("127.0.0.1")

    def test_an_entry_that_is_not_an_address_is_reported(self, settings):
        settings.TRUSTED_PROXIES = ["proxy.example.org"]
        with pytest.raises(ImproperlyConfigured, match=r"proxy\.example\.org"):
            conf.trusted_networks()
