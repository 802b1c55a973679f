"""The types of names, numbers and zones in config.yaml."""

from __future__ import annotations

import re
import zoneinfo
from typing import Annotated

from pydantic import AfterValidator, PlainValidator, WithJsonSchema

from prober.loading.fields import Number, Secret, Text, refusal


def _msisdn(number: str) -> str:
    if not re.fullmatch(r"\+?[0-9]{3,15}", number):
        raise refusal(f"‘{number}’ is not a telephone number: write digits only, with + before a country code")
    return number


def _plain_name(name: str) -> str:
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise refusal(f"‘{name}’ is not a name: write letters, digits, ‘-’ and ‘_’")
    return name


def _host_port(text: str) -> str:
    if text and not re.fullmatch(r"(\[[0-9A-Fa-f:]+\]|[^\s:/@]+)(:\d{1,5})?", text):
        raise refusal(f"‘{text}’ is not an address: write host:port, for example 10.0.0.5:5060")
    return text


HostPort = Annotated[Text, AfterValidator(_host_port)]
"""An address, `host:port` or the host alone; "" is none."""
Msisdn = Annotated[Text, AfterValidator(_msisdn)]
PlainName = Annotated[Text, AfterValidator(_plain_name)]


def _count(number: int) -> int:
    if number < 0:
        raise refusal(f"‘{number}’ is less than nothing")
    return number


def _zone(name: str) -> str:
    if name not in zoneinfo.available_timezones():
        raise refusal(f"there is no time zone ‘{name}’", "write it like Asia/Shanghai")
    return name


def _key(key: str) -> str:
    if key and len(key) < _SHORTEST_KEY:
        hint = "make one: openssl rand -base64 32"
        raise refusal(f"a key of fewer than {_SHORTEST_KEY} characters can be found by trying", hint)
    return key


_SHORTEST_KEY = 16
Key = Annotated[Secret, AfterValidator(_key)]
"""What is encrypted or hashed with; "" is none."""
_UNITS_BYTES = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


def _size(value: object) -> int:
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([KMGT]?B?)", str(value).strip().upper())
    if found is None or found[2] not in _UNITS_BYTES:
        raise refusal(f"‘{value}’ is not a size", "write 500MB, 50GB or 2TB")
    return int(float(found[1]) * _UNITS_BYTES[found[2]])


Size = Annotated[int, PlainValidator(_size), WithJsonSchema({"type": ["integer", "string"], "examples": ["50GB"]})]
"""How much something weighs, `50GB`. The value is bytes."""
Count = Annotated[Number, AfterValidator(_count)]
Zone = Annotated[Text, AfterValidator(_zone)]
