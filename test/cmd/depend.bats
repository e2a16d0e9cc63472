# jail(8), DEPENDENCIES: depend, names with dots, loops, failures.

load helper

chain='
        path = /;
        persist;
        a { depend = b; }
        b { depend = c; }
        c { }
        other { }
'

@test "a jail is begun when those it depends on are up, exec.poststart included" {
        conf "$chain"'
                * { exec.prestart = "echo begin $name"; exec.poststart = "sleep 0.1; echo up $name"; other { } }
        '
        check -o $'begin c\nc: created\nup c\nbegin b\nb: created\nup b\nbegin a\na: created\nup a' jail -f jail.conf -c a
        check -o $'c\nb\na' jls name
}

@test "what is missing is pulled in, what is there is left as it is" {
        conf "$chain"
        check -o 'c: created' jail -f jail.conf -c c
        check -o $'b: created\na: created' jail -f jail.conf -c a
        check -o '1 c' jls -j c jid name
}

@test "-r: a jail is gone, exec.release included, before those it depends on are touched" {
        conf "$chain"'
                * { exec.prestop = "echo end $name"; exec.release = "sleep 0.1; echo gone $name"; }
        '
        check -o - jail -f jail.conf -c
        check -o $'end a\na: removed\ngone a\nend b\nb: removed\ngone b\nend c\nc: removed\ngone c' jail -f jail.conf -r c
        check -o other jls name
}

@test "-r: dependants that are not running are nothing to remove" {
        conf "$chain"
        check -o $'c: created\nb: created' jail -f jail.conf -c b
        check -o $'b: removed\nc: removed' jail -f jail.conf -r c
}

@test "-r of the dependant leaves the others" {
        conf "$chain"
        check -o $'c: created\nb: created\na: created' jail -f jail.conf -c a
        check -o 'a: removed' jail -f jail.conf -r a
        check -o $'c\nb' jls name
}

@test "-rc: what depends on the jail goes, and comes back" {
        conf "$chain"
        check -o $'c: created\nb: created\na: created' jail -f jail.conf -c a
        check -o $'a: removed\nb: removed\nc: removed\nc: created\nb: created\na: created' jail -f jail.conf -rc c
        check -o $'4 c\n5 b\n6 a' jls jid name
}

@test "-m follows no dependencies" {
        conf "$chain"
        check -o $'c: created\nb: created\na: created' jail -f jail.conf -c a
        check -o 'a: updated' jail -f jail.conf -m a
        check -o 'c: updated' jail -f jail.conf -m c
}

@test "an undefined jail" {
        conf 'path = /; persist; a { depend = nosuch; } b { depend = a; } c { }'
        check -s 1 -o 'c: created' -e - jail -f jail.conf -c
        holds <(sort "$err") $'jail: a: depends on undefined jail "nosuch"\njail: b: skipped'
        check -s 1 -e 'jail: a: depends on undefined jail "nosuch"' jail -f jail.conf -c a
        check -o c jls name
        check -o 'c: removed' jail -f jail.conf -r
}

@test "a loop is broken by failing one of it" {
        conf 'path = /; persist; a { depend = b; } b { depend = c; } c { depend = a; }'
        check -s 1 -e - jail -f jail.conf -c
        holds <(sort "$err") $'jail: a: dependency loop\njail: b: skipped\njail: c: skipped'
        check jls name
        conf 'path = /; persist; a { depend = a; }'
        check -s 1 -e 'jail: a: dependency loop' jail -f jail.conf -c a
        check jls name
}

@test "a loop does not stop the jails outside of it" {
        conf 'path = /; persist; a { depend = b; } b { depend = a; } c { } d { depend = c; }'
        check -s 1 -o $'c: created\nd: created' -e - timeout 20 jail -f jail.conf -c
        holds <(sort "$err") $'jail: a: dependency loop\njail: b: skipped'
        check -o $'c\nd' jls name
        check -s 0 -o $'d: removed\nc: removed' timeout 20 jail -f jail.conf -r c
}

@test "who depends on a jail that fails is skipped, others are not" {
        conf "$chain"'
                c { exec.start = "false"; }
        '
        check -s 1 -o - -e - jail -f jail.conf -c
        holds <(sort "$err") $'jail: a: skipped\njail: b: skipped\njail: c: false: failed'
        check -o other jls name
}

@test "-p1: one after another, in the order of the file" {
        conf '
                path = /;
                persist;
                exec.start = "sleep 0.05";
                z { }
                y { depend = x; }
                x { }
                w { }
        '
        check -o $'z: created\nx: created\nw: created\ny: created' jail -p1 -f jail.conf -c
        check -o $'w: removed\ny: removed\nz: removed\nx: removed' jail -p1 -f jail.conf -r
}

@test "blocks inside blocks" {
        conf '
                path = /;
                persist;
                a { b { c { } } }
        '
        check -o $'a: created\na.b: created\na.b.c: created' jail -f jail.conf -c
        check -o $'a\na.b\na.b.c' jls name
        check -o $'a.b.c: removed\na.b: removed' jail -f jail.conf -r a.b
        check -o $'a: removed' jail -f jail.conf -r a
}

@test "on the command line depend names running jails" {
        check -s 1 -e 'jail: depends on nonexistent jail "a"' jail -c name=b path=/ persist depend=a
        check jail -c name=a path=/ persist
        check jail -c name=b path=/ persist depend=a
        check -s 1 -e 'jail: depends on nonexistent jail "c"' jail -c name=d path=/ persist depend=a,c
        check -o $'a\nb' jls name
}

@test "a name with dots waits for the jail above to exist, not for its commands" {
        conf '
                path = /;
                persist;
                a { exec.start = "sleep 0.5"; exec.poststart = "echo a up"; }
                a.b { exec.poststart = "echo b up"; }
        '
        check -o $'a: created\na.b: created\nb up\na up' jail -f jail.conf -c
        check -o $'a.b: removed\na: removed' jail -f jail.conf -r a
}
