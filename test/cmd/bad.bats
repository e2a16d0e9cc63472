# jail(8), DIAGNOSTICS: what is wrong is said in one line, jail, parameter, what, why; the exit status is 1 and nothing has
# changed.

load helper

cgroups=bad-

# refused MESSAGE STATEMENTS: a jail of a file with these, and another one, which is not concerned.
refused() {
        printf 'bad-a { path = /; persist; %s }\nbad-b { path = /; persist; }\n' "$2" >jail.conf
        check -s 1 -o - -e "jail: bad-a: $1" jail -f jail.conf -c
        holds <(sort "$out") "${notes:-bad-b: created}"
        check -o bad-b jls name
        check jail -R bad-b
        host_same "$BATS_TEST_TMPDIR/before"
}

# The same for what shows only when the jail is there.
undone() {
        local notes=$'bad-a: created\nbad-a: removed\nbad-b: created'

        refused "$@"
}

# syntax MESSAGE TEXT: a file that cannot be read as it is; not even its good jails are made.
syntax() {
        printf '%s' "$2" >jail.conf
        check -s 1 -e "$1" jail -f jail.conf -c
        check jls name
        host_same "$BATS_TEST_TMPDIR/before"
}

# ------------------------------------------------------------------------- text

@test "syntax errors name file, line and token" {
        syntax 'jail: jail.conf line 3: }: syntax error' $'good { path = /; persist; }\na {\n persist }\n'
        syntax 'jail: jail.conf line 1: {: syntax error' '{ }'
        syntax 'jail: jail.conf line 2: =: syntax error' $'a {\n = 3; }'
        syntax 'jail: jail.conf line 1: ,: syntax error' 'a { depend = , b; }'
        syntax 'jail: jail.conf line 1: ;: syntax error' 'a { path = ; }'
        syntax 'jail: jail.conf line 1: *: syntax error' 'foo.* { persist; }'
        syntax 'jail: jail.conf line 1: b: syntax error' 'a { path = a b c; }'
        syntax $'jail: jail.conf line 2: unterminated string\njail: jail.conf: unexpected EOF' $'a {\n path = "x; }'
        syntax 'jail: jail.conf line 1: unterminated comment' 'a { } /* b { }'
        syntax 'jail: jail.conf line 1: unterminated variable' 'a { path = "${x"; }'
        syntax 'jail: jail.conf: unexpected EOF' 'a { persist;'
        syntax 'jail: jail.conf: unexpected EOF' 'a'
}

@test "all syntax errors of a file are told of" {
        printf 'a { = 1; }\nb { persist; }\nc { , }\n' >jail.conf
        check -s 1 -e - jail -f jail.conf -c
        grep -q -x 'jail: jail.conf line 1: =: syntax error' "$err"
        grep -q -x 'jail: jail.conf line 3: ,: syntax error' "$err"
        check jls name
}

@test "a byte that no word can hold is shown, not sent to the terminal" {
        syntax 'jail: jail.conf line 1: ?: syntax error' $'a { path = \033[31m; }'
        check -s 1 -e 'jail: name: "a?b" is not a valid name' jail -c name=$'a\nb' path=/ persist
}

@test "a file that is missing, a directory, or unending" {
        check -s 1 -e 'jail: none.conf: No such file or directory' jail -f none.conf -c
        mkdir dir.conf
        check -s 1 -e 'jail: dir.conf: Is a directory' jail -f dir.conf -c
        check -s 1 -e 'jail: /dev/zero: File too large' timeout 20 jail -f /dev/zero -c
        check jls name
}

@test ".include: missing, too deep, with a variable" {
        syntax 'jail: none.conf: No such file or directory' '.include "none.conf";'
        syntax 'jail: maximum include depth exceeded' '.include "jail.conf";'
        syntax 'jail: jail.conf line 2: =: syntax error' $'\n.include = "none.conf";'
        syntax "jail: jail.conf line 2: variables not permitted in '.include' filename" $'$x = 1;\n.include "$x.conf";'
}

@test "variables: unknown, looping, several where one fits, a parameter's name" {
        refused 'host.hostname: variable "x" not found' 'host.hostname = "$x";'
        refused 'host.hostname: variable "empty" not found' '$empty; host.hostname = "$empty";'
        refused 'x: variable loop' '$x = "$y"; $y = "$x"; host.hostname = "$x";'
        refused 'host.hostname: array cannot be substituted inline' '$x = a, b; host.hostname = "c$x";'
        refused 'variable "$path" cannot have the same name as a parameter.' '$path = x;'
        refused 'cannot redefine parameter "name".' 'name = other;'
}

