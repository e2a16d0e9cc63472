# jail(8), MOUNTS: mount, mount.fstab, mount.devfs, mount.procfs, mount.fdescfs.

load ../cmd/helper

prepare() {
        make_root root
        root=$dir/root
        mkdir src 'src dir'
        echo hello >src/file
        echo blank >'src dir/file'
}

# A shell command in a jail on $root with the given parameters.
inside() {
        jail -c name=a path="$root" "${@:1:$#-1}" command=/bin/sh -c "${@: -1}"
}

thin() {
        jail -c name=a root.base="$root" root.discard "${@:1:$#-1}" command=/bin/sh -c "${@: -1}"
}

options_of() {
        printf 'awk "\\$5 == \\"%s\\" { print \\$6 }" /proc/self/mountinfo' "$1"
}

# ------------------------------------------------------------------------ lines

@test "mount: nosuid, noexec, noatime, nosymfollow, and always nodev" {
        check -o rw,nosuid,nodev,noexec,noatime,nosymfollow,idmapped inside mount.procfs \
                mount="$dir/src $root/mnt nullfs rw,nosuid,noexec,noatime,nosymfollow" "$(options_of /mnt)"
        check -o rw,nodev,relatime,idmapped inside mount.procfs mount="$dir/src $root/mnt nullfs rw" "$(options_of /mnt)"
}
