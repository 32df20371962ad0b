/* Git's protocol over the pipes of a program, which is how git itself reaches SSH: OpenSSH knows every key type, the
   user's agent and known_hosts, which Debian's libssh2 does not. */
#define _GNU_SOURCE
#include "internal.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

typedef struct program_stream program_stream;

typedef struct {
    git_smart_subtransport base;
    martlet_git_link *link;
    program_stream *current;
} program_transport;

struct program_stream {
    git_smart_subtransport_stream base;
    program_transport *transport;
    pid_t process;
    int channel, errors;
    bool has_received;
    char complaint[4096];
    size_t complaint_length;
};

static int start(program_stream *stream) {
    martlet_git_link *link = stream->transport->link;
    int channel[2], errors[2];
    /* A socket rather than pipes, because writing to a closed one must not raise SIGPIPE. */
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) < 0)
        return martlet_git_fail(link, MARTLET_GIT_NETWORK, "cannot make a socket pair: %s", strerror(errno));
    if (pipe2(errors, O_CLOEXEC) < 0) {
        close(channel[0]);
        close(channel[1]);
        return martlet_git_fail(link, MARTLET_GIT_NETWORK, "cannot make a pipe: %s", strerror(errno));
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, channel[1], 0);
    posix_spawn_file_actions_adddup2(&actions, channel[1], 1);
    posix_spawn_file_actions_adddup2(&actions, errors[1], 2);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none, usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    sigaddset(&usual, SIGTERM);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int error = posix_spawnp(&stream->process, link->arguments[0], &actions, &attributes, link->arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(channel[1]);
    close(errors[1]);
    stream->channel = channel[0];
    stream->errors = errors[0];
    if (error) {
        stream->process = 0;
        return martlet_git_fail(link, MARTLET_GIT_NETWORK, "cannot start %s: %s", link->arguments[0], strerror(error));
    }
    return 0;
}

static void read_complaint(program_stream *stream) {
    char buffer[512];
    ssize_t count = read(stream->errors, buffer, sizeof buffer);
    if (count <= 0) {
        close(stream->errors);
        stream->errors = -1;
        return;
    }
    size_t room = sizeof stream->complaint - 1 - stream->complaint_length;
    size_t kept = (size_t)count < room ? (size_t)count : room;
    memcpy(stream->complaint + stream->complaint_length, buffer, kept);
    stream->complaint_length += kept;
}

/* OpenSSH has one exit status for every failure, so its words are all there is to tell them apart. */
static int complain(program_stream *stream) {
    struct pollfd entry = {.fd = stream->errors, .events = POLLIN};
    while (stream->errors >= 0 && poll(&entry, 1, 500) > 0) read_complaint(stream);
    char *text = stream->complaint;
    for (char *byte = text; *byte; byte++)
        if ((unsigned char)*byte < ' ') *byte = ' ';
    int kind = MARTLET_GIT_NETWORK;
    if (strstr(text, "Host key verification failed") || strstr(text, "host key is known")) kind = MARTLET_GIT_CERTIFICATE;
    else if (strstr(text, "Permission denied")) kind = MARTLET_GIT_AUTHENTICATION;
    else if (strstr(text, "does not appear to be a git repository") || strstr(text, "ot found")) kind = MARTLET_GIT_NOT_FOUND;
    /* The reason comes last; before it stand banners and warnings. */
    size_t length = strlen(text);
    if (length > 400) text += length - 400;
    return martlet_git_fail(stream->transport->link, kind, "%s", text[0] ? text : "the connection was closed");
}

static int program_read(git_smart_subtransport_stream *base, char *buffer, size_t size, size_t *count) {
    program_stream *stream = (program_stream *)base;
    martlet_git_link *link = stream->transport->link;
    *count = 0;
    for (;;) {
        int check = martlet_git_check(link);
        if (check) return check;
        struct pollfd entries[2] = {
            {.fd = stream->channel, .events = POLLIN},
            {.fd = stream->errors, .events = POLLIN},
        };
        if (poll(entries, 2, 200) <= 0) continue;
        if (entries[1].revents) read_complaint(stream);
        if (!entries[0].revents) continue;
        ssize_t received = recv(stream->channel, buffer, size, 0);
        if (received < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (received > 0) {
            stream->has_received = true;
            link->received += received;
            *count = (size_t)received;
            return 0;
        }
        return stream->has_received ? 0 : complain(stream);
    }
}

static int program_write(git_smart_subtransport_stream *base, const char *buffer, size_t length) {
    program_stream *stream = (program_stream *)base;
    while (length > 0) {
        int check = martlet_git_check(stream->transport->link);
        if (check) return check;
        struct pollfd entry = {.fd = stream->channel, .events = POLLOUT};
        if (poll(&entry, 1, 200) <= 0) continue;
        ssize_t sent = send(stream->channel, buffer, length, MSG_NOSIGNAL);
        if (sent < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (sent <= 0) return complain(stream);
        buffer += sent;
        length -= (size_t)sent;
    }
    return 0;
}

static void program_stream_free(git_smart_subtransport_stream *base) {
    program_stream *stream = (program_stream *)base;
    if (stream->channel >= 0) close(stream->channel);
    if (stream->errors >= 0) close(stream->errors);
    if (stream->process > 0) {
        kill(stream->process, SIGKILL);
        while (waitpid(stream->process, NULL, 0) < 0 && errno == EINTR) {}
    }
    stream->transport->current = NULL;
    free(stream);
}

static int program_action(
    git_smart_subtransport_stream **out, git_smart_subtransport *base, const char *url, git_smart_service_t action
) {
    (void)url;
    program_transport *transport = (program_transport *)base;
    if (action != GIT_SERVICE_UPLOADPACK_LS && action != GIT_SERVICE_UPLOADPACK)
        return martlet_git_fail(transport->link, MARTLET_GIT_PROTOCOL, "only reading is supported");
    if (transport->current) {
        *out = &transport->current->base;
        return 0;
    }
    program_stream *stream = calloc(1, sizeof *stream);
    if (!stream) return martlet_git_fail(transport->link, MARTLET_GIT_NETWORK, "out of memory");
    stream->base.subtransport = base;
    stream->base.read = program_read;
    stream->base.write = program_write;
    stream->base.free = program_stream_free;
    stream->transport = transport;
    stream->channel = stream->errors = -1;
    int error = start(stream);
    if (error < 0) {
        program_stream_free(&stream->base);
        return error;
    }
    transport->current = stream;
    *out = &stream->base;
    return 0;
}

static int program_close(git_smart_subtransport *base) {
    (void)base;
    return 0;
}

static void program_free(git_smart_subtransport *base) { free(base); }

int martlet_git_program_subtransport(git_smart_subtransport **out, git_transport *owner, void *payload) {
    (void)owner;
    program_transport *transport = calloc(1, sizeof *transport);
    if (!transport) return martlet_git_fail(payload, MARTLET_GIT_NETWORK, "out of memory");
    transport->base.action = program_action;
    transport->base.close = program_close;
    transport->base.free = program_free;
    transport->link = payload;
    *out = &transport->base;
    return 0;
}
