# jail(8), persist: how long a jail lives.

load helper

gone() {
        [ -z "$(jls name)" ]
}

# A process in the jail, as the host sees it.
sleeps() {
        pgrep -x sleep >/dev/null
}

@test "a jail that persists needs no process and stays" {
        check jail -c name=a path=/ persist
        check -o 'name=a persist' jls -n name persist
        check -s 1 pgrep -x gaol-init
        check jexec a /bin/true
        check -o gaol-init ps --no-headers -o comm -p "$(init_of a)"
        check -s 1 pgrep -P "$(init_of a)"
        check -o a jls name
}

@test "a new jail must persist or have something to run" {
        check -s 1 -e 'jail: new jail must persist or attach' jail -c name=a path=/
        conf 'a { path = /; }'
        check -s 1 -e 'jail: a: new jail must persist or attach' jail -f jail.conf -c
        check jls name
}

@test "without persist a jail ends with its commands" {
        check -o 'in a' jail -c name=a path=/ exec.start='echo in $JNAME'
        check jls name
        check -o 'in a' jail -c name=a path=/ command=/bin/echo in a
        check jls name
        check -o 'out of a' jail -c name=a path=/ exec.poststart='echo out of $JNAME'
        check jls name
}

@test "commands may end before the next is begun" {
        check -o $'one\ntwo\nthree\nfour' jail -c name=a path=/ exec.start='echo one' exec.start='echo two' \
                exec.poststart='echo four' command=/bin/echo three
        check jls name
}

@test "a daemon left behind keeps a jail alive, to its end" {
        check jail -c name=a root.base=/ root.discard mount.devfs exec.start='setsid sleep 1000 </dev/null >/dev/null 2>&1 & :'
        check -o 'name=a nopersist' jls -n name persist
        sleeps
        pkill -x sleep
        eventually gone
        check -s 1 -e 'jail: "a" not found' jail -m name=a persist
}

@test "a command in the background keeps a jail alive, to its end" {
        check jail -c name=a path=/ exec.start='sleep 1000 &'
        check -o a jls name
        pkill -x sleep
        eventually gone
}

@test "a process of jexec keeps a jail alive, to its end" {
        check jail -c name=a path=/ exec.start='sleep 1000 &'
        jexec a /bin/sleep 1001 3>&- &
        eventually pgrep -f 'sleep 1001'
        pkill -f 'sleep 1000'
        sleep 0.2
        check -o a jls name
        pkill -f 'sleep 1001'
        eventually gone
        wait $! || [ $? = 143 ]
}

@test "what a killed jexec has started keeps a jail alive, to its end" {
        check jail -c name=a path=/ exec.start='sleep 1000 &'
        jexec a /bin/sleep 1001 3>&- &
        eventually pgrep -f 'sleep 1001'
        kill -9 $!
        wait $! || [ $? = 137 ]
        pkill -f 'sleep 1000' || :
        sleep 0.2
        check -o a jls name
        pkill -f 'sleep 1001'
        eventually gone
}

@test "orphans are PID 1's children, and are reaped" {
        check jail -c name=a root.base=/ root.discard mount.devfs persist
        check jexec a /bin/sh -c '(sleep 1000 &)'
        check -o "$(init_of a)" ps --no-headers -o ppid:1 -p "$(pgrep -x sleep)"
        pkill -x sleep
        eventually not sleeps
        check -s 1 pgrep -P "$(init_of a)"
}

@test "-m nopersist: a jail without a process ends at once, another with its last" {
        check jail -c name=a path=/ persist
        check jail -m name=a nopersist
        eventually gone
        check jail -c name=a path=/ persist exec.start='sleep 1000 &'
        check jail -m name=a persist=false
        sleep 0.2
        check -o 'name=a nopersist' jls -n name persist
        pkill -x sleep
        eventually gone
}

@test "-m persist: a jail outlives its last process" {
        check jail -c name=a path=/ exec.start='sleep 1000 &'
        check jail -m name=a persist
        pkill -x sleep
        eventually not sleeps
        sleep 0.2
        check -o 'name=a persist' jls -n name persist
}

