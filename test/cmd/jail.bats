# jail(8): operations, options, ways to say which jail.

load helper

usage='usage: jail [-dhilqv] [-J jid_file] [-u username | -U username]
            [-s securelevel] [-n name] -[cmr] param=value ... [command=command ...]
       jail [-dqv] [-f file] -[cmr] [jail]
       jail [-qv] [-f file] -[rR] [* | jail ...]
       jail [-dhilqv] [-J jid_file] [-n name] [-s securelevel] [-u username | -U username]
            path hostname [ip[,...]] command ...
       jail [-f file] -e separator'

three='
        path = "/";
        persist;
        a { }
        b { host.hostname = "$name.example.org"; }
        a.c { }
'

# ------------------------------------------------------- on the command line

@test "-c makes a jail of the command line and says nothing" {
        check jail -c name=a path=/ persist
        check -o '1 a /' jls jid name path
}

@test "-c: a jail without a name is called by its jid" {
        check jail -c path=/ persist
        check -o '1 1' jls jid name
        check jail -r 1
        check -o '' jls name
}

@test "-c: jids are given out in ascending order, and not again at once" {
        check -o 1 jail -i -c path=/ persist
        check -o 2 jail -i -c path=/ persist
        check jail -i -R 2
        check -o 3 jail -i -c path=/ persist
        check -o 77 jail -i -c jid=77 path=/ persist
        check -o 4 jail -i -c path=/ persist
        check -o $'1\n3\n4\n77' jls jid
}

@test "-c: a name in use" {
        check jail -c name=a path=/ persist
        check -s 1 -e 'jail: "a" already exists' jail -c name=a path=/ persist
        check -o '1 a' jls jid name
}

@test "-c: a jid in use" {
        check jail -c jid=5 name=a path=/ persist
        check -s 1 -e 'jail: "5" already exists' jail -c jid=5 name=b path=/ persist
        check -s 1 -e 'jail: "a" already exists' jail -c jid=6 name=a path=/ persist
        check -o '5 a' jls jid name
}

@test "-c: a name that is a number is the jid" {
        check jail -c name=5 path=/ persist
        check -o '5 5' jls jid name
        check -s 1 -e 'jail: name cannot be numeric (unless it is the jid)' jail -c name=07 path=/ persist
        check -s 1 -e 'jail: name cannot be numeric (unless it is the jid)' jail -c name=7 jid=8 path=/ persist
        check -o 5 jls name
}

@test "-m changes a running jail" {
        check jail -c name=a path=/ persist host.hostname=before
        check -o before jexec a uname -n
        check jail -m name=a host.hostname=after
        check -o after jexec a uname -n
        check -o after jls -j a host.hostname
}

@test "-m by jid" {
        check jail -c jid=9 name=a path=/ persist
        check jail -m jid=9 host.hostname=nine
        check -o 'a nine' jls name host.hostname
}

@test "-m: unknown jail" {
        check -s 1 -e 'jail: "a" not found' jail -m name=a host.hostname=x
}

@test "-m: a create-only parameter may be named with the value it has, and no other" {
        check jail -c name=a path=/tmp persist
        check jail -m name=a path=/tmp host.hostname=x
        check -s 1 -e 'jail: path cannot be changed after creation' jail -m name=a path=/usr host.hostname=y
        check -o '/tmp x' jls path host.hostname
}

@test "-m runs no command" {
        check jail -c name=a path=/ persist
        check jail -m name=a exec.start='echo no' exec.poststart='echo no' exec.prepare='echo no' host.hostname=x
        check -o x jls host.hostname
}

@test "-r removes a jail and all its processes, and so does -R" {
        local flag

        for flag in -r -R; do
                check jail -c name=a root.base=/ root.discard mount.devfs persist exec.start='sleep 1000 & sleep 1001 &'
                check -o 2 pgrep -c -x sleep
                check jail $flag a
                check -s 1 -o 0 pgrep -c -x sleep
                check jls name
        done
}

@test "-r, -R: unknown jail" {
        check -s 1 -e 'jail: "a" not found' jail -r a
        check -s 1 -e 'jail: "a" not found' jail -R a
        check -s 1 -e 'jail: "7" not found' jail -r 7
}

