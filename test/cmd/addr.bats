# jail(8), Address jails: jails on the host's stack and what they may do with addresses.

load helper

# For all tests of the file: a root with talk(1) and sock(1) in it, see talk.c and sock.c.
setup_file() {
        make_root "$BATS_FILE_TMPDIR/base"
        cp "$GAOL_TALK" "$BATS_FILE_TMPDIR/base/bin/talk"
        cp "$GAOL_SOCK" "$BATS_FILE_TMPDIR/base/bin/sock"
}

cgroups=addr-

prepare() {
        base=$BATS_FILE_TMPDIR/base
        conf=(root.base="$base" root.discard persist mount.devfs mount.procfs)
        talk=$GAOL_TALK
        # links get no addresses by themselves, some time after they came up
        echo 1 >/proc/sys/net/ipv6/conf/default/addr_gen_mode
        for n in 1 2 3 9; do
                host_address 192.0.2.$n/32
                host_address 2001:db8::$n/128
        done
        scene
}

host_address() {
        case $1 in
        *:*) ip addr add "$1" dev lo nodad ;;
        *) ip addr add "$1" dev lo ;;
        esac
        finally ip addr del "$1" dev lo
}

# at N [PARAMETER...]: the jail addr-N with 192.0.2.N and 2001:db8::N.
at() {
        jail -c name=addr-"$1" "${conf[@]}" ip4.addr=192.0.2."$1" ip6.addr=2001:db8::"$1" "${@:2}"
}

# in_ N COMMAND...
in_() {
        jexec addr-"$1" "${@:2}"
}

# on_host COMMAND...: goes to the background by itself; until the end of the test. Before the first jail.
on_host() {
        local pid

        "$@"
        pid=$(pgrep -n -x "${1##*/}")
        finally end "$pid"
        scene
}

# An interface of the host's with nothing behind it.
interface() {
        ip link add "$1" type veth peer name "$1p"
        finally ip link del "$1"
        ip link set "$1p" up
        ip link set "$1" up
        for end in "$1" "$1p"; do
                eventually sh -c "ip -6 route show table local dev $end | grep -q ff00::/8"
        done
        scene
}

# Those who will get no answer need not wait for long.
unheard() {
        TALK_PATIENCE=300 "$@"
}

# ---------------------------------------------------------------------- servers

@test "two jails and the host on one port, TCP and UDP, IPv4 and IPv6" {
        local n p

        on_host "$talk" serve tcp 192.0.2.9 80 host
        for n in 1 2; do
                check at $n
                # one listener has both families, of datagram sockets each its own
                check in_ $n talk serve tcp :: 80 "jail$n"
                check in_ $n talk serve udp :: 80 "jail$n"
                check in_ $n talk serve udp 0.0.0.0 80 "jail$n"
        done
        for p in tcp udp; do
                for n in 1 2; do
                        check -o "jail$n from 192.0.2.9" "$talk" ask $p 192.0.2.$n 80 192.0.2.9
                        check -o "jail$n from 2001:db8::9" "$talk" ask $p 2001:db8::$n 80 2001:db8::9
                        # each by its own loopback
                        check -o "jail$n from 192.0.2.$n" in_ $n talk ask $p 127.0.0.1 80
                        check -o "jail$n from 2001:db8::$n" in_ $n talk ask $p ::1 80
                done
                check -o "jail2 from 192.0.2.1" in_ 1 talk ask $p 192.0.2.2 80
                check -o "jail1 from 2001:db8::2" in_ 2 talk ask $p 2001:db8::1 80
        done
        check -o "host from 192.0.2.2" in_ 2 talk ask tcp 192.0.2.9 80
}

@test "a real server on one port in two jails" {
        local n

        for n in 1 2; do
                check at $n
                check in_ $n sh -c "mkdir /srv; echo page$n >/srv/index.html; httpd -p 80 -h /srv"
        done
        for n in 1 2; do
                check -o "page$n" busybox wget -q -O - http://192.0.2.$n/
                check -o "page$n" in_ $n wget -q -O - http://127.0.0.1/
        done
}

@test "nginx, one port in two jails, as its packages configure it" {
        local n to

        for n in 1 2; do
                check jail -c name=addr-$n root.base=/ root.discard mount.devfs mount.procfs persist \
                        ip4.addr=192.0.2.$n ip6.addr=2001:db8::$n
                check in_ $n sh -c "mkdir -p /var/lib/nginx /tmp/www; echo page$n >/tmp/www/index.html; chmod -R a+rX /tmp/www"
                check in_ $n sh -c "echo 'user www-data; pid /tmp/nginx.pid; error_log /tmp/error.log; events {}
                        http { access_log off; server {
                                listen 80 default_server; listen [::]:80 default_server; root /tmp/www; } }' >/tmp/nginx.conf"
                check -e - in_ $n nginx -c /tmp/nginx.conf
        done
        for n in 1 2; do
                for to in 192.0.2.$n [2001:db8::$n]; do
                        check -o "page$n" busybox wget -q -O - http://$to/
                done
                check -o "page$n" in_ $n busybox wget -q -O - http://127.0.0.1/
                check -o "page$n" in_ $n busybox wget -q -O - http://[::1]/
        done
}

