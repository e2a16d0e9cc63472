# jail(8), AT BOOT: the units as they are installed, and what they run.

load helper

# The programs stand where the units look for them.
setup_file() {
        local prefix

        inst=$BATS_FILE_TMPDIR/inst
        meson install -C "$GAOL_BUILD" --destdir "$inst" >"$BATS_FILE_TMPDIR/log" 2>&1 ||
                { cat "$BATS_FILE_TMPDIR/log"; return 1; }
        units=$(find "$inst" -name jail.service -printf '%h')
        prefix=$(sed -n 's,^ExecStart=\(.*\)/sbin/jail .*,\1,p' "$units/jail.service")
        mount -t overlay -o "lowerdir=$inst$prefix:$prefix" own-prefix "$prefix"
        export inst units
        unset JID JNAME JPATH
}

prepare() {
        own_etc
        rm -rf /etc/jail.*.conf /etc/jail.conf.d
        cp -R "$inst/etc/." /etc/
        scene
}

# runs KEY UNIT: what the unit has under KEY, as systemd(1) runs it: one after the other, until one fails.
runs() {
        local name=${2%.service} instance='' line lines

        case $name in
        *@*) instance=${name#*@} name=${name%%@*}@ ;;
        esac
        mapfile -t lines < <(sed -n "s/^$1=//p" "$units/$name.service")
        [ ${#lines[@]} -gt 0 ] || return 99
        for line in "${lines[@]}"; do
                # with an environment like that of a unit
                env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C ${line//%i/$instance} \
                        </dev/null || return
        done
}

start() { runs ExecStart "$1"; }
stop() { runs ExecStop "$1"; }
reload() { runs ExecReload "$1"; }

told='exec.prestart = "echo begin $name"; exec.poststart = "sleep 0.1; echo up $name";
      exec.prestop = "echo end $name"; exec.release = "sleep 0.1; echo gone $name";'

# A jail that no file knows, whose process writes down that it was asked to end.
by_hand() {
        printf '%s\n' "trap 'echo asked >$dir/asked; exit' TERM" ": >$dir/ready" 'while :; do sleep 0.1; done' >work
        check jail -c name="$1" path=/ exec.start="sh $dir/work 2>/dev/null &"
        eventually [ -e ready ]
}

@test "systemd finds nothing wrong with the units" {
        : >/etc/jail.conf
        check systemd-analyze --man=no verify "$units"/jail.service "$units"/jail@.service "$units"/jail-shutdown.service
        check -o $'jail-shutdown.service\njail.service\njail@.service' sh -c "ls $units"
        check sh -c 'ls /etc/jail.conf.d'
}

@test "jail.service: in the order of depend, and in the opposite one" {
        echo "path = /; persist; $told"' .include "/etc/jail.conf.d/*.conf"; last { depend = first, middle; }' >/etc/jail.conf
        echo 'first { }' >/etc/jail.conf.d/z.conf
        echo 'middle { depend = first; }' >/etc/jail.conf.d/a.conf
        check -o $'begin first\nfirst: created\nup first\nbegin middle\nmiddle: created\nup middle\nbegin last\nlast: created\nup last' \
                start jail.service
        # once more: nothing is missing
        check start jail.service
        check -o $'end last\nlast: removed\ngone last\nend middle\nmiddle: removed\ngone middle\nend first\nfirst: removed\ngone first' \
                stop jail.service
        check jls name
        check stop jail.service
}

# Each waits for a sign of the other.
@test "jail.service: side by side where that may be" {
        mkfifo one two
        echo "path = /; persist;
              a { exec.prestart = \"echo a >$dir/one; read b <$dir/two\"; exec.prestop = \"echo a >$dir/one; read b <$dir/two\"; }
              b { exec.prestart = \"read a <$dir/one; echo b >$dir/two\"; exec.prestop = \"read a <$dir/one; echo b >$dir/two\"; }" \
                >/etc/jail.conf
        check -o - start jail.service
        holds <(sort "$out") $'a: created\nb: created'
        check -o - stop jail.service
        holds <(sort "$out") $'a: removed\nb: removed'
}

@test "jail.service: a jail that cannot be made fails the unit and no other jail" {
        echo 'path = /; persist; bad { exec.prestart = "test -e now"; exec.prestart += "true"; } after { depend = bad; } good { }' \
                >/etc/jail.conf
        check -s 1 -o 'good: created' -e - start jail.service
        holds <(sort "$err") $'jail: after: skipped\njail: bad: test -e now: failed'
        check -o good jls name
        touch now
        check -o $'bad: created\nafter: created' start jail.service
        rm now
        check -o - stop jail.service
        check jls name
}

@test "jail.service: reload changes the jails there are and makes the others" {
        echo 'path = /; persist; a { host.hostname = before; }' >/etc/jail.conf
        check -o 'a: created' start jail.service
        echo 'path = /; persist; a { host.hostname = after; } b { depend = a; }' >/etc/jail.conf
        check -o $'a: updated\nb: created' reload jail.service
        check -o $'a after\nb ""' jls name host.hostname
        check -o $'b: removed\na: removed' stop jail.service
}

@test "jail@NAME.service: from the first of three files" {
        echo 'web { path = /; persist; exec.poststart = "echo jail.conf"; }' >/etc/jail.conf
        check -o $'web: created\njail.conf' start jail@web.service
        check -o 'web: removed' stop jail@web.service
        echo 'web { path = /; persist; exec.poststart = "echo jail.conf.d"; }' >/etc/jail.conf.d/web.conf
        check -o $'web: created\njail.conf.d' start jail@web.service
        check -o 'web: removed' stop jail@web.service
        echo 'web { path = /; persist; exec.poststart = "echo jail.web.conf"; host.hostname = $name; }' >/etc/jail.web.conf
        check -o $'web: created\njail.web.conf' start jail@web.service
        check -o 'web: updated' reload jail@web.service
        check -o 'web: removed' stop jail@web.service
        # a file of that name is read and no other
        check -s 1 -e 'jail: "db" not found' start jail@db.service
}

@test "jail@NAME.service: a name with a dash, and a jail below another" {
        echo 'my-web { path = /; persist; } my-web.db { path = /; persist; }' >/etc/jail.conf.d/my-web.conf
        echo '.include "my-web.conf";' >/etc/jail.conf.d/my-web.db.conf
        check -o $'my-web: created\nmy-web.db: created' start jail@my-web.db.service
        check start jail@my-web.service
        check -o 'my-web.db: removed' stop jail@my-web.db.service
        check -o 'my-web: removed' stop jail@my-web.service
}

@test "jail@NAME.service: one that cannot be made fails the unit; no file" {
        echo 'path = /; persist; web { exec.prestart = "false"; }' >/etc/jail.conf.d/web.conf
        check -s 1 -e 'jail: web: false: failed' start jail@web.service
        check -s 1 -e 'jail: /etc/jail.conf: No such file or directory' start jail@db.service
        check jls name
}

@test "jail@NAME.service: one that runs is left as it is, one that has ended is nothing to stop" {
        echo 'path = /; web { exec.start = "sleep 1000 &"; exec.poststop = "echo stopped"; }' >/etc/jail.conf.d/web.conf
        check jail -c name=web path=/ persist
        check start jail@web.service
        check -o 1 jls jid
        check -o $'web: removed\nstopped' stop jail@web.service
        check stop jail@web.service
        # killed, and its remains are there
        check -o 'web: created' start jail@web.service
        kill -9 "$(init_of web)"
        eventually sh -c '[ -z "$(jls name)" ]'
        check -o $'web: removed\nstopped' stop jail@web.service
        # without a file, and still asked to end
        by_hand web
        rm /etc/jail.conf.d/web.conf
        check stop jail@web.service
        holds asked asked
        check jls name
}

@test "jail-shutdown.service: every jail there is, with its commands, dependants first" {
        check stop jail-shutdown.service
        echo "path = /; persist; $told a { } b { depend = a; } b.c { }" >/etc/jail.conf
        check -o - start jail.service
        by_hand hand
        check -o - stop jail-shutdown.service
        holds <(grep -v hand "$out") $'end b.c\nb.c: removed\ngone b.c\nend b\nb: removed\ngone b\nend a\na: removed\ngone a'
        holds <(grep hand "$out") 'hand: removed'
        holds asked asked
        check jls name
}

@test "jail-shutdown.service: a configuration that cannot be read, and a jail that will not be stopped" {
        echo 'path = /; persist; a { } b { exec.stop = "false"; }' >/etc/jail.conf
        check -o - start jail.service
        check -s 1 -o 'a: removed' -e 'jail: b: false: failed' stop jail.service
        check -o - -e 'jail: b: false: failed' stop jail-shutdown.service
        check jls name
        check -o - start jail.service
        echo 'a {' >/etc/jail.conf
        check -s 1 -e 'jail: /etc/jail.conf: unexpected EOF' stop jail.service
        check -o - -e 'jail: /etc/jail.conf: unexpected EOF' stop jail-shutdown.service
        holds <(sort "$out") $'a: removed\nb: removed'
        check jls name
}

@test "jail-unit: wrong usage" {
        local unit=$(sed -n 's/^ExecStop=\([^ ]*\) .*/\1/p' "$units/jail-shutdown.service")

        for words in '' 'start' 'start a b' 'shutdown a' 'begin a'; do
                check -s 1 -e $'usage: jail-unit start|reload|stop name\n       jail-unit shutdown' "$unit" $words
        done
}
