#ifndef DAVIT_RUNTIME_BASE_SANITIZER_H_
#define DAVIT_RUNTIME_BASE_SANITIZER_H_

// How this was compiled: for tests, which measure time and memory.
namespace davit::base {

#if defined(__has_feature)
#define DAVIT_HAS_FEATURE(feature) __has_feature(feature)
#else
#define DAVIT_HAS_FEATURE(feature) 0
#endif

#if DAVIT_HAS_FEATURE(address_sanitizer) || defined(__SANITIZE_ADDRESS__)
inline constexpr bool kAddressSanitizer = true;
#else
inline constexpr bool kAddressSanitizer = false;
#endif
#if DAVIT_HAS_FEATURE(thread_sanitizer) || defined(__SANITIZE_THREAD__)
inline constexpr bool kThreadSanitizer = true;
#else
inline constexpr bool kThreadSanitizer = false;
#endif

#undef DAVIT_HAS_FEATURE

}  // namespace davit::base

#endif  // DAVIT_RUNTIME_BASE_SANITIZER_H_
