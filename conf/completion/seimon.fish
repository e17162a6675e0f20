# SPDX-License-Identifier: Apache-2.0
# fish completion for seimon(1). Verbs and options are the program's own (`seimon --help`), so none is missing here.

function __seimon_verbs
    seimon --help 2>/dev/null | sed -n '/^Subcommands:/,$s/^  \([a-z][a-z-]*\)[a-z, -]*  *\(.*\)/\1\t\2/p'
end

function __seimon_verb
    set -l words (commandline -opc)
    for word in $words[2..-1]
        string match -q -- '-*' $word; or begin
            echo $word
            return
        end
    end
    return 1
end

function __seimon_arguments
    set -l verb (__seimon_verb)
    set -l words (commandline -opc)
    set -l help (seimon $verb --help 2>/dev/null </dev/null)
    if contains -- $words[-1] -u --user --try --break-glass
        __fish_complete_users
    else if string match -q -- '-*' (commandline -ct)
        string match -rg -- '^ *(?:-[a-z],)?(--[a-z-]+)' $help
    else if string match -q '  method *' $help
        set -l at (contains -i -- -u $words; or contains -i -- --user $words)
        set -l user
        test -n "$at"; and set user -u $words[(math $at + 1)]
        seimon list $user --json 2>/dev/null </dev/null | sed -n 's/^ *"label": "\(.*\)",\{0,1\}$/\1/p'
    else if string match -q '  user*' $help
        __fish_complete_users
    else
        string match -rg '^ *[a-z]+ [^{]*\{([^}]*)\}' $help | string split ,
    end
end

complete -c seimon -n 'not __seimon_verb >/dev/null' -f -a '(__seimon_verbs)'
complete -c seimon -n '__seimon_verb >/dev/null' -a '(__seimon_arguments)'
