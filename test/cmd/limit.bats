# jail(8), Limits: rctl.*, what they do and how they change.

load helper

cgroups=limit-

prepare() {
        [ -d /sys/fs/cgroup ] || skip 'no control groups are mounted'
        base=(root.base=/ root.discard mount.devfs mount.procfs)
}

# The directory of the jail's control group for a controller; "" when it has none of its own.
group_of() {
        local path mount

        path=$(awk -F: -v c="$2" '{ n = split($2, a, ","); for (i = 1; i <= n; i++) if (a[i] == c) { print $3; exit } }' \
                "/proc/$(init_of "$1")/cgroup")
        if [ -n "$path" ]; then
                mount=$(awk -v c="$2" '$0 ~ " - cgroup " { n = split($NF, a, ","); for (i = 1; i <= n; i++)
                        if (a[i] == c) { print $5; exit } }' /proc/self/mountinfo)
        else
                path=$(sed -n 's/^0:://p' "/proc/$(init_of "$1")/cgroup")
                mount=$(awk '$0 ~ " - cgroup2 " { print $5; exit }' /proc/self/mountinfo)
        fi
        case $path in
        */limit-*) echo "$mount$path" ;;
        esac
}

# knob JAIL CONTROLLER FILE FILE2: what the group has in FILE on version 1, in FILE2 on version 2.
knob() {
        local group

        group=$(group_of "$1" "$2")
        if [ -e "$group/$3" ]; then
                cat "$group/$3"
        else
                cat "$group/$4"
        fi
}

@test "a jail without limits has no control group" {
        check jail -c name=limit-a "${base[@]}" persist rctl.openfiles=100
        check group_of limit-a pids
        check group_of limit-a memory
}

@test "a jail has a control group only where a limit asks for one, and it goes with the jail" {
        local group

        check jail -c name=limit-a "${base[@]}" persist rctl.maxproc=100
        group=$(group_of limit-a pids)
        [ -d "$group" ]
        if grep -q ' - cgroup .*[, ]memory' /proc/self/mountinfo; then
                check group_of limit-a memory
        fi
        check jail -r limit-a
        [ ! -e "$group" ]
}

quiet() {
        ! pgrep -x sleep >/dev/null
}

@test "rctl.maxproc: the next process is refused; PID 1 is one of them" {
        check jail -c name=limit-a "${base[@]}" persist rctl.maxproc=4
        check -s 2 -e 'sh: 0: Cannot fork' jexec limit-a sh -c 'sleep 0.2 & sleep 0.2 & sleep 0.2 & wait'
        eventually quiet
        check jexec limit-a sh -c 'sleep 0.01 & sleep 0.01 & wait'
        check jail -m name=limit-a rctl.maxproc=5
        check jexec limit-a sh -c 'sleep 0.01 & sleep 0.01 & sleep 0.01 & wait'
        check -s 2 -e 'sh: 0: Cannot fork' jexec limit-a sh -c 'sleep 1 & sleep 1 & sleep 1 & sleep 1 & wait'
}

@test "rctl.maxproc: another jail is not concerned" {
        check jail -c name=limit-a "${base[@]}" persist rctl.maxproc=3
        check jail -c name=limit-b "${base[@]}" persist rctl.maxproc=100
        check -s 2 -e 'sh: 0: Cannot fork' jexec limit-a sh -c 'sleep 1 & sleep 1 & wait'
        check jexec limit-b sh -c 'sleep 0.01 & sleep 0.01 & sleep 0.01 & wait'
}

@test "rctl.memoryuse: who needs more is killed, and the jail lives" {
        check jail -c name=limit-a "${base[@]}" persist rctl.memoryuse=32M
        check -s 137 -e - jexec limit-a dd if=/dev/zero of=/dev/null bs=100M count=1
        check -s 137 -e - jexec limit-a dd if=/dev/zero of=/dev/shm/x bs=1M count=60
        check jexec limit-a true
        check jail -m name=limit-a rctl.memoryuse=300M
        check -e - jexec limit-a dd if=/dev/zero of=/dev/null bs=100M count=1
        check -o limit-a jls name
}

@test "rctl.memoryuse, live: given, changed, taken away" {
        check jail -c name=limit-a "${base[@]}" persist
        check jail -m name=limit-a rctl.memoryuse=64M
        check -o 67108864 knob limit-a memory memory.limit_in_bytes memory.max
        check jail -m name=limit-a rctl.memoryuse=65K
        check -o - knob limit-a memory memory.limit_in_bytes memory.max
        [ "$(cat "$out")" -le 66560 ]
        check jail -m name=limit-a rctl.memoryuse=unlimited
        check -o - knob limit-a memory memory.limit_in_bytes memory.max
        grep -q -x -e max -e '9223372036854771712' "$out"
        check -o 'rctl.memoryuse=unlimited' jls -n rctl.memoryuse
}

