# The examples: those of the manual pages, word for word where they are commands, and examples/site.

load helper

setup_file() {
        make_host "$BATS_FILE_TMPDIR/host"
}

# ------------------------------------------------------------------ jail(8)

@test "jail(8): a shell in a jail with the host's tools, gone with all it wrote" {
        check -o $'in\n/' -e - sh -c 'echo "echo in; pwd; echo x >/etc/x" |
                jail -c name=try root.base=/ root.discard mount.devfs mount.procfs command=/bin/sh'
        check jls name
        [ ! -e /etc/x ] && [ ! -e /var/lib/gaol/try ]
}

@test "jail(8): a jail that stays, without processes, and its removal" {
        check jail -c name=box root.base=/ persist host.hostname=box
        check -o box jexec box uname -n
        check jail -r box
        check jls name
}

@test "jail(8): a network of its own, and the host's port 8080 into it; a limit, changed and taken away" {
        check jail -c name=web root.base=/ mount.devfs vnet \
                vnet.interface=auto vnet.ip4.addr=10.77.0.10 publish=8080:80 \
                command=busybox httpd -h /usr/share
        check -o - timeout 5 busybox wget -q -O - http://127.0.0.1:8080/common-licenses/BSD
        cmp "$out" /usr/share/common-licenses/BSD
        check -o '   JID  IP Address      Hostname                      Path
     1  10.77.0.10                                    /' jls
        check jail -m name=web rctl.openfiles=256
        check -o 'rctl.openfiles=256' jls -n rctl.openfiles
        check jail -m name=web rctl.openfiles=unlimited
        check -o 'rctl.openfiles=unlimited' jls -n rctl.openfiles
        check jail -r web
}

@test "jail(8): all jails of /etc/jail.conf, four commands at a time" {
        own_etc
        cat >/etc/jail.conf <<-'X'
                path = /; persist;
                one { exec.start = "true"; }
                two { exec.start = "true"; }
                three { exec.start = "true"; }
	X
        check -o - jail -p4 -c '*'
        holds <(sort "$out") $'one: created\nthree: created\ntwo: created'
        check -o - jail -r '*'
}

# ---------------------------------------------------------------- jail.conf(5)

# The display that follows a sentence of the page, as mandoc shows it.
display() {
        mandoc -T ascii "$top/man/jail.conf.5" | sed 's/.\x08//g' | awk -v from="$1" '
                index($0, from) { said = 1 }
                said && /^$/ { if (shown) exit; shows = 1; next }
                shows { shown = 1; print }'
}

@test "jail.conf(5): the example at its top, and what it says of each jail" {
        command -v mandoc >/dev/null || skip 'mandoc is not installed'
        # up to the next heading: it has an empty line in it
        mandoc -T ascii "$top/man/jail.conf.5" | sed 's/.\x08//g' |
                sed -n '/# For all jails/,/^SYNTAX/p' | sed '$d' >jail.conf
        check -o 'name=web root.base=/ mount.devfs vnet vnet.interface=auto host.hostname=web.example.org vnet.ip4.addr=10.77.0.10 publish=80:80,443:443 exec.start=/usr/sbin/nginx depend=db
name=db root.base=/ mount.devfs vnet vnet.interface=auto host.hostname=db.example.org vnet.ip4.addr=10.77.0.20 rctl.memoryuse=1G exec.start="/bin/sh /etc/rc.db"' \
                jail -f jail.conf -e ' '
}

@test "jail.conf(5): a default, an exception, a rule that no jail can override" {
        command -v mandoc >/dev/null || skip 'mandoc is not installed'
        display 'A default at the top' >jail.conf
        check -o 'name=build|rctl.maxproc=1000|persist|allow.noraw_sockets
name=mail|rctl.maxproc=100|persist|allow.noraw_sockets' jail -f jail.conf -e '|'
}

@test "jail.conf(5): one file for each of many jails" {
        command -v mandoc >/dev/null || skip 'mandoc is not installed'
        own_etc
        mkdir -p /etc/jail.conf.d
        echo 'one { persist; root.discard; }' >/etc/jail.conf.d/one.conf
        echo 'two { persist; root.discard; }' >/etc/jail.conf.d/two.conf
        display 'Three hundred jails' >jail.conf
        check -o 'name=one|root.base=/|mount.devfs|persist|root.discard
name=two|root.base=/|mount.devfs|persist|root.discard' jail -f jail.conf -e '|'
}

@test "jail.conf(5): addresses from one prefix" {
        command -v mandoc >/dev/null || skip 'mandoc is not installed'
        display 'Addresses from one prefix' >jail.conf
        check -o - jail -f jail.conf -c
        check -o $'10.77.0.1 one\n10.77.0.2 two' sh -c 'jls vnet.ip4.addr name | sort'
        check -o - jail -f jail.conf -r
}

