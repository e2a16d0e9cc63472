# jls(8): what is listed, to the byte.

load helper

two() {
        jail -c name=web jid=17 path=/tmp persist vnet vnet.interface=auto vnet.ip4.addr=192.0.2.10,192.0.2.11/24 \
                vnet.ip6.addr=2001:db8::a host.hostname=web.example.org
        jail -c name=db jid=5 path=/ persist host.hostname='' allow.raw_sockets
}

@test "no jails: the head of the table and nothing else" {
        check -o '   JID  IP Address      Hostname                      Path' jls
        check jls name
        check jls -n
        check -o '{"__version": "2", "jail-information": {"jail": []}}' jls --libxo json
}

@test "the table: jid, first address, host name, path, in the order of the jids" {
        two
        check -o '   JID  IP Address      Hostname                      Path
     5  -                                             /
    17  192.0.2.10      web.example.org               /tmp' jls
}

@test "-N: names in place of jids" {
        two
        check -o ' JID             IP Address      Hostname                      Path
 db              -                                             /
 web             192.0.2.10      web.example.org               /tmp' jls -N
}

@test "parameters: values, separated by one blank" {
        two
        check -o '5 db / ""
17 web /tmp web.example.org' jls jid name path host.hostname
        check -o $'-\n192.0.2.10,192.0.2.11/24' jls vnet.ip4.addr
}

@test "-j: one jail, by jid or name" {
        two
        check -o 17 jls -j web jid
        check -o web jls -j 17 name
        check -s 1 -e 'jls: jail "nosuch" not found' jls -j nosuch
        check -s 1 -e 'jls: jail 99 not found' jls -j 99 jid
        check -s 1 -e 'jls: unknown parameter: nosuch' jls nosuch
}

@test "-c: is there such a jail" {
        two
        check jls -c -j web
        check jls -c -j 5
        check -s 1 jls -c -j nosuch
        check -s 1 jls -c -j 99
}

@test "-h, -n, -q" {
        two
        check -o $'jid name\n5 db\n17 web' jls -h jid name
        check -o $'jid=5 persist allow.nomount allow.raw_sockets host.hostname=""
jid=17 persist allow.nomount allow.noraw_sockets host.hostname=web.example.org' \
                jls -n jid persist allow.mount allow.raw_sockets host.hostname
        check -o $'"" ""\nweb.example.org 192.0.2.10,192.0.2.11/24' jls -q host.hostname vnet.ip4.addr
        check jail -m name=db host.hostname='a b'
        check -o 'host.hostname="a b"' jls -j db -nq host.hostname
}

@test "--libxo json" {
        two
        check -o '{"__version": "2", "jail-information": {"jail": [{"jid":5,"ipv4":"-","hostname":"","path":"/"}, {"jid":17,"ipv4":"192.0.2.10","hostname":"web.example.org","path":"/tmp"}]}}' \
                jls --libxo json
        check -o - jls --libxo json -n all
        python3 -c 'import json, sys
jails = json.load(sys.stdin)["jail-information"]["jail"]
assert [j["name"] for j in jails] == ["db", "web"], jails
assert jails[0]["allow.raw_sockets"] is True and jails[1]["allow.raw_sockets"] is False, jails
assert jails[1]["vnet.ip4.addr"] == ["192.0.2.10", "192.0.2.11/24"], jails' <"$out"
}

@test "a jail that is not up yet, or has ended, is not there" {
        check -o 0 jail -c name=a path=/ exec.start='sleep 1000 &' exec.prestart='jls name | wc -l'
        check -o a jls name
        kill -9 "$(init_of a)"
        eventually sh -c '[ -z "$(jls name)" ]'
        check -s 1 jls -c -j a
        check -s 1 -e 'jls: jail "a" not found' jls -j a
}

