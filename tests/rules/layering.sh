#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The arrows of docs/architecture.md: who may include whom; and what the two thin ends are linked with.
cd "$(dirname "$0")/../.." || exit 1
bad=0
allow() {  # ROOM ALLOWED-ROOMS
  local room=$1 other
  for other in wire pam_module core store square daemon tools; do
    case " $room $2 " in *" $other "*) continue ;; esac
    if grep -nH "#include \"$other/" "$room"/*.{h,cc} 2>/dev/null; then echo "  $room may not include $other"; bad=1; fi
  done
}
allow wire ""
allow core ""
allow pam_module wire
allow square ""
allow tools "wire square"
allow store core
allow daemon "wire core store square"
# core does no I/O: it includes libcrypto, the C++ library and inet_pton, nothing else.
if grep -nHE '#include <(unistd|fcntl|sys/|fstream|iostream|cstdio|thread|mutex|sqlite|libconfig|asio|nlohmann|security)' core/*.{h,cc}; then
  echo "  core does no I/O"; bad=1
fi
if readelf -d "$1/seimon" | grep -E 'NEEDED.*(libcrypto|libsqlite|libconfig)'; then echo "  the command can open no store"; bad=1; fi
exit $bad
