# SPDX-License-Identifier: Apache-2.0
# bash completion for seimon(1). Verbs and options are the program's own (`seimon --help`), so none is missing here.

_seimon_verbs() { seimon --help 2>/dev/null | sed -n '/^Subcommands:/,$s/^  \([a-z][a-z-]*\).*/\1/p'; }

# The method names of a user.
_seimon_methods() {
  local whose=()
  [[ -z $1 ]] || whose=(-u "$1")
  seimon list "${whose[@]}" --json 2>/dev/null </dev/null | sed -n 's/^ *"label": "\(.*\)",\{0,1\}$/\1/p'
}

_seimon() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} verb= user= i word help choices
  local IFS=$'\n'
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    case $word in
      -u | --user) user=${COMP_WORDS[i + 1]} ;;
      -*) ;;
      *) [[ $verb || ${COMP_WORDS[i - 1]} == --socket ]] || verb=$word ;;
    esac
  done
  if [[ -z $verb ]]; then
    COMPREPLY=($(compgen -W "$(_seimon_verbs)" -- "$current"))
    return
  fi
  [[ $verb == help ]] && { COMPREPLY=($(compgen -W "$(_seimon_verbs)" -- "$current")); return; }
  help=$(seimon "$verb" --help 2>/dev/null </dev/null)
  # What an option or a positional may be: {this,that} in the help.
  choices() { sed -n "s/^ *\(-[a-z],\)\{0,1\}$1 [^{]*{\([^}]*\)}.*/\2/p" <<<"$help" | tr ',' '\n'; }
  case $before in
    -u | --user | --try | --break-glass) COMPREPLY=($(compgen -u -- "$current")); return ;;
    --socket | --config | --letters | --batch | --template | --owners | --failed | *-file) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --*)
      COMPREPLY=($(compgen -W "$(choices "$before")" -- "$current"))
      [[ ${#COMPREPLY[@]} -gt 0 ]] && return ;;
  esac
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$(grep -oE -- '^ *(-[a-z],)?--[a-z-]+' <<<"$help" | grep -oE -- '--[a-z-]+')" -- "$current"))
    return
  fi
  if grep -q '^  method ' <<<"$help"; then
    COMPREPLY=($(compgen -W "$(_seimon_methods "$user")" -- "$current"))
    [[ ${#COMPREPLY[@]} -ne 1 ]] || COMPREPLY=("$(printf '%q' "${COMPREPLY[0]}")")  # blanks in a name
  elif grep -q '^  user' <<<"$help"; then
    COMPREPLY=($(compgen -u -- "$current"))
  else
    COMPREPLY=($(compgen -W "$(choices '[a-z]*')" -- "$current"))
    [[ ${#COMPREPLY[@]} -gt 0 ]] || COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -F _seimon seimon