@test "redis, one port in two jails" {
        local n

        for n in 1 2; do
                check jail -c name=addr-$n root.base=/ root.discard mount.devfs mount.procfs persist ip4.addr=192.0.2.$n
                check -o - in_ $n redis-server --daemonize yes --dir /tmp --save '' --logfile /tmp/log \
                        --bind 127.0.0.1 --protected-mode no
                eventually sh -c "[ \"\$(jexec addr-$n redis-cli ping)\" = PONG ]"
                check -o OK in_ $n redis-cli set name "jail$n"
        done
        for n in 1 2; do
                check -o "jail$n" in_ $n redis-cli get name
        done
        check -s 1 -o '' -e 'Could not connect to Redis at 127.0.0.1:6379: Connection refused' redis-cli get name
}

@test "the network stack is the host's, no namespace of its own" {
        check at 1
        check -o "$(readlink /proc/self/ns/net)" readlink "/proc/$(init_of addr-1)/ns/net"
}

# ------------------------------------------------------------------------ names

@test "what getsockname and getpeername say" {
        local p

        check at 1
        for p in tcp udp; do
                check -o 192.0.2.1 in_ 1 sock bound $p 0.0.0.0 80
                check -o 192.0.2.1 in_ 1 sock bound $p 127.0.0.1 80
                check -o 192.0.2.1 in_ 1 sock bound $p 127.0.0.53 80
                check -o 192.0.2.1 in_ 1 sock bound $p 192.0.2.1 80
                check -o 192.0.2.1 in_ 1 sock bound $p 0.0.0.0 0
                [ $p = tcp ] || check -o 2001:db8::1 in_ 1 sock bound $p :: 80
                check -o 2001:db8::1 in_ 1 sock bound $p ::1 80
                check -o ::ffff:192.0.2.1 in_ 1 sock bound $p ::ffff:0.0.0.0 80
                check -o ::ffff:192.0.2.1 in_ 1 sock bound $p ::ffff:127.0.0.1 80
                [ $p = tcp ] || check in_ 1 talk serve $p 0.0.0.0 81 x
                check in_ 1 talk serve $p :: 81 x
                for at in 127.0.0.1 0.0.0.0 127.9.9.9 192.0.2.1; do
                        check -o '192.0.2.1 > 192.0.2.1' in_ 1 sock names $p $at 81
                done
                for at in ::1 :: 2001:db8::1; do
                        check -o '2001:db8::1 > 2001:db8::1' in_ 1 sock names $p $at 81
                done
                check -o '::ffff:192.0.2.1 > ::ffff:192.0.2.1' in_ 1 sock names $p ::ffff:127.0.0.1 81
        done
        # it has both families, and so no single address
        check -o :: in_ 1 sock bound tcp :: 82
        check -o '192.0.2.1 > 192.0.2.9' in_ 1 sock names udp 192.0.2.9 81
        check -o '192.0.2.1 > 192.0.2.1' in_ 1 sock again 192.0.2.9 81 127.0.0.1 81
        check -o '2001:db8::1 > 2001:db8::9' in_ 1 sock names udp 2001:db8::9 81
}

@test "families without addresses" {
        check jail -c name=addr-4 "${conf[@]}" ip4.addr=192.0.2.1
        check jail -c name=addr-6 "${conf[@]}" ip6.addr=2001:db8::2
        check in_ 4 sock make inet stream 0
        check -s 1 -e 'sock: socket: Address family not supported by protocol' in_ 4 sock make inet6 stream 0
        check -s 1 -e 'sock: socket: Address family not supported by protocol' in_ 6 sock make inet dgram 0
        check in_ 6 sock make inet6 dgram 0
        check -s 1 -e 'sock: bind: Cannot assign requested address' in_ 6 sock bound tcp ::ffff:0.0.0.0 80
        check -s 1 -e 'sock: connect: Address family not supported by protocol' in_ 6 sock names tcp ::ffff:192.0.2.9 80
}

ping_groups() {
        finally sh -c "echo '$(cat /proc/sys/net/ipv4/ping_group_range)' >/proc/sys/net/ipv4/ping_group_range"
        echo "$1" >/proc/sys/net/ipv4/ping_group_range
}

@test "other protocols" {
        check at 1
        # what ping without raw sockets would use: the kernel refuses unless net.ipv4.ping_group_range has the group
        check -s 1 -e 'sock: socket: Permission denied' in_ 1 sock make inet dgram 1
        ping_groups '0 4294967294'
        check -s 1 -e 'sock: socket: Protocol not supported' in_ 1 sock make inet dgram 1
        check -s 1 -e 'sock: socket: Protocol not supported' in_ 1 sock make inet6 dgram 58
        # MPTCP and SCTP, which this kernel need not have
        check -s 1 -e 'sock: socket: Protocol not supported' in_ 1 sock make inet stream 262
        check -s 1 -e 'sock: socket: Protocol not supported' in_ 1 sock make inet stream 132
        check -s 1 -e 'sock: socket: Operation not permitted' in_ 1 sock make inet raw 1
}

