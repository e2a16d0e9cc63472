# jail(8), Network: stacks, cables, bridges, lent interfaces, addresses, routes, vnet.nat, publish.

load helper

# For all tests of the file: a root with talk(1) in it, see talk.c.
setup_file() {
        make_root "$BATS_FILE_TMPDIR/base"
        cp "$GAOL_TALK" "$BATS_FILE_TMPDIR/base/bin/talk"
}

prepare() {
        base=$BATS_FILE_TMPDIR/base
        conf=(root.base="$base" root.discard persist mount.devfs mount.procfs vnet)
        talk=$GAOL_TALK
        # links get no addresses by themselves, some time after they came up
        echo 1 >/proc/sys/net/ipv6/conf/default/addr_gen_mode
        # what the host calls itself where a cable has no address
        host_address 203.0.113.1/32
        host_address 2001:db8:2::1/128
        scene
}

# vnet NAME PARAMETER...: a jail with a network stack, in which somebody listens on port 80, tcp and udp.
vnet() {
        jail -c name="$1" "${conf[@]}" exec.start="talk serve tcp :: 80 $1" exec.start="talk serve udp :: 80 $1" "${@:2}"
}

# cable NAME OTHER [NAMESPACE]: a pair of interfaces of the test's own, without addresses.
cable() {
        ip link add "$1" type veth peer name "$2"
        finally ip link del "$1"
        [ -z "${3:-}" ] || ip link set "$2" netns "$3"
}

# The kernel has noticed that a link is up, and made its route for multicast.
noticed() {
        ip -6 route show table local dev "$1" | grep -q ff00::/8
}

# bridge NAME ADDRESS: a bridge of the test's own, with a port.
bridge() {
        # an address of its own: a bridge without one takes that of its lowest port, and the first is lower than none
        ip link add "$1" address 02:00:00:00:00:99 type bridge
        finally ip link del "$1"
        ip addr add "$2" dev "$1"
        cable "$1p" "$1q"
        ip link set "$1q" up
        ip link set "$1p" master "$1" up
        ip link set "$1" up
        eventually noticed "$1"
        eventually noticed "$1q"
}

# A network beyond the host's: a namespace with 198.51.100.9/25, to which the host is 198.51.100.1 and no router.
outside() {
        unshare -n sleep 1000 3>&- &
        out_ns=$!
        finally end "$out_ns"
        eventually other_network "$out_ns"
        cable out0 eth0 "$out_ns"
        ip addr add 198.51.100.1/25 dev out0
        ip addr add 2001:db8:1::1/64 dev out0 nodad
        ip link set out0 up
        in_outside ip addr add 198.51.100.9/25 dev eth0
        in_outside ip addr add 2001:db8:1::9/64 dev eth0 nodad
        in_outside ip link set eth0 up
        in_outside ip link set lo up
        eventually noticed out0
}

other_network() {
        [ "$(readlink /proc/self/ns/net)" != "$(readlink "/proc/$1/ns/net")" ]
}

# Those who will get no answer need not wait for long.
unheard() {
        TALK_PATIENCE=300 "$@"
}

in_outside() {
        nsenter -t "$out_ns" -n "$@"
}

# serve PROTOCOL ADDRESS PORT [PREFIX...]: somebody on the host listens; with a prefix, where that leads.
serve() {
        local pid

        "${@:4}" "$talk" serve "$1" "$2" "$3" host
        pid=$(pgrep -n -x talk)
        finally end "$pid"
}

# An address of the host's that is not on a wire.
host_address() {
        case $1 in
        *:*) ip addr add "$1" dev lo nodad ;;
        *) ip addr add "$1" dev lo ;;
        esac
        finally ip addr del "$1" dev lo
}

mac_of() {
        ip -o link show "$1" | sed 's/.*ether //; s/ .*//'
}

# A command of the host on a jail's stack.
in_jail() {
        nsenter -t "$(init_of "$1")" -n "${@:2}"
}

links() {
        "$@" ip -o link | sed 's/^[0-9]*: //; s/[:@].*//' | sort
}

# ----------------------------------------------------------------------- stacks

@test "without vnet and ip4 a jail has no network, not even its own loopback" {
        check jail -c name=a root.base="$base" root.discard persist
        check -o $'1: lo: <LOOPBACK> mtu 65536 qdisc noop qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00' \
                jexec a ip link
        check -s 1 -e 'talk: connect: Network is unreachable' jexec a talk ask tcp 127.0.0.1 80
        check -s 1 -e 'talk: connect: Network is unreachable' jexec a talk ask udp 192.0.2.1 80
}

