"""A private password that was pasted is taken out, whatever it looks like there."""

from base64 import b64encode

import pytest

from tokens.domain.diagnosis.pasting.leaks import REMOVED, cleanse

OWN = "snts_4Yb8Qe2Wm6Rt0Zp1Xc3Vn5Bk7Lj9Hg2F1a2b3c"
OTHER = "snts_9Zz8Qe2Wm6Rt0Zp1Xc3Vn5Bk7Lj9Hg2F1a2b3c"
CORE = OWN[5:]
KEY = bytes(range(200, 232))


@pytest.mark.parametrize(
    "text",
    [
        f"secret={OWN}.",
        f"{CORE} alone",
        f"{OWN[:20]}\n    {OWN[20:]}",
        f"{OWN[:20]}\\\n{OWN[20:]}",
        f"Authorization: Basic {b64encode(f'token:{OWN}'.encode()).decode()}",
    ],
)
def test_the_token_s_own_is_removed(text):
    cleansed = cleanse({"headers": text}, [OWN])
    shown = "".join(cleansed.texts["headers"].split())
    assert cleansed.has_own
    assert REMOVED in cleansed.texts["headers"]
    assert CORE[:10] not in shown
    assert CORE[-10:] not in shown
    assert b64encode(OWN.encode()).decode()[4:20] not in shown


@pytest.mark.parametrize("text", [OTHER, OTHER.upper(), f"x{OTHER[:24]}", f"{OTHER[:15]}\n{OTHER[15:]}"])
def test_anything_of_that_shape_is_removed(text):
    cleansed = cleanse({"signed": text}, [OWN])
    assert (cleansed.has_own, cleansed.has_other) == (False, True)
    assert "9Zz8Qe2W" not in cleansed.texts["signed"]


def test_an_imported_password_of_another_shape_is_removed():
    cleansed = cleanse({"body": "key: p%40ss w%C3%B6rd, p@ss wörd"}, ["p@ss wörd"])
    assert cleansed.has_own
    assert "p@ss" not in cleansed.texts["body"]


@pytest.mark.parametrize("spelled", [KEY.hex(), KEY.hex().upper(), b64encode(KEY).decode()])
def test_a_signing_key_of_the_token_is_removed(spelled):
    assert cleanse({"headers": f"key: {spelled}"}, [OWN], [KEY]) == ({"headers": f"key: {REMOVED}"}, True, False)


def test_what_is_no_secret_stays():
    texts = {"headers": "Authorization: SNWS2 Credential=Zx81aB3dE5fG7hJ9kL0m,Signature=" + "0f" * 32, "body": "snts_short"}
    assert cleanse(texts, [OWN], [KEY]) == (texts, False, False)


def test_a_very_short_password_does_not_blank_everything():
    assert cleanse({"body": "a b c"}, ["a"]).texts == {"body": "a b c"}