@test "a name whose jail has ended by itself can be used again" {
        check jail -c name=a path=/ exec.start='sleep 1000 &'
        pkill -x sleep
        eventually gone
        check jail -c name=a path=/ persist
        check -o '2 a' jls jid name
}

@test "-r and -R of a jail that has ended by itself clear away and succeed" {
        local flag

        for flag in -r -R; do
                check jail -c name=a path=/ exec.start='sleep 1000 &'
                pkill -x sleep
                eventually gone
                [ -e /run/gaol/jails/a ]
                check jail $flag a
                [ ! -e /run/gaol/jails/a ]
                check -s 1 -e 'jail: "a" not found' jail $flag a
        done
}

@test "-r of a jail that has ended by itself runs exec.poststop and exec.release" {
        conf '
                a {
                        path = /;
                        exec.start = "sleep 1000 &";
                        exec.prestop = "echo prestop";
                        exec.stop = "echo stop";
                        exec.poststop = '\''echo poststop $JID $JNAME'\'';
                        exec.release = "echo release";
                }
        '
        check -o 'a: created' jail -f jail.conf -c
        pkill -x sleep
        eventually gone
        check -o $'a: removed\npoststop 1 a\nrelease' jail -f jail.conf -r a
}

@test "the end of PID 1 is the end of the jail and of its processes" {
        check jail -c name=a path=/ persist exec.start='sleep 1000 &'
        kill -9 "$(init_of a)"
        eventually gone
        eventually not sleeps
        check jail -c name=a path=/ persist
        check -o '2 a' jls jid name
}

@test "a record of an earlier boot: what is there now is not taken for what was there then" {
        local now then=00000000-1111-2222-3333-444444444444

        now=$(cat /proc/sys/kernel/random/boot_id)
        check jail -c name=a path=/ persist vnet vnet.interface=auto vnet.ip4.addr=192.0.2.9 vnet.nat
        kill -KILL "$(init_of a)"
        eventually gone
        sed -i "s/$now/$then/" /run/gaol/jails/a /run/gaol/index
        check -o 1 cat /proc/sys/net/ipv4/ip_forward
        check jail -c name=b path=/ persist
        [ ! -e /run/gaol/shared ]
        check jail -r a
        check -o 1 cat /proc/sys/net/ipv4/ip_forward
        [ ! -e /run/gaol/jails/a ]
        # what the boot that never was has left
        nft flush ruleset
        echo 0 >/proc/sys/net/ipv4/ip_forward
}

@test "a record that cannot be read is not one that is not there" {
        check jail -c name=a path=/ persist children.max=1
        check jail -c name=a.b path=/ persist
        mv /run/gaol/jails/a "$BATS_TEST_TMPDIR"
        mkdir /run/gaol/jails/a
        check -s 1 -e 'jexec: record a: Invalid argument' jexec a.b true
        check -s 1 -e 'jls: record a: Invalid argument' jls name
        rmdir /run/gaol/jails/a
        mv "$BATS_TEST_TMPDIR/a" /run/gaol/jails
        check jail -r a
        check jls name
}

@test "a jail that is modified again and again is still one, and is removed" {
        local i text

        check jail -c name=a path=/ persist
        printf -v text %04000d 0
        for ((i = 0; i < 400; i++)); do
                jail -m name=a meta="$i$text"
        done
        check -o a jls name
        [ "$(stat -c %s /run/gaol/jails/a)" -lt 40000 ]
        check jail -r a
        check jls name
}

@test "a jail with a parameter that cannot be read is neither entered nor changed, but removed" {
        local why='cannot read nosuch in its record: it can only be removed'

        check jail -c name=a path=/ persist
        echo 'set nosuch=1' >>/run/gaol/jails/a
        check -s 1 -e "jexec: $why" jexec a /bin/true
        check -s 1 -e "jail: $why" jail -m name=a meta=x
        check jail -r a
}
