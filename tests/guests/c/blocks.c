// The component of blocks.wit. Arguments belong to the function that gets them; results are freed
// by the generated post-return functions.
#include "blocks.h"

#include <stdlib.h>
#include <string.h>

// ---- Counted allocation: the linker sends every call of malloc, realloc and free here (--wrap).
// ----

static uint32_t live;
static uint32_t freed;

void* __real_malloc(size_t size);
void* __real_realloc(void* block, size_t size);
void __real_free(void* block);

void* __wrap_malloc(size_t size) {
  void* block = __real_malloc(size);
  live += block != NULL;
  return block;
}

void* __wrap_realloc(void* block, size_t size) {
  void* moved = __real_realloc(block, size);
  live += block == NULL && moved != NULL;
  return moved;
}

void __wrap_free(void* block) {
  live -= block != NULL;
  freed += block != NULL;
  __real_free(block);
}

uint32_t exports_test_blocks_api_live(void) { return live; }
uint32_t exports_test_blocks_api_freed(void) { return freed; }

// A block of at least one byte, or a trap: there is nothing to return when memory is exhausted.
static void* allocate(size_t count, size_t size) {
  if (size != 0 && count > SIZE_MAX / size) abort();
  size_t bytes = count * size;
  void* block = malloc(bytes == 0 ? 1 : bytes);
  if (block == NULL) abort();
  return block;
}

// An empty list owns no block: post-return frees only what has a length.
static void* allocate_list(size_t count, size_t size) {
  return count == 0 ? NULL : allocate(count, size);
}

static blocks_string_t copy(const uint8_t* bytes, size_t length) {
  blocks_string_t string = {allocate_list(length, 1), length};
  if (length > 0) memcpy(string.ptr, bytes, length);
  return string;
}

// ---- Functions. ----

void exports_test_blocks_api_repeat(blocks_string_t* s, uint32_t times, blocks_string_t* ret) {
  if (s->len != 0 && times > SIZE_MAX / s->len) abort();
  ret->len = s->len * times;
  ret->ptr = allocate_list(ret->len, 1);
  for (uint32_t i = 0; s->len != 0 && i < times; ++i) memcpy(ret->ptr + i * s->len, s->ptr, s->len);
  blocks_string_free(s);
}

static size_t count(const blocks_string_t* s, uint32_t byte) {
  size_t found = 0;
  for (size_t i = 0; i < s->len; ++i) found += s->ptr[i] == byte;
  return found;
}

void exports_test_blocks_api_split(blocks_string_t* s, uint32_t separator,
                                   blocks_list_string_t* ret) {
  ret->len = count(s, separator) + 1;
  ret->ptr = allocate(ret->len, sizeof *ret->ptr);
  size_t begin = 0;
  size_t piece = 0;
  for (size_t i = 0; i <= s->len; ++i) {
    if (i < s->len && s->ptr[i] != separator) continue;
    ret->ptr[piece++] = copy(s->ptr + begin, i - begin);
    begin = i + 1;
  }
  blocks_string_free(s);
}

// Turns round in place: the argument's block becomes the result's.
void exports_test_blocks_api_reverse(blocks_list_u8_t* bytes, blocks_list_u8_t* ret) {
  for (size_t i = 0; i < bytes->len / 2; ++i) {
    uint8_t* other = &bytes->ptr[bytes->len - 1 - i];
    uint8_t byte = *other;
    *other = bytes->ptr[i];
    bytes->ptr[i] = byte;
  }
  *ret = *bytes;
}

void exports_test_blocks_api_reverse_entries(exports_test_blocks_api_list_entry_t* entries,
                                             exports_test_blocks_api_list_entry_t* ret) {
  ret->len = entries->len;
  ret->ptr = allocate_list(ret->len, sizeof *ret->ptr);
  for (size_t i = 0; i < entries->len; ++i) ret->ptr[i] = entries->ptr[entries->len - 1 - i];
  if (entries->len > 0) free(entries->ptr);
}

bool exports_test_blocks_api_classify(blocks_string_t* s, blocks_option_string_t* ret,
                                      exports_test_blocks_api_failure_t* err) {
  bool ok = false;
  if (s->len == 0) {
    err->tag = EXPORTS_TEST_BLOCKS_API_FAILURE_EMPTY;
  } else if (s->ptr[0] == '?') {
    err->tag = EXPORTS_TEST_BLOCKS_API_FAILURE_AT;
    err->val.at = s->len;
  } else if (s->ptr[0] == '!') {
    err->tag = EXPORTS_TEST_BLOCKS_API_FAILURE_BECAUSE;
    err->val.because = copy(s->ptr + 1, s->len - 1);
  } else {
    ok = true;
    ret->is_some = s->len != 1 || s->ptr[0] != '-';
    if (ret->is_some) ret->val = copy(s->ptr, s->len);
  }
  blocks_string_free(s);
  return ok;
}

uint32_t exports_test_blocks_api_length(blocks_string_t* s) {
  uint32_t length = s->len;
  blocks_string_free(s);
  return length;
}

// ---- The resource type. ----

struct exports_test_blocks_api_blob_t {
  blocks_list_u8_t bytes;
};

exports_test_blocks_api_own_blob_t exports_test_blocks_api_constructor_blob(
    blocks_list_u8_t* bytes) {
  exports_test_blocks_api_blob_t* blob = allocate(1, sizeof *blob);
  blob->bytes = *bytes;
  return exports_test_blocks_api_blob_new(blob);
}

uint32_t exports_test_blocks_api_method_blob_size(exports_test_blocks_api_borrow_blob_t self) {
  return self->bytes.len;
}

void exports_test_blocks_api_method_blob_bytes(exports_test_blocks_api_borrow_blob_t self,
                                               blocks_list_u8_t* ret) {
  blocks_string_t copied = copy(self->bytes.ptr, self->bytes.len);
  ret->ptr = copied.ptr;
  ret->len = copied.len;
}

void exports_test_blocks_api_blob_destructor(exports_test_blocks_api_blob_t* rep) {
  blocks_list_u8_free(&rep->bytes);
  free(rep);
}