@test "rctl.pcpu: percent of one processor" {
        check jail -c name=limit-a "${base[@]}" persist rctl.pcpu=250
        check -o - knob limit-a cpu cpu.cfs_quota_us cpu.max
        grep -q -x -e 250000 -e '250000 100000' "$out"
        check jail -m name=limit-a rctl.pcpu=5
        # far more than the share of a period, so it has to wait at least once
        check jexec limit-a sh -c 'i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done'
        check -o - knob limit-a cpu cpu.stat cpu.stat
        [ "$(awk '$1 == "nr_throttled" { print $2 }' "$out")" -gt 0 ]
        check jail -m name=limit-a rctl.pcpu=-
        check -o - knob limit-a cpu cpu.cfs_quota_us cpu.max
        grep -q -e '^-1$' -e '^max ' "$out"
}

@test "rctl.readbps, writebps, readiops, writeiops: of each disk" {
        local disk

        disk=$(awk '$1 == 8 || $1 > 250 { print $1 ":" $2; exit }' /proc/partitions)
        [ -n "$disk" ] || skip 'no disk to limit'
        check jail -c name=limit-a "${base[@]}" persist rctl.readbps=1M rctl.writebps=2M rctl.readiops=30 rctl.writeiops=40
        if [ -e "$(group_of limit-a io)/io.max" ]; then
                check -o - cat "$(group_of limit-a io)/io.max"
                grep -q "rbps=1048576 wbps=2097152 riops=30 wiops=40" "$out"
        else
                check -o - cat "$(group_of limit-a blkio)"/blkio.throttle.{read,write}_{bps,iops}_device
                sed -n 's/^[0-9:]* //p' "$out" | sort -u -n >values
                holds values $'30\n40\n1048576\n2097152'
        fi
}

@test "limits of each process" {
        check jail -c name=limit-a "${base[@]}" persist rctl.openfiles=77 rctl.stacksize=1M rctl.coredumpsize=0 \
                rctl.cputime=33 rctl.datasize=100M rctl.memorylocked=64K rctl.vmemoryuse=1G rctl.msgqsize=1000
        check -o 'Max cpu time 33 33 seconds
Max data size 104857600 104857600 bytes
Max stack size 1048576 1048576 bytes
Max core file size 0 0 bytes
Max open files 77 77 files
Max locked memory 65536 65536 bytes
Max address space 1073741824 1073741824 bytes
Max msgqueue size 1000 1000 bytes' jexec limit-a sh -c '
                grep -E "^Max (cpu|data|stack|core|open|locked|address|msgq)" /proc/self/limits | tr -s " " | sed "s/ $//"'
        check -s 2 -e 'sh: 1: 8: Invalid argument' jexec limit-a sh -c 'exec 8</dev/null; ulimit -n 8; exec 8</dev/null'
        check -s 137 jexec limit-a sh -c 'ulimit -t 1; while :; do :; done'
}

@test "limits of each process hold for commands of exec.*, and a change for those started afterwards" {
        check -o 77 jail -c name=limit-a "${base[@]}" persist rctl.openfiles=77 exec.start='ulimit -n;'
        jexec limit-a sh -c 'echo; while [ ! -e /tmp/go ]; do sleep 0.05; done; ulimit -n' >log 3>&- &
        eventually [ -s log ]
        check jail -m name=limit-a rctl.openfiles=99
        check jexec limit-a touch /tmp/go
        wait $!
        holds log $'\n77'
        check -o 99 jexec limit-a sh -c 'ulimit -n'
        check jail -m name=limit-a rctl.openfiles=unlimited
        check -o "$(ulimit -H -n)" jexec limit-a sh -c 'ulimit -n'
}

@test "commands on the host are not limited" {
        check -o "$(ulimit -n)" jail -c name=limit-a "${base[@]}" persist rctl.openfiles=77 exec.prestart='ulimit -n;'
        check jail -r limit-a
        check -o "$(cat /proc/self/cgroup)" jail -c name=limit-a "${base[@]}" persist rctl.maxproc=77 \
                exec.prestart='cat /proc/self/cgroup'
}

@test "-m: processes that run already come under the limit" {
        check jail -c name=limit-a "${base[@]}" persist exec.start='sleep 1000 &' exec.start='sleep 1001 &'
        check group_of limit-a pids
        check jail -m name=limit-a rctl.maxproc=3
        check -o 3 sh -c 'wc -l <"$1/cgroup.procs"' - "$(group_of limit-a pids)"
        check -s 2 -e 'sh: 1: Cannot fork' jexec limit-a sh -c 'sleep 1; sleep 1'
        check jail -m name=limit-a rctl.maxproc=5
        check jexec limit-a sh -c 'sleep 0.01; sleep 0.01'
}

@test "-m: what the kernel refuses changes nothing" {
        check jail -c name=limit-a "${base[@]}" persist rctl.maxproc=10 rctl.pcpu=50
        check -s 1 -e 'jail: cpuset.cpus: 99999: write cpuset.cpus: Numerical result out of range' \
                jail -m name=limit-a rctl.maxproc=20 rctl.pcpu=60 cpuset.cpus=99999
        check -o 10 knob limit-a pids pids.max pids.max
        check -o 'rctl.maxproc=10 rctl.pcpu=50' jls -n rctl.maxproc rctl.pcpu
}