@test "-r, -R: a wildcard may match nothing" {
        check jail -R '*'
        check jail -R 'a.*'
        check jail -r 'a.*'
}

@test "-r, -R: several names; one that is wrong does not stop the others" {
        check jail -c name=a path=/ persist
        check jail -c name=b path=/ persist
        check -s 1 -o 'b: removed' -e 'jail: "x" not found' jail -R x b
        check -o a jls name
        check -s 1 -o 'a: removed' -e 'jail: "x" not found' jail -r a x
        check jls name
}

@test "-r and -R tell of a removal where several jails were named or a wildcard" {
        check jail -c name=a path=/ persist
        check jail -r a
        check jail -c name=a path=/ persist
        check -o 'a: removed' jail -R '*'
}

@test "-R: wildcards match running jails" {
        check jail -c name=a path=/ persist
        check jail -c name=a.b path=/ persist
        check jail -c name=a.b.c path=/ persist
        check jail -c name=d path=/ persist
        check -o - jail -R 'a.*'
        holds <(sort "$out") $'a.b.c: removed\na.b: removed'
        check -o $'a\nd' jls name
}

@test "-rc: removes what is there and makes it" {
        check jail -rc name=a path=/ persist host.hostname=one
        check -o '1 one' jls jid host.hostname
        check jail -rc name=a path=/ persist host.hostname=two
        check -o '2 two' jls jid host.hostname
}

@test "-cm: makes it, or changes what is there" {
        check jail -cm name=a path=/ persist host.hostname=one
        check jail -cm name=a path=/ persist host.hostname=two
        check -o '1 two' jls jid host.hostname
        check -s 1 -e 'jail: path cannot be changed after creation' jail -cm name=a path=/tmp
}

@test "-mr: changes, and remakes where it cannot" {
        check -s 1 -e 'jail: "a" not found' jail -mr name=a path=/ persist
        check jail -c name=a path=/ persist host.hostname=one
        check jail -mr name=a path=/ persist host.hostname=two
        check -o '1 / two' jls jid path host.hostname
        check jail -mr name=a path=/tmp persist host.hostname=two
        check -o '2 /tmp two' jls jid path host.hostname
}

@test "-cmr: as -mr, and makes what is not there" {
        check jail -cmr name=a path=/ persist
        check jail -cmr name=a path=/tmp persist
        check -o '2 a /tmp' jls jid name path
}

@test "command= takes the rest of the line, word for word and without a shell" {
        check -o $'a b\n$HOME\n*\nx=y\n-c' jail -c name=a path=/ command=/usr/bin/printf '%s\n' 'a b' '$HOME' '*' x=y -c
        check jls name
}

@test "lists: some are split at commas, and all may be given more than once" {
        check jail -c name=a path=/ persist
        check jail -c name=b path=/ persist
        check -o $'one\ntwo, three' jail -c name=c path=/ persist depend=a,b exec.start='echo one' \
                exec.start='echo two, three'
        check -o c jls -j c name
}

@test "-n, -s: name and securelevel" {
        check jail -n a -s 1 -c path=/ persist
        check -o 'a 1' jls name securelevel
}

@test "-l, -U, -u: environment and user of the commands in the jail" {
        make_root root
        sed -i s/user/inside/ root/etc/passwd root/etc/group
        check -o '1000 inside /home/user' jail -l -U inside -c path=$dir/root command=/bin/sh -c 'echo $(id -u) $USER $PWD'
        check -o '1 daemon /usr/sbin' jail -u daemon -c root.base=/ root.discard command=/bin/sh -c 'echo $(id -u) $USER $PWD'
        check -s 1 -e 'jail: user inside: no such user' jail -u inside -c path=$dir/root command=/bin/true
        check -s 1 -e 'jail: user daemon: no such user' jail -U daemon -c path=$dir/root command=/bin/true
}

@test "the old command line: path, host name, address, command" {
        check -o 'old a b' jail / old '' /bin/sh -c 'echo $(uname -n) $0 "$@"' a b
        check -o 'on the stack of the host' jail / old 192.0.2.7 /bin/sh -c 'echo on the stack of the host'
        check -s 1 -e "$usage" jail here old '' /bin/true
        check jls name
}