@test "ip4=inherit, ip6=inherit: the host's stack" {
        serve tcp 127.0.0.1 8080
        scene
        check jail -c name=a root.base="$base" root.discard persist ip4=inherit ip6=inherit allow.noreserved_ports
        check -o "$(readlink /proc/self/ns/net)" readlink "/proc/$(init_of a)/ns/net"
        check -o 'host from 127.0.0.1' jexec a talk ask tcp 127.0.0.1 8080
        # no rule to keep, no programs to keep it: no control group
        check -o 0::/ grep ^0: "/proc/$(init_of a)/cgroup"
        check jail -r a
        check -s 1 -e 'jail: vnet jails cannot have IP address restrictions' jail -c name=a path=/ persist vnet ip4=inherit
}

@test "vnet: a loopback of its own" {
        check vnet a
        check -o lo links jexec a
        check -o 'a from 127.0.0.1' jexec a talk ask tcp 127.0.0.1 80
        check -o 'a from ::1' jexec a talk ask udp ::1 80
        check -s 1 -e 'talk: connect: Connection refused' "$talk" ask tcp 127.0.0.1 80
}

@test "vnet: root rules its stack and no other" {
        check vnet a
        check jexec a ip addr add 10.1.2.3/24 dev lo
        check jexec a ip route add 10.9.0.0/16 dev lo
        check -o 'a from 10.1.2.3' jexec a talk ask tcp 10.1.2.3 80
        check -s 1 -e 'talk: connect: No route to host' unheard "$talk" ask tcp 192.0.2.3 80
}

@test "addresses on lo, where there is no interface" {
        check vnet a vnet.ip4.addr=192.0.2.7 vnet.ip6.addr=2001:db8::7
        check -o 'a from 192.0.2.7' jexec a talk ask tcp 192.0.2.7 80
        check -o 'a from 2001:db8::7' jexec a talk ask tcp 2001:db8::7 80
        check -s 1 -e "talk: connect: No route to host" "$talk" ask tcp 192.0.2.7 80
}

@test "parameters of vnet without vnet" {
        check -s 1 -e 'jail: vnet.interface: only with vnet' jail -c name=a path=/ persist vnet.interface=auto
        check -s 1 -e 'jail: vnet.ip4.addr: only with vnet' jail -c name=a path=/ persist vnet.ip4.addr=192.0.2.1
        check -s 1 -e 'jail: publish: only with vnet' jail -c name=a path=/ persist publish=80:80
        check -s 1 -e 'jail: vnet.nat: only with vnet' jail -c name=a path=/ persist vnet.nat
}

# --------------------------------------------------------------- routed cables

@test "auto: a routed cable; host and jail reach each other" {
        check vnet a vnet.interface=auto vnet.ip4.addr=192.0.2.7 vnet.ip6.addr=2001:db8::7
        check -o $'eth0\nlo' links jexec a
        check -o $'g1.0\nlo' links env
        check -o 'a from 203.0.113.1' "$talk" ask tcp 192.0.2.7 80
        check -o 'a from 203.0.113.1' "$talk" ask udp 192.0.2.7 80
        check -o 'a from 2001:db8:2::1' "$talk" ask tcp 2001:db8::7 80
        check -o 'default via 169.254.1.1 dev eth0 proto static onlink ' in_jail a ip -4 route
        check -o '192.0.2.7 dev g1.0 proto static scope link ' ip route show 192.0.2.7
}

@test "auto: jails reach each other through the host, once it forwards" {
        check vnet a vnet.interface=auto vnet.ip4.addr=192.0.2.7 vnet.ip6.addr=2001:db8::7 vnet.nat
        check vnet b vnet.interface=auto vnet.ip4.addr=192.0.2.8 vnet.ip6.addr=2001:db8::8
        check -o 'b from 192.0.2.7' jexec a talk ask tcp 192.0.2.8 80
        check -o 'a from 192.0.2.8' jexec b talk ask udp 192.0.2.7 80
        check -o 'b from 2001:db8::7' jexec a talk ask tcp 2001:db8::8 80
        check -o 'a from 2001:db8::8' jexec b talk ask tcp 2001:db8::7 80
}

@test "auto: what a jail serves on the host's side answers" {
        serve tcp 0.0.0.0 8080
        scene
        check vnet a vnet.interface=auto vnet.ip4.addr=192.0.2.7
        check -o 'host from 192.0.2.7' jexec a talk ask tcp 203.0.113.1 8080
}

