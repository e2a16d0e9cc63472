# jail(8), roots and user ids: path, root.base, root.layer, root.discard, user.

load ../cmd/helper

# What a command prints in a new jail of the given parameters.
inside() {
        jail -c name=a "${@:1:$#-1}" command=/bin/sh -c "${@: -1}"
}

# ------------------------------------------------------------------------- path

@test "root.base: trees below the host's own, in front of it" {
        tree one
        tree two
        check -o $'one\none\ntwo\nbash' inside root.base="$dir/one" root.base="$dir/two" root.base=/ root.discard '
                cat /etc/all /etc/one /etc/two
                basename /bin/bash'
        check -o one inside root.base="$dir/one" root.base=/ root.discard 'cat /etc/all'
}

@test "root.layer: elsewhere; made if it is missing; not shared by two running jails" {
        make_root base
        check jail -c name=a root.base="$dir/base" root.layer="$dir/layer" persist
        check -s 1 -e "jail: root.base: mount overlay: Device or resource busy" \
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
}
