//   time wall                 prints nanoseconds since 1970
//   time resolution           prints the monotonic clock's resolution in nanoseconds
//   time sleep MS             sleeps and prints `slept` and how many nanoseconds it took
//   time random N             prints N random bytes in hexadecimal digits
//   time poll-empty MS        polls nothing for so long, then prints `timeout`
//   time poll-stdin MS        polls standard input for so long; prints `ready` or `timeout`
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "command.h"

static const int64_t kNanosecondsPerSecond = 1000 * 1000 * 1000;

static int64_t Nanoseconds(struct timespec time) {
  return time.tv_sec * kNanosecondsPerSecond + time.tv_nsec;
}

static int Print(int result, struct timespec time) {
  if (result == 0) printf("%lld\n", (long long)Nanoseconds(time));
  return result;
}

static int Wall(void) {
  struct timespec time;
  return Print(clock_gettime(CLOCK_REALTIME, &time), time);
}

static int Resolution(void) {
  struct timespec time;
  return Print(clock_getres(CLOCK_MONOTONIC, &time), time);
}

static int Sleep(long milliseconds) {
  struct timespec start, end;
  const struct timespec span = {.tv_sec = milliseconds / 1000,
                                .tv_nsec = milliseconds % 1000 * 1000 * 1000};
  if (clock_gettime(CLOCK_MONOTONIC, &start) != 0) return -1;
  if (nanosleep(&span, NULL) != 0) return -1;
  if (clock_gettime(CLOCK_MONOTONIC, &end) != 0) return -1;
  printf("slept %lld\n", (long long)(Nanoseconds(end) - Nanoseconds(start)));
  return 0;
}

static int Random(size_t count) {
  for (; count > 0; --count) {
    uint8_t byte;
    if (getentropy(&byte, 1) != 0) return -1;
    printf("%02x", byte);
  }
  putchar('\n');
  return 0;
}

static int Poll(int descriptor, nfds_t count, int milliseconds) {
  struct pollfd polled = {.fd = descriptor, .events = POLLIN};
  const int ready = poll(&polled, count, milliseconds);
  if (ready < 0) return -1;
  puts(ready == 0 ? "timeout" : "ready");
  return 0;
}

int Time(char** arguments) {
  if (Is(arguments, "wall", 0)) return Wall();
  if (Is(arguments, "resolution", 0)) return Resolution();
  if (Is(arguments, "sleep", 1)) return Sleep(atol(arguments[1]));
  if (Is(arguments, "random", 1)) return Random((size_t)atol(arguments[1]));
  if (Is(arguments, "poll-empty", 1)) return Poll(-1, 0, atoi(arguments[1]));
  if (Is(arguments, "poll-stdin", 1)) return Poll(STDIN_FILENO, 1, atoi(arguments[1]));
  return kUsage;
}