@test "several interfaces, named inside; addresses go where they are told to" {
        check vnet a vnet.interface=auto,auto:web,auto vnet.ip4.addr='192.0.2.7,web|192.0.2.8/24,eth1|192.0.2.9' \
                vnet.ip6.addr='eth1|2001:db8::9/64'
        check -o $'eth0\neth1\nlo\nweb' links jexec a
        check -o 'eth0 192.0.2.7/32
eth1 192.0.2.9/32
eth1 2001:db8::9/64
lo 127.0.0.1/8
lo ::1/128
web 192.0.2.8/24' jexec a sh -c 'ip -o addr | sed "s/^[0-9]*: //; s/ *inet6* / /; s/ \(brd\|scope\).*//" | sort'
        check -o 'a from 192.0.2.7' jexec a talk ask tcp 192.0.2.8 80 192.0.2.7
        check -o 'a from 203.0.113.1' "$talk" ask tcp 192.0.2.7 80
        check -o 'a from 203.0.113.1' "$talk" ask tcp 192.0.2.8 80
        check -o 'a from 203.0.113.1' "$talk" ask tcp 192.0.2.9 80
        check -o 'a from 2001:db8:2::1' "$talk" ask tcp 2001:db8::9 80
}

@test "addresses: list on the command line and in a file; a mask; shown by jls" {
        check vnet a vnet.interface=auto vnet.ip4.addr=192.0.2.7/255.255.255.0 vnet.ip4.addr=192.0.2.8
        check -o $'192.0.2.7/24\n192.0.2.8/32' jexec a sh -c "ip -o -4 addr show eth0 | sed 's/.*inet //; s/ .*//'"
        check -o '192.0.2.7/255.255.255.0,192.0.2.8' jls vnet.ip4.addr
        check jail -R a
        conf "path = /; persist; vnet; vnet.interface = auto; a { vnet.ip4.addr = 192.0.2.7, 192.0.2.8; }"
        check -o 'a: created' jail -f jail.conf -c
        check -o '192.0.2.7,192.0.2.8' jls vnet.ip4.addr
}

@test "addresses: one that is in use is refused, and is free again afterwards" {
        check vnet a vnet.interface=auto vnet.ip4.addr=192.0.2.7 vnet.ip6.addr=2001:db8::7
        check -s 1 -e 'jail: vnet.ip4.addr: 192.0.2.7: in use by another jail' \
                vnet b vnet.interface=auto vnet.ip4.addr=192.0.2.7
        check -s 1 -e 'jail: vnet.ip6.addr: 2001:db8::7: in use by another jail' \
                vnet b vnet.interface=auto vnet.ip6.addr=2001:db8::7
        check -s 1 -e "jail: vnet.ip4.addr: 127.0.0.1: the host's own address" \
                vnet b vnet.interface=auto vnet.ip4.addr=127.0.0.1
        check -s 1 -e 'jail: vnet.ip4.addr: 192.0.2.8: given twice' vnet b vnet.interface=auto vnet.ip4.addr=192.0.2.8,192.0.2.8
        check -o a jls name
        eventually sh -c '[ "$(ip -o link | wc -l)" = 2 ]'
        check jail -r a
        check vnet b vnet.interface=auto vnet.ip4.addr=192.0.2.7 vnet.ip6.addr=2001:db8::7
        check -o 'b from 203.0.113.1' "$talk" ask tcp 192.0.2.7 80
}

@test "addresses: two jails may have the same where the host does not route to both" {
        check vnet a vnet.interface=auto@br0 vnet.ip4.addr=192.0.2.7/24
        check vnet b vnet.interface=auto@br1 vnet.ip4.addr=192.0.2.7/24
        check vnet c vnet.interface=auto@br1 vnet.ip4.addr=192.0.2.8/24
        check vnet d vnet.ip4.addr=192.0.2.7
        check -o 'b from 192.0.2.8' jexec c talk ask tcp 192.0.2.7 80
        check -o 'd from 192.0.2.7' jexec d talk ask tcp 192.0.2.7 80
}

