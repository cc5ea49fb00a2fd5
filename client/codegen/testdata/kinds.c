// Calls every function of test:kinds with values of every kind, and says which gives what it should
// not.
#include <string.h>

#include "host.h"

#define CHECK(what) \
  if (!(what)) return #what

typedef test_kinds_everything_shape_t shape_t;

static bool is(const host_string_t* string, const char* text) {
  return string->len == strlen(text) && memcmp(string->ptr, text, string->len) == 0;
}

static const char* check_records(void) {
  test_kinds_everything_primitives_t value = {.bool_ = true,
                                              .small = 255,
                                              .default_ = -128,
                                              .short_ = -2,
                                              .register_ = 65535,
                                              .int_ = -3,
                                              .unsigned_ = 4000000000,
                                              .long_ = -4,
                                              .big = ~(uint64_t)0,
                                              .float_ = 1.5f,
                                              .double_ = -2.5,
                                              .char_ = 0xe9};
  host_string_set(&value.export_, "text");
  test_kinds_everything_primitives_t same;
  test_kinds_everything_echo_primitives(&value, &same);
  CHECK(same.bool_ && same.small == 255 && same.default_ == -128 && same.short_ == -2);
  CHECK(same.register_ == 65535 && same.int_ == -3 && same.unsigned_ == 4000000000);
  CHECK(same.long_ == -4 && same.big == ~(uint64_t)0 && same.float_ == 1.5f);
  CHECK(same.double_ == -2.5 && same.char_ == 0xe9 && is(&same.export_, "text"));
  test_kinds_everything_inner_t inner = {.corner = {.x = 1, .y = -1},
                                         .level = TEST_KINDS_BASE_LEVEL_HIGH,
                                         .access = TEST_KINDS_EVERYTHING_ACCESS_EXECUTE};
  test_kinds_everything_inner_t same_inner;
  test_kinds_everything_echo_inner(&inner, &same_inner);
  CHECK(same_inner.corner.y == -1 && same_inner.level == inner.level);
  CHECK(same_inner.access == inner.access);
  return NULL;
}

static const char* check_names(void) {
  CHECK(test_kinds_everything_echo_access(5) == 5);
  CHECK(test_kinds_everything_echo_many(TEST_KINDS_EVERYTHING_MANY_LAST) == 1 << 16);
  CHECK(test_kinds_everything_echo_color(TEST_KINDS_EVERYTHING_COLOR_HTTP_GREEN) == 2);
  return NULL;
}

static const char* check_shapes(void) {
  shape_t value = {.tag = TEST_KINDS_EVERYTHING_SHAPE_NONE}, same;
  test_kinds_everything_echo_shape(&value, &same);
  CHECK(same.tag == TEST_KINDS_EVERYTHING_SHAPE_NONE);
  value.tag = TEST_KINDS_EVERYTHING_SHAPE_POINT;
  value.val.point.x = 7;
  test_kinds_everything_echo_shape(&value, &same);
  CHECK(same.tag == TEST_KINDS_EVERYTHING_SHAPE_POINT && same.val.point.x == 7);
  value.tag = TEST_KINDS_EVERYTHING_SHAPE_NAMED;
  host_string_set(&value.val.named.f0, "name");
  value.val.named.f1 = (test_kinds_everything_bytes_t){.ptr = (uint8_t*)"ab", .len = 2};
  test_kinds_everything_echo_shape(&value, &same);
  CHECK(same.tag == TEST_KINDS_EVERYTHING_SHAPE_NAMED && is(&same.val.named.f0, "name"));
  CHECK(same.val.named.f1.len == 2 && same.val.named.f1.ptr[1] == 'b');
  return NULL;
}

static const char* check_lists(void) {
  uint32_t numbers[] = {1, 2, 4000000000};
  host_list_u32_t list = {.ptr = numbers, .len = 3};
  CHECK(test_kinds_everything_sum(&list) == 4000000003);
  test_kinds_everything_bytes_t bytes = {.ptr = (uint8_t*)"abc", .len = 3}, reversed;
  test_kinds_everything_reverse(&bytes, &reversed);
  CHECK(reversed.len == 3 && memcmp(reversed.ptr, "cba", 3) == 0);
  test_kinds_everything_point_t point = {.x = 3, .y = 4};
  test_kinds_everything_list_point_t points = {.ptr = &point, .len = 1};
  test_kinds_everything_list_tuple2_point_option_u8_t pairs;
  test_kinds_everything_points(&points, &pairs);
  CHECK(pairs.len == 1 && pairs.ptr[0].f0.y == 4 && pairs.ptr[0].f1.is_some);
  CHECK(pairs.ptr[0].f1.val == 3);
  host_string_t word;
  host_string_set(&word, "word");
  host_list_string_t words = {.ptr = &word, .len = 1}, same;
  CHECK(test_kinds_everything_echo_maybe(&words, &same) && is(&same.ptr[0], "word"));
  CHECK(!test_kinds_everything_echo_maybe(NULL, &same));
  return NULL;
}

