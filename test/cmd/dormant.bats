# gaol(7), jails without processes: what stays and has nothing to run yet is a record, its ids, limits and addresses; what
# processes need is made for the first one.

load helper

cgroups=dormant-

prepare() {
        make_root root
        base=(path="$dir/root" mount.devfs mount.procfs persist)
}

# No process of the jail's, and no namespace.
asleep() {
        check -s 1 pgrep -x gaol-init
        check -s 1 grep -q '^init' "/run/gaol/jails/$1"
}

@test "it is there, and has no process until something runs in it" {
        check jail -c name=a "${base[@]}" host.hostname=x
        asleep a
        check -o "1 a x $dir/root true" jls jid name host.hostname path persist
        check -o $'x\n1 gaol-init' jexec a sh -c 'hostname; echo 1 $(cat /proc/1/comm)'
        check -o 1 pgrep -c -x gaol-init
        # it stays awake: what was written to /dev/shm is there for the next one
        check jexec a sh -c 'echo here >/dev/shm/file'
        check -o here jexec a cat /dev/shm/file
        check jail -r a
        check jls name
}

@test "what it would need is looked for when it is made" {
        check -s 1 -e "jail: path: $dir/none: No such file or directory" jail -c name=a path="$dir/none" persist
        check -s 1 -e 'jail: devfs_ruleset: 9: no such ruleset' jail -c name=a "${base[@]}" devfs_ruleset=9
        rmdir root/proc
        check -s 1 -e - jail -c name=a "${base[@]}"
        holds "$err" 'jail: mount.procfs: /proc: No such file or directory'
        ln -s etc root/proc
        check -s 1 -e 'jail: mount.procfs: /proc is a symbolic link' jail -c name=a "${base[@]}"
        check jls name
        [ -z "$(ls /run/gaol/jails)" ]
}

@test "commands on the host do not wake it, those in the jail do" {
        conf "a { path = '$dir/root'; persist; exec.created = true; exec.poststart = true; exec.prestop = true;
                  exec.poststop = true; }"
        check -o 'a: created' jail -f jail.conf -c
        asleep a
        check -o 'a: removed' jail -f jail.conf -r
        conf "a { path = '$dir/root'; persist; exec.stop = 'echo stop'; }"
        check -o 'a: created' jail -f jail.conf -c
        asleep a
        check -o $'stop\na: removed' jail -f jail.conf -r
        conf "a { path = '$dir/root'; persist; exec.start = 'echo start'; }"
        check -o $'a: created\nstart' jail -f jail.conf -c
        check -o 1 pgrep -c -x gaol-init
}

@test "woken by its own commands on the host, it goes with all it got" {
        conf "a { path = '$dir/root'; persist; exec.created = 'jexec a true'; exec.poststart = false; }"
        check -s 1 -o $'a: created\na: removed' -e 'jail: a: false: failed' jail -f jail.conf -c
        check -s 1 pgrep -x gaol-init
        conf "a { path = '$dir/root'; persist; exec.prestop = 'jexec a echo woken'; exec.stop = 'echo stop'; }"
        check -o 'a: created' jail -f jail.conf -c
        check -o $'woken\nstop\na: removed' jail -f jail.conf -r
        check -s 1 pgrep -x gaol-init
        [ -z "$(ls /run/gaol/jails)" ]
}

@test "changed while it sleeps; without persist it is gone" {
        check jail -c name=dormant-a "${base[@]}" host.hostname=x rctl.maxproc=50
        check jail -m name=dormant-a host.hostname=y rctl.maxproc=20
        asleep dormant-a
        check -o 'y 20' jls host.hostname rctl.maxproc
        check -o y jexec dormant-a hostname
        check jail -r dormant-a
        check jail -c name=dormant-a "${base[@]}" rctl.maxproc=50
        check jail -m name=dormant-a nopersist
        check jls name
        [ -z "$(ls /run/gaol/jails)" ]
}

@test "the first limit of a jail without processes holds for those that come" {
        check jail -c name=dormant-a "${base[@]}"
        check jail -m name=dormant-a rctl.maxproc=3
        check -s 2 -e "sh: can't fork: Resource temporarily unavailable" jexec dormant-a sh -c 'sleep 0.1 | sleep 0.1 | sleep 0.1'
}

@test "two that want to be the first make one PID 1" {
        local i

        check jail -c name=a "${base[@]}"
        for i in 1 2 3 4 5 6 7 8; do
                jexec a sh -c 'readlink /proc/self/ns/pid' 3>&- &
        done >seen
        wait
        check -o 8 sh -c 'wc -l <seen'
        check -o 1 sh -c 'sort -u seen | wc -l'
}

@test "a first command that is killed or fails while it wakes the jail leaves it asleep" {
        local call n

        for call in write clone3 setns fsmount move_mount mount_setattr openat2 sendto; do
                for ((n = 1; n < 200; n++)); do
                        jail -c name=a "${base[@]}"
                        strace -o /dev/null -e trace=$call -e inject=$call:signal=KILL:when=$n jexec a /bin/true &&
                                jail -R a && break
                        check -o a jls name
                        check jexec a /bin/true
                        check jail -r a
                done 2>/dev/null
                [ "$n" -gt 1 ] && [ "$n" -lt 200 ]
        done
        for call in clone3 fsmount move_mount mount_setattr openat2; do
                for ((n = 1; n < 200; n++)); do
                        jail -c name=a "${base[@]}"
                        if strace -o trace -e trace=$call -e inject=$call:error=ENOMEM:when=$n jexec a /bin/true 2>said; then
                                jail -R a
                                grep -q INJECTED trace || break
                                continue
                        fi
                        [ "$(wc -l <said)" = 1 ]
                        check -o a jls name
                        check jexec a /bin/true
                        check jail -r a
                done
                [ "$n" -gt 1 ] && [ "$n" -lt 200 ]
        done
}
