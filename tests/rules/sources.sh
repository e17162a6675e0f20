# SPDX-License-Identifier: Apache-2.0
# The files that the rules read: those of the repository, wherever they are; outside of one, those that are here.
git() { command git -c safe.directory='*' "$@"; }
ours() {  # PATHSPEC …, such as 'daemon/*.cc' (a * reaches into folders below)
  git ls-files -co --exclude-standard -- "$@" 2>/dev/null | while read -r file; do [ ! -e "$file" ] || echo "$file"; done | grep . ||
    for spec; do find . -path ./build -prune -o -type f -path "./$spec" -printf '%P\n'; done
}
rooms='base wire pam_module core store qr passkey client daemon gate delivery web tools'
# The headers and sources of the product, of the rooms named or of all.
production() {
  local room specs=()
  for room in ${*:-$rooms}; do specs+=("$room/*.h" "$room/*.cc"); done
  ours "${specs[@]}"
}