# ------------------------------------------------------------- somebody else's

@test "neither bind to, connect as nor send from another address" {
        local p at

        on_host "$talk" hear udp 192.0.2.9 99 "$dir/heard"
        check at 1
        check at 2
        for p in tcp udp; do
                for at in 192.0.2.2 192.0.2.9 203.0.113.1 255.255.255.255 224.0.0.1 2001:db8::2 2001:db8::9 \
                        ::ffff:192.0.2.2 fe80::1 ff02::1; do
                        check -s 1 -e 'sock: bind: Cannot assign requested address' in_ 1 sock bound $p $at 80
                done
                check -s 1 -e 'sock: bind: Cannot assign requested address' in_ 1 sock names $p 192.0.2.9 80 192.0.2.2
        done
        check in_ 1 talk say udp 192.0.2.9 99 own
        check in_ 1 sock from 192.0.2.1 192.0.2.9 99 asked
        check -s 1 -e 'sock: sendmsg: Cannot assign requested address' in_ 1 sock from 192.0.2.2 192.0.2.9 99 forged
        check -s 1 -e 'sock: sendmsg: Cannot assign requested address' in_ 1 sock connected-from 192.0.2.2 192.0.2.9 99 forged
        check -s 1 -e 'sock: sendmsg: Cannot assign requested address' in_ 1 sock from 2001:db8::2 2001:db8::9 99 forged
        check -s 1 -e 'sock: sendmsg: Cannot assign requested address' in_ 1 sock connected-from 2001:db8::2 2001:db8::9 99 forged
        check in_ 1 sock from 2001:db8::1 2001:db8::9 99 nobody
        eventually holds heard $'own from 192.0.2.1\nasked from 192.0.2.1'
}

@test "the host's loopback is out of reach" {
        local p

        for p in tcp udp; do
                on_host "$talk" serve $p 127.0.0.1 81 host
                on_host "$talk" serve $p ::1 81 host
        done
        check at 1
        for p in tcp udp; do
                check -o 'host from 127.0.0.1' "$talk" ask $p 127.0.0.1 81
                for at in 127.0.0.1 0.0.0.0 127.0.0.2 ::1 :: ::ffff:127.0.0.1; do
                        check -s 1 -e - unheard in_ 1 talk ask $p $at 81
                        grep -q -e ': Connection refused$' -e 'no answer' "$err"
                done
        done
}

@test "listening without having bound" {
        check at 1
        check at 2
        check in_ 1 sock listen inet /tmp/port $'one\n'
        eventually in_ 1 test -s /tmp/port
        port=$(in_ 1 cat /tmp/port)
        check -o one "$talk" ask tcp 192.0.2.1 "$port"
        check -o one in_ 1 talk ask tcp 127.0.0.1 "$port"
        for to in 192.0.2.2 192.0.2.9 127.0.0.1; do
                check -s 1 -e 'talk: no answer' unheard "$talk" ask tcp $to "$port"
        done
        check in_ 2 sock listen inet6 /tmp/port $'two\n'
        eventually in_ 2 test -s /tmp/port
        port=$(in_ 2 cat /tmp/port)
        check -o two "$talk" ask tcp 2001:db8::2 "$port"
        check -o two "$talk" ask tcp 192.0.2.2 "$port"
        for to in 2001:db8::1 2001:db8::9 ::1 192.0.2.1; do
                check -s 1 -e 'talk: no answer' unheard "$talk" ask tcp $to "$port"
        done
}

@test "a group that the jail is in cannot be left, and what enters it is in it" {
        check at 1
        check -o '0::/' in_ 1 sh -c 'grep ^0: /proc/self/cgroup'
        check grep -q '^0::/.*gaol.net/addr-1$' "/proc/$(init_of addr-1)/cgroup"
}

# --------------------------------------------------------------------- raw

@test "raw sockets: only from and to the jail's addresses" {
        check -e 'jail: allow.raw_sockets: on the host'\''s stack only with user=inherit; the jail goes without' \
                at 2 allow.raw_sockets
        check -s 1 -e 'sock: socket: Operation not permitted' in_ 2 sock make inet raw 1
        check at 1 allow.raw_sockets user=inherit
        check in_ 1 sock make inet raw 1
        check -o answer in_ 1 sock ping 192.0.2.1 192.0.2.9
        check -s 1 -e - in_ 1 sock ping 192.0.2.2 192.0.2.9
        check in_ 1 sock raw 192.0.2.1 192.0.2.9
        check -s 1 -e 'sock: sendto: Operation not permitted' in_ 1 sock raw 192.0.2.2 192.0.2.9
        check -s 1 -e 'sock: socket: Operation not permitted' in_ 1 sock make packet raw 768
}

# ------------------------------------------------------------- reserved ports

