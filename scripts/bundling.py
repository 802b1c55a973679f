"""
Pack the robot and all it needs into one archive that installs on a machine without any network.

    scripts/bundle                                   # for this machine's Python, on any Linux with glibc 2.28
    scripts/bundle --python 3.12 -o prober.tar.gz
    scripts/bundle --platform manylinux_2_28_aarch64 --wheels built/   # pjsua2 has no wheel there: see docs/deploying
    scripts/bundle --platform manylinux_2_28_aarch64 --without-telephone    # for who probes web and SMS only

The archive holds the wheels of requirements.lock (no tools of developers), the robot's own, `install.sh`, all of docs/
and the sha256 of every file. The same checkout and the same lock give the same archive, byte for byte.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
_LOCK = ROOT / "requirements.lock"
_TELEPHONE = "pjsua2-python"
_EPOCH = 315532800
"""Every file in the archive is of 1980-01-01: ZIP, and so wheels, know no earlier day."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the archive, and say where it is."""
    asked = _asked(arguments)
    kind = "-without-telephone" if asked.without_telephone else ""
    name = f"prober-{_version()}-py{asked.python.replace('.', '')}-{asked.platform}{kind}"
    target = Path(asked.output or f"{name}.tar.gz").resolve()
    with tempfile.TemporaryDirectory(prefix="prober-bundle-") as made:
        root = Path(made) / name
        wheels = root / "wheels"
        wheels.mkdir(parents=True)
        _collect(wheels, asked)
        _add_papers(root, asked)
        if asked.with_browser:
            say(f"packing the browser {asked.with_browser}")
            _pack(asked.with_browser, root / "browser.tar.gz", asked.with_browser.name)
        _sum_up(root)
        say("writing the archive")
        _pack(root, target, name)
        count = sum(path.is_file() for path in root.rglob("*"))
    print(f"{target}: {count} files, {target.stat().st_size / 2**20:.0f} MB, sha256 {_sha256(target)}")


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bundle", description=(__doc__ or "").strip().partition("\n")[0])
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    parser.add_argument("--python", choices=("3.11", "3.12"), default=here, help=f"whose it is for ({here})")
    glibc = f"manylinux_2_28_{platform.machine()}"
    parser.add_argument("--platform", default=glibc, metavar="manylinux_…", help=f"the machine it is for ({glibc})")
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="the archive; else prober-VERSION-PYTHON-PLATFORM.tar.gz"
    )
    parser.add_argument("--wheels", type=Path, metavar="DIR", help="wheels of your own that are taken first")
    parser.add_argument("--without-telephone", action="store_true", help="leave out pjsua2: for a robot without ivr")
    parser.add_argument("--with-browser", type=Path, metavar="DIR", help="a browser's folder, to be packed too")
    asked = parser.parse_args(arguments)
    if not re.fullmatch(r"manylinux_2_\d+_\w+", asked.platform):
        parser.error(f"--platform {asked.platform}: write it like manylinux_2_28_x86_64")
    for folder in filter(None, (asked.wheels, asked.with_browser)):
        if not folder.is_dir():
            parser.error(f"{folder} is no folder")
    return asked


def say(words: str) -> None:
    """Tell how far it is."""
    print(f"== {words}", file=sys.stderr, flush=True)


def _version() -> str:
    return str(_project()["version"])


def _project() -> dict[str, Any]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        told: dict[str, Any] = tomllib.load(file)["project"]
    return told


def _all_but_the_telephone() -> list[str]:
    """Return what the robot requires, but for the one library that only calls take."""
    project = _project()
    wanted: list[str] = [*project["dependencies"], *project["optional-dependencies"]["postgres"]]
    return [one for one in wanted if not one.startswith(_TELEPHONE)]


def _collect(wheels: Path, asked: argparse.Namespace) -> None:
    """Put the robot's wheel and those of everything it needs into *wheels*."""
    say("building the robot's own wheel")
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(wheels), str(ROOT))
    (own,) = wheels.glob("prober-*.whl")
    say(f"fetching what it needs, for Python {asked.python} on {asked.platform}")
    target = ["--only-binary", ":all:", "--implementation", "cp", "--python-version", asked.python]
    for abi in (f"cp{asked.python.replace('.', '')}", "abi3", "none"):
        target += ["--abi", abi]
    for tag in _tags(asked.platform):
        target += ["--platform", tag]
    if asked.wheels:
        target += ["--find-links", str(asked.wheels.resolve())]
    wanted = _all_but_the_telephone() if asked.without_telephone else [f"prober[postgres] @ {own.as_uri()}"]
    _pip("download", *target, "-c", str(_LOCK), "-d", str(wheels), *wanted)


def _tags(wanted: str) -> Iterator[str]:
    """Yield the tags that a machine of *wanted* takes: of any older glibc, and `linux`, what was built on one."""
    glibc, machine = wanted.removeprefix("manylinux_2_").split("_", 1)
    yield from (f"manylinux_2_{older}_{machine}" for older in range(int(glibc), 4, -1))
    yield from (f"{legacy}_{machine}" for legacy in ("manylinux2014", "manylinux2010", "manylinux1", "linux"))


def _pip(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", *arguments, "--quiet", "--disable-pip-version-check"],
        env=os.environ | {"SOURCE_DATE_EPOCH": str(_EPOCH)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(_refused(done.stderr))


def _refused(said: str) -> str:
    """Return why pip did not bring what is needed, and what to do."""
    lacking = re.search(r"No matching distribution found for ([\w.-]+)", said)
    if lacking or "ResolutionImpossible" in said:  # that is pip's word for a pinned version without a wheel
        which = lacking[1] if lacking else "one of its libraries (pjsua2-python, unless it is x86_64)"
        return (
            f"There is no wheel of {which} for that machine. Build one on a machine of its kind, and name the folder: "
            "--wheels DIR. Of pjsua2 docs/deploying/kylin-openeuler-arm64.md tells how; a robot that never calls does "
            "without: --without-telephone."
        )
    told = [line for line in said.splitlines() if not line.startswith("WARNING: Location")]
    return "pip did not bring what is needed:\n" + "\n".join(told)


def _add_papers(root: Path, asked: argparse.Namespace) -> None:
    """Add what a person reads and runs: the installer, the pages with the unit, the dashboard and the rules."""
    text = (ROOT / "scripts/install.sh").read_text(encoding="utf-8")
    installer = root / "install.sh"
    installer.write_text(text.replace("@PYTHON@", asked.python).replace("@VERSION@", _version()), encoding="utf-8")
    installer.chmod(0o755)
    shutil.copytree(ROOT / "docs", root / "docs")
    shutil.copy(ROOT / "LICENSE", root / "LICENSE")
    shutil.copy(_LOCK, root / "requirements.lock")


def _sum_up(root: Path) -> None:
    files = sorted(path for path in root.rglob("*") if path.is_file())
    lines = [f"{_sha256(path)}  {path.relative_to(root)}\n" for path in files]
    (root / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pack(folder: Path, target: Path, name: str) -> None:
    """Write *folder*, as *name*, so that the same files make the same archive. Wheels are compressed already."""
    with (
        target.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=1, mtime=_EPOCH) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive,
    ):
        for path in sorted(folder.rglob("*")):
            archive.add(path, f"{name}/{path.relative_to(folder)}", recursive=False, filter=_anybodys)


def _anybodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out of a member who packed it and when."""
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    member.mtime = _EPOCH
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return member


if __name__ == "__main__":
    main()
