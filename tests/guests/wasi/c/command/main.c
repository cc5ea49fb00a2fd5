// A command of wasi-libc: argv[1] says what it does.
//
//   hello                     prints `hello from c`
//   process ...               arguments, environment, ends of the process: process.c
//   stdio ...                 standard streams: process.c
//   time ...                  clocks, sleep, poll: time.c
//   files ..., links ...      files and symbolic links: files.c, links.c
//   tcp ...                   sockets that do not block: sockets.c
//
// The result goes to standard output. What fails is told on standard error as `error: TEXT`, by
// strerror's text, and ends the command with exit code 1; so does a wrong usage.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

int Is(char** arguments, const char* name, int count) {
  if (arguments[0] == NULL || strcmp(arguments[0], name) != 0) return 0;
  int following = 0;
  while (arguments[following + 1] != NULL) ++following;
  return following == count;
}

static int Hello(char** arguments) {
  if (arguments[0] != NULL) return kUsage;
  puts("hello from c");
  return 0;
}

static const struct {
  const char* name;
  int (*run)(char** arguments);
} kSubcommands[] = {
    {"hello", Hello}, {"process", Process}, {"stdio", Stdio}, {"time", Time},
    {"files", Files}, {"links", Links},     {"tcp", Sockets},
};

static int Run(char** arguments) {
  if (arguments[0] == NULL || arguments[1] == NULL) return kUsage;
  for (size_t i = 0; i < sizeof(kSubcommands) / sizeof(kSubcommands[0]); ++i) {
    if (strcmp(kSubcommands[i].name, arguments[1]) == 0) return kSubcommands[i].run(arguments + 2);
  }
  return kUsage;
}

int main(int argc, char** argv) {
  (void)argc;
  const int status = Run(argv);
  if (status == 0) return EXIT_SUCCESS;
  fprintf(stderr, "error: %s\n", status == kUsage ? "usage" : strerror(errno));
  return EXIT_FAILURE;
}