@test "allow.reserved_ports" {
        check at 1
        check -o 192.0.2.1 in_ 1 sock bound tcp 0.0.0.0 80
        check at 2 allow.noreserved_ports
        check -s 1 -e 'sock: bind: Permission denied' in_ 2 sock bound tcp 0.0.0.0 80
        check -o 192.0.2.2 in_ 2 sock bound tcp 0.0.0.0 1024
        check -s 1 -e 'sock: bind: Permission denied' jexec -U user addr-1 sock bound tcp 0.0.0.0 80
        check jail -m name=addr-1 allow.noreserved_ports
        check -s 1 -e 'sock: bind: Permission denied' in_ 1 sock bound tcp 0.0.0.0 80
        check jail -m name=addr-1 allow.reserved_ports
        check -o 192.0.2.1 in_ 1 sock bound tcp 0.0.0.0 80
}

# ------------------------------------------------------------ several addresses

@test "several addresses" {
        check jail -c name=addr-1 "${conf[@]}" ip4.addr=192.0.2.2,192.0.2.9,192.0.2.1 ip6.addr=2001:db8::2,2001:db8::9,2001:db8::1
        # the first is the primary one, the rest are sorted
        check -o '192.0.2.2,192.0.2.1,192.0.2.9 2001:db8::2,2001:db8::1,2001:db8::9' jls -j addr-1 ip4.addr ip6.addr
        for at in 192.0.2.1 192.0.2.2 192.0.2.9 2001:db8::1 2001:db8::9 ::ffff:192.0.2.9; do
                check -o $at in_ 1 sock bound tcp $at 80
        done
        check -o 0.0.0.0 in_ 1 sock bound tcp 0.0.0.0 80
        check -o :: in_ 1 sock bound tcp :: 80
        check -o 192.0.2.2 in_ 1 sock bound tcp 127.0.0.1 80
        check -s 1 -e 'sock: bind: Cannot assign requested address' in_ 1 sock bound tcp 192.0.2.3 80
        # a datagram socket that wants any port has all
        check -o 0.0.0.0 in_ 1 sock bound udp 0.0.0.0 0
        check -o :: in_ 1 sock bound udp :: 0
        check -o 192.0.2.2 in_ 1 sock bound udp 0.0.0.0 53
}

@test "a server for all addresses, of both families" {
        local to

        check jail -c name=addr-1 "${conf[@]}" ip4.addr=192.0.2.2,192.0.2.1 ip6.addr=2001:db8::2,2001:db8::1
        check jail -c name=addr-2 "${conf[@]}" ip4.addr=192.0.2.3 ip6.addr=2001:db8::3
        check in_ 1 sh -c "mkdir /srv; echo one >/srv/index.html; httpd -p 80 -h /srv"
        check in_ 2 sh -c "mkdir /srv; echo two >/srv/index.html; httpd -p 80 -h /srv"
        for to in 192.0.2.1 192.0.2.2 [2001:db8::1] [2001:db8::2]; do
                check -o one busybox wget -q -O - http://$to/
                check -o one in_ 1 wget -q -O - http://$to/
        done
        for to in 192.0.2.3 [2001:db8::3]; do
                check -o two busybox wget -q -O - http://$to/
                check -o two in_ 1 wget -q -O - http://$to/
        done
        # what the socket's owner sees
        check -o :: in_ 1 sock both :: 81
        check -o 0.0.0.0 in_ 1 sock bound tcp 0.0.0.0 82
        # of one family
        check in_ 1 talk serve tcp 0.0.0.0 83 four
        check -o 'four from 192.0.2.9' "$talk" ask tcp 192.0.2.1 83 192.0.2.9
        check -o 'four from 192.0.2.9' "$talk" ask tcp 192.0.2.2 83 192.0.2.9
        check -s 1 -e 'talk: connect: Connection refused' "$talk" ask tcp 2001:db8::1 83 2001:db8::9
        # one that wants a certain address takes it from the one that has all
        check in_ 1 talk serve tcp 192.0.2.1 80 certain
        check -o 'certain from 192.0.2.9' "$talk" ask tcp 192.0.2.1 80 192.0.2.9
        check -o one busybox wget -q -O - http://192.0.2.2/
        # and when it is gone nothing leads there
        check in_ 1 sh -c 'kill $(pidof httpd)'
        check -s 1 -e 'talk: connect: Connection refused' "$talk" ask tcp 2001:db8::1 80
}

@test "saddrsel" {
        check jail -c name=addr-1 "${conf[@]}" ip4.addr=192.0.2.1,192.0.2.2,192.0.2.9 ip6.addr=2001:db8::1,2001:db8::9
        check -o '192.0.2.2 > 192.0.2.3' in_ 1 sock names udp 192.0.2.3 53
        check -o '192.0.2.9 > 192.0.2.9' in_ 1 sock names udp 192.0.2.9 53
        check -o '192.0.2.1 > 192.0.2.1' in_ 1 sock names udp 127.0.0.1 53
        check -o '2001:db8::9 > 2001:db8::9' in_ 1 sock names udp 2001:db8::9 53
        check -o '2001:db8::1 > 2001:db8::3' in_ 1 sock names udp 2001:db8::3 53
        check jail -m name=addr-1 ip4.nosaddrsel ip6.nosaddrsel
        check -o '192.0.2.1 > 192.0.2.3' in_ 1 sock names udp 192.0.2.3 53
        check -o '2001:db8::1 > 2001:db8::9' in_ 1 sock names udp 2001:db8::9 53
}

