# jail(8), DEPENDENCIES: depend, names with dots, loops, failures.

load ../cmd/helper

chain='
        path = /;
        persist;
        a { depend = b; }
        b { depend = c; }
        c { }
        other { }
'

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
