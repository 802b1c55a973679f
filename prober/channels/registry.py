"""The channels there are. A new one is a folder of its own and one entry here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from pydantic import BaseModel

from prober.channels.base import Driver
from prober.channels.ivr import actions as ivr_actions
from prober.channels.ivr import config as ivr_config
from prober.channels.sms import actions as sms_actions
from prober.channels.sms import config as sms_config
from prober.channels.web import config as web_config
from prober.channels.web import verbs as web_verbs
from prober.model.verb import Verb


@dataclass(frozen=True)
class Channel:
    """
    One channel: what scenarios may say, what config.yaml may say, and who opens its sessions.

    *driver* is `module:Class`, imported only when a run wants it, so that `prober check` needs neither browser nor
    telephone. The class is called with the channel's settings and the services it *needs*, by name.
    """

    verbs: tuple[Verb, ...]
    settings: type[BaseModel]
    driver: str
    needs: tuple[str, ...] = ()
    first: str = ""
    """`module:function` to be called before any loop or thread is started."""

    def prepare(self) -> None:
        """Do what must be done first of all."""
        if self.first:
            _named(self.first)()

    def open(self, settings: Any, services: Mapping[str, Any]) -> Driver:
        """Make the channel's driver."""
        made: Driver = _named(self.driver)(settings, **{need: services[need] for need in self.needs})
        return made


def _named(path: str) -> Any:
    module, name = path.split(":")
    return getattr(import_module(module), name)


CHANNELS: Mapping[str, Channel] = {
    "ivr": Channel(
        ivr_actions.VERBS,
        ivr_config.Settings,
        driver="prober.channels.ivr.driver:IvrDriver",
        needs=("prompts",),
        first="prober.channels.ivr.engine:start_forkserver",
    ),
    "web": Channel(web_verbs.VERBS, web_config.Settings, driver="prober.channels.web.driver:WebDriver"),
    "sms": Channel(
        sms_actions.VERBS, sms_config.Settings, driver="prober.channels.sms.driver:SmsDriver", needs=("quarantine",)
    ),
}

VERBS: tuple[Verb, ...] = tuple(verb for channel in CHANNELS.values() for verb in channel.verbs)
SETTINGS: Mapping[str, type[BaseModel]] = {name: channel.settings for name, channel in CHANNELS.items()}
