// The component of text.wit. Arguments belong to the function that gets them; results are freed by
// the generated post-return functions.
#include "text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool is_blank(uint8_t byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

static text_string_t copy(const uint8_t* bytes, size_t length) {
  text_string_t string = {malloc(length + 1), length};
  if (string.ptr == NULL) abort();
  memcpy(string.ptr, bytes, length);
  return string;
}

// Turned in place: the argument's block becomes the result's.
void exports_demo_text_tools_upper(text_string_t* text, text_string_t* ret) {
  for (size_t i = 0; i < text->len; ++i) {
    if (text->ptr[i] >= 'a' && text->ptr[i] <= 'z') text->ptr[i] -= 'a' - 'A';
  }
  *ret = *text;
}

// The end of the word that begins at `begin`.
static size_t word_end(const text_string_t* text, size_t begin) {
  while (begin < text->len && !is_blank(text->ptr[begin])) ++begin;
  return begin;
}

// The begin of the next word at or after `at`, or the length.
static size_t next_word(const text_string_t* text, size_t at) {
  while (at < text->len && is_blank(text->ptr[at])) ++at;
  return at;
}

static size_t count_words(const text_string_t* text) {
  size_t words = 0;
  for (size_t at = next_word(text, 0); at < text->len; at = next_word(text, word_end(text, at)))
    ++words;
  return words;
}

void exports_demo_text_tools_words(text_string_t* text, text_list_string_t* ret) {
  ret->len = 0;
  ret->ptr = calloc(count_words(text) + 1, sizeof *ret->ptr);
  if (ret->ptr == NULL) abort();
  for (size_t at = next_word(text, 0); at < text->len;) {
    size_t end = word_end(text, at);
    ret->ptr[ret->len++] = copy(text->ptr + at, end - at);
    at = next_word(text, end);
  }
  text_string_free(text);
}

void exports_demo_text_tools_count(text_string_t* text, text_tuple4_u32_u32_u32_u32_t* ret) {
  *ret = (text_tuple4_u32_u32_u32_u32_t){.f0 = text->len, .f2 = count_words(text)};
  for (size_t i = 0; i < text->len; ++i) {
    bool continues = (text->ptr[i] & 0xc0) == 0x80;
    ret->f1 += !continues;
    ret->f3 += text->ptr[i] == '\n';
  }
  // The last line need not end in a line feed.
  ret->f3 += text->len > 0 && text->ptr[text->len - 1] != '\n';
  text_string_free(text);
}

bool exports_demo_text_tools_find(text_string_t* text, text_string_t* wanted, uint32_t* ret) {
  bool found = false;
  for (size_t at = 0; !found && wanted->len <= text->len && at <= text->len - wanted->len; ++at) {
    found = memcmp(text->ptr + at, wanted->ptr, wanted->len) == 0;
    *ret = at;
  }
  text_string_free(text);
  text_string_free(wanted);
  return found;
}

// Says why there is no number.
static bool refuse(const char* problem, text_string_t* err) {
  *err = copy((const uint8_t*)problem, strlen(problem));
  return false;
}

static bool parse(const text_string_t* text, int64_t* ret, text_string_t* err) {
  bool negative = text->len > 0 && text->ptr[0] == '-';
  if (text->len == negative) return refuse("no digits", err);
  int64_t value = 0;
  for (size_t i = negative; i < text->len; ++i) {
    if (!isdigit(text->ptr[i])) return refuse("not a digit", err);
    int digit = text->ptr[i] - '0';
    // Towards the sign from the beginning: the least number has no positive counterpart.
    if (__builtin_mul_overflow(value, 10, &value) ||
        __builtin_add_overflow(value, negative ? -digit : digit, &value)) {
      return refuse("more than 64 bits", err);
    }
  }
  *ret = value;
  return true;
}

bool exports_demo_text_tools_parse(text_string_t* text, int64_t* ret, text_string_t* err) {
  bool ok = parse(text, ret, err);
  text_string_free(text);
  return ok;
}
