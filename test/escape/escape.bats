# What must not work in a jail. Each attempt is refused, and for the right reason: see try.c and what it includes.

load ../cmd/helper

setup_file() {
        make_host "$BATS_FILE_TMPDIR/base"
        cp "$GAOL_TRY" "$BATS_FILE_TMPDIR/base/bin/try"
}

prepare() {
        base=$BATS_FILE_TMPDIR/base
        thin=(root.base="$base" root.discard mount.devfs mount.procfs)
}

# Attempts whose answer depends on the kernel at hand: it may be any refusal.
refused() {
        ! grep -v -x -E '[a-z_-]+: (Operation not permitted|Permission denied|Read-only file system|No such file or directory|Function not implemented|No such device|No data available|Address family not supported by protocol)' "$1"
}

# ------------------------------------------------------------- the whole of a jail

default_files='chroot-escape: Invalid cross-device link
parent-of-root: Invalid cross-device link
absolute-link: No such file or directory'

# The attempts on files, those on the kernel's own aside, which not every kernel has.
files() {
        check -o - jexec a try file
        grep -v -e ^write- -e ^open- "$out" >stable
        grep -e ^write- -e ^open- "$out" >kernel-own
        grep -v -x '[a-z0-9_-]*: Operation not permitted' stable >other
        holds other "${1:-$default_files}"
        refused kernel-own
}

namespaces() {
        check -o - jexec a try namespace
        grep -v -x '[a-z0-9_-]*: Operation not permitted' "$out" >other
        sed -i '/^unshare-i386: \(Function not implemented\|killed by Bad system call\|killed by Segmentation fault\)$/d
                /^unshare-x32: \(Function not implemented\|killed by Bad system call\)$/d' other
        holds other "$1"
}

default_namespaces='clone3-user: Function not implemented
open-init-ns: Permission denied'

processes() {
        check -o - jexec a try process
        grep -v -x '[a-z0-9_-]*: Operation not permitted' "$out" >other || :
        holds other "$1"
}

default_processes='init-root: Permission denied
init-cwd: Permission denied
init-exe: Permission denied
init-exe-write: Permission denied
init-mem: Permission denied
init-environ: Permission denied
init-maps: Permission denied
signal-outside: No such process
raise-priority: Permission denied
spare-from-oom: Permission denied
become-unmapped: Invalid argument
join-unmapped-group: Invalid argument'

kernel() {
        check -o - jexec a try kernel
        grep -v -x '[a-z0-9_-]*: Operation not permitted' "$out" >other
        holds other 'io_uring_setup: Function not implemented
statmount: Function not implemented'
}

sockets() {
        check -o - jexec a try socket
        grep -v -x '[a-z0-9_-]*: Address family not supported by protocol' "$out" >other
        holds other "$1"
}

default_sockets='inet: done
inet6: done
local: done
route: done
packet: Operation not permitted
raw: Operation not permitted
audit: Invalid argument'

@test "a jail" {
        check jail -c name=a "${thin[@]}" persist
        files
        namespaces "$default_namespaces"
        processes "$default_processes"
        kernel
        sockets "$default_sockets"
}

@test "a jail on a directory of the host" {
        check jail -c name=a path="$base" mount.devfs mount.procfs persist
        : >"$base/../host-marker"
        files
        namespaces "$default_namespaces"
        processes "$default_processes"
        rm "$base/../host-marker"
}

@test "a jail on the host's own root" {
        check jail -c name=a path=/ persist
        cp "$GAOL_TRY" "$BATS_TEST_TMPDIR/try"
        chmod 755 "$BATS_TEST_TMPDIR"
        check -o 'mknod-mem: Operation not permitted
mount-tmpfs: Operation not permitted
umount-root: Operation not permitted
chroot-escape: Invalid cross-device link
parent-of-root: Invalid cross-device link' jexec a "$BATS_TEST_TMPDIR/try" mknod-mem mount-tmpfs umount-root \
                chroot-escape parent-of-root
        [ ! -d /tmp/deep ] || rmdir /tmp/deep
}