# ------------------------------------------------------------------- parameters

@test "unknown and read-only parameters" {
        refused 'unknown parameter: nosuch' 'nosuch;'
        refused 'unknown parameter: nosuch.thing' 'nosuch.thing = 1;'
        refused 'unknown parameter: nopath' 'nopath;'
        refused 'dying: read-only parameter' 'dying;'
        refused 'parent: read-only parameter' 'parent = 3;'
        refused 'children.cur: read-only parameter' 'children.cur = 3;'
}

@test "a value of the wrong type" {
        refused 'persist: unknown boolean value "maybe"' 'persist = maybe;'
        refused 'allow.raw_sockets: unknown boolean value "yes"' 'allow.raw_sockets = yes;'
        refused 'securelevel: non-integer value "high"' 'securelevel = high;'
        refused 'securelevel: non-integer value "1x"' 'securelevel = 1x;'
        refused 'securelevel: no value' 'securelevel;'
        refused 'children.max: -1: out of range (0 to 4096)' 'children.max = -1;'
        refused 'children.max: 99999999999999999999: out of range (0 to 4096)' 'children.max = 99999999999999999999;'
        refused 'jid: 1000000: out of range (0 to 999999)' 'jid = 1000000;'
        refused 'stop.timeout: -1: out of range (0 to 2147483647)' 'stop.timeout = -1;'
        refused 'host.hostid: non-integer value "x"' 'host.hostid = x;'
        refused 'vnet: unknown value "perhaps"' 'vnet = perhaps;'
        refused 'vnet: unknown value "3"' 'vnet = 3;'
        refused 'rctl.memoryuse: not an amount: lots' 'rctl.memoryuse = lots;'
        refused 'rctl.pcpu: 0: out of range (1 to 1000000000)' 'rctl.pcpu = 0;'
        refused 'rctl.pcpu: 1E: out of range (1 to 1000000000)' 'rctl.pcpu = 1E;'
        refused 'level: no such level: full' 'level = full;'
        refused 'devfs_ruleset: 70000: out of range (0 to 65535)' 'devfs_ruleset = 70000;'
}

@test "texts that are too long" {
        local long

        long=$(printf 'x%.0s' {1..65})
        refused "host.hostname: $long: File name too long" "host.hostname = $long;"
        refused "host.domainname: $long: File name too long" "host.domainname = $long;"
        refused "host.hostuuid: $long: File name too long" "host.hostuuid = $long;"
}

@test "what cannot be together" {
        refused 'vnet jails cannot have IP address restrictions' 'vnet; ip4 = inherit;'
        refused 'vnet: cannot be disabled' 'vnet = disable;'
        refused 'user: cannot be disabled' 'user = disable;'
        refused 'host: cannot be disabled' 'host = disable;'
        refused 'root.discard: only with root.base' 'root.discard;'
        refused 'vnet.interface: only with vnet' 'vnet.interface = auto;'
}

# ---------------------------------------------------------------------- network

@test "addresses that are none" {
        refused 'vnet.ip4.addr: not an IPv4 address: 192.0.2' 'vnet; vnet.ip4.addr = 192.0.2;'
        refused 'vnet.ip4.addr: not an IPv4 address: 192.0.2.256' 'vnet; vnet.ip4.addr = 192.0.2.256;'
        refused 'vnet.ip4.addr: not an IPv4 address: 0.0.0.0' 'vnet; vnet.ip4.addr = 0.0.0.0;'
        refused 'vnet.ip4.addr: not an IPv4 address: 224.0.0.1' 'vnet; vnet.ip4.addr = 224.0.0.1;'
        refused 'vnet.ip4.addr: not an IPv4 address: 255.255.255.255' 'vnet; vnet.ip4.addr = 255.255.255.255;'
        refused 'vnet.ip4.addr: not an IPv4 address: 2001:db8::1' 'vnet; vnet.ip4.addr = "2001:db8::1";'
        refused 'vnet.ip4.addr: not a prefix length: 33' 'vnet; vnet.ip4.addr = 192.0.2.1/33;'
        refused 'vnet.ip4.addr: not a prefix length: 255.0.255.0' 'vnet; vnet.ip4.addr = 192.0.2.1/255.0.255.0;'
        refused 'vnet.ip4.addr: not a prefix length: ' 'vnet; vnet.ip4.addr = "192.0.2.1/";'
        refused 'vnet.ip6.addr: not an IPv6 address: ::' 'vnet; vnet.ip6.addr = "::";'
        refused 'vnet.ip6.addr: not an IPv6 address: ff02::1' 'vnet; vnet.ip6.addr = "ff02::1";'
        refused 'vnet.ip6.addr: not a prefix length: 129' 'vnet; vnet.ip6.addr = "2001:db8::1/129";'
        refused 'vnet.ip6.addr: not an IPv6 address: 192.0.2.1' 'vnet; vnet.ip6.addr = 192.0.2.1;'
}

