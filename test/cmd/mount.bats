# jail(8), MOUNTS: mount, mount.fstab, mount.devfs, mount.procfs, mount.fdescfs.

load helper

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

@test "mount: a directory of the host, for reading and writing" {
        check -o hello inside mount="$dir/src $root/mnt nullfs rw 0 0" 'cat /mnt/file; echo new >/mnt/new'
        check -o '0 0' stat -c '%u %g' src/new
        holds src/new new
        check ls root/mnt
}

@test "mount: bind and none are nullfs; a file goes on a file" {
        local type

        for type in nullfs bind none; do
                check -o hello inside mount="$dir/src $root/mnt $type rw" 'cat /mnt/file'
        done
        check -o hello inside mount="$dir/src/file $root/etc/passwd bind rw" 'cat /etc/passwd'
}

@test "mount: ro" {
        check -s 1 -e $'/bin/sh: can\'t create /mnt/new: Read-only file system\njail: /bin/sh: failed' \
                inside mount="$dir/src $root/mnt nullfs ro 0 0" 'echo new >/mnt/new'
        [ ! -e src/new ]
}

@test "mount: what is mounted below comes along" {
        mkdir src/below
        mount -t tmpfs tmpfs src/below
        echo deep >src/below/file
        check -o deep inside mount="$dir/src $root/mnt nullfs ro" 'cat /mnt/below/file'
        check -s 1 -e $'/bin/sh: can\'t create /mnt/below/x: Read-only file system\njail: /bin/sh: failed' \
                inside mount="$dir/src $root/mnt nullfs ro" 'echo >/mnt/below/x'
        umount src/below
}

@test "mount: owners are mapped as in the root; with noidmap they are host ids" {
        chown 1000:1000 src/file
        check -o '1000 1000' inside mount="$dir/src $root/mnt nullfs rw" 'stat -c "%u %g" /mnt/file'
        check -o '65534 65534' inside mount="$dir/src $root/mnt nullfs rw,noidmap" 'stat -c "%u %g" /mnt/file'
        check -s 1 -e $'/bin/sh: can\'t create /mnt/new: Permission denied\njail: /bin/sh: failed' \
                inside mount="$dir/src $root/mnt nullfs rw,noidmap" 'echo >/mnt/new'
}

@test "mount: tmpfs, with size and mode" {
        check -o '0 0 750' inside mount="tmpfs $root/mnt tmpfs rw,size=64k,mode=0750" 'stat -c "%u %g %a" /mnt'
        check -s 1 -e $'dd: error writing \'/mnt/x\': No space left on device\njail: /bin/sh: failed' \
                inside mount="tmpfs $root/mnt tmpfs rw,size=64k" \
                'dd if=/bin/busybox of=/mnt/x bs=1k count=128 2>&1 | head -n 1 >&2; exit 1'
        check ls root/mnt
}

@test "mount: procfs and linsysfs" {
        check -o 1 inside mount="proc $root/proc procfs rw" 'echo /proc/1 | grep -c 1; [ -e /proc/self/status ]'
        check -o rw,nosuid,nodev,noexec,relatime inside mount="proc $root/proc linprocfs rw" "$(options_of /proc)"
        check -o $'ro,nosuid,nodev,noexec,relatime\nlo' inside vnet mount.procfs mount="sysfs $root/sys linsysfs rw" \
                "$(options_of /sys); ls /sys/class/net"
        check -s 1 -e "jail: mount: $root/mnt: a procfs goes on /proc of the jail only" \
                inside mount="proc $root/mnt procfs rw" true
}

@test "mount: a file system of a device" {
        check dd if=/dev/zero of=image bs=1M count=4 status=none
        check -e - mkfs.ext4 -q image
        losetup -f image 2>/dev/null || skip 'no loop devices'
        local loop

        loop=$(losetup -j "$dir/image" | cut -d: -f1)
        check -o lost+found inside mount="$loop $root/mnt ext4 rw" 'ls /mnt; : >/mnt/new'
        check -o rw,nodev,relatime,idmapped inside mount.procfs mount="$loop $root/mnt ext4 rw" "$(options_of /mnt)"
        losetup -d "$loop"
}

@test "mount: several lines, in their order, one upon another" {
        check -o hello inside mount="tmpfs $root/mnt tmpfs rw" mount="$dir/src $root/mnt nullfs ro" 'cat /mnt/file'
        check -o '' inside mount="$dir/src $root/mnt nullfs ro" mount="tmpfs $root/mnt tmpfs rw" 'ls /mnt'
}

