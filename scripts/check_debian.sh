#!/usr/bin/env bash
# The Debian package on this machine, from installation to purge: builds it (EVENMATCH_PROGRAM names a
# program that is there already), installs it, sets it up, starts the service by its unit's own command line as
# its user, enrols somebody over HTTP, upgrades, removes, purges, and installs again on the data that stayed.
# Lists of all files before and after prove that a purge leaves nothing but that data. Skips aloud where it may
# not install, and where Evenmatch is installed already.
#
#   scripts/check_debian.sh
set -euo pipefail
cd "$(dirname "$0")/.."

skip() {
    echo "skipped: $1"
    exit 0
}
[ "$(id -u)" = 0 ] || skip "only root can install a package"
[ -f /etc/debian_version ] || skip "this is not Debian"
for needed in dpkg setpriv useradd curl systemd-analyze; do
    command -v "$needed" > /dev/null || skip "there is no $needed"
done
for there in /etc/evenmatch /var/lib/evenmatch /var/cache/evenmatch /usr/bin/evenmatch; do
    [ ! -e "$there" ] || skip "Evenmatch is installed here: $there"
done

# --fast packs less tightly: the package is only for this check.
package="$(scripts/debian.sh --fast)"
[ -n "$package" ] || exit 0

folder="$(mktemp -d)"
service=
clean_up() {
    [ -z "$service" ] || kill "$service" 2> /dev/null || true
    dpkg -P evenmatch > /dev/null 2>&1 || true
    # Whatever is there now is this check's own.
    rm -rf "$folder" /var/lib/evenmatch
}
trap clean_up EXIT

fail() {
    echo "failed: $1" >&2
    exit 1
}

# All places of packages. Left out is what dpkg and other packages write for every package: logs, the index of
# manual pages, backups of the list of users. Homes and checkouts are, because other programs work there meanwhile.
files() {
    find / -maxdepth 1
    find /bin /boot /etc /lib* /opt /sbin /srv /usr /var -xdev \( -path /var/lib/dpkg -o -path /var/log \
        -o -path /var/cache/man -o -path /var/lib/apt -o -path /var/cache/apt -o -path /var/tmp \) -prune -o \
        ! -path '/etc/passwd-' ! -path '/etc/group-' ! -path '/etc/shadow-' ! -path '/etc/gshadow-' \
        ! -path '*/__pycache__*' -print | sort
}

install_package() { dpkg -i "$package" > "$folder/dpkg" 2>&1 || fail "dpkg -i: $(cat "$folder/dpkg")"; }

