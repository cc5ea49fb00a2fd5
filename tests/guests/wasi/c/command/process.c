//   process args A...         prints each argument, the program's name first, one a line
//   process env NAME          prints a variable; an error without it
//   process cwd               prints the current directory
//   process exit CODE         ends with this exit code
//   process atexit            prints `main`, then `atexit` from what runs at the end
//   process abort             traps
//   stdio both                one line to standard output, one to standard error
//   stdio echo                copies standard input to standard output until it ends
//   stdio raw                 the same by read and write, without buffers
//   stdio terminal            prints for stdin, stdout and stderr whether each is a terminal: 0 or 1
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

static int PrintAll(char** arguments) {
  for (char** argument = arguments; *argument != NULL; ++argument) puts(*argument);
  return 0;
}

static int PrintVariable(const char* name) {
  const char* value = getenv(name);
  if (value == NULL) {
    errno = ENOENT;
    return -1;
  }
  puts(value);
  return 0;
}

static int PrintDirectory(void) {
  char path[4096];
  if (getcwd(path, sizeof(path)) == NULL) return -1;
  puts(path);
  return 0;
}

static void AtExit(void) { puts("atexit"); }

int Process(char** arguments) {
  // The subcommand's arguments are the end of the program's: PROGRAM process args A...
  if (arguments[0] != NULL && strcmp(arguments[0], "args") == 0) return PrintAll(arguments - 2);
  if (Is(arguments, "env", 1)) return PrintVariable(arguments[1]);
  if (Is(arguments, "cwd", 0)) return PrintDirectory();
  if (Is(arguments, "exit", 1)) exit(atoi(arguments[1]));
  if (Is(arguments, "abort", 0)) abort();
  if (Is(arguments, "atexit", 0)) {
    puts("main");
    return atexit(AtExit);
  }
  return kUsage;
}

static int Echo(void) {
  int c;
  while ((c = getchar()) != EOF) {
    if (putchar(c) == EOF) return -1;
  }
  if (ferror(stdin)) return -1;
  return fflush(stdout);
}

static int Raw(void) {
  char piece[1000];
  ssize_t bytes;
  while ((bytes = read(STDIN_FILENO, piece, sizeof(piece))) > 0) {
    for (ssize_t done = 0; done < bytes;) {
      const ssize_t written = write(STDOUT_FILENO, piece + done, (size_t)(bytes - done));
      if (written < 0) return -1;
      done += written;
    }
  }
  return (int)bytes;
}

int Stdio(char** arguments) {
  if (Is(arguments, "echo", 0)) return Echo();
  if (Is(arguments, "raw", 0)) return Raw();
  if (Is(arguments, "both", 0)) {
    puts("to standard output");
    fputs("to standard error\n", stderr);
    return 0;
  }
  if (Is(arguments, "terminal", 0)) {
    printf("%d %d %d\n", isatty(STDIN_FILENO), isatty(STDOUT_FILENO), isatty(STDERR_FILENO));
    return 0;
  }
  return kUsage;
}