@test "mount: the target is in the jail's path, exists, and is no link" {
        check -s 1 -e "jail: mount: $dir/other: not below the jail's path $root" \
                inside mount="$dir/src $dir/other nullfs rw" true
        check -s 1 -e "jail: mount: ${root}2/mnt: not below the jail's path $root" \
                inside mount="$dir/src ${root}2/mnt nullfs rw" true
        check -s 1 -e "jail: mount: $root/none: No such file or directory" inside mount="$dir/src $root/none nullfs rw" true
        [ ! -e root/none ]
        check -s 1 -e 'jail: mount: mnt: not an absolute pathname' inside mount="$dir/src mnt nullfs rw" true
        check -s 1 -e - inside mount="$dir/src $root/../other nullfs rw" true
        mkdir victim
        ln -s "$dir/victim" root/link
        ln -s mnt root/inner
        mkdir root/mnt/sub
        check -s 1 -e "jail: mount: $root/link is a symbolic link" inside mount="$dir/src $root/link nullfs rw" true
        check -s 1 -e "jail: mount: $root/inner/sub is a symbolic link" \
                inside mount="$dir/src $root/inner/sub nullfs rw" true
        rmdir root/proc
        ln -s mnt root/proc
        check -s 1 -e "jail: mount: $root/link is a symbolic link" inside mount="tmpfs $root/link tmpfs rw" true
        check -s 1 -e "jail: mount: $root/proc is a symbolic link" inside mount="proc $root/proc procfs rw" true
        check jls name
}

# leads_in SOURCE: to root/mnt, which a jail has file in
leads_in() {
        check -o hello inside mount="$1 $root/mnt nullfs rw" 'cat /mnt/file'
}

leads_out() {
        check -s 1 -e "jail: mount: $1 is a symbolic link" inside mount="$1 $root/mnt nullfs rw" true
}

@test "mount: a source that the jail could exchange for a link, by any name of its root" {
        mkdir victim root/data bound
        echo hello >root/data/file
        inside "ln -s $dir/victim /link; ln -s data /near"
        ln -s root alias
        ln -s root/link within
        ln -s "$dir/alias" deep
        mount --bind root bound
        finally umount "$dir/bound"
        scene
        leads_out "$root/link"
        leads_out "$root/near"
        leads_out "$dir//root/link"
        leads_out "$dir/./root/./link/"
        leads_out "$dir/src/../root/link"
        leads_out "$dir/alias/link"
        leads_out "$dir/bound/link"
        leads_out "$dir/within"
        leads_out "$dir/deep/link"
        leads_out /proc/self/cwd/root/link
        leads_out root/link
        check -s 1 -e "jail: mount: $dir/root/link is a symbolic link" jail -c name=a path="$dir/alias" \
                mount="$dir/root/link $dir/alias/mnt nullfs rw" command=true
        check -s 1 -e "jail: mount: \"..\" is not allowed: $root/../src" \
                inside mount="$root/../src $root/mnt nullfs rw" true
        for source in "$root/data" "$dir//root/data/" "$dir/alias/data" "$dir/bound/data" "$dir/deep/data" root/data; do
                leads_in "$source"
        done
        check -o hello jail -c name=a path="$dir/alias" mount="$dir/root/data $dir/alias/mnt nullfs rw" \
                command=/bin/cat /mnt/file
}

@test "mount: links of the administrator's are followed" {
        ln -s "$dir/src" absolute
        ln -s src relative
        ln -s absolute second
        ln -s second/../src/file file
        for source in "$dir/absolute" "$dir/relative" "$dir/second" "$dir/second/" "$dir/./second/." /proc/self/cwd/src; do
                leads_in "$source"
        done
        check -o hello inside mount="$dir/file $root/etc/passwd nullfs ro" 'cat /etc/passwd'
        ln -s loop loop
        check -s 1 -e "jail: mount: $dir/loop: Too many levels of symbolic links" \
                inside mount="$dir/loop $root/mnt nullfs rw" true
        check -s 1 -e "jail: mount: $dir/src/file/x: Not a directory" \
                inside mount="$dir/src/file/x $root/mnt nullfs rw" true
        check -s 1 -e "jail: mount: $dir/none/x: No such file or directory" \
                inside mount="$dir/none/x $root/mnt nullfs rw" true
        # one of somebody else's, where everybody can put one
        mkdir -m 1777 open
        ln -s "$dir/src" open/link
        chown -h 1000 open/link
        check -s 1 -e "jail: mount: $dir/open/link: Permission denied" \
                inside mount="$dir/open/link $root/mnt nullfs rw" true
}

