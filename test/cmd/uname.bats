# jail(8), osrelease, linux.osrelease, linux.osname: what uname(2) says in the jail, to whom.

load helper

cgroups=no-limits-here

prepare() {
        base=(root.base=/ root.discard mount.devfs mount.procfs)
}

fds_of() {
        ls "/proc/$(init_of "$1")/fd" | wc -l
}

@test "osrelease: static and dynamic programs, root and others, what is forked and what comes in later" {
        check jail -c name=a "${base[@]}" persist osrelease=14.1-RELEASE host.hostname=box exec.start='uname -r >/tmp/start'
        check -o 14.1-RELEASE jexec a cat /tmp/start
        check -o "Linux box 14.1-RELEASE $(uname -v) $(uname -m)" jexec a busybox sh -c 'busybox uname -snrvm'
        check -o $'14.1-RELEASE\n14.1-RELEASE' jexec a sh -c 'uname -r; (uname -r &) | cat'
        check -o 14.1-RELEASE jexec -d / -U nobody a uname -r
        check -o "('Linux', 'box', '14.1-RELEASE')" jexec a python3 -c 'import os; print(tuple(os.uname())[:3])'
        check -o "$(uname -r)" uname -r
}

@test "osrelease: /proc says the same" {
        check jail -c name=a "${base[@]}" persist osrelease=4.9 linux.osname=Minix
        check -o "4.9
Minix
Minix version 4.9 $(uname -v)" jexec a cat /proc/sys/kernel/osrelease /proc/sys/kernel/ostype /proc/version
        check -s 2 -e 'sh: 1: cannot create /proc/version: Read-only file system' jexec a sh -c 'echo x >/proc/version'
        check -o 'Minix 4.9' jexec a uname -sr
        check jail -r a
        check jail -c name=a root.base=/ root.discard persist mount='proc /proc procfs' osrelease=4.9
        check -o 4.9 jexec a cat /proc/sys/kernel/osrelease
}

@test "linux.osrelease goes before osrelease; linux is new by it" {
        check jail -c name=a "${base[@]}" persist osrelease=14.1-RELEASE linux.osrelease=5.15.0
        check -o 5.15.0 jexec a uname -r
        check -o 'osrelease=14.1-RELEASE linux=new linux.osrelease=5.15.0 linux.osname=Linux' \
                jls -n osrelease linux linux.osrelease linux.osname
        check -s 1 -e 'jail: linux: cannot be disabled' jail -c name=b path=/ persist linux=disable
}

@test "a pointer to nowhere is the caller's fault, and nothing else happens" {
        check jail -c name=a "${base[@]}" persist osrelease=4.9
        check -o $'-1 14\n-1 14\n0 0 4.9' jexec a python3 -c '
import ctypes
c = ctypes.CDLL(None, use_errno=True)
print(c.uname(ctypes.c_void_p(8)), ctypes.get_errno())
print(c.uname(ctypes.c_void_p((1 << 64) - 4096)), ctypes.get_errno())
ctypes.set_errno(0)
b = ctypes.create_string_buffer(390)
print(c.uname(b), ctypes.get_errno(), b.raw[130:195].rstrip(b"\0").decode())'
}

@test "also with the ids of the host, and for those who have no rights" {
        check jail -c name=a "${base[@]}" persist osrelease=4.9 user=inherit
        check -o 4.9 jexec a uname -r
        check -o 4.9 jexec -d / -U nobody a uname -r
        check jail -c name=b "${base[@]}" persist osrelease=4.10 allow.nosuser allow.unprivileged_proc_debug=false
        check -o 4.10 jexec b uname -r
        check -o 4.10 jexec -d / -U nobody b uname -r
}

alone_with() {
        [ "$(fds_of a)" = "$1" ]
}

@test "PID 1 lets go of those who have ended" {
        local before

        check jail -c name=a "${base[@]}" persist osrelease=4.9
        before=$(fds_of a)
        for i in 1 2 3 4 5; do
                check -o 4.9 jexec a uname -r
        done
        jexec a sleep 1000 3>&- &
        sleeper=$!
        eventually alone_with $((before + 1))
        kill $sleeper
        wait $sleeper || :
        eventually alone_with "$before"
}

@test "PID 1 still ends and stays when it is told to" {
        check jail -c name=a "${base[@]}" osrelease=4.9 exec.start='sleep 1000 &' exec.start='uname -r >/tmp/x'
        check -o a jls name
        check jail -m name=a persist
        check jail -r a
        check -o 4.9 jail -c name=a "${base[@]}" osrelease=4.9 command=uname -r
        check jls name
        check jail -c name=a "${base[@]}" osrelease=4.9 exec.start="sh -c 'trap \"exit 0\" TERM; while :; do sleep 0.05; done' 2>/dev/null &"
        check jail -r a
}

@test "rctl.openfiles is not for PID 1, which holds a descriptor for each who is in the jail" {
        check jail -c name=a "${base[@]}" persist osrelease=4.9 rctl.openfiles=4
        check -o $'4.9\n4' jexec a sh -c 'uname -r; ulimit -n'
        jexec a sleep 1000 3>&- &
        sleeper=$!
        finally end $sleeper
        check -o 4.9 jexec a uname -r
}

@test "whom PID 1 has no descriptor left for does not come in" {
        local tries

        (ulimit -n 48; exec jail -c name=a "${base[@]}" persist osrelease=4.9 exec.start='sleep 1000 &' exec.start='uname -r')
        for tries in {1..60}; do
                timeout 20 jexec a sh -c 'sleep 1000 & exec 2>/dev/null' 2>said 3>&- || break
        done
        holds said 'jexec: tell init: Too many open files'
        check jail -r a
}

@test "what the kernel says anyway takes no filter" {
        check jail -c name=a "${base[@]}" persist "osrelease=$(uname -r)" "linux.osname=$(uname -s)"
        check -o 0 fds_of a
        check -o "$(uname -r)" jexec a uname -r
        check -o "$(cat /proc/version)" jexec a cat /proc/version
}

@test "a jail inside has the release, its own name, and no release of its own" {
        make_host base
        check jail -c name=a root.base="$dir/base" root.discard mount.devfs mount.procfs persist children.max=2 \
                osrelease=4.9 host.hostname=outer
        check jexec a jail -c name=b path=/ persist host.hostname=inner
        check -o 'Linux inner 4.9' jexec a jexec b uname -snr
        check -o 'Linux outer 4.9' jexec a uname -snr
        check -s 1 -e 'jail: osrelease: one is set for the jail we are in' jexec a jail -c name=c path=/ persist osrelease=5.0
        check -o b jexec a jls name
}

@test "releases that are none" {
        check -s 1 -e 'jail: osrelease: not a release: 4.9 beta' jail -c name=a path=/ persist 'osrelease=4.9 beta'
        check -s 1 -e 'jail: osrelease: 12345678901234567890123456789012: File name too long' \
                jail -c name=a path=/ persist osrelease=12345678901234567890123456789012
        check -s 1 -e 'jail: osreldate: 0: not a date of release' jail -c name=a path=/ persist osreldate=0
        check jls name
}