@test "wrong usage" {
        local line

        while read -r line; do
                check -s 1 -e "$usage" jail $line
        done <<-'X'

-f x -c name=a
-R
-R name=a
-r name=a
-p x -c name=a
-c a b
-m a b
-rc a b
-c -f x -C name=a
-C name=a persist
-C -c name=a persist
-C -m a
-C -R a
-C
-l -c a
-n b -r a
-s 1 -m
-U root -R a
-u root -U root -c name=a
-Rc a
-Rm name=a
/ host
/ host 192.0.2.1
-f x / host 192.0.2.1 true
-C / host 192.0.2.1 true
X
        check jls name
}

# -------------------------------------------------------------- from a file

@test "-f: all jails of a file are made, told of, and removed" {
        conf "$three"
        check -o - jail -f jail.conf -c
        holds <(sort "$out") $'a.c: created\na: created\nb: created'
        check -o $'a ""\na.c ""\nb b.example.org' sh -c 'jls name host.hostname | sort'
        check -o - jail -f jail.conf -r
        holds <(sort "$out") $'a.c: removed\na: removed\nb: removed'
        check jls name
}

@test "-f: one jail, and a wildcard" {
        conf "$three"
        check -o 'b: created' jail -f jail.conf -c b
        check -o $'a: created\na.c: created' jail -f jail.conf -c 'a.*'
        check -o $'a.c: removed' jail -f jail.conf -r 'a.*'
        check -o $'a.c: created' jail -f jail.conf -c '*'
        check -o 'b: removed' jail -f jail.conf -r b
        check -o $'a.c: removed\na: removed' jail -f jail.conf -r '*'
}

@test "-f -: the file is standard input" {
        check -o 'b: created' sh -c 'echo "$1" | jail -f - -c b' - "$three"
        check -s 1 -e 'jail: STDIN line 1: }: syntax error' sh -c 'echo "a { persist }" | jail -f - -c'
        check -o 'b: removed' sh -c 'echo "$1" | jail -f - -r b' - "$three"
}

@test "-f: what is there already is an error by name and none by wildcard" {
        conf "$three"
        check -o 'b: created' jail -f jail.conf -c b
        check -s 1 -e 'jail: "b" already exists' jail -f jail.conf -c b
        check -o - jail -f jail.conf -c
        holds <(sort "$out") $'a.c: created\na: created'
        check jail -f jail.conf -c '*'
}

@test "-f: what is not in the file" {
        conf "$three"
        check -s 1 -e 'jail: "x" not found' jail -f jail.conf -c x
        check -s 1 -e 'jail: "x" not found' jail -f jail.conf -m x
        check -s 1 -e 'jail: "x" not found' jail -f jail.conf -r x
        check jail -c name=x path=/ persist
        check -o 'x: removed' jail -f jail.conf -r x
}

@test "-r: a jail is given by its jid too" {
        conf 'path = /; persist; 17 { name = a; }'
        check -o 'a: created' jail -f jail.conf -c
        check -o '17 a' jls jid name
        check -o 'a: removed' jail -f jail.conf -r 17
}

@test "-f: -m tells of what it changed, and says nothing of wildcards' missing ones" {
        conf "$three"
        check -o 'b: created' jail -f jail.conf -c b
        sed -i 's/example.org/example.net/' jail.conf
        check -o 'b: updated' jail -f jail.conf -m b
        check -o b.example.net jexec b uname -n
        check -o 'b: updated' jail -f jail.conf -m
        check -s 1 -e 'jail: "a" not found' jail -f jail.conf -m a
}

@test "-f: -rc, -cm, -mr, -cmr" {
        conf 'path = /; persist; a { }'
        check -o 'a: created' jail -f jail.conf -rc a
        check -o $'a: removed\na: created' jail -f jail.conf -rc a
        check -o 'a: updated' jail -f jail.conf -cm a
        check -o 'a: updated' jail -f jail.conf -mr a
        check -o '2 /' jls jid path
        conf 'path = /tmp; persist; a { }'
        check -s 1 -e 'jail: a: path cannot be changed after creation' jail -f jail.conf -m a
        check -s 1 -e 'jail: a: path cannot be changed after creation' jail -f jail.conf -cm a
        check -o $'a: removed\na: created' jail -f jail.conf -mr a
        check -o '3 /tmp' jls jid path
        conf 'path = /usr; persist; a { }'
        check -o $'a: removed\na: created' jail -f jail.conf -cmr a
        check -o '4 /usr' jls jid path
}

