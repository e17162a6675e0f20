// SPDX-License-Identifier: Apache-2.0
// Preloaded: the FAIL_FORK-th fork() of a process, counted on into its children, fails with EAGAIN.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static int calls;

pid_t fork(void) {
  const char* which = getenv("FAIL_FORK");
  if (which != NULL && ++calls == atoi(which)) {
    errno = EAGAIN;
    return -1;
  }
  pid_t (*real)(void);
  *(void**)&real = dlsym(RTLD_NEXT, "fork");
  return real();
}
