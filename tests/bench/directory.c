/* SPDX-License-Identifier: Apache-2.0
 * A stand-in for a site's directory, for tests/bench/fleet.sh: every name "u" and seven digits is an account. A file of a
 * million lines would be read from its beginning for each login; sssd would not. Preloaded into seimond. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

int getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t size, struct passwd **result) {
  if (name[0] == 'u' && strlen(name) == 8 && strspn(name + 1, "0123456789") == 7 && size >= 16) {
    static char nothing[] = "", shadowed[] = "x", home[] = "/", shell[] = "/bin/false";
    strcpy(buffer, name);
    *entry = (struct passwd){.pw_name = buffer, .pw_passwd = shadowed, .pw_uid = 200000 + (uid_t)atoi(name + 1), .pw_gid = 65534,
                             .pw_gecos = nothing, .pw_dir = home, .pw_shell = shell};
    *result = entry;
    return 0;
  }
  int (*next)(const char *, struct passwd *, char *, size_t, struct passwd **) = dlsym(RTLD_NEXT, "getpwnam_r");
  return next(name, entry, buffer, size, result);
}
