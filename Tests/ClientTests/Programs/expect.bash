# shellcheck shell=bash disable=SC2034 # what is set here is used by the scripts that read this file
# Sourced by the scripts beside it: how they say what they expect, and where things are. The first that is not as expected ends
# the script with status 1, after a line with its place. Each script has a run of its own: nobody cleans up.
set -eEuo pipefail
export LC_ALL=C

ap=/sys/bus/ap
cards=/sys/devices/ap
matrix=/sys/devices/vfio_ap/matrix
create=$matrix/mdev_supported_types/vfio_ap-passthrough/create
mdevs=/sys/bus/mdev/devices
control=/sys/kernel/debug/apmatrix
# of /run and /etc nothing is kept
own=/run/expect
mkdir -p $own
# what the host has defined for itself is not part of this
if [ -d /etc/mdevctl.d ]; then find /etc/mdevctl.d -mindepth 1 -maxdepth 1 ! -name scripts.d -exec rm -r {} +; fi

# Says which line of the script is not content, and why; the script ends.
failed() {
    local frame=1
    while [ "${BASH_SOURCE[frame]}" = "${BASH_SOURCE[0]}" ]; do frame=$((frame + 1)); done
    printf '%s:%s: %s\n' "${BASH_SOURCE[frame]##*/}" "${BASH_LINENO[frame - 1]}" "$1" >&2
    exit 1
}
trap 'failed "status $? from: $BASH_COMMAND"' ERR

# expect TEXT COMMAND…: it succeeds, and TEXT is what it prints. Blanks before the end of a line do not count.
expect() {
    local expected=$1 got status=0
    shift
    got=$("$@" 2>$own/stderr) || status=$?
    got=$(sed 's/ *$//' <<<"$got")
    [ $status = 0 ] || failed "$* ended with status $status: $got $(<$own/stderr)"
    [ "$got" = "$expected" ] && return
    failed "$* printed what stands behind '>', not what stands behind '<':
$(diff <(echo "$expected") <(echo "$got") | grep '^[<>]' || true) $(<$own/stderr)"
}

# contains TEXT COMMAND…: it succeeds, and TEXT is a part of what it prints.
contains() {
    local expected=$1 got status=0
    shift
    got=$("$@" 2>$own/stderr) || status=$?
    [ $status = 0 ] || failed "$* ended with status $status: $got $(<$own/stderr)"
    [[ $got = *"$expected"* ]] || failed "$* did not print '$expected', but: $got"
}

# refuse TEXT COMMAND…: it fails, and TEXT is a part of what it says on standard error.
refuse() {
    local expected=$1 got
    shift
    if got=$("$@" 2>$own/stderr); then failed "$* was to fail with '$expected', but printed: $got $(<$own/stderr)"; fi
    [[ $(<$own/stderr) = *"$expected"* ]] || failed "$* was to fail with '$expected', but said: $got $(<$own/stderr)"
}

# until_true COMMAND…: it succeeds sooner or later; ten seconds are too late.
until_true() {
    local end=$((SECONDS + 10))
    while [ $SECONDS -lt $end ]; do
        if "$@"; then return; fi
        sleep 0.02
    done
    failed "in vain waited for: $*"
}

# put TEXT FILE: one write of a line.
put() { echo "$1" >"$2"; }

# without TEXT FILE: no line of the file has the text.
without() { ! grep -q -- "$1" "$2"; }

# driver QUEUE…: the drivers that have them, '-' for none.
driver() {
    local queue
    for queue; do
        if [ -L $ap/devices/$queue/driver ]; then basename "$(readlink $ap/devices/$queue/driver)"; else echo -; fi
    done
}

# s390x PROGRAM ARGUMENT…: a program of s390-tools, built for s390x. S390X is the root that scripts/clients has unpacked.
s390x() { qemu-s390x-static -L "$S390X" "$S390X/usr/sbin/$1" "${@:2}"; }
