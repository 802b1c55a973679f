"""Everything that is looked at, in the order it is told. A new check is one entry."""

from __future__ import annotations

from prober.doctor import alarms, libraries, machine, messages, results, speech, telephone, web, workspace
from prober.doctor.channel import self_check
from prober.doctor.finding import Check

_MACHINE, _LIBRARIES, _WORKSPACE, _RESULTS = "This machine", "Libraries", "Workspace", "Results"
_IVR, _WEB, _SMS, _ALARMS = "Telephone", "Web", "SMS", "Alarms"

CHECKS: tuple[Check, ...] = (
    Check(_MACHINE, "Python", machine.python),
    Check(_MACHINE, "C library", machine.c_library),
    Check(_MACHINE, "memory", machine.memory),
    Check(_MACHINE, "shared memory", machine.shared_memory),
    Check(_MACHINE, "temporary files", machine.temporary_files),
    Check(_MACHINE, "open files", machine.open_files),
    Check(_MACHINE, "clock", machine.clock),
    Check(_MACHINE, "time zones", machine.time_zones),
    Check(_LIBRARIES, "libraries", libraries.libraries),
    Check(_LIBRARIES, "pjsip", libraries.telephone_library, needs="ivr"),
    Check(_WORKSPACE, "settings and scenarios", workspace.written),
    Check(_WORKSPACE, "lines", workspace.lines, needs="settings"),
    Check(_WORKSPACE, "probes", workspace.schedule, needs="settings"),
    Check(_WORKSPACE, "secrets", workspace.secrets, needs="settings"),
    Check(_WORKSPACE, "port of serve", workspace.health_port, needs="settings"),
    Check(_RESULTS, "folders", results.folders, needs="settings"),
    Check(_RESULTS, "database", results.database, needs="settings"),
    Check(_RESULTS, "host name", results.host_name, needs="settings"),
    Check(_RESULTS, "write-ahead log", results.write_ahead_log, needs="settings"),
    Check(_IVR, "RTP ports", telephone.ports, needs="ivr"),
    Check(_IVR, "packets of calls", telephone.packets, needs="ivr"),
    Check(_IVR, "self-check of the telephone", self_check("ivr"), needs="ivr"),
    Check(_IVR, "speech recognition", speech.model, needs="ivr"),
    Check(_IVR, "voice", speech.voice, needs="ivr"),
    Check(_IVR, "SIP server", telephone.server, needs="ivr", reaches_out=True),
    Check(_WEB, "browser", web.browser, needs="web"),
    Check(_WEB, "fonts", web.fonts, needs="web"),
    Check(_WEB, "self-check of the browser", self_check("web"), needs="web"),
    Check(_WEB, "web hall", web.base_url, needs="web", reaches_out=True),
    Check(_SMS, "self-check of messages", self_check("sms"), needs="sms"),
    Check(_SMS, "SMS gateways", messages.gateways, needs="sms", reaches_out=True),
    Check(_ALARMS, "who takes alarms", alarms.takers, needs="settings", reaches_out=True),
)
