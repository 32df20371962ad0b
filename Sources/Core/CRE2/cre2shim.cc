#include "cre2shim.h"

#include <re2/re2.h>

#include <string>
#include <vector>

namespace {

const RE2 &object(cre2_pattern pattern) { return *static_cast<const RE2 *>(pattern.object); }

}  // namespace

extern "C" {

cre2_pattern cre2_compile(const uint8_t *pattern, size_t length, int64_t memory_limit) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(memory_limit);
    const re2::StringPiece text(reinterpret_cast<const char *>(pattern), length);
    return cre2_pattern{new RE2(text, options)};
}

void cre2_free(cre2_pattern pattern) { delete static_cast<const RE2 *>(pattern.object); }

int cre2_error_code(cre2_pattern pattern) { return static_cast<int>(object(pattern).error_code()); }

const char *cre2_error_argument(cre2_pattern pattern, size_t *length) {
    const std::string &argument = object(pattern).error_arg();
    *length = argument.size();
    return argument.data();
}

int cre2_group_count(cre2_pattern pattern) { return object(pattern).NumberOfCapturingGroups(); }

void cre2_visit_group_names(
    cre2_pattern pattern, void *context, void (*visit)(void *, int, const uint8_t *, size_t)
) {
    for (const auto &entry : object(pattern).CapturingGroupNames()) {
        visit(context, entry.first, reinterpret_cast<const uint8_t *>(entry.second.data()), entry.second.size());
    }
}

int cre2_match(
    cre2_pattern pattern, const uint8_t *text, size_t length, size_t start, int whole, int64_t *ranges, size_t count
) {
    static const char nothing[] = "";
    const char *base = text == nullptr ? nothing : reinterpret_cast<const char *>(text);
    const re2::StringPiece subject(base, length);
    const auto anchor = whole != 0 ? RE2::ANCHOR_BOTH : RE2::UNANCHORED;
    if (count == 0) return object(pattern).Match(subject, start, length, anchor, nullptr, 0) ? 1 : 0;

    constexpr size_t few = 16;
    re2::StringPiece inline_groups[few];
    std::vector<re2::StringPiece> many;
    re2::StringPiece *groups = inline_groups;
    if (count > few) {
        many.resize(count);
        groups = many.data();
    }
    if (!object(pattern).Match(subject, start, length, anchor, groups, static_cast<int>(count))) return 0;
    for (size_t group = 0; group < count; ++group) {
        if (groups[group].data() == nullptr) {
            ranges[2 * group] = -1;
            ranges[2 * group + 1] = -1;
        } else {
            ranges[2 * group] = groups[group].data() - base;
            ranges[2 * group + 1] = ranges[2 * group] + static_cast<int64_t>(groups[group].size());
        }
    }
    return 1;
}

}  // extern "C"