@test "up to 255 addresses of a family" {
        local all="" n

        for ((n = 1; n < 256; n++)); do
                all+=,10.0.$((n / 200)).$((n % 200 + 1))
        done
        check jail -c name=addr-1 "${conf[@]}" ip4.addr="192.0.2.1,${all#,10.0.0.2,}"
        check -o 0.0.0.0 in_ 1 sock bound tcp 0.0.0.0 80
        check in_ 1 talk serve tcp 0.0.0.0 81 all
        check -o 'all from 192.0.2.1' in_ 1 talk ask tcp 192.0.2.1 81 192.0.2.1
        check jail -r addr-1
        check -s 1 -e 'jail: too many IPv4 addresses' jail -c name=addr-1 "${conf[@]}" ip4.addr="192.0.2.1,${all#,}"
        all=
        for ((n = 1; n < 257; n++)); do
                all+=,2001:db8:1::$n
        done
        check -s 1 -e 'jail: too many IPv6 addresses' jail -c name=addr-1 "${conf[@]}" ip6.addr="${all#,}"
}

# ------------------------------------------------------------------------ clash

@test "clashes" {
        check at 1
        # the only one of both
        check jail -c name=addr-2 "${conf[@]}" ip4.addr=192.0.2.1
        check -s 1 -e 'jail: IPv4 addresses clash' jail -c name=addr-3 "${conf[@]}" ip4.addr=192.0.2.3,192.0.2.1
        check -s 1 -e 'jail: IPv6 addresses clash' jail -c name=addr-3 "${conf[@]}" ip6.addr=2001:db8::3,2001:db8::1
        check jail -c name=addr-3 "${conf[@]}" ip4.addr=192.0.2.3,192.0.2.9
        check -s 1 -e 'jail: IPv4 addresses clash' jail -c name=addr-4 "${conf[@]}" ip4.addr=192.0.2.9
        check -s 1 -e 'jail: IPv4 addresses clash' jail -m name=addr-2 ip4.addr=192.0.2.1,192.0.2.2
        check -o 192.0.2.1 jls -j addr-2 ip4.addr
        check jail -r addr-1
        check jail -m name=addr-2 ip4.addr=192.0.2.1,192.0.2.2
        check -s 1 -e 'jail: IPv4 addresses clash' at 1
}

@test "bad addresses" {
        check -s 1 -e 'jail: ip4.addr: not an IPv4 address: 192.0.2' jail -c name=addr-1 "${conf[@]}" ip4.addr=192.0.2
        check -s 1 -e 'jail: ip4.addr: not an IPv4 address: 0.0.0.0' jail -c name=addr-1 "${conf[@]}" ip4.addr=0.0.0.0
        check -s 1 -e 'jail: ip4.addr: not an IPv4 address: 255.255.255.255' jail -c name=addr-1 "${conf[@]}" ip4.addr=255.255.255.255
        check -s 1 -e 'jail: ip6.addr: not an IPv6 address: ::' jail -c name=addr-1 "${conf[@]}" ip6.addr=::
        check -s 1 -e 'jail: ip6.addr: not an IPv6 address: 192.0.2.1' jail -c name=addr-1 "${conf[@]}" ip6.addr=192.0.2.1
        check -s 1 -e 'jail: ip4.addr: not a prefix length: 33' jail -c name=addr-1 "${conf[@]}" ip4.addr=192.0.2.1/33
        check -s 1 -e 'jail: ip4.addr: 192.0.2.1: given twice' jail -c name=addr-1 "${conf[@]}" ip4.addr=192.0.2.1,192.0.2.2,192.0.2.1
        check -s 1 -e 'jail: ip4.addr: 192.0.2.2: given twice' jail -c name=addr-1 "${conf[@]}" ip4.addr=192.0.2.1,192.0.2.2,192.0.2.2
        check -s 1 -e 'jail: ip4.addr: nothing but an address and its length can be given: lo|192.0.2.1/32 vhid 1' \
                jail -c name=addr-1 "${conf[@]}" ip4.addr='lo|192.0.2.1/32 vhid 1'
        check -s 1 -e 'jail: vnet jails cannot have IP address restrictions' jail -c name=addr-1 "${conf[@]}" vnet ip4.addr=192.0.2.1
        check -s 1 -e 'jail: vnet jails cannot have IP address restrictions' jail -c name=addr-1 "${conf[@]}" vnet ip6=new
        check -s 1 -e 'jail: exec.fib: 1: Linux has no routing table of a process; a vnet jail has its own' \
                jail -c name=addr-1 "${conf[@]}" ip4.addr=192.0.2.1 exec.fib=1
        check -s 1 -e 'jail: interface: not an interface name: a/b' jail -c name=addr-1 "${conf[@]}" interface=a/b
        check jail -c name=addr-1 "${conf[@]}" ip4.addr=192.0.2.1 exec.fib=0
}

