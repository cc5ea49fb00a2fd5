#ifndef DAVIT_TESTS_GUESTS_WASI_C_COMMAND_COMMAND_H_
#define DAVIT_TESTS_GUESTS_WASI_C_COMMAND_COMMAND_H_

// Subcommands get the arguments after their name, which end with a null pointer. They answer 0, -1
// with errno set, or kUsage. Each file says what its own do.
enum { kUsage = 2 };

int Files(char** arguments);
int Links(char** arguments);
int Process(char** arguments);
int Sockets(char** arguments);
int Stdio(char** arguments);
int Time(char** arguments);

// Whether the first argument is `name` and exactly `count` follow it.
int Is(char** arguments, const char* name, int count);

#endif  // DAVIT_TESTS_GUESTS_WASI_C_COMMAND_COMMAND_H_
