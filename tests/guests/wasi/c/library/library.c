// The world `library` of ../../wit/library.wit by wasi-libc: a reactor. Arguments belong to the
// function that gets them; results are freed by the generated post-return functions.
#include "library.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wasi/wasip2.h>

// Of getentropy, at once.
enum { kMostEntropy = 256 };

// A block of at least one byte, or a trap: there is nothing to answer when memory is exhausted.
static void* Allocate(size_t bytes) {
  void* block = malloc(bytes == 0 ? 1 : bytes);
  if (block == NULL) abort();
  return block;
}

// A copy that ends with a null character, as libc's functions want it; to be freed.
static char* Text(const library_string_t* string) {
  char* text = Allocate(string->len + 1);
  memcpy(text, string->ptr, string->len);
  text[string->len] = '\0';
  return text;
}

static void Set(library_string_t* out, const char* text) { library_string_dup(out, text); }

// ---- basics

static uint32_t asked;

void exports_test_wasi_basics_greet(library_string_t* name, library_string_t* out) {
  char* greeting = NULL;
  if (asprintf(&greeting, "hello %.*s from c", (int)name->len, (const char*)name->ptr) < 0) abort();
  library_string_free(name);
  library_string_set(out, greeting);
}

uint32_t exports_test_wasi_basics_count(void) { return ++asked; }

// ---- time

static const uint64_t kNanosecondsPerSecond = 1000 * 1000 * 1000;

static uint64_t Now(clockid_t clock) {
  struct timespec time;
  if (clock_gettime(clock, &time) != 0) abort();
  return (uint64_t)time.tv_sec * kNanosecondsPerSecond + (uint64_t)time.tv_nsec;
}

uint64_t exports_test_wasi_time_now(void) { return Now(CLOCK_REALTIME); }

uint64_t exports_test_wasi_time_sleep(uint64_t milliseconds) {
  const struct timespec span = {.tv_sec = (time_t)(milliseconds / 1000),
                                .tv_nsec = (long)(milliseconds % 1000) * 1000 * 1000};
  const uint64_t start = Now(CLOCK_MONOTONIC);
  if (nanosleep(&span, NULL) != 0) abort();
  return Now(CLOCK_MONOTONIC) - start;
}

// ---- entropy

void exports_test_wasi_entropy_random(uint32_t count, library_list_u8_t* out) {
  out->ptr = Allocate(count);
  out->len = count;
  for (uint32_t done = 0; done < count; done += kMostEntropy) {
    const uint32_t left = count - done;
    if (getentropy(out->ptr + done, left < kMostEntropy ? left : kMostEntropy) != 0) abort();
  }
}

// ---- output

static void PrintTo(FILE* stream, library_string_t* line) {
  fprintf(stream, "%.*s\n", (int)line->len, (const char*)line->ptr);
  fflush(stream);
  library_string_free(line);
}

void exports_test_wasi_output_print(library_string_t* line) { PrintTo(stdout, line); }
void exports_test_wasi_output_complain(library_string_t* line) { PrintTo(stderr, line); }

// ---- process

bool exports_test_wasi_process_variable(library_string_t* name, library_string_t* out) {
  char* text = Text(name);
  library_string_free(name);
  const char* value = getenv(text);
  free(text);
  if (value != NULL) Set(out, value);
  return value != NULL;
}

// A reactor has no main that would be given them.
void exports_test_wasi_process_arguments(library_list_string_t* out) {
  wasip2_list_string_t arguments;
  environment_get_arguments(&arguments);
  out->len = arguments.len;
  out->ptr = arguments.len == 0 ? NULL : Allocate(arguments.len * sizeof(library_string_t));
  for (size_t i = 0; i < arguments.len; ++i) {
    out->ptr[i].ptr = Allocate(arguments.ptr[i].len);
    out->ptr[i].len = arguments.ptr[i].len;
    memcpy(out->ptr[i].ptr, arguments.ptr[i].ptr, arguments.ptr[i].len);
  }
  wasip2_list_string_free(&arguments);
}

void exports_test_wasi_process_exit(bool success) { exit(success ? EXIT_SUCCESS : EXIT_FAILURE); }

// ---- files

static bool Fail(library_string_t* error) {
  Set(error, strerror(errno));
  return false;
}

static FILE* Open(library_string_t* path, const char* mode) {
  char* text = Text(path);
  library_string_free(path);
  FILE* file = fopen(text, mode);
  free(text);
  return file;
}

bool exports_test_wasi_files_write(library_string_t* path, library_list_u8_t* contents,
                                   library_string_t* error) {
  FILE* file = Open(path, "w");
  const bool complete =
      file != NULL && fwrite(contents->ptr, 1, contents->len, file) == contents->len;
  library_list_u8_free(contents);
  const bool closed = file == NULL || fclose(file) == 0;
  return complete && closed ? true : Fail(error);
}

bool exports_test_wasi_files_read(library_string_t* path, library_list_u8_t* out,
                                  library_string_t* error) {
  FILE* file = Open(path, "r");
  if (file == NULL) return Fail(error);
  size_t capacity = 0;
  *out = (library_list_u8_t){.ptr = NULL, .len = 0};
  do {
    capacity = capacity == 0 ? 4096 : 2 * capacity;
    out->ptr = realloc(out->ptr, capacity);
    if (out->ptr == NULL) abort();
    out->len += fread(out->ptr + out->len, 1, capacity - out->len, file);
  } while (out->len == capacity);
  const bool failed = ferror(file);
  fclose(file);
  if (!failed) return true;
  free(out->ptr);
  return Fail(error);
}

static int ByName(const struct dirent** a, const struct dirent** b) {
  return strcmp((*a)->d_name, (*b)->d_name);
}

static int IsEntry(const struct dirent* entry) {
  return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

bool exports_test_wasi_files_names(library_string_t* path, library_list_string_t* out,
                                   library_string_t* error) {
  char* text = Text(path);
  library_string_free(path);
  struct dirent** entries = NULL;
  const int count = scandir(text, &entries, IsEntry, ByName);
  free(text);
  if (count < 0) return Fail(error);
  out->len = (size_t)count;
  out->ptr = count == 0 ? NULL : Allocate(out->len * sizeof(library_string_t));
  for (int i = 0; i < count; ++i) {
    Set(&out->ptr[i], entries[i]->d_name);
    free(entries[i]);
  }
  free(entries);
  return true;
}