static const char* check_results(void) {
  test_kinds_everything_result_u8_string_t value = {.val.ok = 1};
  host_string_t why;
  CHECK(test_kinds_everything_check(&value, &why));
  value.is_err = true;
  host_string_set(&value.val.err, "why");
  CHECK(!test_kinds_everything_check(&value, &why) && is(&why, "why"));
  test_kinds_everything_result_void_void_t bare = {.is_err = true};
  CHECK(!test_kinds_everything_bare(&bare));
  bare.is_err = false;
  CHECK(test_kinds_everything_bare(&bare));
  return NULL;
}

static const char* check_errors(void) {
  test_kinds_base_own_error_t error;
  CHECK(test_kinds_everything_fail(TEST_KINDS_BASE_LEVEL_LOW, &error));
  CHECK(!test_kinds_everything_fail(TEST_KINDS_BASE_LEVEL_HIGH, &error));
  host_string_t text;
  test_kinds_base_method_error_to_debug_string(test_kinds_base_borrow_error(error), &text);
  CHECK(is(&text, "error 5"));
  shape_t value = {.tag = TEST_KINDS_EVERYTHING_SHAPE_FAILED, .val.failed = error}, same;
  test_kinds_everything_echo_shape(&value, &same);
  CHECK(same.tag == TEST_KINDS_EVERYTHING_SHAPE_FAILED);
  test_kinds_everything_errors_t errors = {.ptr = &same.val.failed, .len = 1};
  test_kinds_everything_delete(&errors);
  CHECK(!test_kinds_everything_fail(TEST_KINDS_BASE_LEVEL_HIGH, &error));
  test_kinds_base_error_drop_own(error);
  return NULL;
}

static const char* check_counters(void) {
  const test_kinds_everything_own_counter_t one = test_kinds_everything_constructor_counter(40);
  const test_kinds_everything_own_counter_t other = test_kinds_everything_constructor_counter(2);
  test_kinds_everything_own_counter_t sum;
  CHECK(test_kinds_everything_static_counter_merge(one, test_kinds_everything_borrow_counter(other),
                                                   &sum));
  const test_kinds_everything_borrow_counter_t counter = test_kinds_everything_borrow_counter(sum);
  CHECK(test_kinds_everything_method_counter_increment(counter, 1) == 43);
  shape_t shape;
  test_kinds_everything_method_counter_shape(counter, &shape);
  CHECK(shape.tag == TEST_KINDS_EVERYTHING_SHAPE_CIRCLE && shape.val.circle == 43);
  uint64_t count;
  CHECK(test_kinds_everything_method_counter_wait(counter, 50, &count, &shape) && count == 50);
  CHECK(!test_kinds_everything_method_counter_wait(counter, 0, &count, &shape));
  CHECK(shape.tag == TEST_KINDS_EVERYTHING_SHAPE_NONE);
  test_kinds_everything_counter_drop_own(sum);
  test_kinds_everything_counter_drop_own(other);
  return NULL;
}

static const char* check_words(void) {
  test_kinds_everything_nothing();
  host_string_t first, joined;
  host_string_set(&first, "first ");
  test_kinds_everything_bytes_t second = {.ptr = (uint8_t*)"second", .len = 6};
  test_kinds_everything_later(&first, &second, &joined);
  CHECK(is(&joined, "first second"));
  return NULL;
}

void exports_host_run(host_string_t* ret) {
  const char* (*const checks[])(void) = {check_records, check_names,  check_shapes,   check_lists,
                                         check_results, check_errors, check_counters, check_words};
  for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); ++i) {
    const char* wrong = checks[i]();
    if (wrong == NULL) continue;
    host_string_dup(ret, wrong);
    return;
  }
  host_string_dup(ret, "all is well");
}
