# gaol(7), JAILS IN JAILS: children.max, names with dots, what a child may have.

load helper

cgroups=kin

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

@test "a child on its parent's root has a record of its own, and names of its own" {
        check parent 2
        check in_p jail -c name=a path=/ persist children.max=1 mount.procfs mount.devfs
        check in_p jexec a jls name
        check in_p jexec a jail -c name=a path=/ persist
        check -o a in_p jexec a jls name
        check -o '1 a' in_p jls jid name
        check in_p jexec a jail -r a
        check -o a in_p jls name
        check in_p jail -r a
        check in_p jls name
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

@test "prison limit exceeded" {
        check parent 2
        check in_p jail -c name=a path=/ persist
        check in_p jail -c name=b path=/ persist
        check -s 1 -e 'jail: prison limit exceeded' in_p jail -c name=c path=/ persist
        check -o $'a\nb' in_p jls name
        check in_p jail -r a
        check in_p jail -c name=c path=/ persist
        check -s 1 -e 'jail: prison limit exceeded' in_p jail -c name=d path=/ persist
        check -o $'b\nc' in_p jls name
}

@test "prison limit exceeded: a jail without children.max makes none" {
        check jail -c name=p "${base[@]}" vnet persist
        check -s 1 -e 'jail: prison limit exceeded' in_p jail -c name=a path=/ persist
        check in_p jls name
}

@test "grandchildren count, and cannot be had behind the limit" {
        check parent 2
        check in_p jail -c name=a path=/ persist children.max=1 mount.procfs mount.devfs
        check in_p jexec a jail -c name=b path=/ persist
        check -s 1 -e 'jail: prison limit exceeded' in_p jexec a jail -c name=c path=/ persist
        check -s 1 -e 'jail: prison limit exceeded' in_p jail -c name=c path=/ persist
        check -o a in_p jls name
        check -o b in_p jexec a jls name
}

# --------------------------------------------------- made on the host, below a jail

@test "a.b is a jail below a, which must exist" {
        check -s 1 -e 'jail: jail "a" not found' jail -c name=a.b path=/ persist
        conf 'path = /; persist; a.b { } c { }'
        check -s 1 -o 'c: created' -e 'jail: a.b: jail "a" not found' jail -f jail.conf -c
        check -o c jls name
        check jail -c name=a path=/ persist
        check -o 'a.b: created' jail -f jail.conf -c a.b
        check -o $'1 c 0 0\n2 a 0 1\n3 a.b 2 0' jls jid name parent children.cur
}

@test "-r and -R of a jail remove those below it too" {
        local flag

        for flag in -r -R; do
                check jail -c name=a path=/ persist
                check jail -c name=a.b path=/ persist exec.start='sleep 1000 &'
                check jail -c name=a.b.c path=/ persist
                check jail -c name=ab path=/ persist
                check -o - jail $flag a
                check -o ab jls name
                check -s 1 pgrep -x sleep
                check jail -R ab
        done
}

@test "a jail below another cannot have what that one lacks" {
        check jail -c name=a path=/ persist allow.socket_af
        check -s 1 -e 'jail: allow.raw_sockets: the jail above does not have it' jail -c name=a.b path=/ persist allow.raw_sockets
        check -s 1 -e 'jail: enforce_statfs: 1: lower than that of the jail above' \
                jail -c name=a.b path=/ persist enforce_statfs=1
        check jail -c name=a.b path=/ persist allow.socket_af
        check -s 1 -e 'jail: allow.raw_sockets: the jail above does not have it' jail -m name=a.b allow.raw_sockets
        check -o $'a allow.socket_af allow.noraw_sockets\na.b allow.socket_af allow.noraw_sockets' \
                sh -c 'jls -n name allow.socket_af allow.raw_sockets | sed s/name=//'
}

@test "a.b is born in a: its processes, its user ids, what it shares, and its end" {
        local inner

        check jail -c name=a root.base="$BATS_FILE_TMPDIR/base" root.discard mount.procfs persist host.hostname=upper
        check jail -c name=a.b root.base="$BATS_FILE_TMPDIR/base" root.discard mount.procfs persist host=inherit \
                exec.start='/bin/sleep 1000 &'
        # seen and signalled in the one above, and not the other way round
        check -o $'gaol-init\ngaol-init\nsleep' jexec a sh -c 'cat /proc/[0-9]*/comm | grep -e gaol-init -e sleep | sort'
        check -o $'gaol-init\nsleep' jexec a.b sh -c 'cat /proc/[0-9]*/comm | grep -e gaol-init -e sleep | sort'
        check -o upper jexec a.b uname -n
        check -o - jexec a cat /proc/self/uid_map
        check -o "$(cat "$out")" jexec a.b cat /proc/self/uid_map
        check jexec a.b touch /file
        check -o '0 0' jexec a.b stat -c '%u %g' /file
        inner=$(pgrep -x sleep)
        check -o "$(awk '{ print $2 }' "/proc/$(init_of a)/uid_map")" awk '/^Uid:/ { print $2 }' "/proc/$inner/status"
        check jexec a sh -c 'kill -9 $(grep -l sleep /proc/[0-9]*/comm | cut -d/ -f3)'
        eventually not pgrep -x sleep
        check -o $'a\na.b' jls name
        kill -9 "$(init_of a)"
        eventually not pgrep -x gaol-init
        check jls name
}

@test "what a jail that was killed had below it is taken back by the next that makes or removes it" {
        make_root root
        scene
        for flag in -r -R -c; do
                check jail -c name=a path="$dir/root" persist
                check jail -c name=a.b path="$dir/root" persist vnet vnet.interface=auto vnet.ip4.addr=192.0.2.9
                check jail -c name=a.b.c path="$dir/root" persist
                check jail -c name=ab path="$dir/root" persist
                kill -9 "$(init_of a)"
                eventually not pgrep -x gaol-init
                if [ $flag = -c ]; then
                        check jail -c name=a path="$dir/root" persist
                        check -o $'ab\na' jls name
                else
                        check jail $flag a
                        check -o ab jls name
                fi
                [ ! -e /run/gaol/jails/a.b ] && [ ! -e /run/gaol/jails/a.b.c ]
                check -o - jail -R '*'
                host_same "$BATS_TEST_TMPDIR/scene"
        done
}

@test "-r of a configured tree: the commands of each, the lowest first; what the file does not know goes silently" {
        conf '
                path = /;
                persist;
                exec.prestop = "echo end $name";
                exec.release = "echo gone $name";
                a { b { c { } } }
                other { }
        '
        check -o $'a: created\na.b: created\na.b.c: created' jail -f jail.conf -c a.b.c
        check jail -c name=a.x path=/ persist
        check jail -c name=a.b.x path=/ persist
        check -o $'end a.b.c\na.b.c: removed\ngone a.b.c\nend a.b\na.b: removed\ngone a.b\nend a\na: removed\ngone a' \
                jail -f jail.conf -r a
        check jls name
}

@test "-R of everything, jails below others among it" {
        check jail -c name=a path=/ persist
        check jail -c name=a.b path=/ persist
        check jail -c name=a.b.c path=/ persist
        check -o - jail -R '*'
        check jls name
        check jail -c name=a path=/ persist
        check jail -c name=a.b path=/ persist
        check -o $'a.b: removed\na: removed' jail -R a a.b
}

@test "a jail that fails to start takes those below it along" {
        conf 'path = /; persist; a { exec.start = "sleep 0.5; false"; } a.b { }'
        check -s 1 -o $'a: created\na.b: created\na: removed' -e 'jail: a: sleep 0.5; false: failed' jail -f jail.conf -c
        check jls name
        check -o '' ls /run/gaol/jails
}

@test "-m: what a jail loses, those below it lose" {
        check jail -c name=a path=/ persist allow.raw_sockets enforce_statfs=0
        check jail -c name=a.b path=/ persist allow.raw_sockets enforce_statfs=1
        check jail -c name=a.b.c path=/ persist allow.raw_sockets enforce_statfs=2
        check jail -c name=ab path=/ persist allow.raw_sockets enforce_statfs=0
        check jail -m name=a allow.noraw_sockets enforce_statfs=1 securelevel=0
        check -o $'a false 1 0\na.b false 1 0\na.b.c false 2 0\nab true 0 -1' \
                jls name allow.raw_sockets enforce_statfs securelevel
        check -s 1 -e 'jail: allow.raw_sockets: the jail above does not have it' jail -m name=a.b allow.raw_sockets
        check -s 1 -e 'jail: enforce_statfs: 0: lower than that of the jail above' jail -m name=a.b.c enforce_statfs=0
        check jail -m name=a allow.raw_sockets
        check -o $'true\nfalse\nfalse\ntrue' jls allow.raw_sockets
        check jail -m name=a.b allow.raw_sockets
        check -o $'true\ntrue\nfalse\ntrue' jls allow.raw_sockets
}

@test "defaults of a jail below another are what that one has" {
        check -e - jail -c name=a path=/ persist allow.noset_hostname securelevel=1 devfs_ruleset=5
        check -e - jail -c name=a.b path=/ persist
        check -o 'false true 1 5 inherit' jls -j a.b allow.set_hostname allow.reserved_ports securelevel devfs_ruleset user
        check -s 1 -e 'jail: user: a jail below another has its user ids' jail -c name=a.c path=/ persist user=new
        check -s 1 -e 'jail: securelevel: 0: lower than that of the jail above' jail -c name=a.c path=/ persist securelevel=0
        check -o $'a\na.b' jls name
}

@test "children.max of a jail counts what the host makes below it, and what that makes" {
        check jail -c name=p "${base[@]}" persist children.max=3
        check jail -c name=p.a "${base[@]}" persist children.max=1
        check -s 1 -e 'jail: children.max: 3: not less than that of the jail above' \
                jail -c name=p.b "${base[@]}" persist children.max=3
        check jexec p.a jail -c name=x path=/ persist
        check -s 1 -e 'jail: prison limit exceeded' jexec p.a jail -c name=y path=/ persist
        check in_p jail -c name=inner path=/ persist
        check -s 1 -e 'jail: prison limit exceeded' in_p jail -c name=z path=/ persist
        check -s 1 -e 'jail: prison limit exceeded' jail -c name=p.b "${base[@]}" persist
        check in_p jail -r inner
        check jail -c name=p.b "${base[@]}" persist
        check -o $'p 0 2\np.a 1 0\np.b 1 0' jls name parent children.cur
}

@test "limits nest: the groups of a jail are below those of the one above" {
        pids_of() {
                awk -F: '$2 ~ /(^|,)pids(,|$)/ || $2 == "" && $1 == 0 { print $3 }' "/proc/$(init_of "$1")/cgroup" | grep gaol
        }
        check jail -c name=kin path=/ persist rctl.maxproc=50
        check jail -c name=kin.free path=/ persist
        check -o "$(pids_of kin)" pids_of kin.free
        check jail -c name=kin.own path=/ persist rctl.maxproc=20
        check -o "$(pids_of kin)/gaol/kin.own" pids_of kin.own
        check jail -c name=kin.free.late path=/ persist
        check jail -m name=kin.free rctl.maxproc=10
        check -o "$(pids_of kin)/gaol/kin.free" pids_of kin.free
        check -o "$(pids_of kin)/gaol/kin.free" pids_of kin.free.late
        check jail -c name=kin2 path=/ persist
        check jail -c name=kin2.a path=/ persist rctl.maxproc=20
        check -s 1 -e 'jail: rctl.maxproc: 30: a jail below has such limits already' jail -m name=kin2 rctl.maxproc=30
}
