"""What texts look like on the air, checked against smpplib's own reading of it and the demo operator's."""

from __future__ import annotations

import pytest
from smpplib import consts, gsm

from prober.channels.sms.encoding import GSM7, UCS2, decode, encode
from prober.demo.sms import alphabet

EVERY_GSM_CHARACTER = "".join(dict.fromkeys(gsm.GSM_CHARACTER_TABLE.replace("`", "").replace("\x1b", "")))


def test_every_character_of_the_alphabet_is_sent_as_smpplib_sends_it() -> None:
    """127 basic characters and the 9 extended ones that smpplib knows."""
    assert len(EVERY_GSM_CHARACTER) > 120
    encoded = encode(EVERY_GSM_CHARACTER)
    assert (encoded.coding, encoded.parts) == (GSM7, (gsm.gsm_encode(EVERY_GSM_CHARACTER),))
    assert decode(encoded.parts[0], GSM7) == EVERY_GSM_CHARACTER
    assert alphabet.decode(encoded.parts[0], consts.SMPP_ENCODING_DEFAULT) == EVERY_GSM_CHARACTER


@pytest.mark.parametrize(
    ("text", "coding", "lengths"),
    [
        ("CXYE", GSM7, [4]),
        ("a" * 160, GSM7, [160]),
        ("a" * 161, GSM7, [153, 8]),
        ("[" * 80, GSM7, [160]),
        ("a" + "[" * 80, GSM7, [153, 8]),
        ("余" * 70, UCS2, [140]),
        ("余" * 71, UCS2, [134, 8]),
        ("😀" * 36, UCS2, [132, 12]),
        ("", GSM7, [0]),
    ],
)
def test_a_text_takes_as_few_parts_as_it_can_and_tears_no_character(text: str, coding: str, lengths: list[int]) -> None:
    """An escape sequence and a surrogate pair stay whole at the end of a part."""
    encoded = encode(text)
    assert (encoded.coding, [len(part) for part in encoded.parts]) == (coding, lengths)
    assert "".join(decode(part, coding) for part in encoded.parts) == text


def test_what_cannot_be_read_is_shown_and_not_raised() -> None:
    """Octets out of the alphabet, half a character and an unknown escape."""
    assert decode(b"A\x80", GSM7) == "A\ufffd"
    assert decode(b"A\x1b", GSM7) == "A "
    assert decode(b"\x1bA", GSM7) == "A"
    assert decode(b"\x4f\x59\x98", UCS2) == "余\ufffd"
