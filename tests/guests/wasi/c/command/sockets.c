//   tcp loopback              server and client of 127.0.0.1 in one program, by sockets that do not block and poll;
//                             prints `ok`
//   tcp options               sets and reads back options of a socket; prints `ok`
//   tcp states                calls in the wrong state, each refused; prints `ok`
//
// Otherwise `wrong: LINE` is printed.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "command.h"

#define EXPECT(condition) \
  if (!(condition)) Wrong(__LINE__)

static void Wrong(int line) {
  printf("wrong: %d (%s)\n", line, strerror(errno));
  exit(EXIT_FAILURE);
}

static int NonBlocking(void) { return socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0); }

static struct sockaddr* Generic(struct sockaddr_in* address) { return (struct sockaddr*)address; }

// Binds to a port of the system's choice.
static struct sockaddr_in Listen(int server) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  EXPECT(bind(server, Generic(&address), length) == 0);
  EXPECT(listen(server, 1) == 0);
  EXPECT(getsockname(server, Generic(&address), &length) == 0);
  EXPECT(address.sin_port != 0);
  return address;
}

static void Wait(int socket, short events) {
  struct pollfd polled = {.fd = socket, .events = events};
  EXPECT(poll(&polled, 1, -1) == 1);
}

static int Connect(struct sockaddr_in address) {
  const int client = NonBlocking();
  EXPECT(client >= 0);
  if (connect(client, Generic(&address), sizeof(address)) != 0) {
    EXPECT(errno == EINPROGRESS);
    Wait(client, POLLOUT);
  }
  return client;
}

static int Loopback(void) {
  static const char kText[] = "lowered, lifted";
  const int server = NonBlocking();
  if (server < 0) return -1;
  const struct sockaddr_in address = Listen(server);
  EXPECT(accept(server, NULL, NULL) == -1 && errno == EAGAIN);
  const int client = Connect(address);
  Wait(server, POLLIN);
  const int accepted = accept(server, NULL, NULL);
  EXPECT(accepted >= 0);
  EXPECT(fcntl(accepted, F_SETFL, O_NONBLOCK) == 0);

  char bytes[sizeof(kText)];
  EXPECT(recv(accepted, bytes, sizeof(bytes), 0) == -1 && errno == EAGAIN);
  EXPECT(send(client, kText, sizeof(kText), 0) == sizeof(kText));
  EXPECT(shutdown(client, SHUT_WR) == 0);
  Wait(accepted, POLLIN);
  EXPECT(recv(accepted, bytes, sizeof(bytes), 0) == sizeof(bytes));
  EXPECT(memcmp(bytes, kText, sizeof(bytes)) == 0);
  Wait(accepted, POLLIN);
  EXPECT(recv(accepted, bytes, sizeof(bytes), 0) == 0);
  EXPECT(close(accepted) == 0 && close(client) == 0 && close(server) == 0);
  puts("ok");
  return 0;
}

static void Option(int socket, int level, int name, int value) {
  int found = -1;
  socklen_t length = sizeof(found);
  EXPECT(setsockopt(socket, level, name, &value, sizeof(value)) == 0);
  EXPECT(getsockopt(socket, level, name, &found, &length) == 0);
  EXPECT(found == value);
}

static int Options(void) {
  const int tested = NonBlocking();
  if (tested < 0) return -1;
  Option(tested, SOL_SOCKET, SO_KEEPALIVE, 1);
  Option(tested, IPPROTO_TCP, TCP_KEEPIDLE, 60);
  Option(tested, IPPROTO_TCP, TCP_KEEPINTVL, 10);
  Option(tested, IPPROTO_TCP, TCP_KEEPCNT, 3);
  Option(tested, IPPROTO_IP, IP_TTL, 40);
  Option(tested, SOL_SOCKET, SO_RCVBUF, 16384);
  Option(tested, SOL_SOCKET, SO_SNDBUF, 16384);
  EXPECT(close(tested) == 0);
  puts("ok");
  return 0;
}

static int States(void) {
  const int tested = NonBlocking();
  if (tested < 0) return -1;
  char byte = 0;
  struct sockaddr_in address;
  socklen_t length = sizeof(address);
  EXPECT(accept(tested, NULL, NULL) == -1);
  EXPECT(recv(tested, &byte, 1, 0) == -1);
  EXPECT(send(tested, &byte, 1, 0) == -1);
  EXPECT(shutdown(tested, SHUT_RDWR) == -1);
  EXPECT(getpeername(tested, Generic(&address), &length) == -1);
  address = Listen(tested);
  EXPECT(bind(tested, Generic(&address), sizeof(address)) == -1);
  EXPECT(connect(tested, Generic(&address), sizeof(address)) == -1);
  EXPECT(recv(tested, &byte, 1, 0) == -1);
  EXPECT(close(tested) == 0);
  puts("ok");
  return 0;
}

int Sockets(char** arguments) {
  if (Is(arguments, "loopback", 0)) return Loopback();
  if (Is(arguments, "options", 0)) return Options();
  if (Is(arguments, "states", 0)) return States();
  return kUsage;
}