@test "jail.conf(5): an inherited command cancelled; a jail below another" {
        command -v mandoc >/dev/null || skip 'mandoc is not installed'
        display 'An inherited command cancelled' >jail.conf
        check -o 'bare: created' jail -f jail.conf -c
        check jail -R bare
        display 'A jail below another' >jail.conf
        check -o $'name=build|children.max=4|persist\nname=build.i386|path=/srv/i386|persist' jail -f jail.conf -e '|'
}

# ------------------------------------------------------------- jls(8), jexec(8)

@test "jls(8): its examples" {
        check jail -c name=web persist path=/ vnet vnet.interface=auto vnet.ip4.addr=10.77.0.10 \
                host.hostname=web.example.org rctl.memoryuse=256M
        check -o '   JID  IP Address      Hostname                      Path
     1  10.77.0.10      web.example.org               /' jls
        check -o '1 web web.example.org' jls -j web jid name host.hostname
        check -o 'name=web persist rctl.memoryuse=268435456' jls -n name persist rctl.memoryuse
        check -o $'jid name children.max\n1 web 0' jls -h jid name children.max
        check -o there sh -c 'if jls -c -j web; then echo there; fi'
}

@test "jls(8): a jail remade as it is" {
        check jail -c name=box persist path=/ host.hostname='b o x' allow.raw_sockets=0 children.max=1
        check -o - jls -s -j box
        cp "$out" box.args
        check sh -c 'jail -r box && eval jail -c "$(cat box.args)"'
        check -o "$(cat box.args)" jls -s -j box
}

@test "jexec(8): its examples" {
        check jail -c name=web root.base=/ root.discard mount.procfs persist
        check -o - jexec web ps
        check -o www-data jexec -l -U www-data web id -un
        check -o $'/srv\nC' jexec -d /srv -e LANG=C web sh -c 'pwd; echo $LANG'
        check -s 7 jexec web sh -c 'exit 7'
}

# ------------------------------------------------------------------ the site

# A copy of the site with base instead of the host's tree, in which there are busybox and what is here of the servers.
site() {
        cp -r "$top/examples/site" site
        # what the host calls itself to its jails
        ip addr add 203.0.113.1/32 dev lo
        finally ip addr del 203.0.113.1/32 dev lo
        finally rm -rf /var/lib/gaol/web /var/lib/gaol/db /var/lib/gaol/mail /var/lib/gaol/build
        sed -i "s,\"/srv/site\",\"$dir/site\",
                s,\"/var/log/jail_,\"$dir/jail_,
                s,\"\$site/all\"\, \"/\",\"\$site/all\"\, \"$BATS_FILE_TMPDIR/host\"," site/jail.conf
}

@test "examples/site: the file as it is can be read" {
        check -o - jail -f "$top/examples/site/jail.conf" -e ' '
        holds <(sed 's/ .*//' "$out") $'name=web\nname=db\nname=mail\nname=build'
        ! grep -v ' root.base=/srv/site/[a-z]*,/srv/site/all,/ ' "$out"
        grep -q '^name=web .* depend=db ' "$out"
}

@test "examples/site: it starts, answers, and stops" {
        site
        check -o - jail -f site/jail.conf -c '*'
        holds <(sort "$out") $'build: created\ndb: created\nmail: created\nweb: created'
        check -o $'10.77.0.10 web.example.org\n10.77.0.20 db.example.org\n10.77.0.30 mail.example.org\n10.77.0.40 build.example.org' \
                sh -c 'jls vnet.ip4.addr host.hostname | sort'
        check -o "$(cat "$top/examples/site/web/srv/www/index.html")" timeout 5 busybox wget -q -O - http://10.77.0.10/
        check -o "$(cat "$top/examples/site/web/srv/www/index.html")" timeout 5 busybox wget -q -O - http://127.0.0.1/
        check -o '10.77.0.20	db.example.org db' jexec web grep db /etc/hosts
        holds jail_web.log 'web: no nginx on this host, using busybox'
        check -o - jail -f site/jail.conf -r '*'
        holds <(sort "$out") $'build: removed\ndb: removed\nmail: removed\nweb: removed'
        # what they wrote stays
        [ -d /var/lib/gaol/build/upper/srv/src ]
}

@test "examples/site: jobs of the build host are jails below it" {
        site
        check -o 'build: created' jail -f site/jail.conf -c build
        check -o 'done' jexec build jail -c name=job1 path=/ command=/bin/echo 'done'
        check -o - jail -f site/jail.conf -r build
}

@test "examples/site: on the host's own tree, as the file says" {
        site
        sed -i "s,$BATS_FILE_TMPDIR/host,/," site/jail.conf
        check -o 'build: created' jail -f site/jail.conf -c build
        check -o build.example.org jexec build uname -n
        check -o 'build: removed' jail -f site/jail.conf -r build
}