# ---------------------------------------------------------------------- inherit

@test "inherit: all that the host has, of one family or both" {
        on_host "$talk" serve tcp 127.0.0.1 8080 host
        on_host "$talk" serve tcp ::1 8080 host
        check jail -c name=addr-1 "${conf[@]}" ip4=inherit
        check -o 'host from 127.0.0.1' in_ 1 talk ask tcp 127.0.0.1 8080
        check -o 0.0.0.0 in_ 1 sock bound tcp 0.0.0.0 80
        check -s 1 -e 'sock: socket: Address family not supported by protocol' in_ 1 sock make inet6 stream 0
        check jail -c name=addr-2 "${conf[@]}" ip6=inherit
        check -o 'host from ::1' in_ 2 talk ask tcp ::1 8080
        check -s 1 -e 'sock: socket: Address family not supported by protocol' in_ 2 sock make inet stream 0
        check -s 1 -e 'sock: connect: Address family not supported by protocol' in_ 2 sock names tcp ::ffff:127.0.0.1 8080
        check jail -c name=addr-3 "${conf[@]}" ip4=inherit ip6=inherit
        check -o 'host from 127.0.0.1' in_ 3 talk ask tcp 127.0.0.1 8080
        check -o 'host from ::1' in_ 3 talk ask tcp ::1 8080
        check -o :: in_ 3 sock bound tcp :: 80
        check jail -c name=addr-4 "${conf[@]}" ip4=inherit ip6.addr=2001:db8::1
        check -o 'host from 127.0.0.1' in_ 4 talk ask tcp 127.0.0.1 8080
        check -o 'host from 127.0.0.1' in_ 4 talk ask tcp ::ffff:127.0.0.1 8080
        check -s 1 -e 'talk: connect: Connection refused' in_ 4 talk ask tcp ::1 8080
        check -o 2001:db8::1 in_ 4 sock bound tcp :: 80
}

# -------------------------------------------------------------------- hierarchy

@test "a jail below another has of its addresses and no others" {
        check jail -c name=addr-1 "${conf[@]}" children.max=5 ip4.addr=192.0.2.1,192.0.2.2
        check jail -c name=addr-1.a "${conf[@]}" ip4.addr=192.0.2.2
        check -s 1 -e 'jail: ip4.addr: 192.0.2.3: the jail above does not have it' \
                jail -c name=addr-1.b "${conf[@]}" ip4.addr=192.0.2.3
        check -s 1 -e 'jail: ip6.addr: 2001:db8::1: the jail above does not have it' \
                jail -c name=addr-1.b "${conf[@]}" ip6.addr=2001:db8::1
        check -o 192.0.2.2 jexec addr-1.a sock bound tcp 0.0.0.0 80
        check -s 1 -e 'sock: bind: Cannot assign requested address' jexec addr-1.a sock bound tcp 192.0.2.1 80
        for n in b c; do
                [ $n = b ] || word='ip6=inherit'
                check jail -c name=addr-1.$n "${conf[@]}" ip4=inherit $word
                check -o 192.0.2.1 jexec addr-1.$n sock bound tcp 127.0.0.1 80
                check -o 192.0.2.2 jexec addr-1.$n sock bound tcp 192.0.2.2 80
                check -s 1 -e 'sock: bind: Cannot assign requested address' jexec addr-1.$n sock bound tcp 192.0.2.3 80
                check -s 1 -e 'sock: socket: Address family not supported by protocol' jexec addr-1.$n sock make inet6 stream 0
        done
        check -s 1 -e 'jail: ip4.addr: 192.0.2.3: the jail above does not have it' jail -m name=addr-1.a ip4.addr=192.0.2.3
        # what one loses, those below lose
        check jail -m name=addr-1 ip4.addr=192.0.2.1,192.0.2.9
        check -o '-' jls -j addr-1.a ip4.addr
        check -s 1 -e 'sock: socket: Address family not supported by protocol' jexec addr-1.a sock make inet stream 0
        for n in b c; do
                check -o 192.0.2.9 jexec addr-1.$n sock bound tcp 192.0.2.9 80
                check -s 1 -e 'sock: bind: Cannot assign requested address' jexec addr-1.$n sock bound tcp 192.0.2.2 80
        done
}

@test "jails below one on the host's stack may have stacks of their own" {
        check jail -c name=addr-1 "${conf[@]}" children.max=5 ip4.addr=192.0.2.1
        check jail -c name=addr-1.a "${conf[@]}" vnet vnet.ip4.addr=192.0.2.77
        check -o 192.0.2.77 jexec addr-1.a sock bound tcp 192.0.2.77 80
        check jexec addr-1.a talk serve tcp :: 80 own
        check -o 'own from 127.0.0.1' jexec addr-1.a talk ask tcp 127.0.0.1 80
        check jexec addr-1.a sock listen inet /tmp/port $'unbound\n'
        eventually jexec addr-1.a test -s /tmp/port
        check -o unbound jexec addr-1.a talk ask tcp 127.0.0.1 "$(jexec addr-1.a cat /tmp/port)"
        check -s 1 -e 'sock: bind: Cannot assign requested address' in_ 1 sock bound tcp 192.0.2.77 80
}