@test "a jail cannot speak under an address that is not its own" {
        # where the host as a whole is lenient, the kernel is so with each cable
        echo 2 >/proc/sys/net/ipv4/conf/all/rp_filter
        finally sh -c 'echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter'
        "$talk" hear udp 0.0.0.0 8081 "$dir/heard"
        finally end "$(pgrep -n -x talk)"
        "$talk" hear udp :: 8082 "$dir/heard"
        finally end "$(pgrep -n -x talk)"
        scene
        check vnet a vnet.interface=auto vnet.ip4.addr=192.0.2.7 vnet.ip6.addr=2001:db8::7
        check vnet b vnet.interface=auto vnet.ip4.addr=192.0.2.8 vnet.ip6.addr=2001:db8::8
        check jexec a ip addr add 192.0.2.8/32 dev eth0
        check jexec a ip addr add 203.0.113.7/32 dev eth0
        check in_jail a ip addr add 2001:db8::8/128 dev eth0 nodad
        check jexec a talk say udp 203.0.113.1 8081 1 192.0.2.7
        check jexec a talk say udp 203.0.113.1 8081 2 192.0.2.8
        check jexec a talk say udp 203.0.113.1 8081 3 203.0.113.7
        check jexec a talk say udp 2001:db8:2::1 8082 4 2001:db8::7
        check jexec a talk say udp 2001:db8:2::1 8082 5 2001:db8::8
        check jexec a talk say udp 203.0.113.1 8081 6 192.0.2.7
        eventually grep -q '^6' heard
        holds heard $'1 from 192.0.2.7\n4 from 2001:db8::7\n6 from 192.0.2.7'
        # a flush is made good by the next jail with a cable
        nft flush ruleset
        check vnet c vnet.interface=auto vnet.ip4.addr=192.0.2.9
        check jexec a talk say udp 203.0.113.1 8081 7 192.0.2.8
        check jexec a talk say udp 203.0.113.1 8081 8 192.0.2.7
        eventually grep -q '^8' heard
        holds heard $'1 from 192.0.2.7\n4 from 2001:db8::7\n6 from 192.0.2.7\n8 from 192.0.2.7'
        # of all jails there is one table, and with the last it goes
        check -o 'table inet gaol_guard' nft list tables
        check -o - jail -r a b c
        check nft list tables
}

@test "a jail does not reach the host's loopback addresses over its cable" {
        "$talk" hear udp 0.0.0.0 8081 "$dir/heard"
        finally end "$(pgrep -n -x talk)"
        scene
        check vnet a vnet.interface=auto vnet.ip4.addr=192.0.2.7 publish=9999:80
        check jexec a ip addr del 127.0.0.1/8 dev lo
        check jexec a ip route add 127.0.0.0/8 via 169.254.1.1 dev eth0 onlink
        check jexec a talk say udp 127.0.0.1 8081 1 192.0.2.7
        check jexec a talk say udp 127.1.2.3 8081 2 192.0.2.7
        check jexec a talk say udp 203.0.113.1 8081 3 192.0.2.7
        eventually grep -q '^3' heard
        holds heard '3 from 192.0.2.7'
}

# ----------------------------------------------------------------------- bridges

@test "auto@BRIDGE: made if it is missing, gone with the last jail on it" {
        check vnet a vnet.interface=auto@br7 vnet.ip4.addr=192.0.2.7/24 vnet.ip6.addr=2001:db8::7/64
        check vnet b vnet.interface=auto@br7:lan vnet.ip4.addr=192.0.2.8/24 vnet.ip6.addr=2001:db8::8/64
        check -o $'br7\ng1.0\ng2.0\nlo' links env
        check -o $'lan\nlo' links jexec b
        check -o 'b from 192.0.2.7' jexec a talk ask tcp 192.0.2.8 80
        check -o 'a from 2001:db8::8' jexec b talk ask udp 2001:db8::7 80
        check jail -r a
        eventually sh -c '[ "$(ip -o link | grep -c br7:)" = 1 ]'
        check -o - ip link show br7
        check jail -r b
        check -s 1 -e 'Device "br7" does not exist.' ip link show br7
}

@test "auto@BRIDGE: one that exists is not touched and stays" {
        local mac

        bridge br9 198.51.100.129/25
        mac=$(mac_of br9)
        scene
        check vnet a vnet.interface=auto@br9 vnet.ip4.addr=198.51.100.130/25 vnet.gateway=198.51.100.129
        check -o "$mac" mac_of br9
        check -o 'a from 198.51.100.129' "$talk" ask tcp 198.51.100.130 80
        check -o 'default via 198.51.100.129 dev eth0 proto static onlink ' in_jail a ip route show default
        check jail -r a
        host_same "$BATS_TEST_TMPDIR/scene"
}

@test "auto@BRIDGE: what is no bridge" {
        cable veth0 veth1
        scene
        check -s 1 -e 'jail: vnet.interface: veth0: not a bridge' jail -c name=a path=/ persist vnet vnet.interface=auto@veth0
}

# -------------------------------------------------------------- lent interfaces

# eth7 to lend, at the other end of which the host has 198.51.100.1.
lend() {
        cable eth8 eth7
        ip addr add 198.51.100.1/25 dev eth8
        ip link set eth8 up
        ip link set eth7 up
        eventually noticed eth8
        ip link set eth7 down
}

@test "an interface of the host is the jail's while it lives, and back afterwards" {
        lend
        scene
        check vnet a vnet.interface=eth7 vnet.ip4.addr=198.51.100.2/25 vnet.gateway=198.51.100.1
        check -o $'eth7\nlo' links jexec a
        check -o $'eth8\nlo' links env
        check -o 'a from 198.51.100.1' "$talk" ask tcp 198.51.100.2 80
        check jail -r a
        check -o $'eth7\neth8\nlo' links env
}

