# jail(8), exec.* and command: what is run, when, where, as whom and with what.

load helper

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

@test "order of making and of removal" {
        conf "path = /; persist; a { $hooks }"
        check -o $'prepare\nprestart\na: created\ncreated\nstart\ncommand\npoststart' jail -f jail.conf -c
        check -o $'prestop\nstop\na: removed\npoststop\nrelease' jail -f jail.conf -r
}

@test "lists are run in their order, and an empty value cancels" {
        conf '
                path = /;
                persist;
                exec.start = "echo default";
                a { exec.start = "echo one", "echo two"; exec.start += "echo three"; }
                b { exec.start = ""; }
        '
        check -o $'a: created\none\ntwo\nthree\nb: created' jail -p1 -f jail.conf -c
}

@test "a command that fails on the way up: what was made is taken back, and no other is run" {
        local hook done=

        for hook in prepare prestart created start poststart; do
                conf "path = /; persist; a { $hooks exec.$hook += 'exit 3;', 'echo not reached'; }"
                case $hook in
                prepare) done='prepare' ;;
                prestart) done=$'prepare\nprestart' ;;
                created) done=$'prepare\nprestart\na: created\ncreated\na: removed' ;;
                start) done=$'prepare\nprestart\na: created\ncreated\nstart\na: removed' ;;
                poststart) done=$'prepare\nprestart\na: created\ncreated\nstart\ncommand\npoststart\na: removed' ;;
                esac
                check -s 1 -o "$done" -e 'jail: a: exit 3;: failed' jail -f jail.conf -c
                check jls name
        done
        host_same "$BATS_TEST_TMPDIR/before"
}

@test "exec.prestop or exec.stop fails: the jail stays" {
        local hook

        for hook in prestop stop; do
                conf "path = /; persist; a { exec.$hook = 'exit 3;', 'echo not reached'; exec.poststop = 'echo no'; }"
                check -o 'a: created' jail -f jail.conf -c
                check -s 1 -e 'jail: a: exit 3;: failed' jail -f jail.conf -r
                check -o a jls name
                check jail -R a
        done
}

@test "exec.poststop or exec.release fails: the jail is gone, and the exit status 1" {
        conf 'path = /; persist; a { exec.poststop = "exit 3;"; exec.release = "echo release"; }'
        check -o 'a: created' jail -f jail.conf -c
        check -s 1 -o $'a: removed\nrelease' -e 'jail: a: exit 3;: failed' jail -f jail.conf -r
        check jls name
        conf 'path = /; persist; a { exec.release = "exit 3;"; }'
        check -o 'a: created' jail -f jail.conf -c
        check -s 1 -o 'a: removed' -e 'jail: a: exit 3;: failed' jail -f jail.conf -r
        check jls name
}

@test "how a command can fail" {
        check -s 1 -e 'jail: false: failed' jail -c name=a path=/ exec.start=false
        check -s 1 -e 'jail: kill -9 $$: exited on signal 9' jail -c name=a path=/ exec.start='kill -9 $$'
        check -s 1 -e 'jail: execvp: nosuch: No such file or directory' jail -c name=a path=/ exec.start='nosuch a b'
        check -s 1 -e 'jail: execvp: /etc: Permission denied' jail -c name=a path=/ command=/etc
        check -s 1 -e 'jail: execvp: nosuch: No such file or directory' jail -c name=a path=/ persist exec.prestart=nosuch
        check -s 1 -e 'jail: /bin/sh: failed' jail -c name=a path=/ command=/bin/sh -c 'exit 5'
        check jls name
}