@test "below one with a stack of its own" {
        check jail -c name=addr-1 "${conf[@]}" children.max=5 vnet vnet.ip4.addr=192.0.2.77,192.0.2.78 vnet.ip6.addr=2001:db8::77
        check jail -c name=addr-1.a "${conf[@]}" ip4.addr=192.0.2.77
        check jail -c name=addr-1.b "${conf[@]}" ip4.addr=192.0.2.78 ip6.addr=2001:db8::77
        check jexec addr-1.a talk serve tcp 0.0.0.0 80 a
        check jexec addr-1.b talk serve tcp :: 80 b
        check -o 'a from 127.0.0.1' in_ 1 talk ask tcp 192.0.2.77 80 127.0.0.1
        check -o 'b from 127.0.0.1' in_ 1 talk ask tcp 192.0.2.78 80 127.0.0.1
        check -o 'b from ::1' in_ 1 talk ask tcp 2001:db8::77 80 ::1
        check -s 1 -e 'sock: bind: Cannot assign requested address' jexec addr-1.a sock bound tcp 192.0.2.78 80
        check jail -c name=addr-1.c "${conf[@]}" ip4=inherit ip6=inherit
        check -o 192.0.2.77 jexec addr-1.c sock bound tcp 192.0.2.77 81
        check -s 1 -e 'jail: interface: lo: not on the stack of a jail above' \
                jail -c name=addr-1.d "${conf[@]}" interface=lo ip4.addr=192.0.2.77
}

# ----------------------------------------------------------------------- change

@test "addresses change on a running jail" {
        check at 1
        check in_ 1 talk serve tcp 0.0.0.0 80 old
        check jail -m name=addr-1 ip4.addr=192.0.2.3,192.0.2.2
        check -o '192.0.2.3,192.0.2.2' jls -j addr-1 ip4.addr
        check -o 192.0.2.3 in_ 1 sock bound tcp 127.0.0.1 81
        check -o 192.0.2.2 in_ 1 sock bound tcp 192.0.2.2 81
        check -s 1 -e 'sock: bind: Cannot assign requested address' in_ 1 sock bound tcp 192.0.2.1 81
        # what was bound stays
        check -o 'old from 192.0.2.9' "$talk" ask tcp 192.0.2.1 80 192.0.2.9
        # and the address is free
        check jail -c name=addr-2 "${conf[@]}" ip4.addr=192.0.2.1,192.0.2.9
        check jail -m name=addr-1 ip4.addr=192.0.2.2
        check -o 192.0.2.2 in_ 1 sock bound tcp 127.0.0.1 81
        check -s 1 -e 'sock: bind: Cannot assign requested address' in_ 1 sock bound tcp 192.0.2.3 81
        check jail -m name=addr-1 ip4.addr= ip6.addr=
        check -s 1 -e 'sock: socket: Address family not supported by protocol' in_ 1 sock make inet stream 0
        check jail -m name=addr-1 ip4.addr=192.0.2.3
        check -o 192.0.2.3 in_ 1 sock bound tcp 127.0.0.1 81
}

@test "what cannot change" {
        check at 1
        check -s 1 -e 'jail: ip4 cannot be changed after creation' jail -m name=addr-1 ip4=inherit
        check jail -c name=addr-2 "${conf[@]}"
        check -s 1 -e 'jail: ip4.addr cannot be changed after creation: the jail was made without' \
                jail -m name=addr-2 ip4.addr=192.0.2.2
        check -o - jls -j addr-2 ip4.addr
}

# -------------------------------------------------------------------- interface

@test "interface: aliases come and go" {
        interface addr0
        check jail -c name=addr-1 "${conf[@]}" interface=addr0 ip4.addr=198.51.100.1/25,198.51.100.2,192.0.2.1 \
                ip6.addr=2001:db8:1::1 ip6.addr='lo|2001:db8:1::2/128'
        check -o $'198.51.100.1/25\n198.51.100.2/32\n2001:db8:1::1/128' aliases addr0
        check -o '198.51.100.1,192.0.2.1,198.51.100.2 2001:db8:1::1,2001:db8:1::2' jls -j addr-1 ip4.addr ip6.addr
        check -o 198.51.100.1 in_ 1 sock bound tcp 127.0.0.1 80
        check -o 2001:db8:1::2 in_ 1 sock bound tcp 2001:db8:1::2 80
        check jail -m name=addr-1 ip4.addr='addr0|198.51.100.3,198.51.100.1'
        check -o $'198.51.100.1/25\n198.51.100.3/32\n2001:db8:1::1/128' aliases addr0
        check jail -r addr-1
        check aliases addr0
        # the host's own stay
        check -o '192.0.2.1/32' sh -c "ip -o -4 addr show dev lo | awk '\$4 ~ /192.0.2.1.32/ { print \$4 }'"
        check -s 1 -e 'jail: interface: nosuch: No such device' \
                jail -c name=addr-1 "${conf[@]}" interface=nosuch ip4.addr=198.51.100.1
        check -s 1 -e 'jail: ip4.addr: nosuch: No such device' jail -c name=addr-1 "${conf[@]}" ip4.addr='nosuch|198.51.100.1'
}

