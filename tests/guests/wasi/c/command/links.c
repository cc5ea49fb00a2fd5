//   links make TARGET PATH    makes a symbolic link
//   links read PATH           prints where it leads
//   links stat PATH           prints `link`, `file`, `dir` or `other` of what the name itself is
//   links follow PATH         the same of what the name leads to
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"

static int Read(const char* path) {
  char target[4096];
  const ssize_t length = readlink(path, target, sizeof(target));
  if (length < 0) return -1;
  printf("%.*s\n", (int)length, target);
  return 0;
}

static int Kind(const char* path, int (*look)(const char* path, struct stat* out)) {
  struct stat found;
  if (look(path, &found) != 0) return -1;
  puts(S_ISLNK(found.st_mode)   ? "link"
       : S_ISREG(found.st_mode) ? "file"
       : S_ISDIR(found.st_mode) ? "dir"
                                : "other");
  return 0;
}

int Links(char** arguments) {
  if (Is(arguments, "make", 2)) return symlink(arguments[1], arguments[2]);
  if (Is(arguments, "read", 1)) return Read(arguments[1]);
  if (Is(arguments, "stat", 1)) return Kind(arguments[1], lstat);
  if (Is(arguments, "follow", 1)) return Kind(arguments[1], stat);
  return kUsage;
}