@test "interfaces, gateways, ports" {
        undone 'vnet.interface: nosuch0: No such device' 'vnet; vnet.interface = nosuch0;'
        undone 'vnet.interface: nosuch0: No such device' 'vnet; vnet.interface = auto, nosuch0;'
        refused 'vnet.interface: not an interface name: a b' 'vnet; vnet.interface = "a b";'
        refused 'vnet.interface: lo: every vnet jail has its own' 'vnet; vnet.interface = lo;'
        undone 'vnet.ip4.addr: eth5: No such device' 'vnet; vnet.interface = auto; vnet.ip4.addr = "eth5|192.0.2.1";'
        undone "vnet.ip4.addr: 127.0.0.1: the host's own address" 'vnet; vnet.interface = auto; vnet.ip4.addr = 127.0.0.1;'
        refused 'vnet.gateway: not an IP address: 192.0.2' 'vnet; vnet.interface = auto; vnet.gateway = 192.0.2;'
        refused 'publish: not a port: 0' 'vnet; vnet.interface = auto; vnet.ip4.addr = 192.0.2.1; publish = 0:1;'
        undone 'publish: the jail has no address' 'vnet; vnet.interface = auto; publish = 80:80;'
        undone 'vnet.nat: the jail has no address' 'vnet; vnet.interface = auto; vnet.nat;'
}

@test "what fails last takes back what was made first" {
        undone 'vnet.interface: nosuch0: No such device' 'rctl.maxproc = 10; vnet;
                vnet.interface = auto, "auto@br7", nosuch0; vnet.ip4.addr = 192.0.2.1; publish = 80:80;'
        undone 'publish: 192.0.2.9:80:80: the jail has no IPv4 address' 'rctl.maxproc = 10; vnet;
                vnet.interface = auto, "auto@br7"; vnet.ip6.addr = "2001:db8::1"; vnet.nat; publish = 192.0.2.9:80:80;'
        undone 'false: failed' 'rctl.maxproc = 10; vnet; vnet.interface = auto, "auto@br7"; vnet.ip4.addr = 192.0.2.1;
                vnet.nat; publish = 80:80; exec.poststart = false;'
}

# ------------------------------------------------------------------ files, limits

@test "paths" {
        make_root root
        ln -s /etc root/link
        printf 'bad-a { path = "%s"; persist; mount = "/tmp %s/link nullfs rw"; }' "$dir/root" "$dir/root" >jail.conf
        check -s 1 -e "jail: bad-a: mount: $dir/root/link is a symbolic link" jail -f jail.conf -c
        printf 'bad-a { path = "%s"; persist; mount = "/tmp %s/../x nullfs rw"; }' "$dir/root" "$dir/root" >jail.conf
        check -s 1 -e - jail -f jail.conf -c
        [ "$(wc -l <"$err")" = 1 ]
        printf 'bad-a { path = "%s/none"; persist; }' "$dir" >jail.conf
        check -s 1 -e "jail: bad-a: path: $dir/none: No such file or directory" jail -f jail.conf -c
        printf 'bad-a { path = relative; persist; }' >jail.conf
        check -s 1 -e 'jail: bad-a: path: not an absolute pathname: relative' jail -f jail.conf -c
        printf 'bad-a { path = "/x/../y"; persist; }' >jail.conf
        check -s 1 -e 'jail: bad-a: path: ".." is not allowed: /x/../y' jail -f jail.conf -c
        printf 'bad-a { root.base = "%s/none"; persist; }' "$dir" >jail.conf
        check -s 1 -e - jail -f jail.conf -c
        grep -q -x "jail: bad-a: root.base: .*$dir/none: No such file or directory" "$err"
        refused 'mount: missing information' 'mount = x;'
        refused 'mount.fstab: /none: No such file or directory' 'mount.fstab = /none;'
        refused 'devfs_ruleset: 9: no such ruleset' 'devfs_ruleset = 9;'
        refused 'exec.consolelog: not an absolute pathname: x' 'exec.consolelog = x;'
        check jls name
}