@test "where commands run: host or jail" {
        local hook

        for hook in prepare prestart created poststart; do
                check -o "$(uname -n)" jail -c name=a path=/ host.hostname=jailed persist exec.$hook='uname -n'
                check jail -r a
        done
        check -o jailed jail -c name=a path=/ host.hostname=jailed exec.start='uname -n'
        check -o jailed jail -c name=a path=/ host.hostname=jailed command=/bin/uname -n
        conf 'path = /; persist; host.hostname = jailed; exec.prestop = "uname -n"; exec.stop = "uname -n";
              exec.poststop = "uname -n"; exec.release = "uname -n"; a { }'
        check -o 'a: created' jail -f jail.conf -c
        check -o "$(uname -n; echo jailed; echo 'a: removed'; uname -n; uname -n)" jail -f jail.conf -r
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

@test "exec.prestop and exec.stop: others may change the jail, and end it" {
        conf 'path = /; persist; a { exec.prestop = "jail -m name=a host.hostname=ending";
              exec.stop = "uname -n"; }'
        check -o 'a: created' jail -f jail.conf -c
        check -o $'ending\na: removed' jail -f jail.conf -r
        conf 'path = /; persist; a { exec.prestop = "jail -r a"; exec.poststop = "echo poststop"; }'
        check -o 'a: created' jail -f jail.conf -c
        check jail -f jail.conf -r
        check jls name
        conf "path = /; persist; a { exec.start = true; exec.prestop = 'kill -9 \$(pgrep -x gaol-init)'; }"
        check -o 'a: created' jail -f jail.conf -c
        check -o 'a: removed' jail -f jail.conf -r
}

@test "exec.created: the jail has no interfaces yet" {
        check -o $'lo\nlo\ng1.0' jail -c name=a path=/ persist vnet vnet.interface=auto \
                exec.created='ip -o link | sed "s/@.*//; s/^[0-9]*: //; s/:.*//"' \
                exec.poststart='ip -o link | sed "s/@.*//; s/^[0-9]*: //; s/:.*//"'
}

# ------------------------------------------------------------------ words

@test "special characters make a command one for the shell, others do not" {
        check -o $'#x %y =z' jail -c name=a path=/ exec.start='echo #x %y =z'
        check -o $'two  words' jail -c name=a path=/ exec.start='echo "two  words"'
        check -o $'two words' jail -c name=a path=/ exec.start=$'echo\ttwo   words '
        check -o $'1\n2' jail -c name=a path=/ exec.start='echo 1; echo 2'
        check -o 'home is /root' jail -c name=a path=/ exec.clean exec.start='echo home is $HOME'
        check jail -c name=a path=/ persist exec.start=' ' exec.start=$'\t'
}

@test "a trailing & is not waited for, and never fails" {
        check jail -c name=a path=/ exec.start='sleep 1000 &'
        check -o 1 pgrep -c -x sleep
        check jail -r a
        check -s 1 pgrep -x sleep
        check jail -c name=a path=/ persist exec.start='false &'
        check jail -c name=b path=/ persist exec.poststart='sleep 0.2 &'
        check -o $'a\nb' jls name
}

@test "command in a file: after exec.start, like one more of it" {
        conf 'path = /; a { command = "echo a  b; echo c"; exec.clean; exec.start = "echo start"; }'
        check -o $'a: created\nstart\na b\nc' jail -f jail.conf -c
}

# ---------------------------------------------------------------- environment

@test "environment: that of jail, and JID, JNAME, JPATH" {
        export SEEN=yes
        make_root root
        for hook in created start poststart; do
                check -o "JID=7
JNAME=a
JPATH=$dir/root
SEEN=yes" jail -c jid=7 name=a path="$dir/root" persist exec.$hook='env | grep -E "^(J|SEEN=)" | sort'
                check jail -r a
        done
        conf "path = '$dir/root'; persist; a { jid = 7; exec.prestop = 'echo \$JID \$JNAME \$JPATH';
              exec.stop = 'echo \$JID \$JNAME \$JPATH'; exec.poststop = 'echo \$JID \$JNAME \$JPATH';
              exec.release = 'echo \$JID \$JNAME \$JPATH'; }"
        check -o 'a: created' jail -f jail.conf -c
        check -o "7 a $dir/root
7 a $dir/root
a: removed
7 a $dir/root
7 a $dir/root" jail -f jail.conf -r
}

