# What the suites of whole commands share. A suite runs in a world of its own,
# with the programs of the build in front of PATH:
#
#     test/cmd/run [bats option...] [suite.bats...]
#
# A test begins in an empty directory, $dir, and ends with a comparison: what it
# leaves on the host fails it, whatever it has found out.

bats_require_minimum_version 1.5.0

# Control groups are the machine's and suites run side by side: a suite whose jails have limits calls all of those
# jails by names that begin with this.
cgroups=no-limits-here

here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
top=${here%/test/cmd}
source "$top/test/lib/world.sh"

host_state() {
        if [ -x "${GAOL_SNAPSHOT:-}" ]; then
                "$GAOL_SNAPSHOT" -c "$cgroups" "$@"
        else
                snapshot | sed "/^cgroup /{\\,/gaol[^/]*/_*$cgroups,!d}"
        fi
}

# The host is as it was, within the seconds that the kernel takes to take namespaces apart.
host_same() {
        local now tries

        if [ -x "${GAOL_SNAPSHOT:-}" ]; then
                "$GAOL_SNAPSHOT" -c "$cgroups" -u "$1"
                return
        fi
        for ((tries = 0; tries < 100; tries++)); do
                now=$(host_state)
                [ "$now" = "$(cat "$1")" ] && return
                sleep 0.1
        done
        diff -U0 "$1" - <<<"$now" | sed 1,2d
        return 1
}

# Nothing of the machine's is read but what a test says.
setup_file() {
        if [ -e /etc/jail.conf ]; then
                : >"$BATS_FILE_TMPDIR/none"
                mount --bind "$BATS_FILE_TMPDIR/none" /etc/jail.conf
        fi
        unset JID JNAME JPATH
}

setup() {
        dir=$BATS_TEST_TMPDIR/dir undo=()
        mkdir "$dir"
        cd "$dir"
        rm -rf /run/gaol/*      # so that jids begin with 1
        host_state >"$BATS_TEST_TMPDIR/before"
        if declare -F prepare >/dev/null; then
                prepare
        fi
}

# Takes back what the test has made around its jails: COMMAND is run at its end, the last one first.
finally() {
        undo+=("$(printf '%q ' "$@")")
}

# What the test needs is there: from here on jails change the host, and when they are gone it is to be as it is now.
scene() {
        host_state >"$BATS_TEST_TMPDIR/scene"
}

teardown() {
        local i status=0

        cd /
        jail -R '*' >/dev/null || status=1
        if [ -e "$BATS_TEST_TMPDIR/scene" ]; then
                host_same "$BATS_TEST_TMPDIR/scene" || status=1
        fi
        for ((i = ${#undo[@]} - 1; i >= 0; i--)); do
                eval "${undo[i]}" || status=1
        done
        host_same "$BATS_TEST_TMPDIR/before" || status=1
        return $status
}

# Ends a process, and is silent about one that has ended.
end() {
        kill -9 "$1" 2>/dev/null || :
        wait "$1" 2>/dev/null || :
}

# A copy of /etc that may be changed, for the length of a test; the machine's own jail.conf is not in it.
own_etc() {
        mkdir "$BATS_TEST_TMPDIR"/{upper,work}
        mount -t overlay -o "lowerdir=/etc,upperdir=$BATS_TEST_TMPDIR/upper,workdir=$BATS_TEST_TMPDIR/work" own-etc /etc
        finally umount /etc
        rm -f /etc/jail.conf
}

# ------------------------------------------------------------------- checking

# Fails with a comparison unless FILE holds the text and nothing else.
holds() {
        if [ -z "$2" ]; then
                [ ! -s "$1" ] && return
                diff -u --label "expected ${3:-$1}" --label "${3:-$1}" /dev/null "$1"
                return 1
        fi
        diff -u --label "expected ${3:-$1}" --label "${3:-$1}" - "$1" <<<"$2"
}

# check [-s STATUS] [-o OUTPUT] [-e ERRORS] COMMAND...
#
# Runs COMMAND and compares status, standard output and standard error, which are 0 and empty if not said otherwise;
# "-" for either of the texts: it does not matter. They are left in $out and $err.
check() {
        local want=0 out_want='' err_want='' status=0 option OPTIND=1 OPTARG

        out=$BATS_TEST_TMPDIR/out err=$BATS_TEST_TMPDIR/err
        while getopts s:o:e: option; do
                case $option in
                s) want=$OPTARG ;;
                o) out_want=$OPTARG ;;
                e) err_want=$OPTARG ;;
                *) return 2 ;;
                esac
        done
        shift $((OPTIND - 1))
        "$@" >"$out" 2>"$err" 3>&- || status=$?
        [ "$out_want" = - ] || holds "$out" "$out_want" 'standard output' || want=failed
        [ "$err_want" = - ] || holds "$err" "$err_want" 'standard error' || want=failed
        [ "$status" = "$want" ] && return
        printf 'status %s of: %s\n' "$status" "$*"
        return 1
}

# Waits until COMMAND succeeds: for what happens by itself and takes its time.
eventually() {
        local tries

        for ((tries = 0; tries < 200; tries++)); do
                "$@" && return
                sleep 0.05
        done
        printf 'still not so: %s\n' "$*"
        return 1
}

not() {
        ! "$@"
}

# Writes jail.conf.
conf() {
        printf '%s\n' "$1" >jail.conf
}

# ---------------------------------------------------------------------- roots

# A directory to be a jail's root, with busybox and little else; its files are the host root's.
make_root() {
        mkdir -p "$1"/{bin,dev,proc,sys,etc,tmp,root,run,mnt,home/user}
        chmod 0755 "$1"
        chmod 1777 "$1/tmp"
        cp "$(command -v busybox)" "$1/bin/"
        chroot "$1" /bin/busybox --install -s /bin
        printf 'root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n' >"$1/etc/passwd"
        printf 'root:x:0:\nuser:x:1000:\nplay:x:50:user\n' >"$1/etc/group"
        chown 1000:1000 "$1/home/user"
}

# The same with the program under test in it.
make_host() {
        make_root "$1"
        cp "$GAOL_BIN/gaol" "$1/bin/"
        ln -s gaol "$1/bin/jail"
        ln -s gaol "$1/bin/jls"
        ln -s gaol "$1/bin/jexec"
}

# The number on the host of the jail's PID 1.
init_of() {
        awk '$1 == "init" { print $2 }' "/run/gaol/jails/$1"
}
