// SPDX-License-Identifier: Apache-2.0
// Preloaded before libfaketime, which fakes the wall clock alone: CLOCK_BOOTTIME is the number in $BOOTTIME_FILE, and
// timers of the monotonic clock run as they are set. (libfaketime moves an absolute time by the distance of the wall
// clock all the same. asio sets one when a timer is due already, and would wait for days.)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

typedef int (*Get)(clockid_t, struct timespec*);

int clock_gettime(clockid_t clock, struct timespec* time) {
  const char* path = getenv("BOOTTIME_FILE");
  FILE* file = clock == CLOCK_BOOTTIME && path != NULL ? fopen(path, "re") : NULL;
  if (file == NULL) return ((Get)dlsym(RTLD_NEXT, "clock_gettime"))(clock, time);
  long seconds = 0;
  const int read = fscanf(file, "%ld", &seconds);
  (void)fclose(file);
  time->tv_sec = seconds;
  time->tv_nsec = 0;
  return read == 1 ? 0 : -1;
}

int timerfd_settime(int timer, int flags, const struct itimerspec* value, struct itimerspec* before) {
  return (int)syscall(SYS_timerfd_settime, timer, flags, value, before);
}