@test "-f: -R reads no file and runs nothing" {
        conf 'path = /; a { persist; exec.prestop = "echo no"; exec.poststop = "echo no"; exec.stop = "echo no"; }'
        check -o 'a: created' jail -f jail.conf -c
        check jail -f jail.conf -R a
        check jail -f nothing -R '*'
}

@test "the file is /etc/jail.conf if none is given" {
        check -s 1 -e 'jail: /etc/jail.conf: No such file or directory' jail -c
        own_etc
        echo 'path = /; persist; a { }' >/etc/jail.conf
        check -o 'a: created' jail -c
        check -o 'a: removed' jail -r a
        check -o 'a: created' jail -c a
        check -o 'a: removed' jail -r
}

@test "-r without a configuration file ends jails by name" {
        check jail -c name=a path=/ persist
        check jail -r a
        check jls name
}

@test "-f: one jail that is wrong does not stop the others" {
        conf '
                path = /;
                persist;
                a { host.hostname = "$no"; }
                b { nosuch = 1; }
                c { }
                d { securelevel = x; }
        '
        check -s 1 -o 'c: created' -e - jail -f jail.conf -c
        holds <(sort "$err") 'jail: a: host.hostname: variable "no" not found
jail: b: unknown parameter: nosuch
jail: d: securelevel: non-integer value "x"'
        check -o c jls name
}

# ------------------------------------------------------------------ options

@test "-q: nothing but errors" {
        conf "$three"
        check jail -q -f jail.conf -c
        check -s 1 -e 'jail: "b" already exists' jail -q -f jail.conf -c b
        check jail -q -f jail.conf -m
        check jail -q -f jail.conf -r
}

@test "-v: operations, commands, and the parameters of each jail" {
        check -o 'a: jail_set(JAIL_CREATE) name=a path=/ persist host.hostname="x y"
a: created
a: run command in jail: echo hi
hi' jail -v -c name=a path=/ persist exec.start='echo hi' host.hostname='x y'
        check -o 'a: jail_set(JAIL_UPDATE) name=a host.hostname=x
a: updated' jail -v -m name=a host.hostname=x
        check -o 'a: removed' jail -v -r a
        conf '
                path = /;
                $x = 1;
                persist;
                                a { depend = b; exec.prestart = "true"; exec.jail_user = root; exec.start = "echo $x"; host.hostname = "x y"; }
                b { }
        '
        check -o 'b: jail_set(JAIL_CREATE) name=b path=/ persist
b: created
a: run command: true
a: jail_set(JAIL_CREATE) name=a path=/ persist host.hostname="x y"
a: created
a: run command in jail as root: echo 1
1' jail -v -f jail.conf -c a
        check -o 'a: jail_set(JAIL_UPDATE) name=a path=/ persist host.hostname="x y"
a: updated' jail -v -f jail.conf -m a
        check -o $'a: removed\nb: removed' jail -v -f jail.conf -r b
}

@test "-J: one line for each jail made" {
        check -o x jail -J jids -c name=a path=/ persist host.hostname='a b' exec.start='echo "x"' exec.start= vnet
        holds jids 'jid=1 name=a path=/ persist host.hostname="a b" exec.start='\''echo "x"'\'',"" vnet'
        check jail -R a
        conf "$three"
        check -o - jail -q -J jids -f jail.conf -c 'a.*'
        holds jids $'jid=2 name=a path=/ persist\njid=3 name=a.c path=/ persist'
        check -s 1 -e 'jail: no/jids: No such file or directory' jail -J no/jids -c name=x path=/ persist
        check -o $'a\na.c' jls name
        check -o - jail -q -J jids -f jail.conf -r
        holds jids ''
}

@test "-J with the old command line: jid, path, host name, addresses, command" {
        check jail -J jids / old '' /bin/true now
        holds jids $'1\t/\told\t\t/bin/true'
}