@test "environment: exec.prepare and exec.prestart have the three too" {
        check -o $'7 a /\n7 a /' jail -c jid=7 name=a path=/ persist exec.prepare='echo $JID $JNAME $JPATH' \
                exec.prestart='echo $JID $JNAME $JPATH'
}

@test "environment: exec.clean leaves HOME, SHELL, TERM, USER and PATH" {
        export SEEN=yes TERM=dumb
        make_root root
        sed -i s/root:x:0/boss:x:0/ root/etc/passwd
        check -o 'HOME=/root
PATH=/bin:/usr/bin
SHELL=/bin/sh
TERM=dumb
USER=boss' jail -c name=a path="$dir/root" exec.clean exec.start='env | grep -v -E "^(PWD|_|SHLVL|OLDPWD)=" | sort'
        check -o "HOME=/root
PATH=/bin:/usr/bin
SHELL=$(getent passwd root | cut -d: -f7)
TERM=dumb
USER=root" jail -c name=a path=/ persist exec.clean exec.prestart='env | grep -v -E "^(PWD|_|SHLVL|OLDPWD)=" | sort'
}

@test "environment: exec.clean in a tree without users" {
        make_root root
        rm root/etc/passwd
        check -o '/ / /bin/sh root' jail -c name=a path="$dir/root" exec.clean exec.start='echo $PWD $HOME $SHELL $USER'
}

@test "environment: exec.jail_user sets USER, HOME and SHELL" {
        make_root root
        export SEEN=yes
        check -o 'HOME=/home/user
JNAME=a
SEEN=yes
SHELL=/bin/sh
USER=user' jail -c name=a path="$dir/root" exec.jail_user=user \
                exec.start='env | grep -E "^(USER|HOME|SHELL|JNAME|SEEN)=" | sort'
}

# ------------------------------------------------------------------------ users

@test "exec.jail_user: looked up in the jail, with all groups, and no right" {
        make_root root
        check -o 'uid=1000(user) gid=1000(user) groups=50(play),1000(user)' \
                jail -c name=a path="$dir/root" exec.jail_user=user exec.start=id
        check -o 'uid=1000(user) gid=1000(user) groups=50(play),1000(user)' \
                jail -c name=a path="$dir/root" exec.jail_user=user command=/bin/id
        check -o $'CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapAmb:\t0000000000000000' \
                jail -c name=a path="$dir/root" mount.procfs exec.jail_user=user \
                command=/bin/grep -E 'Cap(Inh|Prm|Eff|Amb)' /proc/self/status
        check -s 1 -e 'jail: user nobody: no such user' jail -c name=a path="$dir/root" exec.jail_user=nobody exec.start=id
        check -s 1 -e 'jail: user 1000: no such user' jail -c name=a path="$dir/root" exec.jail_user=1000 exec.start=id
        check jls name
}

@test "exec.system_jail_user: looked up on the host" {
        make_root root
        check -o "$(id -u nobody)" jail -c name=a path="$dir/root" exec.jail_user=daemon exec.system_jail_user \
                exec.start='true' command=/bin/true || :
        own_etc
        printf 'outside:x:1234:1235::/tmp:/bin/bash\n' >>/etc/passwd
        check -o 'uid=1234 gid=1235 groups=1235' jail -c name=a path="$dir/root" exec.jail_user=outside \
                exec.system_jail_user exec.start=id
        check -s 1 -e 'jail: user user: no such user' jail -c name=a path="$dir/root" exec.jail_user=user \
                exec.system_jail_user exec.start=id
}

@test "exec.system_user: commands on the host, and no others" {
        check -o 'daemon
root' jail -c name=a path=/ exec.system_user=daemon exec.prestart='id -un' exec.start='id -un'
        check -o '/usr/sbin /usr/sbin daemon' jail -c name=a path=/ persist exec.system_user=daemon \
                exec.prestart='echo $HOME ~ $USER'
        check -s 1 -e 'jail: user nosuch: no such user' jail -c name=b path=/ exec.system_user=nosuch exec.prestart=true \
                persist
        check -o a jls name
}