@test "mount: a source in the layer that the jail writes to" {
        local thin=(name=a root.base="$root" root.layer="$dir/layer")

        mkdir victim
        echo hello >victim/file
        check jail -c "${thin[@]}" command=/bin/sh -c "ln -s $dir/victim /link; mkdir /data; echo inside >/data/file"
        ln -s layer/upper alias
        mkdir bound
        mount --bind layer/upper bound
        finally umount "$dir/bound"
        for upper in "$dir/layer/upper" "$dir//layer//upper" "$dir/alias" "$dir/bound"; do
                check -s 1 -e "jail: mount: $upper/link is a symbolic link" \
                        jail -c "${thin[@]}" mount="$upper/link /mnt nullfs rw" command=/bin/true
                check -o inside jail -c "${thin[@]}" mount="$upper/data /mnt nullfs rw" command=/bin/cat /mnt/file
        done
        check -o hello jail -c "${thin[@]}" mount="$dir/victim /mnt nullfs rw" command=/bin/cat /mnt/file
        finally rm -rf /var/lib/gaol/a
        check jail -c name=a root.base="$root" command=/bin/ln -s "$dir/victim" /link
        check -s 1 -e 'jail: mount: /var/lib/gaol/a/upper/link is a symbolic link' jail -c name=a root.base="$root" \
                mount='/var/lib/gaol/a/upper/link /mnt nullfs rw' command=/bin/true
}

@test "mount: a source in what the jail is given for writing" {
        local data="$dir/data $root/mnt nullfs"

        mkdir -p data/sub victim
        echo hello >data/sub/file
        ln -s "$dir/data" alias
        check -o hello inside mount="$data rw" mount="$dir/data/sub $root/tmp nullfs ro" 'cat /tmp/file'
        inside mount="$data rw" "ln -s $dir/victim /mnt/link"
        check -s 1 -e "jail: mount: $dir/alias/link is a symbolic link" \
                inside mount="$data rw" mount="$dir/alias/link $root/tmp nullfs rw" true
        # in whichever order, and from a file
        check -s 1 -e "jail: mount: $dir/data/link is a symbolic link" \
                inside mount="$dir/data/link $root/tmp nullfs rw" mount="$data rw" true
        echo "$data rw" >fstab
        check -s 1 -e "jail: mount: $dir/data/link is a symbolic link" \
                inside mount="$dir/data/link $root/tmp nullfs rw" mount.fstab="$dir/fstab" true
        # it cannot have made one where it only reads
        check inside mount="$data ro" mount="$dir/data/link $root/tmp nullfs ro" true
}

@test "mount: a device that the jail could exchange for a link" {
        inside "ln -s $dir/src/file /disk"
        check -s 1 -e "jail: mount: $root/disk is a symbolic link" inside mount="$root/disk $root/mnt ext4 ro" true
        check -s 1 -e "jail: mount: $dir//root/disk is a symbolic link" \
                inside mount="$dir//root/disk $root/mnt ext4 ro" true
}

@test "mount: nosuid, noexec, noatime, nosymfollow, and always nodev" {
        check -o rw,nosuid,nodev,noexec,noatime,nosymfollow,idmapped inside mount.procfs \
                mount="$dir/src $root/mnt nullfs rw,nosuid,noexec,noatime,nosymfollow" "$(options_of /mnt)"
        check -o rw,nodev,relatime,idmapped inside mount.procfs mount="$dir/src $root/mnt nullfs rw" "$(options_of /mnt)"
}

@test "mount: in a thin root the target counts from the root, and is made if it is missing" {
        check -o hello thin mount="$dir/src /some/where nullfs ro" 'cat /some/where/file'
        [ ! -e root/some ]
        ln -s "$dir/src" root/link
        check -s 1 -e 'jail: mount: /link is a symbolic link' thin mount="$dir/src /link nullfs rw" true
        check -s 1 -e 'jail: mount: /link is a symbolic link' thin mount="$dir/src /link/x nullfs rw" true
        check -s 1 -e 'jail: mount: ".." is not allowed: /a/../../b' thin mount="$dir/src /a/../../b nullfs rw" true
        [ ! -e src/x ]
}

@test "mount: what is wrong with a line" {
        check -s 1 -e 'jail: mount: missing information' inside mount="$dir/src $root/mnt" true
        check -s 1 -e 'jail: mount: missing information' inside mount=' ' true
        check -s 1 -e 'jail: mount: fstab parse error' inside mount="$dir/src\\04 $root/mnt nullfs" true
        check -s 1 -e 'jail: mount: fstab parse error' inside mount="$dir/src $root/mnt\\ nullfs" true
        check -s 1 -e 'jail: mount: unknown option: size' inside mount="$dir/src $root/mnt nullfs size=1" true
        check -s 1 -e 'jail: mount: mount nosuchfs: No such device' inside mount="x $root/mnt nosuchfs" true
        check -s 1 -e "jail: mount: $dir/none: No such file or directory" \
                inside mount="$dir/none $root/mnt nullfs rw" true
        check -s 1 -e "jail: mount: mount tmpfs: tmpfs: Bad value for 'size'" inside mount="x $root/mnt tmpfs size=x" true
        check jls name
}

