//   files write PATH TEXT     makes or overwrites a file
//   files read PATH           prints a file
//   files list PATH           prints the names in a directory, unsorted, without `.` and `..`
//   files tour DIR            offsets, appending, exclusive creation, directories, renaming, times and identity in one
//                             directory, which is left as it was; prints `ok`, or `wrong: LINE`
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"

// Of a tour: ends the program where a condition does not hold.
#define EXPECT(condition) \
  if (!(condition)) Wrong(__LINE__)
#define EXPECT_ERROR(call, code) EXPECT((call) == -1 && errno == (code))

static void Wrong(int line) {
  printf("wrong: %d (%s)\n", line, strerror(errno));
  exit(EXIT_FAILURE);
}

static int Write(const char* path, const char* text) {
  FILE* file = fopen(path, "w");
  if (file == NULL) return -1;
  fputs(text, file);
  return fclose(file);
}

static int Read(const char* path) {
  FILE* file = fopen(path, "r");
  if (file == NULL) return -1;
  int c;
  while ((c = getc(file)) != EOF) putchar(c);
  const int result = ferror(file) ? -1 : 0;
  fclose(file);
  return result;
}

static int List(const char* path) {
  DIR* directory = opendir(path);
  if (directory == NULL) return -1;
  const struct dirent* entry;
  while ((entry = readdir(directory)) != NULL) {
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) puts(entry->d_name);
  }
  return closedir(directory);
}

static void Offsets(void) {
  char bytes[8] = "";
  const int file = open("file", O_RDWR | O_CREAT | O_EXCL, 0666);
  EXPECT(file >= 0);
  EXPECT_ERROR(open("file", O_RDWR | O_CREAT | O_EXCL, 0666), EEXIST);
  EXPECT(write(file, "boat", 4) == 4);
  EXPECT(pwrite(file, "!", 1, 6) == 1);
  EXPECT(lseek(file, 0, SEEK_CUR) == 4);
  EXPECT(pread(file, bytes, sizeof(bytes), 0) == 7);
  EXPECT(memcmp(bytes, "boat\0\0!", 7) == 0);
  EXPECT(read(file, bytes, sizeof(bytes)) == 3);
  EXPECT(read(file, bytes, sizeof(bytes)) == 0);
  EXPECT(ftruncate(file, 2) == 0);
  EXPECT(lseek(file, 0, SEEK_END) == 2);
  EXPECT(fsync(file) == 0);
  EXPECT(close(file) == 0);
  EXPECT_ERROR(close(file), EBADF);
}

static void Appending(void) {
  const int file = open("file", O_WRONLY | O_APPEND);
  EXPECT(file >= 0);
  EXPECT(lseek(file, 0, SEEK_SET) == 0);
  EXPECT(write(file, "ts", 2) == 2);
  EXPECT(close(file) == 0);
  const int again = open("file", O_RDONLY);
  char bytes[8];
  EXPECT(read(again, bytes, sizeof(bytes)) == 4 && memcmp(bytes, "bots", 4) == 0);
  EXPECT(write(again, "x", 1) == -1);
  EXPECT(close(again) == 0);
}

static void Identity(void) {
  struct stat by_name, by_descriptor, other;
  const int file = open("file", O_RDONLY);
  EXPECT(stat("file", &by_name) == 0 && fstat(file, &by_descriptor) == 0);
  EXPECT(by_name.st_ino == by_descriptor.st_ino && by_name.st_size == 4);
  EXPECT(S_ISREG(by_name.st_mode) && by_name.st_nlink == 1);
  EXPECT(link("file", "other") == 0 && stat("other", &other) == 0);
  EXPECT(other.st_ino == by_name.st_ino && other.st_nlink == 2);
  EXPECT(Write("other", "longer than before") == 0 && fstat(file, &by_descriptor) == 0);
  EXPECT(by_descriptor.st_ino == by_name.st_ino && by_descriptor.st_size == 18);
  EXPECT(unlink("other") == 0 && close(file) == 0);
}

static void Times(void) {
  const struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 2000, .tv_nsec = 5000}};
  struct stat stat_;
  EXPECT(utimensat(AT_FDCWD, "file", times, 0) == 0 && stat("file", &stat_) == 0);
  EXPECT(stat_.st_atim.tv_sec == 1000 && stat_.st_mtim.tv_sec == 2000);
  EXPECT(stat_.st_mtim.tv_nsec == 5000);
}

static void Directories(void) {
  EXPECT(mkdir("inner", 0777) == 0);
  EXPECT_ERROR(mkdir("inner", 0777), EEXIST);
  EXPECT_ERROR(rmdir("file"), ENOTDIR);
  EXPECT(rename("file", "inner/file") == 0);
  EXPECT_ERROR(rmdir("inner"), ENOTEMPTY);
  EXPECT_ERROR(open("file", O_RDONLY), ENOENT);
  EXPECT_ERROR(open("inner", O_WRONLY), EISDIR);
  EXPECT_ERROR(open("inner/file", O_RDONLY | O_DIRECTORY), ENOTDIR);
  EXPECT_ERROR(open("inner/file/", O_RDONLY), ENOTDIR);
  EXPECT(rename("inner/file", "inner/../file") == 0);
  EXPECT(rmdir("inner") == 0);
  EXPECT(unlink("file") == 0);
}

static int Tour(const char* directory) {
  if (chdir(directory) != 0) return -1;
  Offsets();
  Appending();
  Identity();
  Times();
  Directories();
  puts("ok");
  return 0;
}

int Files(char** arguments) {
  if (Is(arguments, "write", 2)) return Write(arguments[1], arguments[2]);
  if (Is(arguments, "read", 1)) return Read(arguments[1]);
  if (Is(arguments, "list", 1)) return List(arguments[1]);
  if (Is(arguments, "tour", 1)) return Tour(arguments[1]);
  return kUsage;
}
