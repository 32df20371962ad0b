#include "internal.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void martlet_git_configure(int64_t cache_bytes, int64_t max_pack_objects) {
    /* Objects are verified when they are fetched; checking every hash again makes reads 3.5 times slower. */
    git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 0);
    /* Nothing of a repository is ever executed here (no hooks, no filters), so whose it is does not matter. */
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, (ssize_t)cache_bytes);
    git_libgit2_opts(GIT_OPT_SET_PACK_MAX_OBJECTS, (size_t)max_pack_objects);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

martlet_git_link *martlet_git_link_create(void) {
    martlet_git_link *link = calloc(1, sizeof *link);
    if (link) martlet_git_link_limits(link, 600000, INT64_MAX);
    return link;
}

void martlet_git_link_free(martlet_git_link *link) {
    if (!link) return;
    free(link->url);
    free(link->user);
    free(link->password);
    free(link->bearer);
    free(link->certificate_authority);
    for (size_t index = 0; index < link->argument_count; index++) free(link->arguments[index]);
    free(link);
}

void martlet_git_link_cancel(martlet_git_link *link) { atomic_store(&link->cancelled, 1); }

void martlet_git_link_limits(martlet_git_link *link, int64_t timeout_milliseconds, int64_t max_bytes) {
    link->deadline = now() + timeout_milliseconds * 1000000;
    link->max_bytes = max_bytes;
}

static void replace(char **slot, const char *text) {
    free(*slot);
    *slot = strdup(text);
}

void martlet_git_link_url(martlet_git_link *link, const char *url) { replace(&link->url, url); }

void martlet_git_link_basic(martlet_git_link *link, const char *user, const char *password) {
    replace(&link->user, user);
    replace(&link->password, password);
}

void martlet_git_link_bearer(martlet_git_link *link, const char *token) { replace(&link->bearer, token); }

void martlet_git_link_certificate_authority(martlet_git_link *link, const char *pem, size_t length) {
    free(link->certificate_authority);
    link->certificate_authority = malloc(length ? length : 1);
    if (!link->certificate_authority) return;
    memcpy(link->certificate_authority, pem, length);
    link->certificate_authority_length = length;
}

void martlet_git_link_add_argument(martlet_git_link *link, const char *argument) {
    if (link->argument_count < MARTLET_MAX_ARGUMENTS) link->arguments[link->argument_count++] = strdup(argument);
}

int martlet_git_link_failure(const martlet_git_link *link) { return link->failure; }
const char *martlet_git_link_message(const martlet_git_link *link) { return link->message; }
int64_t martlet_git_link_received(const martlet_git_link *link) { return link->received; }

int martlet_git_fail(martlet_git_link *link, int failure, const char *format, ...) {
    if (!link->failure) {
        link->failure = failure;
        va_list list;
        va_start(list, format);
        vsnprintf(link->message, sizeof link->message, format, list);
        va_end(list);
    }
    return GIT_EUSER;
}

int martlet_git_check(martlet_git_link *link) {
    if (atomic_load(&link->cancelled)) return martlet_git_fail(link, MARTLET_GIT_CANCELLED, "the fetch was cancelled");
    if (now() > link->deadline)
        return martlet_git_fail(link, MARTLET_GIT_TIMEOUT, "the remote did not finish within the time limit");
    if (link->received > link->max_bytes)
        return martlet_git_fail(
            link, MARTLET_GIT_TOO_LARGE, "the remote sent more than the limit of %lld bytes", (long long)link->max_bytes
        );
    return 0;
}

static int on_progress(const git_indexer_progress *stats, void *payload) {
    (void)stats;
    return martlet_git_check(payload);
}

static int make_transport(git_transport **out, git_remote *owner, void *payload) {
    martlet_git_link *link = payload;
    bool is_program = link->argument_count > 0;
    link->definition.callback = is_program ? martlet_git_program_subtransport : martlet_git_http_subtransport;
    link->definition.rpc = !is_program;
    link->definition.param = link;
    return git_transport_smart(out, owner, &link->definition);
}

void martlet_git_link_attach(void *git_fetch_options_, martlet_git_link *link) {
    git_fetch_options *options = git_fetch_options_;
    options->callbacks.transport = make_transport;
    options->callbacks.transfer_progress = on_progress;
    options->callbacks.payload = link;
}
