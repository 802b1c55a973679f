"""Whether an alarm could get out: everything that is told of incidents, or misses the robot, is knocked at."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from urllib.request import getproxies, proxy_bypass

import httpx

from prober.alerts.sending import Address, address_of, http_address
from prober.doctor import messages
from prober.doctor.finding import Finding, Level, Patient, broken, good, warning
from prober.loading.config import Settings
from prober.loading.config_service import AlertSettings

_ANSWER_S = 10.0
_OUT = "See that DNS, proxy and firewall let this machine out to it, or correct"


async def takers(patient: Patient) -> list[Finding]:
    """Knock at everything that is told of incidents, or is to miss the robot."""
    found = await asyncio.gather(*(look(patient) for look in (ways, tickets, dead_man, traces)))
    return [finding for its in found for finding in its]


async def ways(patient: Patient) -> Sequence[Finding]:
    """Knock at where each way of alerts: leads; nobody is sent anything."""
    settings = _settings(patient)
    if settings.probes and not settings.alerts:
        return [warning("no alerts are set up: nobody is told of an incident", "Add one: docs/alerts.md.")]
    return await asyncio.gather(*(_way(patient, settings, one) for one in settings.alerts))


async def tickets(patient: Patient) -> Sequence[Finding]:
    """Knock at each system that incidents are handed over to."""
    return await asyncio.gather(
        *(
            _at(one.url, f"the system of tickets ‘{one.name}’", "its url under tickets:")
            for one in _settings(patient).tickets
        )
    )


async def dead_man(patient: Patient) -> Sequence[Finding]:
    """Knock at who waits for the robot's sign of life; it is not called, for the robot may not be well."""
    settings = _settings(patient).serve.dead_man
    return [await _at(settings.url, "the dead man's switch", "serve.dead_man.url")] if settings else []


async def traces(patient: Patient) -> Sequence[Finding]:
    """Knock at the collector of traces."""
    otlp = _settings(patient).telemetry.otlp
    return [await _at(otlp, "the collector of traces", "telemetry.otlp")] if otlp else []


def _settings(patient: Patient) -> Settings:
    assert patient.settings is not None  # noqa: S101 - a check that needs them is made where they are
    return patient.settings


async def _way(patient: Patient, settings: Settings, alert: AlertSettings) -> Finding:
    if alert.sms:
        return await _texting(patient, settings, alert)
    address = await asyncio.to_thread(address_of, alert.url or "")  # Apprise takes a second to be loaded
    what = f"the way ‘{alert.name}’"
    if address is None:
        said = f"{what}: Apprise alone knows where it leads; prober alerts test {alert.name} sends a message"
        return Finding(Level.SKIPPED, said)
    cure = f"its url under alerts:; then try it: prober alerts test {alert.name}."
    return await _knocked(address, what, cure)


async def _texting(patient: Patient, settings: Settings, alert: AlertSettings) -> Finding:
    """Bind to the gateway that the way's line sends by."""
    gateways = patient.channels["sms"].gateways if "sms" in patient.channels else {}
    line = next((one for one in settings.lines if one.name == alert.line), None)
    name = (line.gateway if line else "") or (next(iter(gateways)) if len(gateways) == 1 else "")
    what = f"the way ‘{alert.name}’"
    if name not in gateways or gateways[name].smpp is None:
        cure = "Name one of channels.sms.gateways as the line's gateway in config.yaml."
        return broken(f"{what}: line {alert.line} has no SMS gateway to send alarms by", cure)
    found = await messages.bound(name, gateways[name].smpp)
    return Finding(found.level, f"{what}: {found.what}", found.cure)


async def _at(url: str, what: str, key: str) -> Finding:
    address = http_address(url)
    if address is None:
        return broken(f"{what} has an address that leads nowhere", f"Correct {key} in config.yaml.")
    return await _knocked(address, what, f"{key} in config.yaml.")


async def _knocked(address: Address, what: str, correct: str) -> Finding:
    """Connect, with TLS where messages have it, and hang up. Only host and port are told: the rest is secret."""
    proxy = _proxy(address)
    where = f"{what} ({address.host}:{address.port}{f' through the proxy {proxy.host}:{proxy.port}' if proxy else ''})"
    try:
        async with asyncio.timeout(_ANSWER_S):
            await _open(proxy or address)
    except TimeoutError:
        return broken(f"{where} does not answer in {_ANSWER_S:g} s", f"{_OUT} {correct}")
    except ssl.SSLCertVerificationError as exc:
        cure = f"Have its certificate mended, or trust its issuer (SSL_CERT_FILE), or correct {correct}"
        return broken(f"{where} has a certificate that does not hold: {exc.verify_message}", cure)
    except (OSError, UnicodeError) as exc:
        return broken(f"{where} is out of reach: {getattr(exc, 'strerror', None) or exc}", f"{_OUT} {correct}")
    return good(f"{where} is within reach; nothing was sent")


def _proxy(address: Address) -> Address | None:
    """Return the proxy that the environment names for *address*, as what sends there takes it."""
    if not address.by_http or proxy_bypass(address.host):
        return None
    return http_address(getproxies().get("https" if address.tls else "http", ""))


async def _open(address: Address) -> None:
    context = httpx.create_ssl_context(verify=address.verified) if address.tls else None
    named = address.host if address.tls else None
    _, writer = await asyncio.open_connection(address.host, address.port, ssl=context, server_hostname=named)
    writer.close()
