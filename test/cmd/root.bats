# jail(8), roots and user ids: path, root.base, root.layer, root.discard, user.

load helper

# What a command prints in a new jail of the given parameters.
inside() {
        jail -c name=a "${@:1:$#-1}" command=/bin/sh -c "${@: -1}"
}

# ------------------------------------------------------------------------- path

@test "path: the directory as it is; what the jail writes is written there" {
        make_root root
        echo hello >root/etc/motd
        check -o hello inside path="$dir/root" 'cat /etc/motd; echo written >/etc/new'
        holds root/etc/new written
        check -o $'bin\ndev\netc\nhome\nmnt\nproc\nroot\nrun\nsys\ntmp' inside path="$dir/root" 'ls /'
}

@test "path: file systems mounted below it come along" {
        make_root root
        mount -t tmpfs -o size=64k tmpfs root/mnt
        echo mounted >root/mnt/file
        check -o mounted inside path="$dir/root" 'cat /mnt/file'
        umount root/mnt
}

@test "path=/: the host's root file system alone" {
        mkdir mnt
        : >file
        mount -t tmpfs tmpfs mnt
        : >mnt/file
        check -o "$dir/mnt
$dir/file" inside path=/ "find '$dir' -path '$dir/*' ! -name out ! -name err | sort -r"
        umount mnt
        check -o 0 inside path=/ 'ls /proc | wc -l'
}

@test "path: missing, a file, relative, with .." {
        : >file
        check -s 1 -e "jail: path: $dir/none: No such file or directory" jail -c name=a path="$dir/none" persist
        check -s 1 -e "jail: path: $dir/file: Not a directory" jail -c name=a path="$dir/file" persist
        check -s 1 -e 'jail: path: not an absolute pathname: none' jail -c name=a path=none persist
        check -s 1 -e "jail: path: \"..\" is not allowed: $dir/../x" jail -c name=a path="$dir/../x" persist
        check jls name
}

@test "path: slashes and dots too many are written away" {
        make_root root
        check jail -c name=a path="//$dir/.//root/" persist
        check -o "$dir/root" jls path
        check jail -m name=a path="$dir/root"
}

# -------------------------------------------------------------------- user ids

# The uid of the jail's root on the host. It needs a process to be seen.
init_uid() {
        jexec "$1" /bin/true
        awk '/^Uid:/ { print $2 }' "/proc/$(init_of "$1")/status"
}

@test "user: a range of 65,536 ids of its own, which no other jail has" {
        local one two

        check jail -c name=a path=/ persist
        check jail -c name=b path=/ persist
        one=$(init_uid a)
        two=$(init_uid b)
        [ "$one" != "$two" ]
        [ "$one" -ge 268435456 ] && [ "$one" -lt 1878982656 ]
        [ "$two" -ge 268435456 ] && [ "$two" -lt 1878982656 ]
        [ $((one % 65536)) = 0 ] && [ $((two % 65536)) = 0 ]
        check -o "         0 $(printf '%10s' "$one")      65536" cat "/proc/$(init_of a)/uid_map"
        check -o "         0 $(printf '%10s' "$one")      65536" cat "/proc/$(init_of a)/gid_map"
}

@test "user: an id range is given back with the jail, and not while it lives" {
        local one

        check jail -c name=a path=/ persist
        one=$(init_uid a)
        check jail -r a
        check jail -c name=b path=/ persist
        check jail -c name=c path=/ persist
        [ "$(init_uid b)" != "$(init_uid c)" ]
        jail -R b c >/dev/null
        check jail -c jid=1 name=a path=/ persist
        [ "$(init_uid a)" -ge 268435456 ]
}

@test "user: files have the owners they have on disk, inside and outside" {
        make_root root
        : >root/tmp/of-root
        : >root/tmp/of-user
        chown 1000:50 root/tmp/of-user
        check -o $'0 0\n1000 50\n0 0\n1000 1000' inside path="$dir/root" '
                cd /tmp
                : >new
                : >given
                chown 1000:1000 given
                stat -c "%u %g" of-root of-user new given'
        check -o $'0 0\n1000 1000' stat -c '%u %g' root/tmp/new root/tmp/given
}

