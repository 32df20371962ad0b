#ifndef CGITSHIMS_H
#define CGITSHIMS_H

#include <stddef.h>
#include <stdint.h>

/* The settings of libgit2 that are behind C varargs. Call once, after git_libgit2_init. */
void martlet_git_configure(int64_t cache_bytes, int64_t max_pack_objects);

/* Why a link to a remote failed; libgit2 itself only learns that it did. */
enum {
    MARTLET_GIT_OK = 0,
    MARTLET_GIT_NETWORK = 1,
    MARTLET_GIT_AUTHENTICATION = 2,
    MARTLET_GIT_NOT_FOUND = 3,
    MARTLET_GIT_CERTIFICATE = 4,
    MARTLET_GIT_TIMEOUT = 5,
    MARTLET_GIT_TOO_LARGE = 6,
    MARTLET_GIT_CANCELLED = 7,
    MARTLET_GIT_PROTOCOL = 8,
    MARTLET_GIT_REDIRECTED = 9,
    MARTLET_GIT_SERVER = 10,
};

/* One connection's settings, limits and outcome. Made per fetch, used by one thread; only cancel may come from another. */
typedef struct martlet_git_link martlet_git_link;

martlet_git_link *martlet_git_link_create(void);
void martlet_git_link_free(martlet_git_link *link);
void martlet_git_link_cancel(martlet_git_link *link);

void martlet_git_link_limits(martlet_git_link *link, int64_t timeout_milliseconds, int64_t max_bytes);
/* HTTP: the repository's URL without user and password. */
void martlet_git_link_url(martlet_git_link *link, const char *url);
void martlet_git_link_basic(martlet_git_link *link, const char *user, const char *password);
void martlet_git_link_bearer(martlet_git_link *link, const char *token);
void martlet_git_link_certificate_authority(martlet_git_link *link, const char *pem, size_t length);
/* SSH: the complete argument list of the program to start, arguments[0] being the program. */
void martlet_git_link_add_argument(martlet_git_link *link, const char *argument);

int martlet_git_link_failure(const martlet_git_link *link);
const char *martlet_git_link_message(const martlet_git_link *link);
int64_t martlet_git_link_received(const martlet_git_link *link);

/* Makes a fetch go over this link (HTTP by libcurl, or a program's pipes) and stop when the link says so. */
void martlet_git_link_attach(void *git_fetch_options, martlet_git_link *link);

#endif