@test "mount: mounts are the jail's own: the host and its commands do not see them, and they end with it" {
        check jail -c name=a path="$root" persist mount="$dir/src $root/mnt nullfs rw" exec.poststart="ls $root/mnt"
        check -s 1 findmnt "$root/mnt"
        check jail -r a
        check jail -c name=a path="$root" persist mount="tmpfs $root/mnt tmpfs rw"
        kill -9 "$(init_of a)"
        eventually sh -c '[ -z "$(jls name)" ]'
        check rmdir root/mnt
}

# ------------------------------------------------------------------------ fstab

@test "mount.fstab: lines, comments, blanks in names" {
        mkdir "root/mnt/a b"
        cat >fstab <<-X
		# a comment
		   # and one more

		$dir/src$(printf '\t')$root/mnt/a\\040b   nullfs	ro	0	0
		$dir/src\\040dir $root/tmp nullfs ro
	X
        check -o $'hello\nblank' inside mount.fstab="$dir/fstab" 'cat "/mnt/a b/file" /tmp/file'
}

@test "mount.fstab: several files; after mount" {
        echo "$dir/src $root/mnt nullfs ro" >one
        echo "tmpfs $root/tmp tmpfs rw" >two
        check -o $'hello\nfile\n0' inside mount.fstab="$dir/one" mount.fstab="$dir/two" 'cat /mnt/file; ls /mnt; ls /tmp | wc -l'
        check -o hello inside mount="tmpfs $root/mnt tmpfs rw" mount.fstab="$dir/one" 'cat /mnt/file'
}

@test "mount.fstab: missing file, bad line" {
        check -s 1 -e "jail: mount.fstab: $dir/none: No such file or directory" inside mount.fstab="$dir/none" true
        echo "$dir/src $root/mnt" >fstab
        check -s 1 -e "jail: mount.fstab: $dir/fstab: missing information" inside mount.fstab="$dir/fstab" true
        echo "$dir/src $root/none nullfs ro" >fstab
        check -s 1 -e "jail: mount.fstab: $dir/fstab: $root/none: No such file or directory" \
                inside mount.fstab="$dir/fstab" true
        check jls name
}

# ------------------------------------------------------------------------- /dev

@test "mount.devfs: the devices every program expects and no other" {
        check -o 'c 666 1,3 null
c 666 1,5 zero
c 666 1,7 full
c 666 1,8 random
c 666 1,9 urandom
c 666 5,0 tty
d 1777 mqueue
d 1777 shm
d 755 jail
d 755 pts
fd -> /proc/self/fd
log -> /run/log
ptmx -> pts/ptmx
stderr -> /proc/self/fd/2
stdin -> /proc/self/fd/0
stdout -> /proc/self/fd/1' inside mount.devfs '
                cd /dev
                for f in *; do
                        if [ -h $f ]; then echo "$f -> $(readlink $f)"
                        elif [ -c $f ]; then printf "c %s %d,%d %s\n" $(stat -c "%a 0x%t 0x%T" $f) $f
                        else printf "d %s %s\n" $(stat -c %a $f) $f
                        fi
                done | sort'
}

@test "mount.devfs: devfs_ruleset 5 adds net/tun, others do not exist" {
        check -o 'crw-rw-rw-' inside mount.devfs devfs_ruleset=5 'ls -l /dev/net/tun | cut -c 1-10'
        check -s 1 -e $'ls: /dev/net: No such file or directory\njail: /bin/sh: failed' \
                inside mount.devfs devfs_ruleset=0 'ls /dev/net'
        check -s 1 -e 'jail: devfs_ruleset: 7: no such ruleset' inside mount.devfs devfs_ruleset=7 true
        check -s 1 -e 'jail: devfs_ruleset: 7: no such ruleset' inside devfs_ruleset=7 true
        check jls name
}