@test "user: an owner beyond the range is nobody, and cannot be given" {
        make_root root
        : >root/tmp/beyond
        chown 70000:70000 root/tmp/beyond
        check -o '65534 65534' inside path="$dir/root" 'stat -c "%u %g" /tmp/beyond'
        check -s 1 -e $'chown: /tmp/beyond: Value too large for defined data type\njail: /bin/sh: failed' \
                inside path="$dir/root" 'chown 0 /tmp/beyond' ||
                check -s 1 -e $'chown: /tmp/beyond: Operation not permitted\njail: /bin/sh: failed' \
                        inside path="$dir/root" 'chown 0 /tmp/beyond'
}

@test "user=inherit: ids of the host, with fewer capabilities" {
        make_root root
        check -o '0 0 4294967295' inside path="$dir/root" user=inherit mount.procfs 'echo $(cat /proc/self/uid_map)'
        check -o '00000000800405fb' inside path="$dir/root" user=inherit mount.procfs \
                'sed -n "s/^CapBnd:.//p" /proc/self/status'
        check -s 1 -e $'mount: permission denied (are you root?)\njail: /bin/sh: failed' \
                inside path="$dir/root" user=inherit 'mount -t tmpfs none /mnt'
}

# ------------------------------------------------------------------- root.base

tree() {
        mkdir -p "$1/etc"
        echo "$1" >"$1/etc/$1"
        echo "$1" >"$1/etc/all"
}

@test "root.base: several trees, the topmost wins, none is changed" {
        make_root base
        tree one
        tree two
        check -o $'one\none\ntwo\nchanged' inside root.base="$dir/one" root.base="$dir/two" root.base="$dir/base" root.discard '
                cat /etc/all /etc/one /etc/two
                echo changed >/etc/all
                cat /etc/all
                rm -r /etc/two /bin/busybox
                mkdir /new'
        holds one/etc/all one
        holds two/etc/two two
        [ -x base/bin/busybox ]
        check -o 'base
one
two' ls -I out -I err
}

@test "root.base: trees below the host's own, in front of it" {
        tree one
        tree two
        check -o $'one\none\ntwo\nbash' inside root.base="$dir/one" root.base="$dir/two" root.base=/ root.discard '
                cat /etc/all /etc/one /etc/two
                basename /bin/bash'
        check -o one inside root.base="$dir/one" root.base=/ root.discard 'cat /etc/all'
        # with a layer that is kept, and on ids of the host
        check -o $'one\nmine' inside root.base="$dir/one" root.base=/ 'cat /etc/all; echo mine >/etc/all; cat /etc/all'
        check -o mine inside root.base="$dir/one" root.base=/ 'cat /etc/all'
        check -o mine inside user=inherit root.base="$dir/one" root.base=/ 'cat /etc/all; rm /etc/all'
        check -s 1 -e 'jail: /bin/sh: failed' inside root.base="$dir/one" root.base=/ '[ -e /etc/all ]'
        holds one/etc/all one
        rm -rf /var/lib/gaol/a
}

@test "root.base: trees below the host's own hide what it hides, and what they say is not there" {
        # what a jail has removed is a whiteout in its layer, what it has made anew an opaque directory
        check inside root.base=/ root.layer="$dir/layer" \
                'rm -r /etc/passwd /usr/share/common-licenses; mkdir /usr/share/common-licenses; echo one >/etc/one'
        check -o 0 inside root.base="$dir/layer/upper" root.base=/ root.discard '
                for f in /etc/passwd /etc/shadow /etc/machine-id; do [ ! -e $f ] || echo $f; done
                for d in /home /root /var/lib /usr/share/common-licenses; do ls -A $d; done | wc -l'
        check -o $'one\n0 0' inside root.base=/ root.base="$dir/layer/upper" root.discard '
                cat /etc/one; stat -c "%u %g" /etc/passwd'
}

