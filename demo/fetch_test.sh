#!/bin/sh
# fetch against one real web server: fetch_test.sh FETCH
set -u
if [ "$(id -u)" != 0 ]; then
        echo '1..0 # SKIP needs root'
        exit 0
fi
if [ "${2-}" != --on-stage ]; then
        exec "$(dirname "$0")/stage" sh "$0" "$1" --on-stage
fi

fetch=$1
work=/run/stage
echo right >$work/index.html
busybox httpd -p 127.0.0.2:80 -h $work
n=0

# expect WHAT STATUS OUTPUT ERROR: of fetch with the list on standard input; a * in OUTPUT matches anything
expect() {
        n=$((n + 1))
        "$fetch" >$work/out 2>$work/err
        status=$?
        # shellcheck disable=SC2254
        case $(cat $work/out) in $3) out=yes ;; *) out=no ;; esac
        if [ $status = "$2" ] && [ $out = yes ] && [ "$(cat $work/err)" = "$4" ]; then
                echo "ok $n - $1"
        else
                echo "not ok $n - $1"
                sed 's/^/# /' $work/out $work/err
                echo "# exit status $status"
        fi
}

echo 1..7
echo '127.0.0.2 right' | expect 'the right page' 0 '1 1 *' ''
n=1
awk 'BEGIN { for (i = 0; i < 500; i++) print "127.0.0.2 right" }' >$work/list
expect 'many at once' 0 '500 500 *' '' <$work/list
echo '127.0.0.2 righ' >$work/list
expect 'a page that begins like the right one' 1 '1 0 * -1 -1' \
        'fetch: righ: 127.0.0.2: the page of somebody else' <$work/list
printf '127.0.0.2 right\n127.0.0.3 other\n' >$work/list
expect 'nobody there' 1 '2 1 *' 'fetch: other: 127.0.0.3: Connection refused' <$work/list
echo '203.0.113.1 other' >$work/list
expect 'no way there' 1 '1 0 *' 'fetch: other: 203.0.113.1: No route to host' <$work/list
rm $work/index.html
echo '127.0.0.2 right' >$work/list
expect 'no page' 1 '1 0 *' 'fetch: right: 127.0.0.2: not a page' <$work/list
echo 'nonsense' >$work/list
expect 'no list' 2 '' 'fetch: line 1 is not an address and a name
usage: fetch <LIST, lines of ADDRESS NAME' <$work/list