@test "a name in use, a jid in use" {
        check jail -c name=bad-a jid=7 path=/ persist
        printf 'bad-a { path = /; persist; }\n' >jail.conf
        check -s 1 -e 'jail: "bad-a" already exists' jail -f jail.conf -c bad-a
        printf 'bad-b { path = /; persist; jid = 7; }\n' >jail.conf
        check -s 1 -e 'jail: "7" already exists' jail -f jail.conf -c
        check -o '7 bad-a' jls jid name
}

@test "names" {
        local name

        for name in ../x x/y -x .x x. x..y 'a b' $'a\nb' 'a;b' '$x' 'a*b' é ''; do
                check -s 1 -e - jail -c "name=$name" path=/ persist
                [ "$(wc -l <"$err")" = 1 ]
        done
        check -s 1 -e - jail -c "name=$(printf 'x%.0s' {1..256})" path=/ persist
        check jls name
        [ ! -e /run/gaol/x ] && [ ! -e /run/x ]
        for name in a_b a-b a:b a@b a+b A1 "$(printf 'x%.0s' {1..200})"; do
                check jail -c "name=$name" path=/ persist
                check -o "$name" jls -j "$name" name
                check jail -r "$name"
        done
}

@test "names on the command line of the other operations reach no other file" {
        check jail -R '*'        # makes the directory, if it is not there
        : >/run/gaol/victim
        check -s 1 -e 'jail: "../victim" not found' jail -r ../victim
        check -s 1 -e 'jail: "../victim" not found' jail -R ../victim
        check -s 1 -e 'jail: name: "../victim" is not a valid name' jail -m name=../victim host.hostname=x
        check -s 1 -e 'jexec: jail "../victim" not found' jexec ../victim true
        check -s 1 -e 'jls: jail "../victim" not found' jls -j ../victim
        [ -e /run/gaol/victim ]
        rm /run/gaol/victim
}

@test "limits that the kernel refuses" {
        refused "rctl.openfiles: 99999999999: above the hard limit $(ulimit -H -n)" 'rctl.openfiles = 99999999999;'
        refused 'cpuset.cpus: 99999: write cpuset.cpus: Numerical result out of range' \
                'rctl.maxproc = 10; cpuset.cpus = 99999;'
        host_same "$BATS_TEST_TMPDIR/before"
}

@test "a limit too small to live with" {
        printf 'bad-a { path = /; persist; rctl.memoryuse = 1; exec.start = true; }\n' >jail.conf
        check -s 1 -o $'bad-a: created\nbad-a: removed' -e - jail -f jail.conf -c
        [ "$(wc -l <"$err")" = 1 ]
        check jls name
        host_same "$BATS_TEST_TMPDIR/before"
}

# ------------------------------------------------------------- on a running jail

@test "a change that is refused changes nothing" {
        local before

        check jail -c name=bad-a path=/ persist host.hostname=one rctl.maxproc=10
        before=$(jls -s)
        check -s 1 -e 'jail: path cannot be changed after creation' jail -m name=bad-a host.hostname=two rctl.maxproc=20 path=/tmp
        check -s 1 -e 'jail: unknown parameter: nosuch' jail -m name=bad-a host.hostname=two nosuch=1
        check -s 1 -e 'jail: persist: unknown boolean value "x"' jail -m name=bad-a host.hostname=two persist=x
        check -s 1 -e 'jail: vnet.ip4.addr: only with vnet' jail -m name=bad-a host.hostname=two vnet.ip4.addr=192.0.2.1
        check -o "$before" jls -s
        check -o one jexec bad-a uname -n
}

@test "who is not root" {
        check -s 1 -e - setpriv --reuid 65534 --clear-groups jail -c name=bad-a path=/ persist
        [ "$(wc -l <"$err")" = 1 ]
        check -s 1 -e - setpriv --reuid 65534 --clear-groups jls
        [ "$(wc -l <"$err")" = 1 ]
        check jls name
}

@test "output that cannot be written" {
        [ -c /dev/full ] || skip 'no /dev/full'
        check jail -c name=bad-a path=/ persist
        check -s 1 -e 'jls: standard output: No space left on device' sh -c 'jls >/dev/full'
}