@test "the user database of the jail is text with a bound: neither a pipe nor a link out is followed" {
        make_root root
        rm root/etc/passwd
        check -s 1 -e 'jail: /etc/passwd: No such file or directory' \
                jail -c name=a path="$dir/root" exec.jail_user=user exec.start=id
        mkfifo root/etc/passwd
        check -s 1 -e 'jail: /etc/passwd: not a regular file' \
                timeout 5 jail -c name=a path="$dir/root" exec.jail_user=user exec.start=id
        rm root/etc/passwd
        ln -s ../../../../../../../../../../etc/passwd root/etc/passwd
        check -s 1 -e 'jail: /etc/passwd: Too many levels of symbolic links' \
                jail -c name=a path="$dir/root" exec.jail_user=nobody exec.start=id
}

@test "an id that is out of range, or is not a number, is no user" {
        make_root root
        printf 'a:x:4294967295:0::/:/bin/sh\nb:x::0::/:/bin/sh\nc:x:1x:0::/:/bin/sh\nd:x:4294967296:0::/:/bin/sh\n' \
                >root/etc/passwd
        local user

        for user in a b c d; do
                check -s 1 -e "jail: user $user: no such user" \
                        jail -c name=a path="$dir/root" exec.jail_user=$user exec.start=id
        done
        printf 'e:x:70000:0::/:/bin/sh\n' >root/etc/passwd
        check -s 1 -e 'jail: become uid 70000: Invalid argument' jail -c name=a path="$dir/root" exec.jail_user=e exec.start=id
}

# -------------------------------------------------------- directory, time, log

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

@test "exec.timeout: a command that takes longer is killed, and the step fails" {
        check -s 1 -e 'jail: sleep 1000: timed out' jail -c name=a path=/ exec.timeout=1 exec.start='sleep 1000'
        check -s 1 pgrep -x sleep
        check -s 1 -e 'jail: sleep 1000: timed out' jail -c name=a path=/ persist exec.timeout=1 exec.prestart='sleep 1000'
        check -s 1 pgrep -x sleep
        check jls name
        check jail -c name=a path=/ exec.timeout=60 exec.start='sleep 0.1'
}

# Something with children, a session of its own, and an orphan.
tree='sleep 1000 & setsid sleep 1000 & (sleep 1000 &); sleep 1000 | sleep 1000'

@test "exec.timeout: what the command has started is killed with it" {
        check -s 1 -e "jail: $tree: timed out" jail -c name=a path=/ persist exec.timeout=1 exec.prestart="$tree"
        eventually not pgrep -x 'sleep|setsid'
        # nor does it live on in a jail that stays
        make_root root
        conf "a { path = '$dir/root'; persist; exec.timeout = 1; exec.stop = 'sleep 1000 | sleep 1000'; }"
        check -o 'a: created' jail -f jail.conf -c
        check -s 1 -e 'jail: a: sleep 1000 | sleep 1000: timed out' jail -f jail.conf -r
        check -o a jls name
        eventually not pgrep -x sleep
}

@test "exec.timeout: a command in time is as one without" {
        check -o 'one two' jail -c name=a path=/ persist exec.timeout=60 exec.prestart='echo one two; sleep 1000 &'
        # what it leaves behind was its wish
        check pkill -x sleep
        check jail -r a
        check -s 1 -e 'jail: exit 3; :: failed' jail -c name=a path=/ persist exec.timeout=60 exec.prestart='exit 3; :'
        check -s 1 -e 'jail: kill -SEGV $$: exited on signal 11' jail -c name=a path=/ persist exec.timeout=60 exec.prestart='kill -SEGV $$'
        check -s 1 -e 'jail: execvp: nosuch: No such file or directory' jail -c name=a path=/ persist exec.timeout=60 exec.prestart=nosuch
}