@test "a lent interface: named inside, renamed there, up, and back under its name and down, by -R too" {
        lend
        scene
        check vnet a vnet.interface=eth7:lan vnet.ip4.addr=198.51.100.2/25
        check -o $'lan\nlo' links jexec a
        check jexec a ip link set lan down
        check jexec a ip link set lan name mine
        check jail -R a
        check -o $'eth7\neth8\nlo' links env
        check -s 1 -o 0 sh -c 'ip -o link show eth7 | grep -c ,UP'
}

@test "a lent interface: back when the jail fails to start, and while its last process ends" {
        lend
        scene
        check -s 1 -e 'jail: false: failed' vnet a vnet.interface=eth7 exec.start=false
        check -o $'eth7\neth8\nlo' links env
}

@test "a lent interface: the port of a bridge comes back as one, and one that was up is up" {
        bridge br9 203.0.113.1/25
        lend
        ip link set eth7 master br9 up
        scene
        check vnet a vnet.interface=eth7 vnet.ip4.addr=198.51.100.2/25
        check -o $'br9\nbr9p\nbr9q\neth8\nlo' links env
        check jail -r a
        check -o 1 sh -c 'ip -o link show eth7 | grep -c "UP.* master br9 "'
}

@test "a lent interface: back, with -r and -c, when PID 1 was killed" {
        bridge br9 203.0.113.1/25
        lend
        ip link set eth7 master br9 up
        scene
        for again in 'jail -r a' 'jail -c name=a path=/ persist'; do
                check vnet a vnet.interface=eth7:lan vnet.ip4.addr=198.51.100.2/25
                kill -9 "$(init_of a)"
                eventually not pgrep -x gaol-init
                check -o $'br9\nbr9p\nbr9q\neth8\nlo' links env
                check $again
                check -o $'br9\nbr9p\nbr9q\neth7\neth8\nlo' links env
                check -o 1 sh -c 'ip -o link show eth7 | grep -c "UP.* master br9 "'
        done
}

@test "a lent interface beside cables" {
        lend
        scene
        check vnet a vnet.interface=auto vnet.interface=eth7 vnet.interface=auto@br7:b vnet.ip4.addr='eth0|192.0.2.7' \
                vnet.ip4.addr='eth7|198.51.100.2/25'
        check -o $'b\neth0\neth7\nlo' links jexec a
        check -o 'a from 203.0.113.1' "$talk" ask tcp 192.0.2.7 80
        check -o 'a from 198.51.100.1' "$talk" ask tcp 198.51.100.2 80
        check jail -r a
}

@test "vnet.interface: missing, named twice, lo, no name" {
        check -s 1 -e 'jail: vnet.interface: nosuch: No such device' jail -c name=a path=/ persist vnet vnet.interface=nosuch
        check -s 1 -e 'jail: vnet.interface: x: named twice' jail -c name=a path=/ persist vnet vnet.interface=auto:x,auto:x
        check -s 1 -e 'jail: vnet.interface: eth7: named twice' jail -c name=a path=/ persist vnet vnet.interface=eth7,eth7:b
        check -s 1 -e 'jail: vnet.interface: lo: every vnet jail has its own' jail -c name=a path=/ persist vnet vnet.interface=lo
        check -s 1 -e 'jail: vnet.interface: not an interface name: much-too-long-name' \
                jail -c name=a path=/ persist vnet vnet.interface=auto:much-too-long-name
        check -s 1 -e 'jail: vnet.interface: not an interface name: a/b' jail -c name=a path=/ persist vnet vnet.interface=a/b
        check -s 1 -e 'jail: vnet.ip4.addr: nosuch: No such device' \
                jail -c name=a path=/ persist vnet vnet.interface=auto vnet.ip4.addr='nosuch|192.0.2.7'
        check jls name
}

# ---------------------------------------------------------------------- gateways

@test "vnet.gateway: none, another, and at most one of a family" {
        check vnet a vnet.interface=auto vnet.ip4.addr=192.0.2.7 vnet.gateway=none
        check in_jail a ip route show default
        check -s 1 -e 'talk: connect: Network is unreachable' jexec a talk ask tcp 203.0.113.1 80
        check jail -r a
        check vnet a vnet.interface=auto,auto vnet.ip4.addr='192.0.2.7,eth1|192.0.2.8' vnet.gateway='eth1|192.0.2.1'
        check -o 'default via 192.0.2.1 dev eth1 proto static onlink ' in_jail a ip route show default
        check jail -r a
        check -s 1 -e 'jail: vnet.gateway: 192.0.2.2: the second of its family' \
                vnet a vnet.interface=auto vnet.ip4.addr=192.0.2.7 vnet.gateway=192.0.2.1,192.0.2.2
        check -s 1 -e 'jail: vnet.gateway: not an IP address: x' vnet a vnet.interface=auto vnet.gateway=x
        check jls name
}