# The models of this account, so that nothing is downloaded again; set-up checks their digests.
set_up() {
    local models="${EVENMATCH_MODELS:-${XDG_CACHE_HOME:-$HOME/.cache}/evenmatch/models}"
    if [ -d "$models" ] && [ ! -d /var/cache/evenmatch/models ]; then
        mkdir /var/cache/evenmatch/models
        cp "$models"/*.* /var/cache/evenmatch/models
    fi
    evenmatchctl setup > "$folder/setup" 2>&1 || fail "evenmatchctl setup: $(cat "$folder/setup")"
}

port=8473
# Starts what the unit starts, with its variables and as its user, without rights, and without memory that is
# writable and executable. systemd does all that and more, but is not the first process everywhere.
start() {
    mkdir -p "$folder/credentials"
    install -m 0400 -o evenmatch /etc/evenmatch/evenmatch.key "$folder/credentials/master.key"
    chmod 711 "$folder" "$folder/credentials"
    : > "$folder/log"
    python3 - "$folder/credentials" 2>> "$folder/log" << 'PYTHON' &
import ctypes, os, shlex, sys

unit = open("/usr/lib/systemd/system/evenmatch.service").read().splitlines()
values = lambda name: [line.split("=", 1)[1] for line in unit if line.startswith(name + "=")]
options = shlex.split(open("/etc/default/evenmatch").read(), comments=True)
options = shlex.split(options[0].split("=", 1)[1])
command = []
for word in shlex.split(values("ExecStart")[0]):
    command += options if word == "$EVENMATCH_OPTIONS" else [word.replace("$$", "$")]
variables = dict(line.split("=", 1) for line in values("Environment"))
variables |= {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "CREDENTIALS_DIRECTORY": sys.argv[1]}
os.umask(0o077)
PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN = 65, 1
# Kernels before 6.3 do not know it.
ctypes.CDLL(None).prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0)
os.execvpe("setpriv", ["setpriv", "--reuid=evenmatch", "--regid=evenmatch", "--clear-groups",
    "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs", "--", *command], variables)
PYTHON
    service=$!
    until grep -q '^listening' "$folder/log"; do
        kill -0 "$service" 2> /dev/null || fail "the service ended: $(cat "$folder/log")"
        sleep 0.2
    done
}
stop() {
    kill "$service"
    wait "$service" || fail "the service did not end in order: $(cat "$folder/log")"
    service=
}
ask() { curl --silent --show-error --fail-with-body --header "authorization: Bearer $key" "$@"; }

files > "$folder/before"
users="$(sha256sum /etc/passwd /etc/group)"

install_package
[ "$(command -v evenmatch)" = /usr/bin/evenmatch ] || fail "another evenmatch comes first in PATH"
/usr/bin/evenmatch --version
dpkg-deb --contents "$package" > "$folder/contents"
for page in evenmatch.1 evenmatch-serve.1 evenmatchctl.8; do
    grep -q "/$page.gz" "$folder/contents" || fail "there is no manual page $page"
done
if grep -qE '\.(onnx|ort|so)' "$folder/contents"; then fail "there are models in the package"; fi
systemd-analyze verify evenmatch.service
# The first version that compares a file outside a running system is 250.
systemd-analyze security --offline=true evenmatch.service | tail -n 1
# Below 2.0 systemd calls a service well confined; the unit's own figure is in docs/SERVICE.md.
systemd-analyze security --offline=true --threshold=20 evenmatch.service > /dev/null \
    || fail "the unit is less confined than it was"
if systemctl is-enabled evenmatch > /dev/null 2>&1; then fail "the service starts before it was set up"; fi

set_up
[ "$(stat -c '%a %U' /etc/evenmatch/evenmatch.key)" = "600 root" ] || fail "others may read the key"
set_up
# The operator's change of a configuration file outlives upgrade and removal.
sed -i "s/--behind-proxy/--behind-proxy --listen 127.0.0.1:$port/" /etc/default/evenmatch
start
curl --silent --show-error --fail "http://127.0.0.1:$port/healthz"
curl --silent --show-error --fail "http://127.0.0.1:$port/readyz"
echo
key="$(evenmatchctl keys api new check --scopes enrol,verify,read,delete 2> /dev/null)"
data="${EVENMATCH_DATA:-../shared/data}"
person="http://127.0.0.1:$port/v1/subjects/alice"
if [ -f "$data/lfw.csv" ]; then
    photo="$data/$(sed -n 2p "$data/lfw.csv" | cut -d , -f 1)"
    ask --data-binary "@$photo" "$person/enrolment"
    ask --data-binary "@$photo" "$person/verifications" > /dev/null
    echo
else
    echo "skipped the enrolment: no photos at $data (set EVENMATCH_DATA)"
fi
[ -z "$(find /var/lib/evenmatch ! -user evenmatch)" ] || fail "the data does not belong to the service"
stop

install_package
start
[ ! -f "$data/lfw.csv" ] || ask "$person" > /dev/null
stop
dpkg -r evenmatch > /dev/null 2>&1
for kept in /etc/default/evenmatch /etc/evenmatch/evenmatch.key /var/lib/evenmatch/people; do
    [ -e "$kept" ] || fail "the removal deleted $kept"
done
[ ! -e /usr/bin/evenmatch ] || fail "the removal left the program"

purge() {
    dpkg -P evenmatch > "$folder/dpkg" 2>&1 || fail "dpkg -P: $(cat "$folder/dpkg")"
    files > "$folder/after"
    diff "$folder/before" "$folder/after" > "$folder/difference" || true
    if grep -q '^<' "$folder/difference"; then
        fail "the purge deleted what was there before: $(cat "$folder/difference")"
    fi
    left="$(sed -n 's/^> //p' "$folder/difference" | grep -v '^/var/lib/evenmatch\(/\|$\)' || true)"
    [ -z "$left" ] || fail "the purge left: $left"
    [ "$(sha256sum /etc/passwd /etc/group)" = "$users" ] || fail "the purge left a user"
}
purge
[ "$(stat -c '%a %U' /var/lib/evenmatch)" = "700 root" ] || fail "others may read the data that is left"

install_package
set_up
evenmatchctl ledger verify --enrolments
evenmatchctl keys api list > /dev/null
purge
rm -r /var/lib/evenmatch
install_package
set_up
purge
[ ! -e /var/lib/evenmatch ] || fail "there is data of a service that was never used"
echo "the package installs, serves, upgrades, and leaves nothing but its data"
