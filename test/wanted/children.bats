# gaol(7), JAILS IN JAILS: children.max, names with dots, what a child may have.

load ../cmd/helper

setup_file() {
        make_host "$BATS_FILE_TMPDIR/base"
}

prepare() {
        base=(root.base="$BATS_FILE_TMPDIR/base" root.discard mount.devfs mount.procfs)
}

# A jail that may have so many.
parent() {
        jail -c name=p "${base[@]}" vnet persist children.max="$1" "${@:2}"
}

in_p() {
        jexec p "$@"
}

# ---------------------------------------------------------------- made in a jail

@test "prison limit exceeded" {
        check parent 2
        check in_p jail -c name=a path=/ persist
        check in_p jail -c name=b path=/ persist
        check -s 1 -e 'jail: prison limit exceeded' in_p jail -c name=c path=/ persist
        check -o $'a\nb' in_p jls name
        check in_p jail -r a
        check in_p jail -c name=c path=/ persist
        check -s 1 -e 'jail: prison limit exceeded' in_p jail -c name=d path=/ persist
        check -o $'b\nc' in_p jls name
}

@test "prison limit exceeded: a jail without children.max makes none" {
        check jail -c name=p "${base[@]}" vnet persist
        check -s 1 -e 'jail: prison limit exceeded' in_p jail -c name=a path=/ persist
        check in_p jls name
}

@test "a.b is a jail below a, which must exist" {
        check -s 1 -e 'jail: jail "a" not found' jail -c name=a.b path=/ persist
        conf 'path = /; persist; a.b { } c { }'
        check -s 1 -o 'c: created' -e 'jail: a.b: jail "a" not found' jail -f jail.conf -c
        check -o c jls name
        check jail -c name=a path=/ persist
        check -o 'a.b: created' jail -f jail.conf -c a.b
        check -o $'1 c 0 0\n2 a 0 1\n3 a.b 2 0' jls jid name parent children.cur
}

@test "-r and -R of a jail remove those below it too" {
        local flag

        for flag in -r -R; do
                check jail -c name=a path=/ persist
                check jail -c name=a.b path=/ persist exec.start='sleep 1000 &'
                check jail -c name=a.b.c path=/ persist
                check jail -c name=ab path=/ persist
                check -o - jail $flag a
                check -o ab jls name
                check -s 1 pgrep -x sleep
                check jail -R ab
        done
}

@test "a jail below another cannot have what that one lacks" {
        check jail -c name=a path=/ persist allow.socket_af
        check -s 1 -e 'jail: allow.raw_sockets: the jail above does not have it' jail -c name=a.b path=/ persist allow.raw_sockets
        check -s 1 -e 'jail: enforce_statfs: 1: lower than that of the jail above' \
                jail -c name=a.b path=/ persist enforce_statfs=1
        check jail -c name=a.b path=/ persist allow.socket_af
        check -s 1 -e 'jail: allow.raw_sockets: the jail above does not have it' jail -m name=a.b allow.raw_sockets
        check -o $'a allow.socket_af allow.noraw_sockets\na.b allow.socket_af allow.noraw_sockets' \
                sh -c 'jls -n name allow.socket_af allow.raw_sockets | sed s/name=//'
}

@test "grandchildren count, and cannot be had behind the limit" {
        check parent 2
        check in_p jail -c name=a path=/ persist children.max=1 mount.procfs mount.devfs
        check in_p jexec a jail -c name=b path=/ persist
        check -s 1 -e 'jail: prison limit exceeded' in_p jexec a jail -c name=c path=/ persist
        check -s 1 -e 'jail: prison limit exceeded' in_p jail -c name=c path=/ persist
        check -o a in_p jls name
        check -o b in_p jexec a jls name
}
