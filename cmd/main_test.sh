#!/bin/sh
# The multi-call program, linked with the fake library: who is called, and what becomes of its output.
# usage: main_test.sh PROGRAM VERSION
set -u
program=$(realpath "$1")
version=$2
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
for name in gaol jail jls jexec other; do
        ln -s "$program" "$name"
done
bad=0

header='   JID  IP Address      Hostname                      Path'
usage='usage: gaol command [argument ...]
       gaol --help | --version'

# expect NAME STATUS OUT ERR: compares with what the command before left in status, out and err.
expect()
{
        [ "$status" = "$2" ] && [ "$(cat out)" = "$3" ] && [ "$(cat err)" = "$4" ] && return
        bad=1
        printf 'main_test: %s: exit status %s, not %s\n' "$1" "$status" "$2"
        printf '%s\n' '--- standard output' "$(cat out)" '--- expected' "$3" '--- standard error' "$(cat err)" \
                '--- expected' "$4"
}

run()
{
        "$@" >out 2>err
        status=$?
}

run ./jls;                       expect 'by name' 0 "$header" ''
run ./gaol jls -h jid;           expect 'by argument' 0 'jid' ''
run ./gaol jail -x 'a b' jls;    expect 'words are passed on' 0 'jail -x a b jls' ''
run ./jail jls;                  expect 'the name wins' 0 'jail jls' ''
run ./other jls -h jid;          expect 'another name' 0 'jid' ''
run ./jexec;                     expect 'jexec' 1 '' \
        'usage: jexec [-l] [-d directory] [-e name=value] [-u user | -U user] jail [command ...]'
run ./gaol jexec none ls;        expect 'jexec by argument' 1 '' 'jexec: jail "none" not found'
run ./gaol jls -x;               expect 'the command has its own name' 1 '' 'jls: illegal option -- x
usage: jls [--libxo format] [-adhNnqsv] [-j jail] [parameter ...]
       jls -c [-d] -j jail'

run ./gaol;                      expect 'no argument' 1 '' "$usage"
run ./gaol nosuch jls;           expect 'unknown command' 1 '' "gaol: unknown command: nosuch
$usage"
run ./gaol --nosuch;             expect 'unknown option' 1 '' "gaol: unknown option: --nosuch
$usage"
run ./gaol --version;            expect 'version' 0 "gaol $version" ''
run ./gaol --help;               expect 'help' 0 "$usage

commands, each of which can also be called by its own name:
  jail   make, change and remove jails
  jls    list jails
  jexec  run a command in a jail" ''

# Output that does not arrive.
: >out
./jls >/dev/full 2>err;          status=$?
expect 'full disk' 1 '' 'jls: standard output: No space left on device'
./gaol --help >/dev/full 2>err;  status=$?
expect 'full disk, help' 1 '' 'gaol: standard output: No space left on device'
./gaol jls >/dev/full 2>err;     status=$?
expect 'full disk, by argument' 1 '' 'jls: standard output: No space left on device'
# The reader opens the pipe and goes; only then is it written to.
mkfifo pipe
: <pipe &
{
        wait $!
        ./jls 2>err
        echo $? >status
} >pipe
status=$(cat status)
expect 'closed pipe' 1 '' 'jls: standard output: Broken pipe'

# What every command finds. The caller of this test may ignore SIGPIPE.
state='env --default-signal=PIPE ./jail state'
run $state;                      expect 'state' 3 'jail state
dumpable 0
sigpipe handled
open 0 1 2' ''
run $state <&-;                  expect 'closed standard input' 3 'jail state
dumpable 0
sigpipe handled
open 0 1 2' ''
$state >out 2>&- <&-;            status=$?
: >err
expect 'closed standard error' 3 'jail state
dumpable 0
sigpipe handled
open 0 1 2' ''
./jls >&- 2>err;                 status=$?
: >out
expect 'closed standard output' 0 '' ''
trap '' PIPE
run ./jail state;                expect 'ignored by the caller' 3 'jail state
dumpable 0
sigpipe ignored
open 0 1 2' ''
exit $bad