@test "mount.devfs: devices work, and nothing can be added or removed" {
        check -o '0000' inside mount.devfs 'echo x >/dev/null; head -c 2 /dev/zero | hexdump -ve "1/1 \"%02x\""; echo
                head -c 16 /dev/urandom >/dev/null; head -c 16 /dev/random >/dev/null'
        check -s 1 -e $'/bin/sh: can\'t create /dev/new: Read-only file system\njail: /bin/sh: failed' \
                inside mount.devfs 'echo >/dev/new'
        check -s 1 -e $'rm: can\'t remove \'/dev/null\': Read-only file system\njail: /bin/sh: failed' \
                inside mount.devfs 'rm -f /dev/null'
        check -s 1 -e $'chmod: /dev/null: Read-only file system\njail: /bin/sh: failed' \
                inside mount.devfs 'chmod 0 /dev/null'
}

@test "mount.devfs: terminals and shared memory of its own" {
        check -o $'0  ptmx' jail -c name=a root.base=/ root.discard mount.devfs mount.procfs command=/bin/sh -c '
                : >/dev/shm/gaol-test
                script -q -c "ls -x /dev/pts" /dev/null </dev/null | tr -d "\r"'
        [ ! -e /dev/shm/gaol-test ]
        check -o '' inside mount.devfs 'ls /dev/shm'
        check -o 'rw,nosuid,nodev,noexec,relatime' inside mount.devfs mount.procfs "$(options_of /dev/shm)"
        check -o 'rw,nosuid,noexec,relatime' inside mount.devfs mount.procfs "$(options_of /dev/pts)"
        check -o 'ro,nosuid,noexec,relatime,idmapped' inside mount.devfs mount.procfs "$(options_of /dev)"
}

@test "mount.devfs: python's pty, POSIX semaphores and queues work" {
        command -v /usr/bin/python3 >/dev/null || skip 'no /usr/bin/python3'
        check -o 'hello
/dev/pts/0' jail -c name=a root.base=/ root.discard mount.devfs mount.procfs exec.clean command=/usr/bin/python3 -c '
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
        os.write(1, b"hello\n" + os.ttyname(0).encode() + b"\n")
        os._exit(0)
text = b""
try:
        while True:
                more = os.read(fd, 100)
                if not more:
                        break
                text += more
except OSError:
        pass
print(text.decode().replace("\r", ""), end="")
import multiprocessing
multiprocessing.Semaphore(1).acquire()'
}

@test "mount.fdescfs: /dev/fd" {
        check -o /proc/self/fd thin mount.fdescfs 'readlink /dev/fd'
        check -o hello thin mount.procfs mount.fdescfs 'echo hello | cat /dev/fd/0'
        check -o /proc/self/fd thin mount.devfs mount.fdescfs 'readlink /dev/fd'
}

# ------------------------------------------------------------------------ /proc

@test "mount.procfs: the jail's processes and no others" {
        check -o $'1 gaol-init\n2 sh' inside mount.procfs 'for p in /proc/[0-9]*; do
                echo ${p#/proc/} $(cat $p/comm); done 2>/dev/null | sort -n | head -n 2'
}

@test "mount.procfs: files of the kernel as a whole are hidden" {
        local file

        for file in kcore keys timer_list kallsyms interrupts latency_stats sched_debug kpagecount kpageflags; do
                [ -e "/proc/$file" ] || continue
                check -s 0 -o 0 inside mount.procfs "cat /proc/$file | wc -c"
        done
        for file in acpi scsi; do
                [ -e "/proc/$file" ] || continue
                check inside mount.procfs "ls /proc/$file"
        done
}

@test "mount.procfs: or read-only" {
        local file

        for file in sys/kernel/hostname sys/vm/swappiness sys/kernel/core_pattern sys/net/ipv4/ip_forward; do
                [ -e "/proc/$file" ] || continue
                check -s 1 -e "/bin/sh: can't create /proc/$file: Read-only file system
jail: /bin/sh: failed" inside vnet mount.procfs "echo 1 >/proc/$file"
        done
        for file in asound bus fs irq sys sysrq-trigger; do
                [ -e "/proc/$file" ] || continue
                check -o ro,nosuid,nodev,noexec,relatime inside mount.procfs "$(options_of "/proc/$file")"
        done
}

@test "mount.devfs and mount.procfs on a path need their directories, which are not made there" {
        rmdir root/dev root/proc
        check -s 1 -e 'jail: mount.devfs: /dev: No such file or directory' inside mount.devfs true
        check -s 1 -e 'jail: mount.procfs: /proc: No such file or directory' inside mount.procfs true
        [ ! -e root/dev ] && [ ! -e root/proc ]
        ln -s mnt root/dev
        ln -s mnt root/proc
        check -s 1 -e 'jail: mount.devfs: /dev is a symbolic link' inside mount.devfs true
        check -s 1 -e 'jail: mount.procfs: /proc is a symbolic link' inside mount.procfs true
        check jls name
}