aliases() {
        ip -o addr show dev "$1" scope global | awk '{ print $4 }' | sort
}

@test "aliases of one network go one by one, shared ones with the last jail" {
        interface addr0
        check jail -c name=addr-1 "${conf[@]}" interface=addr0 ip4.addr=198.51.100.1/25
        check jail -c name=addr-2 "${conf[@]}" interface=addr0 ip4.addr=198.51.100.2/25
        check jail -c name=addr-3 "${conf[@]}" interface=addr0 ip4.addr=198.51.100.2/25
        check jail -r addr-1
        check -o 198.51.100.2/25 aliases addr0
        check jail -r addr-2
        check -o 198.51.100.2/25 aliases addr0
        check -o 198.51.100.2 in_ 3 sock bound tcp 0.0.0.0 80
        check jail -r addr-3
        check aliases addr0
}

@test "aliases are there for exec.prestart, and gone for exec.release" {
        interface addr0
        conf "addr-1 { path = /; persist; interface = addr0; ip4.addr = 198.51.100.1;
                exec.prepare = 'echo prepare; ip -o -4 addr show dev addr0 | grep -c 198.51 || :';
                exec.prestart = 'echo prestart; ip -o -4 addr show dev addr0 | grep -c 198.51 || :';
                exec.release = 'echo release; ip -o -4 addr show dev addr0 | grep -c 198.51 || :'; }"
        check -o $'prepare\n0\nprestart\n1\naddr-1: created' jail -f jail.conf -c
        check -o $'addr-1: removed\nrelease\n0' jail -f jail.conf -r '*'
}

# -------------------------------------------------------------------------- jls

@test "what jls shows" {
        check jail -c name=addr-1 path=/ persist host.hostname=one ip4.addr='lo|192.0.2.1/32,192.0.2.2' ip6.addr=2001:db8::1
        check -o '   JID  IP Address      Hostname                      Path
     1  192.0.2.1       one                           /' jls
        check -o 'ip4=new ip4.addr=192.0.2.1,192.0.2.2 ip4.saddrsel ip6=new ip6.addr=2001:db8::1' \
                jls -n ip4 ip4.addr ip4.saddrsel ip6 ip6.addr
        check -o - jls -v
        holds "$out" '   JID  Hostname                      Path
        Name                          State
        CPUSetID
        IP Address(es)
     1  one                           /
        addr-1                        ACTIVE
        -
        192.0.2.1
        192.0.2.2
        2001:db8::1'
}

# ------------------------------------------------------------------ with limits

@test "limits and addresses" {
        check at 1 rctl.maxproc=40
        check -o 192.0.2.1 in_ 1 sock bound tcp 0.0.0.0 80
        check -s 1 -e 'sock: bind: Cannot assign requested address' in_ 1 sock bound tcp 192.0.2.2 80
        check at 2
        check jail -m name=addr-2 rctl.maxproc=40
        check -o 192.0.2.2 in_ 2 sock bound tcp 0.0.0.0 80
}

# ------------------------------------------------------------ without processes

@test "a jail without processes has its addresses, and who enters it is confined" {
        check jail -c name=addr-1 path=/ mount.devfs persist ip4.addr=192.0.2.1
        check -s 1 pgrep -x gaol-init
        check -s 1 -e 'jail: IPv4 addresses clash' jail -c name=addr-2 path=/ persist ip4.addr=192.0.2.2,192.0.2.1
        check jail -m name=addr-1 ip4.addr=192.0.2.2,192.0.2.3
        check -o 192.0.2.2 jexec addr-1 "$GAOL_SOCK" bound tcp 127.0.0.1 80
        check jexec addr-1 "$GAOL_TALK" serve tcp 0.0.0.0 80 woken
        check -o 'woken from 192.0.2.9' "$talk" ask tcp 192.0.2.3 80 192.0.2.9
}

@test "a hundred jails: nothing is left, and nothing is attached any more" {
        local n

        conf 'addr-0 { } path = /; persist;'
        for ((n = 1; n <= 100; n++)); do
                echo "addr-$n { ip4.addr = 198.51.100.$n; }" >>jail.conf
        done
        check -o - jail -f jail.conf -c
        check -o 101 sh -c 'jls jid | wc -l'
        check -o 2 sh -c "find /sys/fs/cgroup -path '*/gaol.net/addr-1' -o -path '*/gaol.net/addr-100' | wc -l"
        check -o - jail -f jail.conf -r '*'
        check -o '' find /sys/fs/cgroup -path '*/gaol.net/addr-*'
}
