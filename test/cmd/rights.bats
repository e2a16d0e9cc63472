# jail(8): secure levels, CPUs, devices and data sets; what a jail goes without is said once.

load helper

cgroups=limit-

prepare() {
        base=(root.base=/ root.discard mount.devfs mount.procfs)
}

# Has the jail's root the capability of that number?
capable() {
        local have

        have=$(jexec "$1" sed -n 's/^CapEff:\t//p' /proc/self/status)
        echo $((0x$have >> $2 & 1))
}

@test "securelevel: flags of files, then the clock, then the network" {
        local level linux_immutable=9 sys_time=25 net_admin=12

        check jail -c name=a "${base[@]}" persist user=inherit vnet allow.chflags allow.settime securelevel=0
        check -o 1 capable a $linux_immutable
        check jail -m name=a securelevel=1
        check -o 0 capable a $linux_immutable
        check -o 1 capable a $sys_time
        check jail -m name=a securelevel=2
        check -o 0 capable a $sys_time
        check -o 1 capable a $net_admin
        check jexec a ip link set lo down
        check jail -m name=a securelevel=3
        check -o 0 capable a $net_admin
        check -s 2 -e 'RTNETLINK answers: Operation not permitted' jexec a ip link set lo up
        check -o 3 jls securelevel
}

@test "securelevel: the clock cannot be set, whatever allow.settime says" {
        check jail -c name=a "${base[@]}" persist user=inherit allow.settime securelevel=2
        check -s 1 -e - -o - jexec a date -s @1
        grep -q 'cannot set date: Operation not permitted' "$err"
}

@test "cpuset.cpus: the jail and what is entered stay on those CPUs, live too" {
        [ "$(nproc)" -ge 2 ] || skip 'this kernel has one CPU'
        check jail -c name=limit-a "${base[@]}" persist cpuset.cpus=1
        check -o '1' jexec limit-a nproc
        check -s 1 -e - jexec limit-a taskset -c 0 true
        check jail -m name=limit-a cpuset.cpus=0-1
        check -o 2 jexec limit-a nproc
        check -s 1 -e 'jail: cpuset.cpus: 4000: write cpuset.cpus: Numerical result out of range' jail -m name=limit-a cpuset.cpus=4000
        check -o 0-1 jls cpuset.cpus
        check jail -m name=limit-a cpuset.cpus=0
        check jail -m name=limit-a cpuset.cpus=
        check -o "$(nproc)" jexec limit-a nproc
        check -s 1 -e 'jail: cpuset.cpus: not a list of CPUs: all' jail -m name=limit-a cpuset.cpus=all
}

@test "cpuset.cpus: given to a jail that runs, its processes move" {
        [ "$(nproc)" -ge 2 ] || skip 'this kernel has one CPU'
        check jail -c name=limit-a "${base[@]}" persist exec.start='sleep 1000 &'
        check jail -m name=limit-a cpuset.cpus=1
        check -o $'Cpus_allowed_list:\t1' jexec limit-a sh -c 'grep Cpus_allowed_list /proc/$(pgrep -x sleep)/status'
}

@test "devices: fuse and kvm where they are allowed and there, and nowhere else" {
        local device

        check -e - jail -c name=a "${base[@]}" persist allow.mount.fusefs allow.vmm
        check jail -c name=b "${base[@]}" persist devfs_ruleset=5
        for device in fuse kvm; do
                if [ -e /dev/$device ]; then
                        check -o - jexec a sh -c "[ -c /dev/$device ]"
                else
                        check -s 1 jexec a sh -c "[ -e /dev/$device ]"
                fi
                check -s 1 jexec b sh -c "[ -e /dev/$device ]"
        done
        check jexec b sh -c '[ -c /dev/net/tun ]'
        check -s 1 jexec a sh -c '[ -e /dev/net ]'
}

@test "rctl.pseudoterminals" {
        check jail -c name=a "${base[@]}" persist rctl.pseudoterminals=2
        check -o 'OSError: [Errno 28] No space left on device' jexec a python3 -c '
import os
try:
    for i in range(3): os.openpty()
except OSError as e: print("OSError:", e)'
}

