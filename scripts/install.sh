#!/usr/bin/env bash
# Installs prober @VERSION@ from this archive, without any network: ./install.sh [DIR] (/opt/prober)
#   PYTHON=/path/to/python@PYTHON@   names the interpreter.   PROBER_LINK=…   where `prober` is linked to; empty: nowhere.
# DIR/@VERSION@ is a virtual environment of its own; DIR/current leads to it. An older version stays beside it:
#   ln -sfn 0.0.9 DIR/current   goes back to it. Results, scenarios and config.yaml lie in workspaces and are not touched.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
stop() { printf '%s\n' "$*" >&2; exit 3; }
say() { printf '== %s\n' "$*"; }

mkdir -p "${1:-/opt/prober}" || stop "Run it as a user who may write there (sudo), or name another folder: ./install.sh DIR"
to=$(cd "${1:-/opt/prober}" && pwd)
python=${PYTHON:-python@PYTHON@}
link=${PROBER_LINK-/usr/local/bin/prober}

say "checking what is in the archive"
(cd "$here" && sha256sum --check --quiet --strict SHA256SUMS) || stop "The archive is damaged: copy it again."

"$python" -c 'import sys; sys.exit("%d.%d" % sys.version_info[:2] != "@PYTHON@")' 2>/dev/null ||
    stop "This archive is for Python @PYTHON@, and '$python' is none. Install it, or name one: PYTHON=/path/to/python@PYTHON@ ./install.sh"
"$python" -c 'import ensurepip, venv' 2>/dev/null || stop "Python lacks venv. On Debian: apt install python@PYTHON@-venv."

if [ -x "$to/@VERSION@/bin/prober" ]; then
    say "@VERSION@ is in $to already; remove $to/@VERSION@ to install it anew"
else
    say "installing into $to/@VERSION@"
    trap 'rm -rf "$to/@VERSION@"; echo "Nothing was installed." >&2' ERR INT TERM
    "$python" -m venv "$to/@VERSION@"
    wanted=(--find-links "$here/wheels" 'prober[postgres]==@VERSION@')
    if ! compgen -G "$here/wheels/pjsua2_python-*" >/dev/null; then
        say "without pjsua2: this archive is for a robot that makes no calls (no channels.ivr)"
        wanted=(--no-deps "$here"/wheels/*.whl)
    fi
    env -u PIP_EXTRA_INDEX_URL -u PIP_FIND_LINKS PIP_CONFIG_FILE=/dev/null "$to/@VERSION@/bin/pip" install --quiet \
        --disable-pip-version-check --no-index --no-cache-dir "${wanted[@]}"
    cp -r "$here/docs" "$to/@VERSION@/docs"
    ln -s docs/deploying "$to/@VERSION@/deploying"
    trap - ERR INT TERM
fi
if [ -e "$here/browser.tar.gz" ] && [ ! -d "$to/browser" ]; then
    say "unpacking the browser into $to/browser"
    mkdir -p "$to/browser" && tar -xzf "$here/browser.tar.gz" -C "$to/browser" --strip-components=1
fi
ln -sfn @VERSION@ "$to/current"
command=$to/current/bin/prober
"$command" --version

if [ -n "$link" ] && ln -sfn "$command" "$link" 2>/dev/null; then
    command=$link
else
    echo "Not linked to ${link:-anywhere}: put $to/current/bin into PATH."
fi
cat <<NEXT

Next:
  $command doctor --offline            # does this machine have all it takes?
  $command init /var/lib/prober        # a workspace that speaks to the demo operator
  $to/current/deploying/guide.md       # the browser, the service, the firewall
NEXT
if [ -d "$to/browser" ]; then
    echo "The browser is in $to/browser; name it in config.yaml: channels.web.browser"
fi
