# SPDX-License-Identifier: Apache-2.0
# Functions of the fault tests. Source it after world.sh, in a world that is up.
#
# A point is one system call of a login, its N-th, failing with one errno (strace -e inject). The oracle is the same for
# each: never fails open. PAM_SUCCESS only if a fresh code was durably spent, so that it does not work again; and once
# the fault is over the next fresh code works, without a restart.

POINTS=0 BROKEN=0 OPENED=0
RANDOM=20261121  # a sample is the same each time

# ERRORS: those that a call can plausibly return (its man page).
errors_of() {  # CALL
  case $1 in
    socket | socketpair | dup | pipe2 | eventfd2 | epoll_create1 | timerfd_create) ERRORS='EMFILE ENFILE ENOMEM' ;;
    accept4) ERRORS='EMFILE ECONNABORTED ENOMEM' ;;
    connect) ERRORS='ECONNREFUSED ENOENT EAGAIN EINTR EACCES' ;;
    getsockopt | setsockopt) ERRORS=ENOBUFS ;;
    sendto | sendmsg) ERRORS='EPIPE EINTR EAGAIN ENOBUFS' ;;
    recvfrom | recvmsg) ERRORS='ECONNRESET EINTR EAGAIN ENOMEM' ;;
    poll | ppoll) ERRORS='EINTR ENOMEM' ;;
    epoll_wait) ERRORS=EINTR ;;
    epoll_ctl) ERRORS='ENOMEM ENOSPC' ;;
    read | pread64 | readv | getdents64) ERRORS='EIO EINTR' ;;
    write | pwrite64 | writev | ftruncate | fallocate) ERRORS='ENOSPC EIO EDQUOT' ;;
    fdatasync | fsync) ERRORS='EIO ENOSPC' ;;
    open | openat) ERRORS='EMFILE EACCES ENOENT ENOMEM' ;;
    mmap | mprotect | brk | mremap) ERRORS=ENOMEM ;;
    fcntl) ERRORS='EAGAIN ENOLCK' ;;
    newfstatat | fstat | stat | lstat | statfs | fstatfs | access | readlink | readlinkat | lseek | ioctl) ERRORS='EIO ENOENT' ;;
    unlink | rename | mkdir | fchown | chmod) ERRORS='EROFS EIO' ;;
    close) ERRORS='EIO EINTR' ;;
    getrandom) ERRORS='EAGAIN ENOSYS' ;;
    prlimit64 | prctl) ERRORS=EPERM ;;
    *) ERRORS= ;;
  esac
}

# True for each point without SAMPLE, else for SAMPLE percent of them.
is_chosen() { [ -z "${SAMPLE-}" ] || [ $((RANDOM % 100)) -lt "$SAMPLE" ]; }

violated() {  # TEXT
  BROKEN=$((BROKEN + 1))
  echo "NOT OK - $*"
}

stacks_install() {
  local module=$W/bin/pam_seimon.so
  mkdir -p "$W/faults.d"
  stack() { printf '%s\n' "${@:2}" >"$W/faults.d/$1"; }
  # A first factor that succeeded stands in front: an ignored module would let it decide.
  stack required 'auth required pam_permit.so' "auth required $module" "account required $module"
  stack requisite 'auth required pam_permit.so' "auth requisite $module" "account requisite $module"
  stack bracket 'auth required pam_permit.so' "auth [success=ok new_authtok_reqd=ok ignore=ignore user_unknown=ignore default=die] $module"
  stack sufficient "auth sufficient $module" 'auth required pam_deny.so'
  stack optional "auth optional $module"
  stack jump "auth [success=1 default=ignore] $module" 'auth requisite pam_deny.so' 'auth required pam_permit.so'
  stack other 'auth required pam_deny.so'
}

# The number of codes spent so far; the clock stands still between logins, so each was another one.
accepted() { grep -c 'event="login" outcome="accepted"' "$W/out/seimond.log"; }

LOGIN=
fresh_code() { tick 30; FRESH=$(code "$1"); }

# A fresh code works within three tries: the first may meet what is left of the fault.
works_again() {  # USER
  local try
  for try in 1 2 3; do
    fresh_code "$1"
    "$LOGIN" "$W/faults.d" required "$1" "$FRESH" >/dev/null 2>&1 && return 0
  done
  return 1
}

finish_faults() {  # WHAT
  echo "$1: $POINTS points; opened by a spent code $OPENED, violations $BROKEN"
  [ "$BROKEN" = 0 ] && [ "$POINTS" -ge "${LEAST_POINTS:-100}" ]
}
