# jail(8), meta and env: lines of text about a jail, for those outside and for those inside.

load helper

prepare() {
        base=(root.base=/ root.discard mount.devfs)
}

@test "meta.KEY: a new key goes in front, one that is there is replaced, one without a value is taken away" {
        check jail -c name=a path=/ persist meta.a=1 meta.b=2
        check -o $'b=2\na=1' jls -j a meta
        check -o '1 2' jls -j a meta.a meta.b
        check jail -m name=a meta.a=one meta.c=
        check -o $'c=\nb=2\na=one' jls -j a meta
        check jail -m name=a meta.b meta.nosuch
        check -o $'c=\na=one' jls -j a meta
        check jail -m name=a meta=
        check -o '""' jls -j a meta
}

@test "a text as a whole replaces what came before it, and is changed by what comes after it" {
        check jail -c name=a path=/ persist meta.a=1 'meta=free text' meta.b=2
        check -o $'b=2\nfree text' jls -j a meta
        check jail -m name=a meta.b=3 meta=x meta.c=4
        check -o $'c=4\nx' jls -j a meta
}

@test "a key that is not set: nothing; its bare name with -n and -s; absent from JSON" {
        check jail -c name=a path=/ persist meta.a=1
        check -o '1 ' jls meta.a meta.nosuch
        check -o 'meta.a=1 meta.nosuch' jls -n meta.a meta.nosuch
        check -o 'meta.a=1 meta.nosuch' jls -s meta.a meta.nosuch
        check -o '{"__version": "2", "jail-information": {"jail": [{"meta.a":"1"}]}}' jls --libxo json meta.a meta.nosuch
        check -s 1 -e 'jls: unknown parameter: meta.' jls meta.
        check -s 1 -e 'jls: unknown parameter: mete.a' jls mete.a
}

@test "values with anything in them" {
        check jail -c name=a "${base[@]}" persist 'meta.k.with.dots=a = "b" $c' env.e=x=y
        check -o 'a = "b" $c' jls meta.k.with.dots
        check -o 'x=y' jls env.e
        check -o "meta='k.with.dots=a = \"b\" \$c'" jls -nq meta
}

@test "jail.conf: in the order of the file" {
        conf 'meta.x = "of all";
a { root.base = /; root.discard; mount.devfs; persist; meta.y = 1; env.z = "two words"; }'
        check -o 'a: created' jail -f jail.conf -c a
        check -o $'y=1\nx=of all' jls meta
        check -o 'two words' jls env.z
}

@test "they are not inherited" {
        make_host base
        check jail -c name=a root.base="$dir/base" root.discard mount.devfs mount.procfs persist children.max=2 meta.a=1 env.b=2
        check jexec a jail -c name=b path=/ persist
        check -o '"" ""' jexec a jls meta env
}

@test "at most 4095 bytes, and what is too long changes nothing" {
        check jail -c name=a path=/ persist "meta=$(printf '%04095d' 0)"
        check -s 1 -e 'jail: meta: File too large' jail -m name=a meta.x=1
        check -s 1 -e 'jail: env: File too large' jail -m name=a "env=$(printf '%04096d' 0)"
        check -o "$(printf '%04095d' 0)" jls meta
        check -o '""' jls env
        check -s 1 -e 'jail: meta.a: a line has no line break in it, and a key no "="' jail -m name=a $'meta.a=1\n2'
}

@test "env: read inside, changed outside; meta is not inside" {
        check jail -c name=a "${base[@]}" persist env.a=1 env.b=2 meta.secret=xyzzy
        check -o $'b=2\na=1' jexec a cat /dev/jail/env
        check -o $'b=2\na=1' jexec -d / -U nobody a cat /dev/jail/env
        check jail -m name=a env.a=3 env.b
        check -o a=3 jexec a cat /dev/jail/env
        check jail -m name=a env=
        check jexec a cat /dev/jail/env
        check -s 1 jexec a grep -rqs xyzzy /dev /etc /run /tmp
}

@test "env: first given to a jail that runs" {
        check jail -c name=a "${base[@]}" persist
        check -s 2 -o '' -e "ls: cannot access '/dev/jail/env': No such file or directory" jexec a ls /dev/jail/env
        check jail -m name=a env.x=1
        check -o x=1 jexec a cat /dev/jail/env
        check jail -c name=b path=/ persist
        check -e 'jail: env: only with mount.devfs can the jail read it' jail -m name=b env.x=1
        check -o 'env.x=1' jls -j b -n env.x
}

@test "env: root in the jail cannot write it, whatever its ids and whatever it may mount" {
        for more in user=new user=inherit "allow.mount allow.mount.tmpfs enforce_statfs=1"; do
                check jail -c name=a "${base[@]}" persist $more env.x=1
                check -s 2 -e 'sh: 1: cannot create /dev/jail/env: Read-only file system' jexec a sh -c 'echo y >/dev/jail/env'
                check jail -r a
        done
}

@test "env: what the jail has put in the place of the file is not written to" {
        check jail -c name=a "${base[@]}" persist env.x=1 allow.mount allow.mount.tmpfs allow.mount.nullfs enforce_statfs=1
        check jexec a sh -c 'mkdir /tmp/mine; echo old >/tmp/mine/env; mount --bind /tmp/mine /dev/jail'
        check jail -m name=a env.x=2
        check -o x=2 jexec a cat /dev/jail/env
        check -o old jexec a cat /tmp/mine/env
}
