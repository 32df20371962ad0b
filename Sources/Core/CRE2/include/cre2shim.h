// A C interface to RE2, because Swift cannot import its C++ interface without C++ interoperability.
#ifndef MARTLET_CRE2_SHIM_H
#define MARTLET_CRE2_SHIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__clang__)
#define CRE2_SENDABLE __attribute__((swift_attr("@Sendable")))
#else
#define CRE2_SENDABLE
#endif

/// A compiled pattern. RE2 objects are immutable after compilation and lock what they cache, so threads may share one.
typedef struct CRE2_SENDABLE cre2_pattern {
    const void *_Nonnull object;
} cre2_pattern;

/// Compiles a pattern of RE2's Perl-like syntax. Check `cre2_error_code`; free the result in either case.
cre2_pattern cre2_compile(const uint8_t *_Nullable pattern, size_t length, int64_t memory_limit);

void cre2_free(cre2_pattern pattern);

/// 0 when the pattern compiled, else RE2's `ErrorCode`.
int cre2_error_code(cre2_pattern pattern);

/// The part of the pattern the error is about; valid until the pattern is freed.
const char *_Nonnull cre2_error_argument(cre2_pattern pattern, size_t *_Nonnull length);

/// Number of capturing groups, without the whole match.
int cre2_group_count(cre2_pattern pattern);

/// Calls `visit` once for each named group.
void cre2_visit_group_names(
    cre2_pattern pattern,
    void *_Nullable context,
    void (*_Nonnull visit)(void *_Nullable context, int group, const uint8_t *_Nonnull name, size_t length)
);

/// Searches text[start...] (what stands before `start` still counts for `^` and `\b`). `whole` asks for a match of all of
/// it. Writes begin and end of the match and its groups to `ranges` (2 × `count` numbers; -1 for a group that did not
/// take part). Returns whether there is a match.
int cre2_match(
    cre2_pattern pattern,
    const uint8_t *_Nullable text,
    size_t length,
    size_t start,
    int whole,
    int64_t *_Nullable ranges,
    size_t count
);

#ifdef __cplusplus
}
#endif

#endif
