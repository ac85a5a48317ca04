// What JavaScript asks of valgrind (memcheck): which bytes of a WebAssembly memory count as uninitialised, and how many errors there were.
// Each function but `errors` takes an ArrayBuffer, an offset and a length.

#include <node_api.h>
#include <stdint.h>
#include <stdlib.h>
#include <valgrind/memcheck.h>

typedef struct {
  unsigned char *start;
  size_t length;
} bytes;

static napi_value fail(napi_env env, const char *message) {
  napi_throw_error(env, NULL, message);
  return NULL;
}

static napi_value number(napi_env env, double value) {
  napi_value result;
  if (napi_create_double(env, value, &result) != napi_ok) return fail(env, "no number could be made");
  return result;
}

// Outside of valgrind its requests do nothing and answer 0: nothing would be marked, and no error ever counted.
static int is_watched(napi_env env) {
  if (RUNNING_ON_VALGRIND) return 1;
  fail(env, "This process does not run under valgrind.");
  return 0;
}

static int arguments(napi_env env, napi_callback_info info, bytes *range) {
  napi_value values[3];
  size_t count = 3, size;
  void *start;
  uint32_t offset, length;
  if (!is_watched(env)) return 0;
  if (napi_get_cb_info(env, info, &count, values, NULL, NULL) != napi_ok || count != 3 ||
      napi_get_arraybuffer_info(env, values[0], &start, &size) != napi_ok || napi_get_value_uint32(env, values[1], &offset) != napi_ok ||
      napi_get_value_uint32(env, values[2], &length) != napi_ok || offset > size || length > size - offset) {
    fail(env, "Give an ArrayBuffer, an offset and a length within it.");
    return 0;
  }
  range->start = (unsigned char *)start + offset;
  range->length = length;
  return 1;
}

static napi_value errors(napi_env env, napi_callback_info info) {
  (void)info;
  return is_watched(env) ? number(env, VALGRIND_COUNT_ERRORS) : NULL;
}

// From now on these bytes are undefined, and so is all that is computed from them.
static napi_value mark(napi_env env, napi_callback_info info) {
  bytes range;
  if (!arguments(env, info, &range)) return NULL;
  (void)VALGRIND_MAKE_MEM_UNDEFINED(range.start, range.length);
  return NULL;
}

static napi_value unmark(napi_env env, napi_callback_info info) {
  bytes range;
  if (!arguments(env, info, &range)) return NULL;
  (void)VALGRIND_MAKE_MEM_DEFINED(range.start, range.length);
  return NULL;
}

// An array: how many of these bytes have an undefined bit, the place of the first, and the place behind the last. Raises no error.
static napi_value marked(napi_env env, napi_callback_info info) {
  bytes range;
  if (!arguments(env, info, &range)) return NULL;
  // In words, of which almost all are 0: under valgrind looking at each byte takes long.
  uint64_t *words = calloc(range.length / 8 + 1, 8);
  unsigned char *bits = (unsigned char *)words;
  if (bits == NULL) return fail(env, "There is no memory.");
  double found[3] = {0, 0, 0};
  int answer = (int)VALGRIND_GET_VBITS(range.start, bits, range.length);
  for (size_t word = 0; answer == 1 && word <= range.length / 8; word++) {
    if (words[word] == 0) continue;
    for (size_t i = word * 8; i < word * 8 + 8; i++) {
      if (bits[i] == 0) continue;
      if (found[0]++ == 0) found[1] = (double)i;
      found[2] = (double)i + 1;
    }
  }
  free(words);
  if (answer != 1) return fail(env, "valgrind does not say which bytes are undefined.");
  napi_value result;
  if (napi_create_array_with_length(env, 3, &result) != napi_ok) return fail(env, "no array could be made");
  for (uint32_t i = 0; i < 3; i++) {
    napi_value value = number(env, found[i]);
    if (value == NULL || napi_set_element(env, result, i, value) != napi_ok) return NULL;
  }
  return result;
}

NAPI_MODULE_INIT() {
  static const struct {
    const char *name;
    napi_callback function;
  } functions[] = {{"errors", errors}, {"mark", mark}, {"unmark", unmark}, {"marked", marked}};
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    napi_value function;
    if (napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].function, NULL, &function) != napi_ok ||
        napi_set_named_property(env, exports, functions[i].name, function) != napi_ok) {
      return fail(env, "a function could not be exported");
    }
  }
  return exports;
}