@test "a vnet jail has packet sockets on its stack, and no more" {
        check jail -c name=a "${thin[@]}" vnet persist
        files
        namespaces "$default_namespaces"
        kernel
        sockets 'inet: done
inet6: done
local: done
route: done
packet: done
raw: done
audit: Invalid argument'
}

@test "a jail with the host's ids" {
        check jail -c name=a "${thin[@]}" user=inherit persist
        files
        # root of the host, so that only the mounts keep it from these
        check -o - jexec a try write-core-pattern write-modprobe write-sysrq write-irq
        ! grep -v -e ': Read-only file system$' -e ': No such file or directory$' "$out"
        namespaces "$default_namespaces"
        processes 'init-root: Permission denied
init-cwd: Permission denied
init-exe: Permission denied
init-exe-write: Permission denied
init-mem: Permission denied
init-environ: Permission denied
init-maps: Permission denied
signal-outside: No such process
raise-priority: Permission denied
spare-from-oom: Permission denied
become-unmapped: done
join-unmapped-group: done'
        kernel
        sockets "$default_sockets"
}

@test "a jail without allow.suser: no capability, and none by a set-user-ID program" {
        cp -r "$base" root
        cp root/bin/try root/bin/suid
        chmod 4755 root/bin/suid
        check jail -c name=a path="$dir/root" mount.devfs mount.procfs allow.nosuser persist
        check -o $'CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1' \
                jexec a grep -E '^(CapPrm|CapEff|CapBnd|NoNewPrivs)' /proc/self/status
        check -o '1000 1000 1000' jexec -U user a /bin/suid ids
        files $'parent-of-root: Invalid cross-device link\nabsolute-link: No such file or directory'
        kernel
}

@test "without allow.unprivileged_proc_debug nobody looks into another's memory" {
        check jail -c name=a "${thin[@]}" allow.nounprivileged_proc_debug persist
        check -o 'ptrace-init: Operation not permitted
read-init: Operation not permitted
take-fd-of-init: Operation not permitted' jexec a try ptrace-init read-init take-fd-of-init
}

@test "a user of the jail" {
        check jail -c name=a "${thin[@]}" vnet persist
        check -o - jexec -U user a try namespace kernel file socket
        ! grep ': done$' "$out" | grep -v -x -e 'inet: done' -e 'inet6: done' -e 'local: done' -e 'route: done'
}

# ------------------------------------------------------------- who may mount inside

# Jails whose root has rights over mounts: with children.max, and with allow.mount.
mounters=('children.max=1' 'enforce_statfs=1 allow.mount allow.mount.tmpfs')

