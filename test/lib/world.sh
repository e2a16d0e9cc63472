#!/bin/sh
# A private world for tests of whole commands: mount, network and process
# namespaces of its own, so that a test neither sees nor leaves anything of the
# machine's.
#
# As a command:
#
#     test/lib/world.sh COMMAND [ARG...]      # for instance: bats test/cmd/jail.bats
#
# runs COMMAND in a new world and ends with its status. In it:
#
#   - /run/gaol and /var/lib/gaol are empty tmpfs;
#   - there is one interface, lo, up; the ranges for documentation (192.0.2.0/24,
#     198.51.100.0/24, 203.0.113.0/24, 2001:db8::/32) are unreachable unless a jail
#     has an address of them, so no packet leaves;
#   - PID 1 reaps orphans, and all processes end with it;
#   - $WORLD is set: world.sh within a world only runs COMMAND.
#
# Control groups are the machine's: give jails names no other test has.
#
# Sourced by a test that runs in a world (`. test/lib/world.sh` in sh,
# `source` in bats):
#
#     before=$(snapshot)
#     jail -c name=t1 path=/ persist && jail -r t1
#     unchanged "$before"         # fails and prints the difference
#
# snapshot prints the state of the host, one fact a line, sorted by kind: mounts,
# links, addresses, neighbours, routes, rules, nftables, forwarding, control
# groups below any directory named gaol, files, processes that no longer
# belong to the test, namespaces. unchanged compares with an earlier one and gives the
# kernel ten seconds: it takes network namespaces apart in the background.
#
# Exits 77, having said why, where there is no root or no namespaces.

world_skip() {
        printf '%s: skipped: %s\n' "${0##*/}" "$1" >&2
        exit 77
}

world() {
        [ -z "$WORLD" ] || exec "$@"
        [ "$(id -u)" = 0 ] || world_skip 'needs root'
        for tool in unshare mount ip nft; do
                command -v "$tool" >/dev/null || world_skip "$tool is not installed"
        done
        unshare --mount --net --pid --propagation private true 2>/dev/null ||
                world_skip 'no leave to make namespaces'
        # The shell that waits for COMMAND is PID 1 and reaps whatever else ends.
        exec unshare --mount --net --pid --propagation private --fork --kill-child --mount-proc -- sh -c '
                set -e
                mkdir -p /run/gaol /var/lib/gaol
                mount -t tmpfs -o mode=0700 gaol-run /run/gaol
                mount -t tmpfs -o mode=0755 gaol-lib /var/lib/gaol
                ip link set lo up
                for range in 192.0.2.0/24 198.51.100.0/24 203.0.113.0/24; do
                        ip route add unreachable "$range"
                done
                # a kernel without IPv6 has no such range to keep in
                [ ! -d /proc/sys/net/ipv6 ] || ip -6 route add unreachable 2001:db8::/32
                set +e
                WORLD=$$ "$@"
                exit $?
        ' world "$@"
}

world_processes() {
        # Whoever is not a descendant of what PID 1 runs was left behind; so are zombies.
        ps -eo pid=,ppid=,stat=,comm= | awk -v self=$$ '
                { parent[$1] = $2; stat[$1] = $3; comm[$1] = $4 }
                function top(p) { while (parent[p] != 1 && parent[p] != 0) p = parent[p]; return p }
                END { main = top(self)
                      for (p in parent) if (p != 1 && (top(p) != main || stat[p] ~ /^Z/)) print "process " comm[p], stat[p] }' | sort
}

snapshot() {
        awk '{ print "mount", $4, $5, $6 }' /proc/self/mountinfo
        ip -o link show | sed 's/^[0-9]*: //; s/^/link /' | sort
        ip -o address show | awk '{ print "address", $2, $3, $4 }' | sort
        ip -o neighbour show nud permanent | sed 's/^/neighbour /' | sort
        ip -4 route show table all | sed 's/^/route /' | sort
        ip -6 route show table all | sed 's/^/route /' | sort
        ip -4 rule show | sed 's/^/rule /'
        ip -6 rule show | sed 's/^/rule /'
        nft list ruleset | sed 's/^/nft /'
        for f in /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv[46]/conf/*/forwarding; do
                [ ! -e "$f" ] || printf 'forward %s %s\n' "$f" "$(cat "$f")"
        done
        find /sys/fs/cgroup -path '*/gaol/*' -type d 2>/dev/null | sed 's/^/cgroup /' | sort
        find /run/gaol /var/lib/gaol ! -path /run/gaol ! -path /run/gaol/jails ! -path /run/gaol/index \
                ! -path '/run/gaol/lock.*' ! -path /var/lib/gaol -printf 'file %p %y\n' | sort
        world_processes
        ls -l /proc/[0-9]*/ns /proc/[0-9]*/fd 2>/dev/null | sed -n 's/.*-> \([a-z_]*:\[[0-9]*\]\)$/namespace \1/p' |
                grep -v -e pid_for -e anon_inode -e pipe: -e socket: | sort -u
}

unchanged() {
        world_tries=0
        while world_now=$(snapshot); [ "$world_now" != "$1" ]; do
                world_tries=$((world_tries + 1))
                if [ "$world_tries" -gt 100 ]; then
                        printf '%s\n' "$1" >"/tmp/world.$$.before"
                        printf '%s\n' "$world_now" | diff -U0 "/tmp/world.$$.before" - | sed 1,2d >&2
                        rm -f "/tmp/world.$$.before"
                        return 1
                fi
                sleep 0.1
        done
}

# Sourced: nothing but the functions.
case ${0##*/} in
world.sh)
        [ $# -gt 0 ] || { echo 'usage: world.sh COMMAND [ARG...]' >&2; exit 2; }
        world "$@"
        ;;
esac