@test "exec.consolelog: output of commands in the jail is appended, of others not" {
        check -o host jail -c name=a path=/ exec.consolelog="$dir/log" exec.prestart='echo host' \
                exec.start='echo out; echo err >&2' exec.start='echo more'
        holds log $'out\nerr\nmore'
        check jail -c name=a path=/ exec.consolelog="$dir/log" command=/bin/echo again
        holds log $'out\nerr\nmore\nagain'
        check -s 1 -e "jail: exec.consolelog: $dir/no/log: No such file or directory" \
                jail -c name=a path=/ exec.consolelog="$dir/no/log" exec.start=true
        check -s 1 -e 'jail: exec.consolelog: not an absolute pathname: log' \
                jail -c name=a path=/ exec.consolelog=log exec.start=true
}

@test "exec.consolelog below the path of the jail: no link is followed" {
        make_root root
        mkdir root/log
        check jail -c name=a path="$dir/root" exec.consolelog="$dir/root/log/a" exec.start='echo hello'
        holds root/log/a hello
        ln -s /victim root/log/link
        check -s 1 -e "jail: exec.consolelog: $dir/root/log/link is a symbolic link" \
                jail -c name=a path="$dir/root" exec.consolelog="$dir/root/log/link" exec.start='echo hello'
        ln -s log root/other
        check -s 1 -e "jail: exec.consolelog: $dir/root/other/a: a symbolic link leads to it" \
                jail -c name=a path="$dir/root" exec.consolelog="$dir/root/other/a" exec.start='echo hello'
        rm root/log/a
        mkfifo root/log/a
        check -s 1 -e "jail: exec.consolelog: $dir/root/log/a: not a regular file" \
                timeout 5 jail -c name=a path="$dir/root" exec.consolelog="$dir/root/log/a" exec.start='echo hello'
        # not even one that somebody reads, nor a device in the tree
        cat root/log/a 3>&- &
        finally end $!
        check -s 1 -e "jail: exec.consolelog: $dir/root/log/a: not a regular file" \
                timeout 5 jail -c name=a path="$dir/root" exec.consolelog="$dir/root/log/a" exec.start='echo hello'
        mknod root/log/full c 1 7
        check -s 1 -e "jail: exec.consolelog: $dir/root/log/full: not a regular file" \
                jail -c name=a path="$dir/root" exec.consolelog="$dir/root/log/full" exec.start='echo hello'
        [ ! -e /victim ]
}

# log_goes FILE LOG PARAMETER...: what a command says to LOG is in FILE
log_goes() {
        local file=$1 log=$2

        rm -f "$file"
        check jail -c name=a "${@:3}" exec.consolelog="$log" exec.start='echo hello'
        holds "$file" hello
}

log_refused() {
        check -s 1 -e "jail: exec.consolelog: $1" jail -c name=a "${@:3}" exec.consolelog="$2" exec.start='echo hello'
}

@test "exec.consolelog: by any name of the jail's root, no link of the jail's is followed" {
        local at

        make_root root
        mkdir root/log victim bound
        ln -s "$dir/victim/log" root/log/link
        ln -s "$dir/victim" root/other
        ln -s root alias
        ln -s root/log/link within
        ln -s "$dir/alias/other/a" deep
        ln -s root/log/new new
        mount --bind root bound
        finally umount "$dir/bound"
        for at in "$dir/root" "$dir//root/." "$dir/alias" "$dir/bound"; do
                log_refused "${at/\/\/root\/./\/root}/log/link is a symbolic link" "$at/log/link" path="$dir/root"
                log_refused "${at/\/\/root\/./\/root}/other/a: a symbolic link leads to it" "$at/other/a" path="$dir/root"
                log_goes root/log/a "$at/log/a" path="$dir/root"
                log_goes root/a "$at/a" path="$dir/root"
        done
        log_refused "$dir/root/log/link is a symbolic link" "$dir/root/log/link" path="$dir/alias"
        log_refused "$dir/within is a symbolic link" "$dir/within" path="$dir/root"
        log_refused "$dir/deep: a symbolic link leads to it" "$dir/deep" path="$dir/root"
        log_refused "$dir/alias: not a regular file" "$dir/alias" path="$dir/root"
        log_goes root/log/new "$dir/new" path="$dir/root"
        check ls victim
}

