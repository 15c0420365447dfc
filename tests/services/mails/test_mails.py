"""Mails to owners: queued with the change, due ones found, each sent once."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from tests.factories import issue
from tests.factories import token as make_token
from tokens.domain.dates import to_milliseconds
from tokens.domain.policies.policy import Policy
from tokens.models import AuditEvent, Caller, Mail, UseDay
from tokens.presentation.mails.writing import write
from tokens.services import audit
from tokens.services.audit import Action, Actor
from tokens.services.lifecycle import changes, rotation
from tokens.services.mails.choices import choose, wanted_by
from tokens.services.mails.collecting import collect, network_of
from tokens.services.mails.kinds import Kind
from tokens.services.mails.sending import send_waiting

ACTOR = Actor(label="alice@example.org", address="192.0.2.7")


@pytest.fixture
def issued(alice):
    """A token whose making is no news any more."""
    issued = issue(alice, name="Roof", policy=Policy(node_ids=(101,)))
    Mail.objects.all().delete()
    return issued


def kinds():
    return list(Mail.objects.order_by("pk").values_list("kind", flat=True))


def ends_in(owner, days, now, **more):
    policy = Policy(not_after=to_milliseconds(now + timedelta(days=days, minutes=-1)))
    token = make_token(owner, name="Roof", policy=policy, now=now - timedelta(days=60), **more)
    Mail.objects.all().delete()
    return token


def send(now=timezone.now):
    return send_waiting(write, now=now)


class TestChanges:
    def test_each_change_that_matters_is_queued(self, issued, clock):
        token = issued.token
        rotation.rotate(token, rotation.Grace.NONE, actor=ACTOR, now=clock)
        changes.replace_policy(token, Policy(), actor=ACTOR, now=clock)
        changes.delete_token(token, actor=ACTOR, now=clock)
        assert kinds() == ["rotated", "widened", "deleted"]

    def test_creating_is_queued(self, alice):
        make_token(alice)
        assert kinds() == ["created"]

    def test_narrowing_and_disabling_are_not(self, issued, clock):
        changes.replace_policy(issued.token, Policy(node_ids=(101,), source_ids=("a",)), actor=ACTOR, now=clock)
        changes.set_status(issued.token, "Disabled", actor=ACTOR, now=clock)
        assert kinds() == []

    def test_one_that_is_undone_tells_nobody(self, issued, clock):
        with transaction.atomic():
            rotation.rotate(issued.token, rotation.Grace.NONE, actor=ACTOR, now=clock)
            transaction.set_rollback(True)
        assert kinds() == []


class TestExpiry:
    @pytest.mark.parametrize(("days", "told"), [(15, 0), (14, 1), (3, 1), (1, 1)])
    def test_is_told_before_it_comes(self, alice, clock, days, told):
        ends_in(alice, days, clock)
        assert collect(clock) == told

    def test_each_reminder_is_told_once(self, alice, clock):
        ends_in(alice, 14, clock)
        told = [collect(clock + timedelta(days=days, hours=1)) for days in range(14)]
        assert sum(told) == 3

    def test_a_timer_that_did_not_run_catches_up(self, alice, clock):
        ends_in(alice, 14, clock)
        assert collect(clock + timedelta(days=5)) == 1

    def test_a_later_expiry_is_told_anew(self, alice, clock):
        token = ends_in(alice, 3, clock)
        assert collect(clock) == 1
        changes.replace_policy(token, Policy(not_after=to_milliseconds(clock + timedelta(days=20))), actor=ACTOR, now=clock)
        assert collect(clock + timedelta(days=10)) == 1

    def test_of_a_token_that_was_made_for_a_day_is_not_told(self, alice, clock):
        make_token(alice, policy=Policy(not_after=to_milliseconds(clock + timedelta(days=1))), now=clock)
        assert collect(clock) == 0

    def test_of_a_disabled_token_is_not_told(self, alice, clock):
        ends_in(alice, 2, clock, disabled=True)
        assert collect(clock) == 0

    def test_one_that_is_over_and_called_is_told_once(self, alice, clock):
        token = ends_in(alice, -2, clock)
        assert collect(clock) == 0
        for _ in range(2):
            audit.record(Action.REFUSED, token=token, actor=ACTOR, at=clock, rule="notAfter")
        assert [collect(clock), collect(clock)] == [1, 0]
        assert kinds() == ["expired-called"]


class TestUse:
    def call(self, issued, address, client, at):
        Caller.objects.create(token=issued.token, address=address, client=client, first_at=at, last_at=at)

    def test_the_first_caller_is_no_news(self, issued, clock):
        self.call(issued, "192.0.2.7", "meter/1", clock)
        assert collect(clock) == 0

    @pytest.mark.parametrize(
        ("address", "client", "told"),
        [("192.0.2.99", "meter/1", 0), ("203.0.113.9", "meter/1", 1), ("192.0.2.7", "thief/1", 1)],
        ids=["same network", "new network", "new client"],
    )
    def test_a_new_network_or_client_is_told_once(self, issued, clock, address, client, told):
        self.call(issued, "192.0.2.7", "meter/1", clock - timedelta(days=30))
        self.call(issued, address, client, clock)
        assert [collect(clock), collect(clock)] == [told, 0]

    def test_networks_are_those_of_a_customer(self):
        assert network_of("192.0.2.7") == network_of("192.0.2.8")
        assert network_of("2001:db8::1") == network_of("2001:db8::2:1")
        assert network_of("2001:db8::1") != network_of("2001:db8:0:1::1")

    @pytest.mark.parametrize(("silence", "told"), [(89, 0), (90, 1)])
    def test_use_after_long_silence_is_told_once(self, issued, clock, silence, told):
        today = clock.date()
        for day in (today, today - timedelta(days=1), today - timedelta(days=1 + silence)):
            UseDay.objects.create(token=issued.token, day=day, allowed=1)
        assert [collect(clock), collect(clock + timedelta(days=1))] == [told, 0]


class TestSending:
    def test_each_kind_has_words_and_links(self, issued, clock):
        token = issued.token
        for kind in Kind:
            detail = {
                "token_id": token.token_id, "name": "Roof", "type": token.type, "who": "bob", "address": "192.0.2.7",
                "at": clock.isoformat(), "ends_at": clock.isoformat(), "latest": "2026-01-02", "found": "identifier",
            }  # fmt: skip
            message = write(Mail(owner=token.owner, kind=kind.value, detail=detail))
            assert ("“Roof”" in message.subject) != (kind in {Kind.SIGNED_IN, Kind.ACCOUNT})
            html = message.alternatives[0][0]
            for body in (message.body, html):
                assert "http://127.0.0.1:8000/" in body
                assert "/accounts/notices/" in body

    def test_a_change_has_the_way_for_a_leak(self, alice):
        token = make_token(alice, name="Roof")
        send()
        assert f"This wasn't me:\nhttp://127.0.0.1:8000/tokens/{token.token_id}/leaked/" in mail.outbox[0].body

    def test_a_name_with_line_breaks_makes_no_header(self, alice):
        make_token(alice, name="Roof\nBcc: bob@example.org")
        send()
        assert mail.outbox[0].to == ["alice@example.org"]
        assert "\n" not in mail.outbox[0].subject

    def test_a_name_is_no_markup(self, alice):
        make_token(alice, name="<script>x")
        send()
        assert "<script>" not in mail.outbox[0].alternatives[0][0]

    def test_the_command_sends_each_once(self, alice, capsys):
        make_token(alice)
        call_command("send_notices")
        call_command("send_notices")
        assert len(mail.outbox) == 1
        assert capsys.readouterr().out.splitlines() == [
            "Sent 1; 0 not wanted; 0 to be tried again.",
            "Sent 0; 0 not wanted; 0 to be tried again.",
        ]

    def test_two_at_once_send_each_once(self, alice, clock):
        make_token(alice)

        def write_while_another_sends(one):
            send(lambda: clock)
            return write(one)

        assert send_waiting(write_while_another_sends, now=lambda: clock).sent == 1
        assert len(mail.outbox) == 1

    def test_one_that_a_mail_server_refused_is_tried_again_later(self, alice, clock, monkeypatch):
        make_token(alice)
        with monkeypatch.context() as patch:
            patch.setattr("django.core.mail.EmailMultiAlternatives.send", lambda self: (_ for _ in ()).throw(OSError("away")))
            assert send(lambda: clock).failed == 1
        assert send(lambda: clock).sent == 0
        assert send(lambda: clock + timedelta(hours=1)).sent == 1

    def test_one_whose_sender_was_killed_is_tried_again(self, alice, clock):
        make_token(alice)
        with pytest.raises(KeyboardInterrupt):
            send_waiting(lambda one: (_ for _ in ()).throw(KeyboardInterrupt), now=lambda: clock)
        assert send(lambda: clock + timedelta(hours=1)).sent == 1

    def test_one_that_fails_does_not_hold_up_the_others(self, alice, bob, clock, monkeypatch):
        make_token(alice)
        make_token(bob)
        real = type(mail.EmailMessage()).send

        def fail_for_alice(self, *args):
            if "alice" in self.to[0]:
                raise OSError("mailbox is full")
            return real(self, *args)

        monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", fail_for_alice)
        assert send(lambda: clock)[:3] == (1, 0, 1)

    def test_an_owner_who_is_inactive_gets_none(self, alice):
        make_token(alice)
        alice.is_active = False
        alice.save()
        assert send().unwanted == 1

    def test_holds_no_private_password(self, alice):
        issued = issue(alice)
        send()
        assert not re.search("snts_", mail.outbox[0].body + str(mail.outbox[0].alternatives) + str(Mail.objects.values()))
        assert issued.value


class TestChoices:
    def test_all_are_wanted_at_first(self, alice):
        assert wanted_by(alice) == list(Kind)

    def test_what_is_switched_off_is_not_sent(self, alice, clock):
        choose(alice, [kind for kind in Kind if kind is not Kind.CREATED], actor=ACTOR, now=clock)
        make_token(alice)
        assert send().unwanted == 1
        assert mail.outbox == []

    def test_the_page_saves_them_and_the_trail_says_so(self, alice_client, alice):
        assert alice_client.get("/accounts/notices/").content.count(b" checked") == len(Kind)
        alice_client.post("/accounts/notices/", {"mails": ["expiring", "reported"]})
        assert wanted_by(alice) == [Kind.EXPIRING, Kind.REPORTED]
        assert AuditEvent.objects.filter(action="account.mails_chosen").count() == 1

    def test_another_value_is_refused(self, alice_client, alice):
        assert alice_client.post("/accounts/notices/", {"mails": ["explode"]}).status_code == 422

    def test_a_visitor_is_asked_to_sign_in(self, client, db):
        assert client.get("/accounts/notices/").status_code == 302