@test "root.base: trees within trees, two deep" {
        make_root base
        mkdir -p base/srv/a/b base/srv/c
        for d in srv/a srv/a/b srv/c; do echo $d >base/$d/which; done
        check -o $'srv/a\nsrv/c' inside root.base="$dir/base/srv/a" root.base="$dir/base" root.discard 'cat /which /srv/c/which'
        check -o $'srv/c\nsrv/a' inside root.base="$dir/base/srv/c" root.base="$dir/base/srv/a" root.base="$dir/base" root.discard \
                'cat /which /srv/a/which'
        check -o $'srv/c\nsrv/a' inside root.base="$dir/base" root.base="$dir/base/srv/c" root.discard 'cat /which /srv/a/which'
        check -s 1 -e 'jail: root.base: more than two of its trees lie one within another' inside \
                root.base="$dir/base/srv/a/b" root.base="$dir/base/srv/a" root.base="$dir/base" root.discard 'cat /which'
        # reached through a bind mount one is still within the other
        mkdir bound
        mount --bind base/srv/a bound
        check -o srv/a inside root.base="$dir/bound" root.base="$dir/base" root.discard 'cat /which'
        umount bound
        check jls name
}

@test "root.base: trees on an overlay: one more is stacked on it, and not two" {
        make_root base
        mkdir -p upper/srv/a work over
        echo a >upper/srv/a/which
        mount -t overlay -o lowerdir=base,upperdir=upper,workdir=work own over
        check -o a inside user=inherit root.base="$dir/over" root.discard 'cat /srv/a/which'
        check -s 1 -e 'jail: root.base: one of its trees is on an overlay, and the kernel stacks no more than two' \
                inside user=inherit root.base="$dir/over/srv/a" root.base="$dir/over" root.discard 'cat /which'
        umount over
}

@test "root.base: no path, no root.layer without it, no root.size without root.discard" {
        check -s 1 -e 'jail: root.base: cannot be combined with path' jail -c name=a root.base=/ path=/tmp persist
        check -s 1 -e 'jail: root.discard: only with root.base' jail -c name=a path=/ root.discard persist
        check -s 1 -e 'jail: root.layer: only with root.base' jail -c name=a path=/ root.layer=/tmp/x persist
        check -s 1 -e 'jail: root.size: only with root.discard' jail -c name=a root.base=/ root.size=1M persist
        check -s 1 -e 'jail: root.discard: cannot be combined with root.layer' \
                jail -c name=a root.base=/ root.discard root.layer=/tmp/x persist
        check -s 1 -e 'jail: root.base: not an absolute pathname: base' jail -c name=a root.base=base persist
        check -s 1 -e "jail: root.base: $dir/none: No such file or directory" jail -c name=a root.base="$dir/none" persist
        check jls name
}

@test "root.base: names with characters that a list of layers would take for its own" {
        make_root 'a:b,c\d"e f'
        check -o hello inside root.base="$dir/a:b,c\\d\"e f" root.discard 'echo hello'
}

@test "root.discard: what was written goes with the jail" {
        make_root base
        check inside root.base="$dir/base" root.discard 'echo written >/etc/new'
        check -s 1 -e $'cat: can\'t open \'/etc/new\': No such file or directory\njail: /bin/sh: failed' \
                inside root.base="$dir/base" root.discard 'cat /etc/new'
        [ ! -e base/etc/new ]
        [ ! -e /var/lib/gaol/a ]
}

@test "root.size: how much a layer in memory may hold" {
        make_root base
        check inside root.base="$dir/base" root.discard root.size=1M 'dd if=/bin/busybox of=/tmp/x bs=1k count=512 2>/tmp/err'
        check -s 1 -e $'dd: error writing \'/tmp/x\': No space left on device\njail: /bin/sh: failed' \
                inside root.base="$dir/base" root.discard root.size=256K \
                'dd if=/bin/busybox of=/tmp/x bs=1k count=512 2>&1 | head -n1 >&2; exit 1'
}