@test "-i: the jid of each jail made and nothing else" {
        conf "$three"
        check -o 1 jail -i -c name=x path=/ persist
        check -o 2 jail -i -f jail.conf -c b
        check -o 3 jail -i -f jail.conf -rc b
        check jail -i -f jail.conf -r b
        check jail -i -R x
        check -s 1 -e 'jail: "x" not found' jail -i -R x
}

@test "notes come in the order in which things happen, also through a pipe" {
        conf 'path = /; persist; a { exec.start = "echo start"; exec.prestop = "echo stop"; }'
        check -o $'a: created\nstart' jail -f jail.conf -c
        check -o $'stop\na: removed' jail -f jail.conf -r
}

@test "-e: what the file says, one jail on a line" {
        conf '
                # a comment
                $domain = "example.org";
                persist;
                "a.*" { exec.start = "echo \"it'\''s\"", "b c", ""; }
                a { path = "/a b"; host.hostname = "$name.$domain"; }
                a.x { allow.noset_hostname; depend = a, b; }
                b { path = ""; }
                * { enforce_statfs = 1; }
        '
        check -o 'name=a|persist|path="/a b"|host.hostname=a.example.org|enforce_statfs=1
name=a.x|persist|exec.start="echo \"it'\''s\"","b c",""|allow.noset_hostname|depend=a,b|enforce_statfs=1
name=b|persist|path=""|enforce_statfs=1' jail -f jail.conf -e '|'
        check jls name
}

@test "-e: a jail that cannot be made out is left out, and the status is 1" {
        conf 'path = /; persist; a { } b { host.hostname = "$nope"; } c { }'
        check -s 1 -o $'name=a path=/ persist\nname=c path=/ persist' \
                -e 'jail: b: host.hostname: variable "nope" not found' jail -f jail.conf -e ' '
        conf 'path = /; a { } c { }'
        check -o $'name=a path=/\nname=c path=/' jail -f jail.conf -e ' '
}

@test "-e takes no operation and no argument" {
        conf "$three"
        check -s 1 -e "$usage" jail -f jail.conf -e , -c
        check -s 1 -e "$usage" jail -f jail.conf -e , a
}

@test "-p: at most so many commands at once" {
        conf '
                path = /;
                persist;
                exec.prestart = "echo + $name >>log; sleep 0.1; echo - $name >>log";
                a { }
                b { }
                c { }
        '
        check -o $'a: created\nb: created\nc: created' jail -f jail.conf -p1 -c
        holds log $'+ a\n- a\n+ b\n- b\n+ c\n- c'
        check -o $'c: removed\nb: removed\na: removed' jail -f jail.conf -p1 -r
        rm log
        check -o - jail -f jail.conf -p 2 -c
        check -o 2 awk '/^[+]/ { n++ } /^-/ { n-- } n > max { max = n } END { print max }' log
        check -o - jail -f jail.conf -r
        rm log
        check -o - jail -f jail.conf -p0 -c
        check -o 3 awk '/^[+]/ { n++ } /^-/ { n-- } n > max { max = n } END { print max }' log
}

@test "-C: the part after the removal of a jail that is gone" {
        conf '
                path = /;
                persist;
                a { exec.prepare = "echo prepare"; exec.prestop = "echo prestop"; exec.poststop = "echo poststop";
                    exec.release = "echo release"; }
        '
        check -o $'poststop\nrelease' jail -f jail.conf -C -r a
        check -o $'poststop\nrelease\nprepare\na: created' jail -f jail.conf -C -c a
        check -o $'prestop\na: removed\npoststop\nrelease' jail -f jail.conf -C -r a
}

@test "-d is ignored" {
        check jail -d -c name=a path=/ persist
        check jail -d -r a
}

@test "an unknown option" {
        check -s 1 -e "jail: illegal option -- z
$usage" jail -z
        check -s 1 -e "jail: illegal option -- w
$usage" jail -w -c name=a path=/ persist
        check -s 1 -e "jail: illegal option -- -
$usage" jail --help
        check -s 1 -e "jail: option requires an argument -- f
$usage" jail -f
}