@test "exec.consolelog: links of the administrator's are followed" {
        make_root root
        mkdir logs
        ln -s "$dir/logs" there
        ln -s there/../logs/second first
        for at in there/a logs/a; do
                log_goes logs/a "$dir/$at" path="$dir/root"
        done
        log_goes logs/second "$dir/first" path="$dir/root"
        log_refused "$dir/none/log: No such file or directory" "$dir/none/log" path="$dir/root"
        log_refused "$dir/logs: Is a directory" "$dir/logs" path="$dir/root"
        check -o hello jail -c name=a path="$dir/root" exec.consolelog=/proc/self/fd/1 exec.start='echo hello'
}

@test "exec.consolelog: in the layer that the jail writes to no link is followed" {
        local thin upper

        make_root root
        mkdir victim bound
        thin=(root.base="$dir/root" root.layer="$dir/layer")
        check jail -c name=a "${thin[@]}" command=/bin/sh -c "mkdir /log; ln -s $dir/victim /other; ln -s $dir/victim/a /log/link"
        ln -s layer/upper alias
        mount --bind layer/upper bound
        finally umount "$dir/bound"
        for upper in "$dir/layer/upper" "$dir/alias" "$dir/bound"; do
                log_refused "$upper/log/link is a symbolic link" "$upper/log/link" "${thin[@]}"
                log_refused "$upper/other/a: a symbolic link leads to it" "$upper/other/a" "${thin[@]}"
                log_goes layer/upper/log/a "$upper/log/a" "${thin[@]}"
        done
        log_goes victim/log "$dir/victim/log" "${thin[@]}"
        rm victim/log
        finally rm -rf /var/lib/gaol/a
        check jail -c name=a root.base="$dir/root" command=/bin/ln -s "$dir/victim" /link
        log_refused '/var/lib/gaol/a/upper/link/a: a symbolic link leads to it' /var/lib/gaol/a/upper/link/a \
                root.base="$dir/root"
        check ls victim
}

@test "exec.consolelog: in what the jail is given for writing no link is followed" {
        make_root root
        mkdir logs victim
        log_goes logs/a "$dir/logs/a" path="$dir/root" mount="$dir/logs $dir/root/mnt nullfs rw"
        check jail -c name=a path="$dir/root" mount="$dir/logs $dir/root/mnt nullfs rw" \
                command=/bin/ln -s "$dir/victim/a" /mnt/link
        log_refused "$dir/logs/link is a symbolic link" "$dir/logs/link" path="$dir/root" \
                mount="$dir/logs $dir/root/mnt nullfs rw"
        check ls victim
}

@test "exec.consolelog: the jail's root is what it was made with, whatever the file says now" {
        make_root root
        mkdir root/log victim
        conf "a { path = '$dir/root'; persist; exec.start = true; }"
        check -o 'a: created' jail -f jail.conf -c
        check jexec a ln -s "$dir/victim/a" /log/a
        conf "a { path = /; exec.consolelog = '$dir/root/log/a'; exec.stop = 'echo stopped'; }"
        check -o 'a: removed' -e "jail: a: exec.consolelog: $dir/root/log/a is a symbolic link, going on without it" \
                jail -f jail.conf -r
        check ls victim
}

@test "exec.consolelog: a jail that spoils it is removed all the same" {
        local spoil lost=${BATS_TEST_TMPDIR:?}/dir/root/log/a

        make_root root
        mkdir root/log
        conf "a { path = '$dir/root'; persist; exec.consolelog = '$lost'; exec.start = 'echo started';
                exec.stop = 'echo stopped; echo done >/tmp/stopped'; }"
        while IFS='|' read -r spoil why; do
                rm -rf root/log root/tmp/stopped
                mkdir root/log
                check -o 'a: created' jail -f jail.conf -c
                check jexec a sh -c "$spoil"
                check -o 'a: removed' -e "jail: a: exec.consolelog: $why, going on without it" timeout 20 jail -f jail.conf -r
                holds root/tmp/stopped 'done'
        done <<-X