@test "root.layer: what was written is there for the next jail of the name" {
        make_root base
        check inside root.base="$dir/base" 'echo written >/etc/new; rm /etc/group; id -u >/etc/owner'
        holds /var/lib/gaol/a/upper/etc/new written
        check -o '0 0 644' stat -c '%u %g %a' /var/lib/gaol/a/upper/etc/new
        check -o 700 stat -c %a /var/lib/gaol/a
        check -o $'written\nno' inside root.base="$dir/base" 'cat /etc/new; [ -e /etc/group ] || echo no'
        check inside root.base="$dir/base" 'rm /etc/new /etc/owner'
        rm -rf /var/lib/gaol/a
}

@test "root.layer: one in which nothing was left is removed" {
        make_root base
        check inside root.base="$dir/base" ':'
        [ ! -e /var/lib/gaol/a ]
        check jail -c name=a root.base="$dir/base" persist
        [ -d /var/lib/gaol/a ]
        check jail -r a
        [ ! -e /var/lib/gaol/a ]
}

@test "root.layer: a jail of the same name again, with other ids, owns its files" {
        make_root base
        check jail -c name=other path=/ persist
        check inside root.base="$dir/base" 'echo x >/etc/x; chown 1000:50 /etc/x; mkdir /home/user/d'
        check jail -r other
        check -o '1000 50' inside root.base="$dir/base" 'echo more >>/etc/x; stat -c "%u %g" /etc/x'
        check -o '1000 50' stat -c '%u %g' /var/lib/gaol/a/upper/etc/x
        rm -rf /var/lib/gaol/a
}

@test "root.layer: elsewhere; made if it is missing; not shared by two running jails" {
        make_root base
        check jail -c name=a root.base="$dir/base" root.layer="$dir/layer" persist
        check -s 1 -e "jail: root.layer: $dir/layer: jail \"a\" uses it" \
                jail -c name=b root.base="$dir/base" root.layer="$dir/layer" persist
        check -o a jls name
        check jexec a /bin/sh -c 'echo x >/etc/x'
        check jail -r a
        holds layer/upper/etc/x x
        check -o x jail -c name=b root.base="$dir/base" root.layer="$dir/layer" command=/bin/cat /etc/x
        check -s 1 -e "jail: root.layer: mkdir $dir/no/layer: No such file or directory" \
                jail -c name=c root.base="$dir/base" root.layer="$dir/no/layer" persist
        ln -s layer link
        check -s 1 -e "jail: root.layer: $dir/link: Not a directory" \
                jail -c name=c root.base="$dir/base" root.layer="$dir/link" persist
        mv layer/upper layer/aside
        ln -s aside layer/upper
        check -s 1 -e "jail: root.layer: $dir/layer: upper: Not a directory" \
                jail -c name=c root.base="$dir/base" root.layer="$dir/layer" persist
        [ -L layer/upper ]
}

@test "root.layer: one layer by two paths is one layer" {
        make_root base
        mkdir one two
        mount --bind one two
        check jail -c name=a root.base="$dir/base" root.layer="$dir/one/layer" persist
        check -s 1 -e "jail: root.layer: $dir/two/layer: jail \"a\" uses it" \
                jail -c name=b root.base="$dir/base" root.layer="$dir/two/layer" persist
        # what is said of a jail that could not be made is forgotten
        check -s 1 -e "jail: root.layer: $dir/two/layer: jail \"a\" uses it" \
                jail -c name=b root.base="$dir/base" root.layer="$dir/two/layer" persist
        check -o x jexec a /bin/sh -c 'echo x >/etc/x; cat /etc/x'
        check jail -r a
        check jail -c name=b root.base="$dir/base" root.layer="$dir/two/layer" persist
        check jail -r b
        umount two
}

