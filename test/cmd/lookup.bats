# jail(8), ip_hostname and -h: addresses from the host name.

load helper

cgroups=lookup-

# The resolver has the host table alone, unless a test says otherwise.
prepare() {
        own_etc
        echo 'hosts: files' >/etc/nsswitch.conf
        echo 'nameserver 192.0.2.53' >/etc/resolv.conf
        printf '%s\n' '192.0.2.1 www.example' '2001:db8::1 www.example' '192.0.2.3 www.example' '192.0.2.2 mail.example' \
                >/etc/hosts
        for n in 1 2 3; do
                ip addr add 192.0.2.$n/32 dev lo
                finally ip addr del 192.0.2.$n/32 dev lo
        done
        ip addr add 2001:db8::1/128 dev lo nodad
        finally ip addr del 2001:db8::1/128 dev lo
        scene
}

unresolved='Name does not resolve'

@test "ip_hostname: all addresses of the name" {
        check jail -c name=lookup-a path=/ persist host.hostname=www.example ip_hostname
        check -o 'www.example 192.0.2.1,192.0.2.3 2001:db8::1' jls -j lookup-a host.hostname ip4.addr ip6.addr
        check jail -c name=lookup-b path=/ persist host.hostname=mail.example ip_hostname=true
        check -o '192.0.2.2 -' jls -j lookup-b ip4.addr ip6.addr
}

@test "-h is ip_hostname, on both command lines" {
        check jail -h -c name=lookup-a path=/ persist host.hostname=mail.example
        check -o 192.0.2.2 jls -j lookup-a ip4.addr
        jail -h -n lookup-b / www.example '' /bin/sleep 1000 3>&- &
        finally end $!
        eventually sh -c 'jls -j lookup-b name >/dev/null 2>&1'
        check -o '192.0.2.1,192.0.2.3 2001:db8::1' jls -j lookup-b ip4.addr ip6.addr
        # it describes a jail
        check -s 1 -e - jail -h -r lookup-a
        check -s 1 -e - jail -h -c lookup-a
}

@test "behind those that are given, and none twice" {
        check jail -c name=lookup-a path=/ persist host.hostname=www.example ip_hostname ip4.addr=192.0.2.3,192.0.2.2
        check -o 192.0.2.3,192.0.2.1,192.0.2.2 jls -j lookup-a ip4.addr
        check jail -r lookup-a
        check jail -c name=lookup-b path=/ persist host.hostname=mail.example ip_hostname 'ip4.addr=lo|192.0.2.2/32'
        check -o 192.0.2.2 jls -j lookup-b ip4.addr
}

@test "interface: they are aliases on it" {
        echo '192.0.2.77 alias.example' >>/etc/hosts
        check jail -c name=lookup-a path=/ persist host.hostname=alias.example ip_hostname interface=lo
        check -o $'192.0.2.77/32' sh -c "ip -4 -o addr show dev lo | awk '\$4 ~ /77/ { print \$4 }'"
        # what is to go goes by what was, not by what the name says now
        : >/etc/hosts
        check jail -r lookup-a
        check sh -c "ip -4 -o addr show dev lo | awk '\$4 ~ /77/ { print \$4 }'"
}

@test "no host name, and an empty one: no effect" {
        check jail -c name=lookup-a path=/ persist ip_hostname
        check jail -c name=lookup-b path=/ persist ip_hostname host.hostname=
        check jail -c name=lookup-c path=/ persist noip_hostname host.hostname=nowhere.example
        check -o $'- -\n- -\n- -' jls ip4.addr ip6.addr
}

@test "a name that does not resolve: that jail fails, others do not, and it can be removed" {
        check -s 1 -e "jail: host.hostname nowhere.example: $unresolved" \
                jail -c name=lookup-a path=/ persist host.hostname=nowhere.example ip_hostname
        conf 'path = /; persist; ip_hostname;
              lookup-a { host.hostname = nowhere.example; }
              lookup-b { host.hostname = mail.example; }
              lookup-c { depend = lookup-a; }'
        check -s 1 -o 'lookup-b: created' -e - jail -f jail.conf -c
        holds <(sort "$err") "jail: lookup-a: host.hostname nowhere.example: $unresolved"$'\njail: lookup-c: skipped'
        check -o lookup-b jls name
        echo '192.0.2.1 nowhere.example' >>/etc/hosts
        check -o $'lookup-a: created\nlookup-c: created' jail -f jail.conf -c lookup-c
        : >/etc/hosts
        # it is there already: nothing is looked up
        check jail -f jail.conf -c
        check -o - jail -f jail.conf -r
        check jls name
}

@test "-m: looked up anew" {
        check jail -c name=lookup-a path=/ persist host.hostname=www.example ip_hostname
        check jail -m name=lookup-a host.hostname=mail.example ip_hostname
        check -o 'mail.example 192.0.2.2' jls -j lookup-a host.hostname ip4.addr
        check -s 1 -e "jail: host.hostname nowhere.example: $unresolved" \
                jail -m name=lookup-a host.hostname=nowhere.example ip_hostname
        check -o 'mail.example 192.0.2.2' jls -j lookup-a host.hostname ip4.addr
}

@test "a server of names that cannot be reached" {
        echo 'hosts: files dns' >/etc/nsswitch.conf
        check -s 1 -e 'jail: host.hostname nowhere.example: Name could not be resolved at this time' \
                jail -c name=lookup-a path=/ persist host.hostname=nowhere.example ip_hostname
}

@test "not with vnet" {
        check -s 1 -e 'jail: vnet jails cannot have IP address restrictions' \
                jail -c name=lookup-a path=/ persist vnet host.hostname=mail.example ip_hostname
}

@test "-e and -J show what was said, not what was found" {
        conf 'path = /; persist; lookup-a { host.hostname = mail.example; ip_hostname; }'
        check -o 'name=lookup-a path=/ persist host.hostname=mail.example ip_hostname' jail -f jail.conf -e ' '
        check -o 'lookup-a: created' jail -f jail.conf -J jids -c
        holds jids 'jid=1 name=lookup-a path=/ persist host.hostname=mail.example ip_hostname'
}
