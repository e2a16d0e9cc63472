# gaol(7), JAILS IN JAILS: children.max, names with dots, what a child may have.

load helper

setup_file() {
        make_host "$BATS_FILE_TMPDIR/base"
}

prepare() {
        base=(root.base="$BATS_FILE_TMPDIR/base" root.discard mount.devfs mount.procfs)
}

# A jail that may have so many.
parent() {
        jail -c name=p "${base[@]}" vnet persist children.max="$1" "${@:2}"
}

in_p() {
        jexec p "$@"
}

# ---------------------------------------------------------------- made in a jail

@test "a jail with children.max makes, lists, enters, changes and removes jails with the same commands" {
        check parent 4
        check in_p jail -c name=a path=/ persist host.hostname=inner
        check -o $'   JID  IP Address      Hostname                      Path\n     1  -               inner                         /' in_p jls
        check -o inner in_p jexec a uname -n
        check in_p jail -m name=a host.hostname=changed
        check -o changed in_p jexec a uname -n
        check -s 1 -e 'jail: "a" already exists' in_p jail -c name=a path=/ persist
        check in_p jail -r a
        check in_p jls name
        check -s 1 -e 'jail: "a" not found' in_p jail -r a
}

@test "the host does not list them, nor do they count there" {
        check parent 4
        check in_p jail -c name=a path=/ persist
        check -o 'p 4' jls name children.max
        check -o '1 a' in_p jls jid name
}

@test "a child has processes, users, names, IPC and a network of its own" {
        check parent 4
        check in_p jail -c name=a path=/ persist vnet mount.procfs
        local ns

        for ns in pid uts ipc net mnt cgroup; do
                check -o - in_p readlink "/proc/self/ns/$ns"
                cp "$out" outer
                check -o - in_p jexec a readlink "/proc/self/ns/$ns"
                ! cmp -s "$out" outer
        done
        check -o 'gaol-init' in_p jexec a cat /proc/1/comm
}

@test "a child on the base /: the parent's tree without its secrets" {
        check parent 4
        in_p sh -c 'echo hush-4711 >/etc/shadow; chmod 600 /etc/shadow; echo hush-4711 >/home/user/file; mkdir -p /var/lib; echo hush-4711 >/var/lib/x'
        check -o searched in_p jail -c name=a root.base=/ root.discard command=/bin/sh -c '
                find / -type f ! -path /bin/\* -exec grep -l hush-4711 {} + 2>/dev/null; echo searched'
        check -o 'c 1,3 null' in_p jail -c name=a root.base=/ root.discard mount.devfs mount.procfs command=/bin/sh -c '
                cd /dev; printf "c %d,%d %s\n" $(stat -c "0x%t 0x%T" null) null; echo x >null'
}

@test "a child on the network of its parent, and one on a cable to it" {
        check parent 4
        cp "$GAOL_TALK" talk
        check jail -m name=p host.hostname=p
        jexec p sh -c 'cat >/bin/talk; chmod 755 /bin/talk' <talk
        check in_p jail -c name=a path=/ persist vnet vnet.interface=auto vnet.ip4.addr=10.9.0.7 mount.devfs \
                exec.start='talk serve tcp 0.0.0.0 80 inner'
        check -o 'inner from 127.0.0.1' in_p jexec a talk ask tcp 127.0.0.1 80
        check in_p ip addr add 10.9.0.1/32 dev lo
        check -o 'inner from 10.9.0.1' in_p talk ask tcp 10.9.0.7 80
        check in_p jail -r a
        check in_p jail -c name=b path=/ persist ip4=inherit
        check -o - in_p readlink /proc/self/ns/net
        check -o "$(cat "$out")" in_p sh -c 'readlink /proc/$(awk "/^init/ { print \$2 }" /run/gaol/jails/b)/ns/net'
}

@test "unshare is no way round the limit" {
        check parent 1
        check in_p jail -c name=a path=/ persist
        check -s 1 -e 'unshare: unshare(0x20000000): No space left on device' in_p unshare -p true
        check -s 1 -e 'unshare: unshare(0x30000000): No space left on device' in_p unshare -U -p true
}

@test "removal of the parent ends the children" {
        check parent 4
        check in_p jail -c name=a path=/ persist exec.start='/bin/sleep 1000 &'
        check in_p jail -c name=b path=/ exec.start='/bin/sleep 1001 &'
        check -o 2 pgrep -c -x sleep
        check -o 3 pgrep -c -x gaol-init
        check jail -r p
        check -s 1 -o 0 pgrep -c -x sleep
        check -s 1 -o 0 pgrep -c -x gaol-init
}

@test "SIGTERM of the removal is for the jail's processes and those of its children" {
        make_host root
        conf "p { path = '$dir/root'; children.max = 2; persist; mount.procfs; mount.devfs; stop.timeout = 1; }"
        printf 'exec 2>/tmp/errors\ntrap "echo $1 >>/tmp/asked; exit" TERM\n: >/tmp/ready-$1\nwhile :; do sleep 0.05; done\n' >root/daemon
        check -o 'p: created' jail -f jail.conf -c
        check jexec p sh -c '/bin/sh /daemon outer &'
        check jexec p jail -c name=a path=/ persist exec.start='/bin/sh /daemon inner &'
        eventually [ -e root/tmp/ready-outer ]
        eventually [ -e root/tmp/ready-inner ]
        check -o 'p: removed' jail -f jail.conf -r p
        holds <(sort root/tmp/asked) $'inner\nouter'
}

@test "the end of PID 1 of the parent is the end of the children" {
        check parent 4
        check in_p jail -c name=a path=/ persist exec.start='/bin/sleep 1000 &'
        kill -9 "$(init_of p)"
        eventually not pgrep -x gaol-init
        check -s 1 pgrep -x sleep
}

@test "a child has part of its parent's user ids" {
        local ids

        check parent 3
        ids=$(awk '{ print $2, $2 + $3 - 1 }' "/proc/$(init_of p)/uid_map")
        # one range for itself and one for each child there may be
        check -o "$((4 * 65536))" awk '{ print $3 }' "/proc/$(init_of p)/uid_map"
        check in_p jail -c name=a path=/ persist
        read -r first last <<<"$ids"
        for pid in $(pgrep -x gaol-init); do
                uid=$(awk '/^Uid:/ { print $2 }' "/proc/$pid/status")
                [ "$uid" -ge "$first" ] && [ "$uid" -le "$last" ]
        done
}

@test "a child has no right that its parent lacks, whatever it says" {
        check parent 4
        check -o - in_p grep CapBnd /proc/self/status
        cp "$out" outer
        check -e - in_p jail -c name=a path=/ persist mount.procfs allow.chflags allow.mlock allow.read_msgbuf allow.settime \
                allow.quotas allow.extattr allow.socket_af allow.raw_sockets children.max=1
        check -o - in_p jexec a grep CapBnd /proc/self/status
        [ $(((0x$(awk '{ print $2 }' "$out") & ~0x$(awk '{ print $2 }' outer)))) = 0 ]
        check -s 1 -e 'dmesg: klogctl: Operation not permitted' in_p jexec a dmesg
        check -o - -e "date: can't set date: Operation not permitted" in_p jexec a date -s 2030-01-01
}

@test "children.max: at most 4096, and create-only" {
        check -s 1 -e 'jail: children.max: 4097: out of range (0 to 4096)' parent 4097
        check parent 1
        check -s 1 -e 'jail: children.max cannot be changed after creation' jail -m name=p children.max=2
}

# --------------------------------------------------- made on the host, below a jail