@test "who may mount cannot change the devices of another jail" {
        local rights

        for rights in "${mounters[@]}"; do
                conf "
                        root.base = '$base'; root.discard; mount.devfs; mount.procfs; persist;
                        a { ${rights// /; }; }
                        b { }
                "
                check -o $'a: created\nb: created' jail -p1 -f jail.conf -c
                jexec a sh -c 'mount -o remount,bind,rw /dev; rm -f /dev/null; ln -s /etc/passwd /dev/null; : >/dev/evil' \
                        2>/dev/null || :
                check -o 'character special file' jexec b stat -c %F /dev/null
                check -s 1 jexec b [ -e /dev/evil ]
                check -o - jail -f jail.conf -r
        done
}

@test "who may mount cannot change what covers the files of the kernel in another jail" {
        local rights

        [ -d /proc/acpi ] || skip 'this kernel has no /proc/acpi to cover'
        for rights in "${mounters[@]}"; do
                conf "
                        root.base = '$base'; root.discard; mount.devfs; mount.procfs; persist;
                        a { ${rights// /; }; }
                        b { }
                "
                check -o $'a: created\nb: created' jail -p1 -f jail.conf -c
                jexec a sh -c 'mount -o remount,bind,rw /proc/acpi; : >/proc/acpi/evil' 2>/dev/null || :
                jexec a sh -c 'mount -o remount,bind,rw /proc/keys; chmod 0 /proc/keys' 2>/dev/null || :
                check jexec b ls /proc/acpi
                check -o 666 jexec b stat -c %a /proc/keys
                check -o - jail -f jail.conf -r
        done
}

@test "who may mount finds nothing of the host below its root" {
        local rights

        for rights in "${mounters[@]}"; do
                check jail -c name=a "${thin[@]}" $rights persist
                check -o - -e - jexec a sh -c 'umount -l /; cd /; echo /* /../*; ls -a /.. | wc -l'
                ! grep -e host-marker -e /boot "$out"
                check jail -r a
                check jail -c name=a "${thin[@]}" $rights persist
                check -o - -e - jexec a sh -c 'mount -t tmpfs none /mnt && cd /mnt && mkdir old && pivot_root . old; ls -a /old /; true'
                ! grep -e host-marker -e boot -e srv "$out"
                check jail -r a
        done
}

@test "who may mount does not reach the kernel's settings behind the mounts that protect them" {
        local rights

        for rights in "${mounters[@]}"; do
                check jail -c name=a "${thin[@]}" $rights persist
                jexec a sh -c 'umount /proc/sys /proc/irq /proc/sysrq-trigger; mount -o remount,bind,rw /proc/sys' 2>/dev/null || :
                check -o - jexec a try write-core-pattern write-modprobe write-sysrq write-irq open-kcore
                refused "$out"
                check jail -r a
        done
}

@test "who may mount cannot write where the host has said ro" {
        local rights

        mkdir src
        echo host >src/file
        for rights in "${mounters[@]}"; do
                check jail -c name=a "${thin[@]}" mount="$dir/src /data nullfs ro" $rights persist
                check -s 1 -e "sh: can't create /data/file: Read-only file system" jexec a sh -c 'echo jail >/data/file'
                check -s 1 -e - jexec a mount -o remount,bind,rw /data
                check -s 1 -e "sh: can't create /data/file: Read-only file system" jexec a sh -c 'echo jail >/data/file'
                check jail -r a
        done
        holds src/file host
}

@test "who may mount cannot make devices work that are in a tree" {
        local rights

        cp -r "$base" root
        mkdir root/found
        mknod -m 666 root/found/null c 1 3
        for rights in "${mounters[@]}"; do
                check jail -c name=a path="$dir/root" mount.devfs mount.procfs $rights persist
                jexec a mount -o remount,bind,dev / 2>/dev/null || :
                check -o 'open-found-null: Permission denied' jexec a try open-found-null
                check jail -r a
        done
}

# -------------------------------------------------------------------------- PID 1

@test "PID 1 takes no orders from inside" {
        local signal

        check jail -c name=a "${thin[@]}" persist exec.start='sleep 1000 &'
        for signal in 1 2 3 9 10 11 12 15 17 19; do
                check -o - jexec a try signal 1 $signal
        done
        sleep 0.2
        check -o 'name=a persist' jls -n name persist
        check -o 1 pgrep -c -x sleep
        # nor is it stopped
        check -o gaol-init jexec a cat /proc/1/comm
        check -o S jexec a awk '/^State:/ { print $2 }' /proc/1/status
}

@test "PID 1 takes no orders that claim to come from outside" {
        local signal

        check jail -c name=a "${thin[@]}" persist exec.start='sleep 1000 &'
        for signal in 10 12 15; do
                check -o - jexec a try forge 1 $signal
                sleep 0.1
                check -o 'name=a persist' jls -n name persist
                check -o 1 pgrep -c -x sleep
        done
        pkill -x sleep
        check jail -m name=a nopersist
        eventually sh -c '[ -z "$(jls name)" ]'
        # nor may it be told to stay
        check jail -c name=a "${thin[@]}" exec.start='sleep 1000 &'
        check -o - jexec a try forge 1 12
        pkill -x sleep
        eventually sh -c '[ -z "$(jls name)" ]'
}

@test "PID 1 has no descriptor, no environment, and a program that nobody can write to" {
        local pid

        check jail -c name=a "${thin[@]}" persist
        pid=$(init_of a)
        check ls "/proc/$pid/fd"
        check cat "/proc/$pid/environ"
        check -o '/memfd:gaol-init (deleted)' readlink "/proc/$pid/exe"
        check -s 2 -e - sh -c "echo x >/proc/$pid/exe"
        grep -q -e 'Text file busy' -e 'Operation not permitted' "$err"
        check -o $'NoNewPrivs:\t0\nSeccomp:\t2' grep -E '^(NoNewPrivs|Seccomp):' "/proc/$pid/status"
        check -o / readlink "/proc/$pid/cwd"
}

# --------------------------------------------------------------------- who enters

@test "descriptors: a command of jexec and of exec.start has three" {
        exec 7</ 8</etc/passwd 9>/dev/null
        check -o $'0\n1\n2' jexec_fds
        check -o $'0\n1\n2' jail -c name=b "${thin[@]}" exec.start='sh -c "cd /proc/\$\$/fd; for fd in *; do [ ! -e \$fd ] || echo \$fd; done"'
        exec 7<&- 8<&- 9>&-
}

jexec_fds() {
        jail -c name=a "${thin[@]}" persist
        jexec a sh -c 'cd /proc/$$/fd; for fd in *; do [ ! -e $fd ] || echo $fd; done'
}

@test "working directory: that of the caller does not come along, nor do links to it" {
        check jail -c name=a "${thin[@]}" persist
        check -o / jexec a pwd
        check -o / jexec a readlink /proc/self/cwd
        mkdir gone
        cd gone
        rmdir ../gone
        check -o / jexec a pwd
        check -o / jail -c name=b "${thin[@]}" exec.start=pwd
        cd "$dir"
        exec 7</
        check -s 1 -e 'jexec: chdir /proc/self/fd/7: No such file or directory' jexec -d /proc/self/fd/7 a pwd
        exec 7<&-
        check -s 1 -e 'jexec: chdir /proc/1/root: Permission denied' jexec -d /proc/1/root a pwd
        check -o / jexec -d ../../../.. a pwd
}

# while_runs PID COMMAND...: COMMAND, again and again, whatever it says, until the process has ended.
while_runs() {
        while kill -0 "$1" 2>/dev/null; do
                "${@:2}" >/dev/null 2>&1 || :
        done
}

@test "whoever is entering cannot be looked into from inside" {
        local ids watcher

        for ids in new inherit; do
                check jail -c name=a "${thin[@]}" user=$ids persist
                jexec a try watch 30 >seen 3>&- &
                watcher=$!
                eventually grep -q watching seen
                while_runs $watcher jexec a true
                wait $watcher
                holds seen $'watching\nfound 0'
                check jail -r a
        done
}

@test "root of the host's ids in a jail gets no hold of the host's program" {
        local thief

        # a copy: it would not survive a success
        mkdir bin
        cp "$GAOL_BIN/gaol" bin/gaol
        ln -s gaol bin/jexec
        cp -r "$base" root
        # what is executed is whatever executes it: the program, which would wait here until somebody has looked at it, or
        # the image between, which does this over and over
        printf '#!/proc/self/exe jail\n' >root/bin/mirror
        printf '#!/proc/self/exe x\n' >root/bin/mirrors
        chmod 755 root/bin/mirror root/bin/mirrors
        mkfifo root/etc/jail.conf
        check jail -c name=a path="$dir/root" mount.devfs mount.procfs user=inherit persist
        jexec a try steal 1 >seen 3>&- &
        thief=$!
        eventually grep -q watching seen
        while_runs $thief sh -c 'timeout 1 bin/jexec a mirror; timeout 1 bin/jexec a mirrors'
        wait $thief
        cmp bin/gaol "$GAOL_BIN/gaol"
        # what was got hold of is the image, which is sealed
        sort -u seen >found
        holds found $'/memfd:gaol-init (deleted): Operation not permitted\nwatching'
}

@test "what stands between the host's program and a command changes nothing about it" {
        check jail -c name=a "${thin[@]}" user=inherit persist
        check -o $'a b\n\nc' jexec a sh -c 'for i; do echo "$i"; done' sh 'a b' '' c
        check -s 7 jexec a sh -c 'exit 7'
        check -o $'0\n1\n2' jexec a sh -c 'cd /proc/$$/fd; for fd in *; do [ ! -e $fd ] || echo $fd; done'
        check -o 'X=1' env -i PATH="$PATH" X=1 jexec a sh -c 'env | grep X'
        check -s 1 -e 'jexec: execvp: nosuch: No such file or directory' jexec a nosuch
        check -s 1 -e 'jexec: execvp: /bin: Permission denied' jexec a /bin
        check -s 1 -e 'jexec: execvp: /etc/passwd: Permission denied' jexec a /etc/passwd
        check jexec a sh -c 'echo no program >/tmp/text; chmod 755 /tmp/text'
        check -s 1 -e 'jexec: execvp: /tmp/text: Exec format error' jexec a /tmp/text
        check -o 1000 jexec -U user a id -u
}

@test "a program of the jail is not run with the host's rights" {
        # what jexec and jail look up, users and shells, is read and not run
        cp -r "$base" root
        printf '#!/bin/sh\n: >/tmp/was-run\n' >root/bin/getent
        mkdir -p root/lib/x86_64-linux-gnu root/etc
        echo 'passwd: evil files' >root/etc/nsswitch.conf
        printf '#!/bin/sh\n: >/tmp/was-run\n' | tee root/lib/x86_64-linux-gnu/libnss_evil.so.2 root/lib/libnss_evil.so.2 >/dev/null
        chmod 755 root/bin/getent root/lib/x86_64-linux-gnu/* root/lib/libnss_evil.so.2
        check jail -c name=a path="$dir/root" persist exec.jail_user=user exec.start=true
        check -o 1000 jexec -U user a id -u
        [ ! -e root/tmp/was-run ]
        ! ldd "$GAOL_BIN/gaol" >/dev/null 2>&1 || [ -n "${GAOL_SANITIZED:-}" ]
}

@test "a user is looked up in a file, which is no trap and no choice of ids" {
        cp -r "$base" root
        check jail -c name=a path="$dir/root" mount.procfs persist
        printf '1000:x:0:0::/:/bin/sh\n' >>root/etc/passwd
        check -s 1 -e 'jexec: user 1000: no such user' jexec -U 1000 a id -u
        rm root/etc/passwd
        ln -s /proc/1/mountinfo root/etc/passwd
        check -s 1 -e 'jexec: /etc/passwd: not a regular file' timeout 10 jexec -U root a id -u
        ln -sf /proc/kmsg root/etc/passwd
        check -s 1 -e 'jexec: /etc/passwd: not a regular file' timeout 10 jexec -U root a id -u
        rm root/etc/passwd
        mkfifo root/etc/passwd
        check -s 1 -e 'jexec: /etc/passwd: not a regular file' timeout 10 jexec -U root a id -u
        # nor as long as the machine has memory
        rm root/etc/passwd
        truncate -s 1T root/etc/passwd
        check -s 1 -e 'jexec: /etc/passwd: File too large' timeout 10 jexec -U root a id -u
}

# -------------------------------------------------------------------------- trees

@test "device nodes in a tree do not work" {
        local disk

        cp -r "$base" root
        mkdir root/found
        mknod -m 666 root/found/null c 1 3
        disk=$(awk '$2 ~ /^[0-9]+$/ && $3 > 1000 { print $1, $2; exit }' /proc/partitions)
        mknod -m 666 root/found/disk b ${disk:-7 0}
        check jail -c name=a path="$dir/root" persist
        check -o $'open-found-null: Permission denied\nopen-found-disk: Permission denied' jexec a try open-found-null open-found-disk
        check jail -r a
        check jail -c name=a root.base="$dir/root" root.discard persist
        check -o $'open-found-null: Permission denied\nopen-found-disk: Permission denied' jexec a try open-found-null open-found-disk
        check jail -r a
        check jail -c name=a root.base="$base" root.discard mount="$dir/root/found /found nullfs rw" persist
        check -o $'open-found-null: Permission denied\nopen-found-disk: Permission denied' jexec a try open-found-null open-found-disk
}

@test "a set-user-ID program makes root of the jail, which is nobody on the host" {
        cp -r "$base" root
        cp root/bin/try root/bin/suid
        chmod 4755 root/bin/suid
        check jail -c name=a path="$dir/root" mount.procfs persist
        check -o '1000 0 0' jexec -U user a /bin/suid ids
        jexec -U user a /bin/suid abstract-listen here >log 3>&- &
        eventually grep -q listening log
        check -o - awk '/^Uid:/ { print $3 }' "/proc/$(pgrep -x suid)/status"
        [ "$(cat "$out")" -ge 268435456 ]
        pkill -x suid
        wait $! || :
        check jail -r a
        check jail -c name=a root.base="$base" root.discard mount="$dir/root/bin /mnt nullfs rw,nosuid" persist
        check -o '1000 1000 1000' jexec -U user a /mnt/suid ids
}

@test "a mount target that changes into a link while it is mounted on leads nowhere else" {
        local i where

        cp -r "$base" root
        mkdir -p root/mnt/target victim src
        : >src/mounted
        ln -s "$dir/victim" root/mnt/link
        ln -s / root/mnt/up
        "$GAOL_TRY" swap root/mnt/target root/mnt/link 3>&- &
        finally end $!
        for ((i = 0; i < 40; i++)); do
                if jail -c name=a path="$dir/root" mount="$dir/src $dir/root/mnt/target nullfs rw" persist 2>errors; then
                        # it is where it was meant to go, under whichever name that has now
                        where=$(jexec a sh -c 'ls /mnt/target/mounted /mnt/link/mounted 2>/dev/null | head -n 1')
                        [ -n "$where" ] || eventually sh -c '[ -n "$(jexec a sh -c "ls /mnt/*/mounted 2>/dev/null")" ]'
                        jail -R a
                else
                        grep -q -x "jail: mount: $dir/root/mnt/target is a symbolic link" errors
                fi
                [ ! -e victim/mounted ]
                check -s 1 findmnt "$dir/victim"
        done
}

@test "a link in the place of a mount target is refused, in a tree and in a thin root" {
        local name

        cp -r "$base" root
        mkdir victim
        rmdir root/dev root/proc root/sys
        for name in dev proc sys data; do
                ln -s "$dir/victim" root/$name
        done
        for root in path="$dir/root" root.base="$dir/root"; do
                check -s 1 -e 'jail: mount.devfs: /dev is a symbolic link' jail -c name=a $root mount.devfs persist
                check -s 1 -e 'jail: mount.procfs: /proc is a symbolic link' jail -c name=a $root mount.procfs persist
        done
        check -s 1 -e 'jail: mount.fdescfs: /dev is a symbolic link' jail -c name=a root.base="$dir/root" mount.fdescfs persist
        for name in sys data; do
                check -s 1 -e "jail: mount: $dir/root/$name is a symbolic link" \
                        jail -c name=a path="$dir/root" mount="x $dir/root/$name ${name/data/tmp}fs rw" persist
                check -s 1 -e "jail: mount: /$name is a symbolic link" \
                        jail -c name=a root.base="$dir/root" mount="x /$name ${name/data/tmp}fs rw" persist
                check -s 1 -e "jail: mount: /$name is a symbolic link" \
                        jail -c name=a root.base="$dir/root" mount="x /$name/new ${name/data/tmp}fs rw" persist
        done
        check ls -A victim
}

@test "/proc that changes into a link while it is mounted on leads nowhere else" {
        local i

        cp -r "$base" root
        mkdir victim
        ln -s "$dir/victim" root/mnt/link
        "$GAOL_TRY" swap root/proc root/mnt/link 3>&- &
        finally end $!
        for ((i = 0; i < 40; i++)); do
                if jail -c name=a path="$dir/root" mount.procfs persist 2>errors; then
                        # under whichever name: what is covered is covered, what is protected is
                        eventually sh -c '[ -n "$(jexec a sh -c "for p in /proc /mnt/link; do
                                [ ! -e \$p/self/stat ] || { wc -c <\$p/kallsyms; echo >\$p/sys/kernel/core_pattern; }
                        done" 2>answer)" ] && ! grep -v -x -e ".*: Read-only file system" -e ".*: nonexistent directory" \
                                -e ".*: No such file or directory" answer'
                        jail -R a
                else
                        grep -q -x 'jail: mount.procfs: /proc is a symbolic link' errors
                fi
                [ -z "$(ls victim)" ]
                check -s 1 findmnt "$dir/victim"
        done
}

@test "a source in the jail's own tree that changes into a link brings nothing of the host's in" {
        local i

        cp -r "$base" root
        mkdir root/share
        : >root/share/mine
        ln -s /etc root/link
        "$GAOL_TRY" swap root/share root/link 3>&- &
        finally end $!
        for ((i = 0; i < 40; i++)); do
                if jail -c name=a path="$dir/root" mount="$dir/root/share $dir/root/mnt nullfs rw" persist 2>errors; then
                        check -o mine jexec a ls /mnt
                        jail -R a
                else
                        grep -q -x "jail: mount: $dir/root/share is a symbolic link" errors
                fi
        done
}

@test "/sys is read-only whatever its line says, and shows no control groups" {
        local rights

        for rights in allow.set_hostname "${mounters[@]}"; do
                check jail -c name=a "${thin[@]}" mount='x /sys linsysfs rw' $rights persist
                jexec a mount -o remount,bind,rw /sys 2>/dev/null || :
                check -o - jexec a try write-uevent-helper write-profiling
                refused "$out"
                check jexec a sh -c 'for f in /sys/fs/cgroup /sys/firmware /sys/dev/block; do [ ! -e $f ] || ls $f; done'
                check jail -r a
        done
}

@test "who may mount cannot write to its control group by a mount of its own" {
        local rights kind

        for rights in "${mounters[@]}"; do
                check jail -c name=a "${thin[@]}" $rights persist
                for kind in '-t cgroup2' '-t cgroup -o memory' '-t cgroup -o pids'; do
                        check -o - -e - jexec a sh -c "
                                mount $kind none /mnt || exit 0
                                for f in \$(find /mnt -type f); do
                                        ! echo 1 >\$f || echo written: \$f
                                done
                                ! mkdir /mnt/new || echo made: /mnt/new
                                umount /mnt"
                        not grep -e ^written: -e ^made: "$out"
                done
                check jail -r a
        done
}

@test "a console log that changes into a link while it is opened leads nowhere else" {
        local i

        cp -r "$base" root
        mkdir -p root/log victim
        ln -s "$dir/victim" root/other
        "$GAOL_TRY" swap root/log root/other 3>&- &
        finally end $!
        for ((i = 0; i < 40; i++)); do
                jail -c name=a path="$dir/root" exec.consolelog="$dir/root/log/a" exec.start='echo hello' 2>errors ||
                        grep -q -x "jail: exec.consolelog: $dir/root/log/a: a symbolic link leads to it" errors
                [ -z "$(ls victim)" ]
        done
}

@test "the directory of the records is root's alone, and one that is not is not used" {
        check jail -c name=a path=/ persist
        check -o '700 0' stat -c '%a %u' /run/gaol
        check -o '700 0' stat -c '%a %u' /run/gaol/jails
        check -o '600 0' stat -c '%a %u' /run/gaol/jails/a
        check jail -r a
        chmod 0777 /run/gaol
        check -s 1 -e 'jail: /run/gaol is not ours alone' jail -c name=a path=/ persist
        chmod 0700 /run/gaol
        chown 1000 /run/gaol
        check -s 1 -e 'jail: /run/gaol is not ours alone' jail -c name=a path=/ persist
        chown 0 /run/gaol
}

# ---------------------------------------------------------------- jail and jail, jail and host

two() {
        check jail -c name=a "${thin[@]}" persist "$@"
        check jail -c name=b "${thin[@]}" persist "$@"
}

@test "processes of others are not seen, and not reached by a signal" {
        two
        jexec a sleep 1000 3>&- &
        finally end $!
        eventually pgrep -x sleep
        check -o - jexec b sh -c 'cat /proc/[0-9]*/comm'
        ! grep -q sleep "$out"
        check -s 1 -o 'signal: No such process' jexec b try signal "$(pgrep -x sleep)" 0
        check -s 1 -o 'signal: No such process' jexec b try signal "$(init_of a)" 9
        check -o $'a\nb' jls name
}

@test "System V shared memory: a space of keys for each jail" {
        "$GAOL_TRY" shm-make 4711 >/dev/null
        finally "$GAOL_TRY" shm-remove 4711
        two
        check -o 'shm: done' jexec a try shm-make 4712
        check -s 1 -o 'shm: No such file or directory' jexec a try shm-find 4711
        check -s 1 -o 'shm: No such file or directory' jexec b try shm-find 4712
        check -s 1 -o 'shm: No such file or directory' "$GAOL_TRY" shm-find 4712
        check jail -c name=c "${thin[@]}" persist allow.sysvipc
        check -o 'shm: done' jexec c try shm-find 4711
}

@test "POSIX message queues, shared memory and terminals: for each jail its own" {
        "$GAOL_TRY" mq-make /gaol-4711 >/dev/null
        finally "$GAOL_TRY" mq-remove /gaol-4711
        two
        check -o 'mq: done' jexec a try mq-make /mine
        check jexec a sh -c ': >/dev/shm/mine'
        check -o mine jexec a ls /dev/mqueue
        check -s 1 -o 'mq: No such file or directory' jexec a try mq-find /gaol-4711
        check -s 1 -o 'mq: No such file or directory' jexec b try mq-find /mine
        check jexec b sh -c 'ls /dev/mqueue; ls /dev/shm'
        check jail -c name=c "${thin[@]}" persist allow.sysvipc
        check -o 'mq: done' jexec c try mq-find /gaol-4711
}

@test "abstract sockets: only where the stack is shared" {
        "$GAOL_TRY" abstract-listen gaol-4711 >log 3>&- &
        finally end $!
        eventually grep -q listening log
        two vnet
        check -s 1 -o 'connect: Connection refused' jexec a try abstract-connect gaol-4711
        jexec a try abstract-listen mine >log2 3>&- &
        finally end $!
        eventually grep -q listening log2
        check -o 'connect: done' jexec a try abstract-connect mine
        check -s 1 -o 'connect: Connection refused' jexec b try abstract-connect mine
        check jail -c name=c "${thin[@]}" persist
        check -s 1 -o 'connect: Connection refused' jexec c try abstract-connect gaol-4711
        check jail -c name=d "${thin[@]}" persist ip4=inherit
        check -o 'connect: done' jexec d try abstract-connect gaol-4711
}

@test "host names, clocks and limits of others are not changed" {
        two
        check -s 1 -e 'hostname: sethostname: Operation not permitted' jexec a hostname mine
        check -s 1 -e 'sh: error setting limit: Operation not permitted' jexec a sh -c 'ulimit -n 5; ulimit -n 6'
        check -o "$(uname -n)" uname -n
        check jail -c name=c "${thin[@]}" persist children.max=1
        check jexec c hostname mine
        check -o "$(uname -n)" uname -n
        check -o mine jexec c uname -n
}