no_group_left() {
        [ -z "$(find /sys/fs/cgroup -type d -name 'limit-*')" ]
}

@test "-m: while commands of a jail run that then fails: what the change made goes too" {
        local maker status=0

        mkfifo go
        jail -c name=limit-a "${base[@]}" persist exec.poststart='read -r _ <go; false' >/dev/null 2>made 3>&- &
        maker=$!
        eventually jls -j limit-a name >/dev/null 2>&1
        check jail -m name=limit-a rctl.maxproc=64
        check not no_group_left
        echo >go
        wait "$maker" || status=$?
        check test "$status" = 1
        check holds made 'jail: read -r _ <go; false: failed'
        check no_group_left
}

@test "-m: what a killed one has changed is changed back by the next" {
        check jail -c name=limit-a "${base[@]}" persist host.hostname=before rctl.maxproc=64
        echo 7 >"$(group_of limit-a pids)/pids.max"
        printf 'change begun\nset rctl.maxproc=7\nset rctl.openfiles=70\n' >>/run/gaol/jails/limit-a
        check -o 'rctl.maxproc=64' jls -j limit-a -n rctl.maxproc
        check jail -m name=limit-a host.hostname=after
        check -o 64 knob limit-a pids pids.max pids.max
        check -o 'host.hostname=after rctl.maxproc=64' jls -j limit-a -n host.hostname rctl.maxproc
}

@test "-m: a change that was killed before it had made a group hinders nobody" {
        local tree

        check jail -c name=limit-b "${base[@]}" persist rctl.maxproc=64
        tree=$(awk '$1 == "begun" && $2 == "cgroup" { print $3; exit }' /run/gaol/jails/limit-b)
        check jail -c name=limit-a "${base[@]}" persist
        echo "begun cgroup $tree gaol/limit-a" >>/run/gaol/jails/limit-a
        check jexec limit-a true
        check jail -m name=limit-a rctl.maxproc=3
        check -o 3 knob limit-a pids pids.max pids.max
        conf 'limit-a { exec.stop = "true"; }'
        check -o 'limit-a: removed' jail -f jail.conf -r limit-a
        check jail -r limit-b
        check no_group_left
}

@test "what the kernel refuses, and amounts that are none: no jail" {
        check -s 1 -e 'jail: cpuset.cpus: 99999: write cpuset.cpus: Numerical result out of range' \
                jail -c name=limit-a "${base[@]}" persist rctl.maxproc=20 cpuset.cpus=99999
        check -s 1 -e 'jail: rctl.pcpu: 0: out of range (1 to 1000000000)' \
                jail -c name=limit-a "${base[@]}" persist rctl.pcpu=0
        check -s 1 -e 'jail: rctl.pcpu: not an amount: x' jail -c name=limit-a "${base[@]}" persist rctl.pcpu=x
        check -s 1 -e 'jail: rctl.maxproc: not an amount: -1' jail -c name=limit-a "${base[@]}" persist rctl.maxproc=-1
        check -s 1 -e 'jail: rctl.memoryuse: not an amount: 1Q' jail -c name=limit-a "${base[@]}" persist rctl.memoryuse=1Q
        check -s 1 -e 'jail: rctl.memoryuse: not an amount: 99999999999E' \
                jail -c name=limit-a "${base[@]}" persist rctl.memoryuse=99999999999E
        check -s 1 -e "jail: rctl.openfiles: 99999999999: above the hard limit $(ulimit -H -n)" \
                jail -c name=limit-a "${base[@]}" persist rctl.openfiles=99999999999
        check jls name
        host_same "$BATS_TEST_TMPDIR/before"
}

@test "amounts: K, M, G; no value takes a limit away" {
        check jail -c name=limit-a "${base[@]}" persist rctl.memoryuse=1G rctl.vmemoryuse=4M rctl.openfiles=1K
        check -o 'rctl.memoryuse=1073741824 rctl.vmemoryuse=4194304 rctl.openfiles=1024' \
                jls -n rctl.memoryuse rctl.vmemoryuse rctl.openfiles
        check jail -m name=limit-a rctl.memoryuse= rctl.vmemoryuse=- rctl.openfiles=UNLIMITED
        check -o 'rctl.memoryuse=unlimited rctl.vmemoryuse=unlimited rctl.openfiles=unlimited' \
                jls -n rctl.memoryuse rctl.vmemoryuse rctl.openfiles
}

@test "a limit holds for the jails below" {
        make_host base
        check jail -c name=limit-a root.base="$dir/base" root.discard mount.devfs mount.procfs persist children.max=2 \
                rctl.maxproc=8
        check jexec limit-a jail -c name=b path=/ persist
        check -s 2 -e "sh: can't fork: Resource temporarily unavailable" jexec limit-a jexec b sh -c '
                sleep 1 | sleep 1 | sleep 1 | sleep 1 | sleep 1 | sleep 1'
}

@test "a name that is a file's in every control group" {
        check jail -c name=limit-tasks "${base[@]}" persist rctl.maxproc=10
        [ -d "$(group_of limit-tasks pids)" ]
}
