/**
 * This module is the compiler's vocabulary in one place, so that no other file spells an
 * attribute or a builtin of gcc and clang.
 */
#ifndef HM_BASE_ATTRIBUTES_H
#define HM_BASE_ATTRIBUTES_H

#define HM_LIKELY(condition)   __builtin_expect(!!(condition), 1)
#define HM_UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define HM_ALWAYS_INLINE       __attribute__((always_inline)) inline
#define HM_NOINLINE            __attribute__((noinline))
#define HM_MUST_USE            __attribute__((warn_unused_result))
#define HM_EXPORT              __attribute__((visibility("default")))
/** For variables shared by files of one library: reached without the detour of the GOT. */
#define HM_HIDDEN __attribute__((visibility("hidden")))
/** For thread-local variables of a library: one load, and no allocation at the first use. */
#define HM_INITIAL_EXEC __attribute__((tls_model("initial-exec")))
/** For the shortest paths: the function begins at a cache line. */
#define HM_AT_CACHE_LINE __attribute__((aligned(64)))
/** For a local variable: calls `function` with its address when it goes out of scope. */
#define HM_CLEANUP(function) __attribute__((cleanup(function)))
#define HM_PRINTF(format_index, first_argument)                                                    \
    __attribute__((format(printf, format_index, first_argument)))

/** Number of elements of an array (not of a pointer). */
#define HM_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/** Marks a parameter that an interface asks for and this implementation does not need. */
#define HM_UNUSED(name) ((void)(name))

#endif