# A zfs(8) that writes down what it is asked, and says no to "tank/no".
make_zfs() {
        mkdir bin
        cat >bin/zfs <<'END'
#!/bin/sh
echo "$1 $(readlink "$2" | cut -d : -f 1) $3" >>"${0%/*}/log"
[ "$3" != tank/no ]
END
        chmod +x bin/zfs
}

@test "zfs.dataset: given to the jail's user namespace, taken back before it ends" {
        make_zfs
        PATH=$dir/bin:$PATH check jail -c name=a "${base[@]}" persist zfs.dataset=tank/a,tank/b
        holds bin/log $'zone user tank/a\nzone user tank/b'
        PATH=$dir/bin:$PATH check jail -r a
        holds bin/log $'zone user tank/a\nzone user tank/b\nunzone user tank/b\nunzone user tank/a'
}

@test "zfs.dataset: one that cannot be given: no jail, and the others are taken back" {
        make_zfs
        PATH=$dir/bin:$PATH check -s 1 -e - jail -c name=a "${base[@]}" persist zfs.dataset=tank/a zfs.dataset=tank/no
        sed 's,/proc/[0-9]*/fd/[0-9]*,USERNS,' "$err" >said
        holds said 'jail: zfs.dataset: zfs zone USERNS tank/no: failed'
        holds bin/log $'zone user tank/a\nzone user tank/no\nunzone user tank/no\nunzone user tank/a'
        check jls name
}

@test "zfs.dataset: without ZFS, or with the ids of the host, it is refused" {
        command -v zfs >/dev/null && skip 'this kernel has ZFS'
        check -s 1 -e 'jail: zfs.dataset: tank/a: this machine has no ZFS' jail -c name=a "${base[@]}" persist zfs.dataset=tank/a
        check -s 1 -e 'jail: zfs.dataset: tank/a: only with user=new' \
                jail -c name=a "${base[@]}" persist user=inherit zfs.dataset=tank/a
        check -s 1 -e 'jail: zfs.dataset: not a dataset: /tank' jail -c name=a "${base[@]}" persist zfs.dataset=/tank
        check jls name
}

@test "what cannot be had is said once, in the order of the page, with the name of a jail of a file" {
        conf 'a { path = /; persist; allow.dying; host.hostid = 7; allow.nfsd; allow.settime; osreldate = 1400097; }'
        check -o 'a: created' -e 'jail: a: osreldate: Linux has no call that tells it; it is kept and shown
jail: a: host.hostid: Linux has no call that tells it; it is kept and shown
jail: a: allow.settime: only with user=inherit; the jail goes without
jail: a: allow.nfsd: the kernel'\''s NFS server cannot be run in a jail; the jail goes without
jail: a: allow.dying: deprecated: jails that are dying are never changed' jail -f jail.conf -c a
        check -e 'jail: allow.mlock: only with user=inherit; the jail goes without' jail -m name=a allow.mlock
        check jail -m name=a allow.nomlock
        check jail -c name=b path=/ persist user=inherit
        check jail -m name=b allow.mlock
}

@test "what is refused says why, and makes no jail" {
        check -s 1 -e "jail: mac.label: labels of security modules are the host's to set" jail -c name=a path=/ persist mac.label=x
        check -s 1 -e 'jail: exec.fib: 3: Linux has no routing table of a process; a vnet jail has its own' \
                jail -c name=a path=/ persist exec.fib=3
        check -s 1 -e 'jail: rctl.nthr: Linux counts threads as processes: see rctl.maxproc' jail -c name=a path=/ persist rctl.nthr=3
        check -s 1 -e 'jail: rctl.wallclock: Linux does not limit the time a process lives: see timeout(1)' \
                jail -c name=a path=/ persist rctl.wallclock
        check jail -c name=a path=/ persist exec.fib=0
        check -s 1 -e "jail: mac.label: labels of security modules are the host's to set" jail -m name=a mac.label=x
        check -s 1 -e 'jls: unknown parameter: mac.label' jls mac.label
}