@test "root.layer: a jail that was killed does not hold its layer, nor clear that of the next" {
        make_root base
        check jail -c name=a root.base="$dir/base" root.layer="$dir/layer" persist
        kill -9 "$(init_of a)"
        eventually sh -c '[ -z "$(jls name)" ]'
        check jail -c name=b root.base="$dir/base" root.layer="$dir/layer" persist
        check jail -r a
        check jexec b /bin/sh -c 'mv /etc/passwd /etc/moved; mv /etc/moved /etc/passwd'
        check jail -r b
        holds layer/upper/etc/passwd "$(cat base/etc/passwd)"
}

@test "root.layer: the root of the jail is open to its users, whatever the umask" {
        make_root base
        check -o 755 sh -c "umask 077; jail -c name=a root.base='$dir/base' root.layer='$dir/layer' exec.jail_user=user \
                command=stat -c %a /"
        rm -rf layer
}

# --------------------------------------------------------- the host's own tree

# A host of the test's own: a private root with secrets in it, in which COMMAND is run as the root of a mount namespace.
fake_host() {
        make_host host
        mkdir -p host/{home/joe,root,run,usr/bin,opt,srv/data,media,lib,sbin,lost,boot} \
                host/etc/{ssl/private,ssh,open,closed,sub/deep} host/var/{lib/secret,log,cache,spool}
        local file

        for file in etc/shadow etc/gshadow etc/ssl/private/key.pem etc/ssh/ssh_host_key etc/closed/file etc/sub/deep/secret \
                home/joe/mail root/.ssh run/socket opt/thing srv/data/base media/disk lost/found boot/vmlinuz \
                var/lib/secret/db var/log/auth var/cache/x etc/hostname etc/machine-id etc/fstab etc/crypttab; do
                echo 'tell-nobody-4711' >"host/$file"
        done
        chmod 0600 host/etc/{shadow,ssh/ssh_host_key,sub/deep/secret}
        chmod 0640 host/etc/gshadow
        chmod 0700 host/etc/closed host/etc/ssl/private
        chmod 0644 host/etc/{hostname,machine-id,fstab,crypttab}
        echo 'everybody' >host/etc/open/file
        echo 'everybody' >host/usr/share
        ln -s /etc/shadow host/etc/link
}

on_fake_host() {
        unshare -m sh -c '
                set -e
                mount --make-rprivate /
                mount --bind host host
                mount --bind /proc host/proc
                mount --bind /sys host/sys
                mount --bind /dev host/dev
                mkdir -p host/run/gaol host/var/lib/gaol
                mount --bind /run/gaol host/run/gaol
                cd host
                mkdir -p .old
                pivot_root . .old
                umount -l .old
                exec /bin/sh -c "$1"' - "$1"
}

@test "the base /: the host without its secrets" {
        fake_host
        check -o searched on_fake_host 'jail -c name=a root.base=/ root.discard command=/bin/sh -c "
                find / -type f ! -path /bin/\\* -exec grep -l tell-nobody {} + 2>/dev/null; echo searched"'
}

@test "the base /: what is there" {
        fake_host
        check -o '/bin
/dev
/etc
/etc/group
/etc/link
/etc/open
/etc/open/file
/etc/passwd
/etc/ssh
/etc/ssl
/etc/sub
/etc/sub/deep
/home
/lib
/media
/mnt
/opt
/proc
/root
/run
/run/lock
/sbin
/srv
/sys
/tmp
/usr
/usr/bin
/usr/share
/var
/var/cache
/var/lib
/var/local
/var/lock
/var/log
/var/mail
/var/opt
/var/run
/var/spool
/var/tmp
/var/www' on_fake_host 'jail -c name=a root.base=/ root.discard command=/bin/sh -c "find / -xdev ! -path /bin/\\* | sed 1d | sort"'
        check -o everybody on_fake_host 'jail -c name=a root.base=/ root.discard command=/bin/cat /etc/open/file'
        check -s 1 -e - on_fake_host 'jail -c name=a root.base=/ root.discard command=/bin/cat /etc/link'
}