# -------------------------------------------------------------- nat and publish

@test "vnet.nat: what leaves the host has its address" {
        outside
        serve tcp 0.0.0.0 8080 in_outside
        serve tcp :: 8081 in_outside
        scene
        check vnet a vnet.interface=auto vnet.ip4.addr=192.0.2.7 vnet.ip6.addr=2001:db8::7 vnet.nat
        check vnet b vnet.interface=auto vnet.ip4.addr=192.0.2.8
        check -o 'host from 198.51.100.1' jexec a talk ask tcp 198.51.100.9 8080
        check -o 'host from 2001:db8:1::1' jexec a talk ask tcp 2001:db8:1::9 8081
        # b has none, and the other side no way back to it
        check -s 1 -e "talk: no answer" unheard jexec b talk ask tcp 198.51.100.9 8080
        # between jails and towards the host there is none
        check -o 'b from 192.0.2.7' jexec a talk ask tcp 192.0.2.8 80
}

# An nft(8) that says when it has been called, and goes on when it is told to.
slow_nft() {
        mkdir slow
        printf '#!/bin/sh\n: >started\nread -r _ <go\nexec %s "$@"\n' "$(command -v nft)" >slow/nft
        chmod +x slow/nft
        mkfifo go
}

@test "publish: what a killed command has called works on; who removes the jail waits for it" {
        local maker remover

        slow_nft
        PATH=$PWD/slow:$PATH vnet a vnet.interface=auto vnet.ip4.addr=192.0.2.7 publish=9999:80 2>err 3>&- &
        maker=$!
        eventually test -e started
        end "$(pgrep -P "$maker" -x jail || echo "$maker")"
        jail -R a 3>&- &
        remover=$!
        # in vain, if it does not wait
        sleep 0.3
        echo >go
        wait "$remover"
        check -o '' nft list tables
}

@test "publish: from the host, by every address of its and 127.0.0.1" {
        outside
        scene
        check vnet a vnet.interface=auto vnet.ip4.addr=192.0.2.7 vnet.ip6.addr=2001:db8::7 publish=8080:80,8053:80/udp
        check -o - "$talk" ask tcp 127.0.0.1 8080
        check -o - "$talk" ask tcp 198.51.100.1 8080
        check -o - "$talk" ask udp 127.0.0.1 8053
        check -o - "$talk" ask udp 198.51.100.1 8053
        check -o - "$talk" ask tcp 2001:db8:1::1 8080
        check -s 1 -e 'talk: connect: Connection refused' "$talk" ask tcp 198.51.100.1 8053
        check -s 1 -e 'talk: connect: Connection refused' "$talk" ask tcp 198.51.100.1 80
}

@test "publish: from outside, and the jail sees from where" {
        outside
        scene
        check vnet a vnet.interface=auto vnet.ip4.addr=192.0.2.7 vnet.ip6.addr=2001:db8::7 publish=8080:80,8053:80/udp
        check -o 'a from 198.51.100.9' in_outside "$talk" ask tcp 198.51.100.1 8080
        check -o 'a from 198.51.100.9' in_outside "$talk" ask udp 198.51.100.1 8053
        check -o 'a from 2001:db8:1::9' in_outside "$talk" ask tcp 2001:db8:1::1 8080
        check jail -r a
        check -s 1 -e 'talk: connect: Connection refused' in_outside "$talk" ask tcp 198.51.100.1 8080
}

@test "publish: one address of the host, and ranges" {
        outside
        scene
        check vnet a vnet.interface=auto vnet.ip4.addr=192.0.2.7 vnet.ip6.addr=2001:db8::7 \
                publish='198.51.100.1:8080-8082:79-81' publish='[2001:db8:1::1]:9090:80'
        check -o 'a from 198.51.100.9' in_outside "$talk" ask tcp 198.51.100.1 8081
        check -s 1 -e 'talk: connect: Connection refused' in_outside "$talk" ask tcp 198.51.100.1 8080
        check -s 1 -e 'talk: connect: Connection refused' "$talk" ask tcp 127.0.0.1 8081
        check -o 'a from 2001:db8:1::9' in_outside "$talk" ask tcp 2001:db8:1::1 9090
        check -s 1 -e 'talk: connect: Connection refused' in_outside "$talk" ask tcp 198.51.100.1 9090
}

