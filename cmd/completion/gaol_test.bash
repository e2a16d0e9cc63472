# Completes command lines with jls and jail that answer from here.
# usage: bash gaol_test.bash
cd "$(dirname "$0")" || exit 1
. ./gaol.bash

bad=0

jls()
{
        case $* in
        name) printf '%s\n' web db a.b ;;
        -h) printf '%s\n' 'jid name vnet vnet.nat' '1 web new false' ;;
        esac
}

jail()
{
        case $* in
        "-e "$'\t') printf 'name=web\tpath=/\nhost.hostname=x\tname=mail\tpersist\n' ;;
        "-f my.conf -e "$'\t') printf 'name=lab\n' ;;
        esac
}

# expect 'COMMAND LINE' WORD...: the last word of the line is the one to complete; "''" stands for an empty one.
expect()
{
        local line=$1 got
        shift

        read -ra COMP_WORDS <<<"$line"
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        [[ ${COMP_WORDS[COMP_CWORD]} == "''" ]] && COMP_WORDS[COMP_CWORD]=''
        _gaol
        got=$(printf '<%s>\n' "${COMPREPLY[@]}" | sort)        # bash sorts them itself
        [[ $got == "$(printf '<%s>\n' "$@" | sort)" ]] && return
        printf 'completion: %s: %s\n' "$line" "${got//$'\n'/ }"
        bad=1
}

expect "gaol j" jail jls jexec
expect "gaol jls --l" --libxo
expect "gaol nosuch ''"
expect "gaol jexec ''" web db a.b
expect "/usr/sbin/jls -j ''" web db a.b
expect "jls -qj w" web
expect "jls vn" vnet vnet.nat
expect "jls jid al" all
expect "jls --libxo j" json json,pretty
expect "jls -n -" -a -c -d -h -j -N -n -q -s -v --libxo
expect "jexec w" web
expect "jexec -l -u root d" db
expect "jexec -U root ''" web db a.b
expect "jexec -d ''"
expect "jexec web ''"
expect "jexec -e A=1 web ''"
expect "jexec -u roo" root
expect "jail -r ''" web db a.b
expect "jail -R d" db
expect "jail -c mai" 'mail '
expect "jail -c path = gaol.b" gaol.bash
expect "jail -c path =" gaol.bash gaol_test.bash
expect "jail -c vnet.n" vnet.nat=
expect "jail -cm exec.st" exec.start= exec.stop=
expect "jail -f my.conf -c l" 'lab '
expect "jail -cf my.conf l" 'lab '
expect "jail -f gaol.b" gaol.bash
expect "jail -e ''"
expect "jail -r -n ''" web db a.b
expect "jail -" -c -m -r -R -C -d -e -f -h -i -J -l -n -p -q -s -U -u -v
exit $bad
