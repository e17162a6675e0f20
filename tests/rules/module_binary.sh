#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The module as the host sees it: what it needs, what it shows, how it is hardened.
module=$1/pam_seimon.so
needed=$(readelf -d "$module" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | sort | tr '\n' ' ')
[ "$needed" = "libc.so.6 libpam.so.0 " ] || { echo "needs: $needed"; exit 1; }
exports=$(nm -D --defined-only "$module" | awk '{print $3}' | sort | tr '\n' ' ')
[ "$exports" = "pam_sm_acct_mgmt pam_sm_authenticate pam_sm_chauthtok pam_sm_close_session pam_sm_open_session pam_sm_setcred " ] ||
  { echo "exports: $exports"; exit 1; }
# No heap of its own (free() is for the application's answers), no exceptions, no forking, no prints.
if nm -D --undefined-only "$module" | grep -wE 'malloc|calloc|realloc|_Znwm|_Znam|__cxa_throw|fork|vfork|pthread_create|signal|sigaction|printf|fprintf|setlocale|setenv|openlog|syslog|system|execve|chdir|umask'; then
  echo "the module must not call these"; exit 1
fi
readelf -lW "$module" | grep -q 'GNU_RELRO' || { echo "no RELRO"; exit 1; }
readelf -d "$module" | grep -q 'BIND_NOW\|NOW' || { echo "not bound at load"; exit 1; }
if readelf -d "$module" | grep -qE 'NODELETE|NOOPEN|TEXTREL'; then echo "must be unloadable and loadable"; exit 1; fi
# Control-flow protection; no executable stack; fortified calls; stack protector.
for binary in "$module" "$1/seimond" "$1/seimon"; do
  readelf -lW "$binary" | grep -q 'GNU_STACK.*RW ' || { echo "$binary has an executable stack"; exit 1; }
  if readelf -lW "$binary" | grep -E 'LOAD.*RWE'; then echo "$binary has memory that is writable and executable"; exit 1; fi
  # Debian's own start files carry no mark for it, so the linker leaves the mark out; the code has it.
  [ "$(objdump -d "$binary" | grep -c endbr64)" -gt 10 ] || { echo "$binary is without control-flow protection"; exit 1; }
done
for program in seimond seimon; do
  readelf -h "$1/$program" | grep -q 'DYN' || { echo "$program is not position independent"; exit 1; }
  readelf -d "$1/$program" | grep -q 'BIND_NOW\|NOW' || { echo "$program is not bound at load"; exit 1; }
  readelf -lW "$1/$program" | grep -q 'GNU_RELRO' || { echo "$program has no RELRO"; exit 1; }
  readelf -sW "$1/$program" | grep -q '__stack_chk_fail' || { echo "$program has no stack protector"; exit 1; }
  readelf -sW "$1/$program" | grep -qE '__[a-z]+_chk@' || { echo "$program has no fortified calls"; exit 1; }
done
# A driver of another release is not loaded: its entry has the version in its name.
version=$("$1/seimond" --version | awk '{print $2}')
readelf --dyn-syms -W "$1/seimon-postgresql.so" | grep -q "seimon_postgres_driver_$version$" || { echo "the PostgreSQL driver's entry is without the version $version"; exit 1; }