@test "publish: jails reach each other and themselves by the host's port" {
        outside
        scene
        check vnet a vnet.interface=auto vnet.ip4.addr=192.0.2.7 publish=8080:80
        check vnet b vnet.interface=auto vnet.ip4.addr=192.0.2.8 publish=8081:80
        check -o 'b from 192.0.2.7' jexec a talk ask tcp 198.51.100.1 8081
        check -o - jexec a talk ask tcp 198.51.100.1 8080
}

@test "publish: into a jail on a bridge" {
        outside
        bridge br9 203.0.113.1/25
        scene
        check vnet a vnet.interface=auto@br9 vnet.ip4.addr=203.0.113.7/25 vnet.gateway=203.0.113.1 publish=8080:80
        check -o 'a from 198.51.100.9' in_outside "$talk" ask tcp 198.51.100.1 8080
        check -o - "$talk" ask tcp 198.51.100.1 8080
        check -s 1 -e 'talk: connect: Connection refused' "$talk" ask tcp 127.0.0.1 8080
}

@test "publish: a port that another jail has published is refused, and nothing is left of the attempt" {
        check vnet a vnet.interface=auto vnet.ip4.addr=192.0.2.7 publish=8080:80
        nft list ruleset >rules
        check -s 1 -e 'jail: publish: 8080/tcp: already published by a' \
                vnet b vnet.interface=auto vnet.ip4.addr=192.0.2.8 publish=8081:80,8080:80
        check -o "$(cat rules)" nft list ruleset
        check vnet b vnet.interface=auto vnet.ip4.addr=192.0.2.8 publish=8080:80/udp
        check jail -r a
        check vnet a vnet.interface=auto vnet.ip4.addr=192.0.2.7 publish=8080:80
        check -o - "$talk" ask tcp 127.0.0.1 8080
}

@test "publish: values that are none" {
        local value

        while IFS='|' read -r value text; do
                check -s 1 -e "jail: publish: $text" jail -c name=a path=/ persist vnet vnet.interface=auto \
                        vnet.ip4.addr=192.0.2.7 publish="$value"
        done <<-'X'
80|neither PORT:JAILPORT nor ADDRESS:PORT:JAILPORT: 80
0:80|not a port: 0
80:65536|not a port: 65536
80-82:80-81|ranges of different length: 80-82:80-81
82-80:80-82|not a range of ports: 82-80
80:80/icmp|unknown protocol: icmp
x:80:80|not an IP address: x
X
        check -s 1 -e 'jail: publish: the jail has no address' jail -c name=a path=/ persist vnet publish=80:80
        check -s 1 -e 'jail: publish: 198.51.100.1:80:80: the jail has no IPv4 address' \
                jail -c name=a path=/ persist vnet vnet.interface=auto vnet.ip6.addr=2001:db8::7 publish=198.51.100.1:80:80
        check jls name
}

@test "forwarding is switched on by the first jail that needs it, and back by the last" {
        local file=/proc/sys/net/ipv4/ip_forward file6=/proc/sys/net/ipv6/conf/all/forwarding

        check -o $'0\n0' cat $file $file6
        check vnet a vnet.interface=auto vnet.ip4.addr=192.0.2.7 vnet.nat
        check -o $'1\n0' cat $file $file6
        check vnet b vnet.interface=auto vnet.ip4.addr=192.0.2.8 vnet.ip6.addr=2001:db8::8 publish=80:80
        check -o $'1\n1' cat $file $file6
        check jail -r a
        check -o $'1\n1' cat $file $file6
        check jail -r b
        check -o $'0\n0' cat $file $file6
        echo 1 >$file
        check vnet a vnet.interface=auto vnet.ip4.addr=192.0.2.7 vnet.nat
        check jail -r a
        check -o 1 cat $file
        echo 0 >$file
}

# The world beyond the host sends it what is for 192.0.2.0/24 and 2001:db8::/64.
by_way_of_the_host() {
        in_outside ip route add 192.0.2.0/24 via 198.51.100.1
        in_outside ip route add 2001:db8::/64 via 2001:db8:1::1
}

@test "forwarding that is on for jails lets nobody in but by published ports" {
        outside
        by_way_of_the_host
        scene
        check vnet a vnet.interface=auto vnet.ip4.addr=192.0.2.7 vnet.ip6.addr=2001:db8::7 vnet.nat publish=8080:80
        check vnet b vnet.interface=auto vnet.ip4.addr=192.0.2.8 vnet.ip6.addr=2001:db8::8
        check -o 'a from 198.51.100.9' in_outside "$talk" ask tcp 198.51.100.1 8080
        for to in 192.0.2.7 192.0.2.8 2001:db8::7 2001:db8::8; do
                check -s 1 -e 'talk: no answer' unheard in_outside "$talk" ask tcp $to 80
                check -s 1 -e 'talk: no answer' unheard in_outside "$talk" ask udp $to 80
        done
        # not even after a flush, once there is a next jail
        nft flush ruleset
        check vnet c vnet.interface=auto vnet.ip4.addr=192.0.2.9 vnet.nat
        check -o 'a from 198.51.100.9' in_outside "$talk" ask tcp 198.51.100.1 8080
        for to in 192.0.2.7 192.0.2.8 192.0.2.9 2001:db8::7 2001:db8::8; do
                check -s 1 -e 'talk: no answer' unheard in_outside "$talk" ask tcp $to 80
        done
}

