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
