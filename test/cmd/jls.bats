# jls(8): what is listed, to the byte.

load helper

usage='usage: jls [--libxo format] [-adhNnqsv] [-j jail] [parameter ...]
       jls -c [-d] -j jail'

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
        check -o '{"__version": "2", "jail-information": {"jail": [{"jid":17,"hostname":"web.example.org","path":"/tmp","name":"web","state":"ACTIVE", "ipv4_addrs": ["192.0.2.10","192.0.2.11"], "ipv6_addrs": ["2001:db8::a"]}]}}' \
                jls -v -j web --libxo json
        check -o "$(jls -h jid name)" jls -v -h jid name
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

@test "-s: what jail takes to make the jail again" {
        local said='jail: host.hostuuid: Linux has no call that tells it; it is kept and shown'

        make_root base
        mkdir over
        check -e "$said" jail -c name=one root.base="$dir/over" root.base="$dir/base" root.discard persist vnet vnet.interface=auto \
                vnet.ip4.addr=192.0.2.7,eth0\|192.0.2.8/24 host.hostname='a "b"' rctl.openfiles=100 \
                allow.raw_sockets host.domainname='it'\''s $HOME `x` \' host.hostuuid='a;b"\'
        check -o - jls -s
        cp "$out" first
        check jail -R one
        eval "check -e '$said' jail -c $(cat first)"
        check -o "$(cat first)" jls -s
        check -o "one a \"b\" 192.0.2.7,eth0|192.0.2.8/24 100 true $dir/over,$dir/base" jls name host.hostname \
                vnet.ip4.addr rctl.openfiles allow.raw_sockets root.base
}

@test "-s: neither what is read-only, nor what is below a parameter that is not new" {
        two
        check -o 'jid=17 vnet=new vnet.ip4.addr=192.0.2.10,192.0.2.11/24' jls -s -j web jid parent dying vnet vnet.ip4.addr
        check -o 'jid=5 vnet=inherit' jls -s -j db jid parent dying vnet vnet.ip4.addr
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

@test "--libxo: xml, html, text; in one word or two; pretty" {
        two
        check -o '<jail-information version="2"><jail><jid>5</jid><ipv4>-</ipv4><hostname></hostname><path>/</path></jail><jail><jid>17</jid><ipv4>192.0.2.10</ipv4><hostname>web.example.org</hostname><path>/tmp</path></jail></jail-information>' \
                jls --libxo xml
        check -o '<jail-information version="2"><jail><name>web</name><state>ACTIVE</state></jail></jail-information>' \
                sh -c 'jls -v -j web --libxo=xml | sed "s,<jid>.*<name>,<name>,; s,<ipv.*_addr></jail>,</jail>,"'
        check -o '{
  "__version": "2", 
  "jail-information": {
    "jail": [
      {
        "name": "web",
        "ipv4": "192.0.2.10",
        "hostname": "web.example.org",
        "path": "/tmp"
      }
    ]
  }
}' jls -N -j web --libxo=json,pretty
        check -o '<jail-information version="2">
  <jail>
    <jid>17</jid>
    <persist>true</persist>
    <ipv4_addr>192.0.2.10</ipv4_addr>
    <ipv4_addr>192.0.2.11/24</ipv4_addr>
  </jail>
</jail-information>' jls -n -j web --libxo pretty,xml jid persist vnet.ip4.addr
        check -o "$(jls)" jls --libxo text
        check -o "$(jls -n jid name)" jls --libxo=text -n jid name
        check -o '<div class="line"><div class="data" data-tag="jid">17</div></div>' jls --libxo html -j web jid
        check -s 1 -e 'jls: unknown libxo option: yaml' jls --libxo yaml
        check -s 1 -e "$usage" jls --libxo
}

@test "a jail that is not up yet, or has ended, is not there" {
        check -o 0 jail -c name=a path=/ exec.start='sleep 1000 &' exec.prestart='jls name | wc -l'
        check -o a jls name
        kill -9 "$(init_of a)"
        eventually sh -c '[ -z "$(jls name)" ]'
        check -s 1 jls -c -j a
        check -s 1 -e 'jls: jail "a" not found' jls -j a
}

@test "-d, -a: also jails that are being removed" {
        local remover

        check jail -c name=a path=/ persist
        check jail -c name=b path=/ persist
        # A command that is not waited for keeps the process numbers of its jail, and so PID 1 that is to end.
        jexec a sleep 1000 3>&- &
        eventually pgrep -x sleep
        kill -STOP $!
        jail -R a >/dev/null 3>&- &
        remover=$!
        eventually sh -c '[ "$(jls name)" = b ]'
        check -o $'a dying\nb nodying' sh -c 'jls -d -n name dying | sed s/name=//'
        check -o $'1 a true\n2 b false' jls -a jid name dying
        check -o '     1                                /
        a                             DYING
        -' sh -c 'jls -dv -j a | sed 1,4d'
        check -s 1 -e 'jls: jail "a" not found' jls -j a
        check -s 1 -e 'jls: jail 1 not found' jls -j 1 name
        check -o a jls -d -j 1 name
        check -s 1 jls -c -j a
        check jls -c -d -j a
        check -s 1 -e 'jexec: jail "a" not found' jexec a true
        pkill -KILL -P $$ -x jexec
        wait $remover
        check -o b jls -d name
}

@test "wrong usage" {
        check -s 1 -e "jls: illegal option -- z
$usage" jls -z
        check -s 1 -e "jls: option requires an argument -- j
$usage" jls -j
        check -s 1 -e "$usage" jls -c
        check -s 1 -e "$usage" jls -c -v -j web
        check -s 1 -e "$usage" jls -c -j web name
        check -s 1 -e "jls: illegal option -- -
$usage" jls --help
}

@test "a jail below others: parent and children.cur" {
        check jail -c name=a path=/ persist children.max=3
        check jail -c name=a.b path=/ persist
        check jail -c name=a.b.c path=/ persist
        check -o $'1 a 0 2\n2 a.b 1 1\n3 a.b.c 2 0' jls jid name parent children.cur
}
