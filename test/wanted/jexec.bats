# jexec(8): a command in a running jail.

load ../cmd/helper

prepare() {
        make_root root
        jail -c name=box path="$dir/root" persist host.hostname=box mount.devfs mount.procfs
}

@test "wrong usage" {
        local usage='usage: jexec [-l] [-d directory] [-e name=value] [-u user | -U user] jail [command ...]'

        check -s 1 -e "$usage" jexec
        check -s 1 -e "$usage" jexec -u root -U root box true
        check -s 1 -e "jexec: illegal option -- z
$usage" jexec -z box
        check -s 1 -e 'jexec: -e A: not name=value' jexec -e A box true
}

@test "without a command: \$SHELL -i, or /bin/sh" {
        check -o -i env SHELL=/bin/echo jexec box
        check -o / env SHELL=/nosuch jexec box /bin/sh -c pwd
        check -s 1 -e 'jexec: execvp: /nosuch: No such file or directory' env SHELL=/nosuch jexec box
        check -o hello -e - sh -c 'echo "echo hello" | env -u SHELL jexec box'
}

@test "a command that stops stops jexec, and goes on with it" {
        jexec box sh -c 'kill -STOP $$; echo on' >log 3>&- &
        eventually sh -c "grep -q '^State:.T' /proc/$!/status"
        kill -CONT $!
        wait $!
        holds log on
}
