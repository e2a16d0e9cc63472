# jail(8): operations, options, ways to say which jail.

load ../cmd/helper

usage='usage: jail [-dhilqv] [-J jid_file] [-u username | -U username]
            [-s securelevel] [-n name] -[cmr] param=value ... [command=command ...]
       jail [-dqv] [-f file] -[cmr] [jail]
       jail [-qv] [-f file] -[rR] [* | jail ...]
       jail [-dhilqv] [-J jid_file] [-n name] [-s securelevel] [-u username | -U username]
            path hostname [ip[,...]] command ...
       jail [-f file] -e separator'

three='
        path = "/";
        persist;
        a { }
        b { host.hostname = "$name.example.org"; }
        a.c { }
'

# ------------------------------------------------------- on the command line

@test "-r: a jail is given by its jid too" {
        conf 'path = /; persist; 17 { name = a; }'
        check -o 'a: created' jail -f jail.conf -c
        check -o '17 a' jls jid name
        check -o 'a: removed' jail -f jail.conf -r 17
}

@test "-v: operations, commands, and the parameters of each jail" {
        check -o 'a: jail_set(JAIL_CREATE) name=a path=/ persist host.hostname="x y"
a: created
a: run command in jail: echo hi
hi' jail -v -c name=a path=/ persist exec.start='echo hi' host.hostname='x y'
        check -o 'a: jail_set(JAIL_UPDATE) name=a host.hostname=x
a: updated' jail -v -m name=a host.hostname=x
        check -o 'a: removed' jail -v -r a
}

@test "-J: one line for each jail made" {
        check -o x jail -J jids -c name=a path=/ persist host.hostname='a b' exec.start='echo "x"' exec.start= vnet
        holds jids 'jid=1 name=a path=/ persist host.hostname="a b" exec.start='\''echo "x"'\'',"" vnet'
        check jail -R a
        conf "$three"
        check -o - jail -q -J jids -f jail.conf -c 'a.*'
        holds jids $'jid=2 path=/ persist name=a\njid=3 path=/ persist name=a.c'
        check -s 1 -e 'jail: no/jids: No such file or directory' jail -J no/jids -c name=x path=/ persist
        check -o $'a\na.c' jls name
}

@test "wrong usage" {
        local line

        while read -r line; do
                check -s 1 -e "$usage" jail $line
        done <<-'X'

-f x -c name=a
-R
-R name=a
-r name=a
-p x -c name=a
-c a b
-m a b
/ host
X
        check jls name
}
