#ifndef MARTLET_GIT_INTERNAL_H
#define MARTLET_GIT_INTERNAL_H

#include "include/CGitShims.h"
#include <git2.h>
#include <git2/sys/transport.h>
#include <stdatomic.h>
#include <stdbool.h>

#define MARTLET_MAX_ARGUMENTS 48

struct martlet_git_link {
    char *url, *user, *password, *bearer;
    char *certificate_authority;
    size_t certificate_authority_length;
    char *arguments[MARTLET_MAX_ARGUMENTS + 1];
    size_t argument_count;
    int64_t deadline; /* nanoseconds of the monotonic clock */
    int64_t max_bytes, received;
    atomic_int cancelled;
    int failure;
    char message[1024];
    git_smart_subtransport_definition definition;
};

/* Records the first failure and returns what a libgit2 callback must return then. */
int martlet_git_fail(martlet_git_link *link, int failure, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Fails when the link was cancelled, its time is up or it has received too much. */
int martlet_git_check(martlet_git_link *link);

int martlet_git_http_subtransport(git_smart_subtransport **out, git_transport *owner, void *link);
int martlet_git_program_subtransport(git_smart_subtransport **out, git_transport *owner, void *link);

#endif