@test "the base /: nothing is written on the host, whatever the jail does to it" {
        fake_host
        rm -rf host/.old
        mkdir -p host/.old host/run/gaol host/var/lib/gaol
        (cd host && find . -printf '%p %i %m %u %s %T@\n' | sort) >before
        check on_fake_host 'jail -c name=a root.base=/ root.discard command=/bin/sh -c "
                echo x >/etc/passwd; rm -rf /etc/open /usr; mkdir /etc/closed /x; echo y >/etc/shadow; chmod 777 /etc; mv /lib /lib2; true"'
        (cd host && find . -printf '%p %i %m %u %s %T@\n' | sort) >after
        check diff before after
}

@test "the base /: no file of the machine's /etc that others may not read is in it" {
        check -o - jail -c name=a root.base=/ root.discard command=/usr/bin/find /etc -type f ! -perm -004
        holds "$out" ''
        local file

        for file in /etc/shadow /etc/gshadow /etc/machine-id /etc/hostname; do
                check -s 1 -e "jail: /bin/sh: failed" inside root.base=/ root.discard "[ -e $file ]"
        done
        check -o $'.\n..' inside root.base=/ root.discard 'ls -a /home'
        check inside root.base=/ root.discard 'for d in /root /var/lib /srv /opt /mnt /media /tmp; do ls -A $d; done'
}

@test "the base /: by another name it is the same" {
        fake_host
        ln -s / host/srv/link
        mkdir host/srv/bound
        check -o searched on_fake_host 'jail -c name=a root.base=/srv/link root.discard command=/bin/sh -c "
                find / -type f ! -path /bin/\\* -exec grep -l tell-nobody {} + 2>/dev/null; echo searched"'
        check -o searched on_fake_host 'mount --bind / /srv/bound; jail -c name=a root.base=/srv/bound root.discard command=/bin/sh -c "
                find / -type f ! -path /bin/\\* -exec grep -l tell-nobody {} + 2>/dev/null; echo searched"'
}

@test "the base /: a file that others may not read is hidden from the next jail, however it came to that" {
        fake_host
        echo tell-nobody-4711 >host/etc/open/was-public
        check -s 1 -o '/etc/open/was-public' -e 'jail: /bin/sh: failed' on_fake_host 'jail -c name=a root.base=/ root.discard command=/bin/sh -c "
                grep -rsl tell-nobody /etc; exit 1"'
        chmod 0600 host/etc/open/was-public
        echo tell-nobody-4711 >host/etc/sub/deep/new
        chmod 0600 host/etc/sub/deep/new
        mv host/etc/sub host/etc/open/moved
        check -o searched on_fake_host 'jail -c name=a root.base=/ root.discard command=/bin/sh -c "
                grep -rsl tell-nobody /etc; echo searched"'
}

@test "the base /: what is mounted over a file of the host's does not uncover that file" {
        fake_host
        check -o searched on_fake_host 'mount --bind /etc/open/file /etc/shadow; mount --bind /etc/open /etc/ssl/private
                jail -c name=a root.base=/ root.discard command=/bin/sh -c "
                        grep -rsl tell-nobody /etc; echo searched"'
}

@test "the base /: a copy of the mask is not to be had by deleting what covers" {
        fake_host
        check -o searched on_fake_host 'jail -c name=a root.base=/ root.discard command=/bin/sh -c "
                mkdir /etc/closed /home/joe 2>/dev/null; rm -rf /home /etc/ssh /var /root /srv
                mkdir -p /home/joe /etc/ssh /var/lib /root /srv
                ls /etc/closed /home/joe /etc/ssh /var/lib /root /srv | grep -v :
                find / -type f ! -path /bin/\\* -exec grep -l tell-nobody {} + 2>/dev/null; echo searched"' || {
                        sed -i '/^$/d' "$out"
                        holds "$out" searched
                }
}

@test "a layer over the base / keeps the host's secrets out too" {
        fake_host
        check -o searched on_fake_host 'jail -c name=a root.base=/ command=/bin/sh -c "
                echo mine >/etc/shadow; find / -type f ! -path /bin/\\* -exec grep -l tell-nobody {} + 2>/dev/null; echo searched"; rm -rf /var/lib/gaol/a'
}
