# bash completion for gaol(7) and its commands jail(8), jls(8) and jexec(8).
#
# Jails are those that run, and for jail -c those of the configuration file too. Parameters are asked of jls(8), so
# that this file need not know them; only those that jls(8) does not show are listed here.

_gaol_pseudo_parameters='exec.prepare exec.prestart exec.created exec.start command exec.poststart exec.prestop
        exec.stop exec.poststop exec.release exec.clean exec.jail_user exec.system_jail_user exec.system_user
        exec.timeout exec.consolelog exec.fib stop.timeout mount mount.fstab mount.devfs mount.fdescfs mount.procfs
        zfs.dataset depend allow.dying interface ip_hostname'

# Completes the current word from the words given, of which it keeps those that fit.
_gaol_reply()
{
        mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}

_gaol_files()
{
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen "$1" -- "$cur")
}

_gaol_running()
{
        jls name 2>/dev/null
}

# The jails of a configuration file, /etc/jail.conf if none is named.
_gaol_configured()
{
        jail ${1:+-f "$1"} -e $'\t' 2>/dev/null | tr '\t' '\n' | sed -n 's/^name=//p'
}

_gaol_parameters()
{
        jls -h 2>/dev/null | head -n 1
}

# The word after an option that takes one. Returns 1 for all other words.
_gaol_jail_argument()
{
        case $1 in
        -*f | -*J) _gaol_files -f ;;
        -*u | -*U) _gaol_reply "$(compgen -u)" ;;
        -*n) _gaol_reply "$(_gaol_running)" ;;
        -*e | -*p | -*s) COMPREPLY=() ;;
        *) return 1 ;;
        esac
}

_gaol_jail()
{
        local i file='' create='' word names

        _gaol_jail_argument "$prev" && return
        # bash makes three words of param=value.
        if [[ $cur == '=' || $prev == '=' ]]; then
                cur=${cur#=}
                _gaol_files -f
                return
        fi
        if [[ $cur == -* ]]; then
                _gaol_reply '-c -m -r -R -C -d -e -f -h -i -J -l -n -p -q -s -U -u -v'
                return
        fi
        for ((i = first; i < COMP_CWORD; i++)); do
                word=${COMP_WORDS[i]}
                [[ $word == -*f ]] && file=${COMP_WORDS[i + 1]}
                [[ $word == -*[cm]* ]] && create=yes
        done
        names=$(_gaol_running)
        if [[ $create ]]; then
                names+=" $(_gaol_configured "$file")"
                compopt -o nospace 2>/dev/null
                # Behind a parameter of the command line there are only more of them.
                _gaol_reply "$names $(printf '%s=\n' $(_gaol_parameters) $_gaol_pseudo_parameters)"
                [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} != *= ]] && COMPREPLY[0]+=' '
                return
        fi
        _gaol_reply "$names"
}

_gaol_jls()
{
        case $prev in
        -*j) _gaol_reply "$(_gaol_running)"; return ;;
        --libxo) _gaol_reply 'text json json,pretty xml xml,pretty html html,pretty'; return ;;
        esac
        if [[ $cur == -* ]]; then
                _gaol_reply '-a -c -d -h -j -N -n -q -s -v --libxo'
        else
                _gaol_reply "all $(_gaol_parameters)"
        fi
}

_gaol_jexec()
{
        local i

        # Behind the jail is a command of the jail's, which only the jail knows.
        for ((i = first; i < COMP_CWORD; i++)); do
                case ${COMP_WORDS[i]} in
                -*[deuU]) ((i++)) ;;
                -*) ;;
                *) COMPREPLY=(); return ;;
                esac
        done
        case $prev in
        -*u) _gaol_reply "$(compgen -u)"; return ;;
        -*U | -*d | -*e) COMPREPLY=(); return ;;
        esac
        if [[ $cur == -* ]]; then
                _gaol_reply '-d -e -l -n -U -u'
        else
                _gaol_reply "$(_gaol_running)"
        fi
}

_gaol()
{
        local cur=${COMP_WORDS[COMP_CWORD]} prev='' command=${COMP_WORDS[0]##*/} first=1

        COMPREPLY=()
        if [[ $command == gaol ]]; then
                if ((COMP_CWORD == 1)); then
                        _gaol_reply 'jail jls jexec --help --version'
                        return
                fi
                command=${COMP_WORDS[1]}
                first=2
        fi
        # The command itself is no option, whatever it ends in.
        ((COMP_CWORD > first)) && prev=${COMP_WORDS[COMP_CWORD - 1]}
        case $command in
        jail | jls | jexec) "_gaol_$command" ;;
        esac
}

complete -F _gaol gaol jail jls jexec
