# jail(8), exec.* and command: what is run, when, where, as whom and with what.

load ../cmd/helper

# Every hook writes its name.
hooks='
        exec.prepare = "echo prepare";
        exec.prestart = "echo prestart";
        exec.created = "echo created";
        exec.start = "echo start";
        command = "echo command";
        exec.poststart = "echo poststart";
        exec.prestop = "echo prestop";
        exec.stop = "echo stop";
        exec.poststop = "echo poststop";
        exec.release = "echo release";
'

@test "exec.poststop or exec.release fails: the jail is gone, and the exit status 1" {
        conf 'path = /; persist; a { exec.poststop = "exit 3;"; exec.release = "echo release"; }'
        check -o 'a: created' jail -f jail.conf -c
        check -s 1 -o $'release\na: removed' -e 'jail: a: exit 3;: failed' jail -f jail.conf -r
        check jls name
        conf 'path = /; persist; a { exec.release = "exit 3;"; }'
        check -o 'a: created' jail -f jail.conf -c
        check -s 1 -o 'a: removed' -e 'jail: a: exit 3;: failed' jail -f jail.conf -r
        check jls name
}

@test "exec.created, exec.poststart and exec.prestop: the jail is there, for jls and jexec too" {
        conf '
                path = /;
                persist;
                a {
                        exec.prestart = "jls name";
                        exec.created = "jls name", "jexec a echo in it";
                        exec.poststart = "jls name", "jexec a echo in it";
                        exec.prestop = "jls name", "jexec a echo in it";
                        exec.poststop = "jls name";
                }
        '
        check -o $'a: created\na\nin it\na\nin it' jail -f jail.conf -c
        check -o $'a\nin it\na: removed' jail -f jail.conf -r
}

@test "working directory: that of jail on the host, / in the jail, home with a user" {
        make_root root
        check -o "$dir
/" jail -c name=a path="$dir/root" exec.prestart=pwd exec.start=pwd
        check -o /home/user jail -c name=a path="$dir/root" exec.jail_user=user exec.start=pwd
        check -o /root jail -c name=a path="$dir/root" exec.clean exec.start=pwd
        check -s 1 -e 'jail: chdir /nowhere: No such file or directory' sh -c '
                echo "lost:x:5:5::/nowhere:/bin/sh" >>root/etc/passwd
                jail -c name=a path="$PWD/root" exec.jail_user=lost exec.start=pwd'
}

@test "-r: also of a jail that no file describes" {
        make_root root
        printf 'exec 2>/tmp/errors\ntrap "echo bye >/tmp/bye; exit" TERM\necho >/tmp/ready\nwhile :; do sleep 0.05; done\n' >root/daemon
        check jail -c name=a path="$dir/root" exec.start='/bin/sh /daemon &'
        eventually [ -e root/tmp/ready ]
        check jail -r a
        holds root/tmp/bye bye
}

@test "no descriptor but the standard three is open in a command" {
        exec 7</etc/passwd 9>/dev/null
        for hook in exec.prestart exec.start exec.poststart; do
                check -o $'0\n1\n2' jail -c name=a root.base=/ root.discard mount.procfs persist \
                        $hook='sh -c "cd /proc/\$\$/fd && echo * | tr \" \" \"\\n\""'
                check jail -R a
        done
        exec 7<&- 9>&-
}