@test "forwarding that is the administrator's leads to jails, but not behind vnet.nat" {
        outside
        by_way_of_the_host
        echo 1 >/proc/sys/net/ipv4/ip_forward
        echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
        finally sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward; echo 0 >/proc/sys/net/ipv6/conf/all/forwarding'
        scene
        check vnet b vnet.interface=auto vnet.ip4.addr=192.0.2.8 vnet.ip6.addr=2001:db8::8
        check -o 'b from 198.51.100.9' in_outside "$talk" ask tcp 192.0.2.8 80
        check vnet a vnet.interface=auto vnet.ip4.addr=192.0.2.7 vnet.ip6.addr=2001:db8::7 vnet.nat
        check -o 'b from 198.51.100.9' in_outside "$talk" ask tcp 192.0.2.8 80
        check -o 'b from 2001:db8:1::9' in_outside "$talk" ask tcp 2001:db8::8 80
        check -s 1 -e 'talk: no answer' unheard in_outside "$talk" ask tcp 192.0.2.7 80
        check -s 1 -e 'talk: no answer' unheard in_outside "$talk" ask tcp 2001:db8::7 80
}

@test "what the administrator marks is let in" {
        outside
        by_way_of_the_host
        scene
        check vnet a vnet.interface=auto vnet.ip4.addr=192.0.2.7 vnet.nat
        nft 'table inet mine { chain c { type filter hook prerouting priority mangle; udp dport 80 meta mark set 26476; }; }'
        check -o 'a from 198.51.100.9' in_outside "$talk" ask udp 192.0.2.7 80
        check -s 1 -e 'talk: no answer' unheard in_outside "$talk" ask tcp 192.0.2.7 80
        nft delete table inet mine
}

@test "what others have in nftables is left alone" {
        nft 'table inet mine { chain c { type filter hook input priority 0; policy accept; tcp dport 9 drop; }; }'
        nft list ruleset >rules
        check vnet a vnet.interface=auto vnet.ip4.addr=192.0.2.7 vnet.nat publish=8080:80
        check jail -r a
        check -o "$(cat rules)" nft list ruleset
        nft delete table inet mine
}

@test "a table that somebody flushed is filled again by the next jail" {
        check vnet a vnet.interface=auto vnet.ip4.addr=192.0.2.7 publish=8080:80
        nft flush ruleset
        check -s 1 -e 'talk: connect: Connection refused' "$talk" ask tcp 127.0.0.1 8080
        check vnet b vnet.interface=auto vnet.ip4.addr=192.0.2.8 publish=8081:80
        check -o - "$talk" ask tcp 127.0.0.1 8080
        check -o - "$talk" ask tcp 127.0.0.1 8081
}

# ----------------------------------------------------------------------- the end

@test "what is left of a jail that was killed is in nobody's way" {
        check vnet a vnet.interface=auto vnet.ip4.addr=192.0.2.7 publish=8080:80
        kill -9 "$(init_of a)"
        eventually sh -c '[ -z "$(jls name)" ]'
        check vnet b vnet.interface=auto vnet.ip4.addr=192.0.2.7 publish=8080:80
        check -o - "$talk" ask tcp 127.0.0.1 8080
        check jail -r a
        check -o - "$talk" ask tcp 127.0.0.1 8080
}

@test "many at once: addresses, ports and bridges of forty jails" {
        {
                echo "root.base = '$base'; root.discard; persist; mount.devfs; vnet; vnet.interface = auto, 'auto@br7'; publish = \"\$port:80\";"
                echo "exec.start = \"talk serve tcp 0.0.0.0 80 \$name\";"
                for ((i = 1; i <= 40; i++)); do
                        echo "n$i { \$port = $((9000 + i)); vnet.ip4.addr = 192.0.2.$i; }"
                done
        } >jail.conf
        check -o - jail -f jail.conf -c
        [ "$(wc -l <"$out")" = 40 ]
        for ((i = 1; i <= 40; i++)); do
                "$talk" ask tcp 127.0.0.1 $((9000 + i))
        done | sed 's/ from.*//' >seen
        holds seen "$(seq -f n%g 40)"
        check -o - jail -f jail.conf -r
        [ "$(wc -l <"$out")" = 40 ]
}
