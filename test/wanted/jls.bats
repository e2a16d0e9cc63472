# jls(8): what is listed, to the byte.

load ../cmd/helper

two() {
        jail -c name=web jid=17 path=/tmp persist vnet vnet.interface=auto vnet.ip4.addr=192.0.2.10,192.0.2.11/24 \
                vnet.ip6.addr=2001:db8::a host.hostname=web.example.org
        jail -c name=db jid=5 path=/ persist host.hostname='' allow.raw_sockets
}

@test "-v: several lines for each jail" {
        two
        check -o '   JID  Hostname                      Path
        Name                          State
        CPUSetID
        IP Address(es)
     5                                /
        db                            ACTIVE
        -
    17  web.example.org               /tmp
        web                           ACTIVE
        -
        192.0.2.10
        192.0.2.11
        2001:db8::a' jls -v
}

@test "-s: what jail takes to make the jail again" {
        check jail -c name=one root.base=/tmp root.base=/ root.discard persist vnet vnet.interface=auto \
                vnet.ip4.addr=192.0.2.7 host.hostname='a "b"' rctl.openfiles=100 allow.raw_sockets
        check -o - jls -s
        cp "$out" first
        check jail -R one
        eval "check jail -c $(cat first)"
        check -o "$(sed 's/jid=1 /jid=1 /' first)" jls -s
        check -o 'one a "b" 192.0.2.7 100 true /tmp,/' jls name host.hostname vnet.ip4.addr rctl.openfiles \
                allow.raw_sockets root.base
}

@test "only what concerns names is said of children: parent and children.cur" {
        check jail -c name=a path=/ persist children.max=3
        check jail -c name=a.b path=/ persist
        check jail -c name=a.b.c path=/ persist
        check -o $'1 a 0 2\n2 a.b 1 1\n3 a.b.c 2 0' jls jid name parent children.cur
}
