# jexec(8): a command in a running jail.

load helper

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

@test "by name and by jid; status is that of the command" {
        check -o box jexec box uname -n
        check -o box jexec 1 uname -n
        check -s 7 jexec box sh -c 'exit 7'
        check -s 143 jexec box sh -c 'kill -TERM $$'
        check -s 137 jexec box sh -c 'kill -KILL $$'
}

@test "no such jail, no such command" {
        check -s 1 -e 'jexec: jail "nosuch" not found' jexec nosuch true
        check -s 1 -e 'jexec: jail 99 not found' jexec 99 true
        check -s 1 -e 'jexec: execvp: nosuch: No such file or directory' jexec box nosuch
        check -s 1 -e 'jexec: execvp: /tmp: Permission denied' jexec box /tmp
}

@test "without a command: \$SHELL -i, or /bin/sh" {
        check -o -i env SHELL=/bin/echo jexec box
        check -o / env SHELL=/nosuch jexec box /bin/sh -c pwd
        check -s 1 -e 'jexec: execvp: /nosuch: No such file or directory' env SHELL=/nosuch jexec box
        # It is an interactive one, so there are prompts on both of its outputs.
        check -o - -e - sh -c 'echo "echo hello >/tmp/said" | env -u SHELL jexec box'
        holds root/tmp/said hello
        rm root/tmp/said
        check -o - -e - sh -c 'echo "echo hello >/tmp/said" | SHELL=relative jexec -U user box'
        holds root/tmp/said hello
}

@test "environment: the caller's; -l a clean one; -e on top" {
        export SEEN=yes TERM=dumb
        check -o yes jexec box sh -c 'echo $SEEN'
        check -o "HOME=/root
PATH=/bin:/usr/bin
SHELL=$(getent passwd root | cut -d: -f7)
TERM=dumb
USER=root" sh -c 'jexec -l box env | sort'
        check -o $'one two\nover' jexec -l -e A=one -e B=two -e HOME=over box sh -c 'echo $A $B; echo $HOME'
        check -o 'a=b=c' jexec -e A=a=b=c box sh -c 'echo $A'
}

@test "working directory: /, home with -l or a user, -d before all" {
        check -o / jexec box pwd
        check -o /home/user jexec -U user box pwd
        check -o /root jexec -l box pwd
        check -o /tmp jexec -d /tmp -U user box pwd
        check -s 1 -e 'jexec: chdir /nosuch: No such file or directory' jexec -d /nosuch box pwd
}

@test "users: -U of the jail, -u of the host, root without" {
        own_etc
        printf 'outside:x:1234:1235::/tmp:/bin/sh\n' >>/etc/passwd
        check -o 'uid=0(root) gid=0(root) groups=0(root)' jexec box id
        check -o 'uid=1000(user) gid=1000(user) groups=50(play),1000(user)' jexec -U user box id
        check -o 'uid=1234 gid=1235 groups=1235' jexec -u outside box id
        check -s 1 -e 'jexec: user outside: no such user' jexec -U outside box id
        check -s 1 -e 'jexec: user user: no such user' jexec -u user box id
        check -s 1 -e 'jexec: user 0: no such user' jexec -U 0 box id
}

@test "standard input, output and error are the caller's; no other descriptor is open" {
        check -o hello sh -c 'echo hello | jexec box cat'
        check -e oops jexec box sh -c 'echo oops >&2'
        exec 7</etc/passwd 9>/dev/null
        check -o $'0\n1\n2' jexec box sh -c 'cd /proc/$$/fd && for fd in *; do [ ! -e $fd ] || echo $fd; done'
        exec 7<&- 9>&-
}

@test "the process is one of the jail: its number, its PID 1, its capabilities" {
        check -o '' jexec box sh -c '[ $$ -gt 1 ] && [ $$ -lt 100 ]'
        check -o 'gaol-init' jexec box cat /proc/1/comm
        check -o - jexec box grep CapBnd /proc/self/status
        cp "$out" entered
        check -o "$(cat entered)" jail -c name=other path="$dir/root" mount.procfs command=/bin/grep CapBnd /proc/self/status
        check -o $'Seccomp:\t2' jexec box grep '^Seccomp:' /proc/self/status
}

@test "signals are passed on, SIGINT is the terminal's" {
        jexec box sh -c 'trap "echo hup; exit 3" HUP; echo ready; while :; do sleep 0.05; done' >log 3>&- &
        eventually grep -q ready log
        kill -INT $!
        kill -HUP $!
        wait $! || [ $? = 3 ]
        holds log $'ready\nhup'
}

@test "a command that stops stops jexec, and goes on with it" {
        jexec box sh -c 'kill -STOP $$; echo on' >log 3>&- &
        eventually sh -c "grep -q '^State:.T' /proc/$!/status"
        kill -CONT $!
        wait $!
        holds log on
}

@test "on a terminal the command has it" {
        check -o - script -qec "jexec box sh -c 'tty; test -t 0 && test -t 1 && echo yes'" /dev/null
        grep -q yes "$out"
}