rm /log/a; ln -s /etc/passwd /log/a|$lost is a symbolic link
rm /log/a; mkfifo /log/a|$lost: not a regular file
rm /log/a; mkdir /log/a|$lost: not a regular file
rm -r /log; ln -s /etc /log|$lost: a symbolic link leads to it
rm -r /log|$lost: No such file or directory
X
        # one that is only gone is made again
        rm -rf root/log
        mkdir root/log
        check -o 'a: created' jail -f jail.conf -c
        check jexec a rm /log/a
        check -o 'a: removed' jail -f jail.conf -r
        holds root/log/a stopped
}

# ---------------------------------------------------------------------- the stop

@test "-r: SIGTERM to every process, and time to end" {
        make_root root
        conf "a { path = '$dir/root'; exec.start = '/bin/sh /daemon &'; }"
        printf 'exec 2>/tmp/errors\ntrap "echo bye >/tmp/bye; exit" TERM\necho >/tmp/ready\nwhile :; do sleep 0.05; done\n' >root/daemon
        check -o 'a: created' jail -f jail.conf -c
        eventually [ -e root/tmp/ready ]
        check -o 'a: removed' jail -f jail.conf -r
        holds root/tmp/bye bye
}

@test "-r: also of a jail that no file describes" {
        make_root root
        printf 'exec 2>/tmp/errors\ntrap "echo bye >/tmp/bye; exit" TERM\necho >/tmp/ready\nwhile :; do sleep 0.05; done\n' >root/daemon
        check jail -c name=a path="$dir/root" exec.start='/bin/sh /daemon &'
        eventually [ -e root/tmp/ready ]
        check jail -r a
        holds root/tmp/bye bye
}

@test "stop.timeout=0, and -R: no process is asked" {
        make_root root
        printf 'exec 2>/tmp/errors\ntrap "echo bye >/tmp/bye; exit" TERM\necho >/tmp/ready\nwhile :; do sleep 0.05; done\n' >root/daemon
        conf "a { path = '$dir/root'; stop.timeout = 0; exec.start = '/bin/sh /daemon &'; }"
        check -o 'a: created' jail -f jail.conf -c
        eventually [ -e root/tmp/ready ]
        check -o 'a: removed' jail -f jail.conf -r
        rm root/tmp/ready
        check -o 'a: created' jail -f jail.conf -c
        eventually [ -e root/tmp/ready ]
        check jail -R a
        [ ! -e root/tmp/bye ]
}

@test "stop.timeout: who does not end is killed" {
        make_root root
        printf 'exec 2>/tmp/errors\ntrap "echo no >/tmp/no" TERM\necho >/tmp/ready\nwhile :; do sleep 0.05; done\n' >root/daemon
        conf "a { path = '$dir/root'; stop.timeout = 1; exec.start = '/bin/sh /daemon &'; }"
        check -o 'a: created' jail -f jail.conf -c
        eventually [ -e root/tmp/ready ]
        check -o 'a: removed' jail -f jail.conf -r
        holds root/tmp/no no
}

# ------------------------------------------------------------- what is inherited

@test "signals, umask and priority: as a command would have them without jail" {
        check -o "$(grep -E 'Sig(Blk|Ign)' /proc/self/status)" \
                jail -c name=a root.base=/ root.discard mount.procfs exec.start='grep -E "Sig(Blk|Ign)" /proc/self/status'
        check -o "$(grep -E 'Sig(Blk|Ign)' /proc/self/status)" \
                jail -c name=a path=/ persist exec.prestart='grep -E "Sig(Blk|Ign)" /proc/self/status'
        umask 027
        check -o 0027 jail -c name=b path=/ exec.start='umask;'
}

@test "no descriptor but the standard three is open in a command" {
        exec 7</etc/passwd 9>/dev/null
        for hook in exec.prestart exec.start exec.poststart; do
                check -o $'0\n1\n2' jail -c name=a root.base=/ root.discard mount.procfs persist \
                        $hook='cd /proc/$$/fd && for fd in *; do [ ! -e $fd ] || echo $fd; done'
                check jail -R a
        done
        exec 7<&- 9>&-
}
