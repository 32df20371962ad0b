/* Git's smart HTTP protocol over libcurl. libgit2's own client has no time limits, follows redirects to other hosts,
   asks for credentials again and again and, as Debian builds it, speaks no TLS 1.3. */
#include "internal.h"
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    git_smart_subtransport base;
    martlet_git_link *link;
    char *url;
    CURL *easy;
    CURLM *multi;
} http_transport;

typedef struct {
    git_smart_subtransport_stream base;
    http_transport *transport;
    bool is_listing, is_started, is_done, is_checked;
    CURLcode result;
    struct curl_slist *headers;
    char *request;
    size_t request_length;
    char *response;
    size_t response_start, response_end, response_capacity;
} http_stream;

static const char *const listing_path = "/info/refs?service=git-upload-pack";

static size_t on_body(char *bytes, size_t size, size_t count, void *payload) {
    http_stream *stream = payload;
    size_t length = size * count;
    stream->transport->link->received += (int64_t)length;
    if (martlet_git_check(stream->transport->link)) return 0;
    if (stream->response_end + length > stream->response_capacity) {
        size_t pending = stream->response_end - stream->response_start;
        if (stream->response_start > 0) {
            memmove(stream->response, stream->response + stream->response_start, pending);
            stream->response_start = 0;
            stream->response_end = pending;
        }
        if (pending + length > stream->response_capacity) {
            size_t capacity = (pending + length) * 2;
            char *grown = realloc(stream->response, capacity);
            if (!grown) return 0;
            stream->response = grown;
            stream->response_capacity = capacity;
        }
    }
    memcpy(stream->response + stream->response_end, bytes, length);
    stream->response_end += length;
    return length;
}

static int on_transfer(void *payload, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
    (void)a, (void)b, (void)c, (void)d;
    http_stream *stream = payload;
    return martlet_git_check(stream->transport->link) ? 1 : 0;
}

static char *joined(const char *left, const char *right) {
    char *text = malloc(strlen(left) + strlen(right) + 1);
    if (text) {
        strcpy(text, left);
        strcat(text, right);
    }
    return text;
}

static int begin(http_stream *stream) {
    http_transport *transport = stream->transport;
    martlet_git_link *link = transport->link;
    CURL *easy = transport->easy;
    curl_easy_reset(easy);
    char *url = joined(transport->url, stream->is_listing ? listing_path : "/git-upload-pack");
    if (!url) return martlet_git_fail(link, MARTLET_GIT_NETWORK, "out of memory");
    curl_easy_setopt(easy, CURLOPT_URL, url);
    free(url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, 20L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, 60L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "git/2.0 (martlet)");
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, stream);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_transfer);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, stream);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    if (link->user) {
        curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(easy, CURLOPT_USERNAME, link->user);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, link->password ? link->password : "");
    } else if (link->bearer) {
        curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, link->bearer);
    }
    if (link->certificate_authority) {
        struct curl_blob blob = {
            .data = link->certificate_authority,
            .len = link->certificate_authority_length,
            .flags = CURL_BLOB_NOCOPY,
        };
        curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
    }
    curl_slist_free_all(stream->headers);
    stream->headers = NULL;
    if (!stream->is_listing) {
        stream->headers = curl_slist_append(stream->headers, "Content-Type: application/x-git-upload-pack-request");
        stream->headers = curl_slist_append(stream->headers, "Accept: application/x-git-upload-pack-result");
        stream->headers = curl_slist_append(stream->headers, "Expect:");
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, stream->headers);
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, stream->request ? stream->request : "");
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)stream->request_length);
    }
    stream->is_started = true;
    stream->is_done = false;
    curl_multi_add_handle(transport->multi, easy);
    return 0;
}

static bool has_same_origin(const char *left, const char *right) {
    bool same = false;
    CURLU *a = curl_url(), *b = curl_url();
    if (a && b && !curl_url_set(a, CURLUPART_URL, left, 0) && !curl_url_set(b, CURLUPART_URL, right, 0)) {
        same = true;
        CURLUPart parts[] = {CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT};
        for (int index = 0; index < 3 && same; index++) {
            char *first = NULL, *second = NULL;
            same = !curl_url_get(a, parts[index], &first, CURLU_DEFAULT_PORT)
                && !curl_url_get(b, parts[index], &second, CURLU_DEFAULT_PORT) && strcasecmp(first, second) == 0;
            curl_free(first);
            curl_free(second);
        }
    }
    curl_url_cleanup(a);
    curl_url_cleanup(b);
    return same;
}

/* After the headers: 0 go on reading, 1 ask again at another address of the same origin, negative failed. */
static int check_response(http_stream *stream) {
    http_transport *transport = stream->transport;
    martlet_git_link *link = transport->link;
    long status = 0;
    char *type = NULL, *location = NULL;
    curl_easy_getinfo(transport->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(transport->easy, CURLINFO_CONTENT_TYPE, &type);
    curl_easy_getinfo(transport->easy, CURLINFO_REDIRECT_URL, &location);
    if (status >= 300 && status < 400) {
        size_t length = location ? strlen(location) : 0, suffix = strlen(listing_path);
        if (!location || !stream->is_listing)
            return martlet_git_fail(link, MARTLET_GIT_REDIRECTED, "the server answered with redirect %ld", status);
        if (!has_same_origin(location, transport->url))
            return martlet_git_fail(
                link, MARTLET_GIT_REDIRECTED, "the server redirects to another origin, which is not followed: %.200s",
                location
            );
        if (length <= suffix || strcmp(location + length - suffix, listing_path) != 0)
            return martlet_git_fail(link, MARTLET_GIT_REDIRECTED, "the server redirects to something else than Git");
        char *url = strndup(location, length - suffix);
        if (!url) return martlet_git_fail(link, MARTLET_GIT_NETWORK, "out of memory");
        free(transport->url);
        transport->url = url;
        return 1;
    }
    if (status == 401 || status == 403)
        return martlet_git_fail(
            link, MARTLET_GIT_AUTHENTICATION,
            link->user || link->bearer ? "the server refused the credentials (%ld)" : "the server asks for credentials (%ld)",
            status
        );
    if (status == 404 || status == 410)
        return martlet_git_fail(link, MARTLET_GIT_NOT_FOUND, "the server knows no such repository (%ld)", status);
    if (status != 200) return martlet_git_fail(link, MARTLET_GIT_SERVER, "the server answered with status %ld", status);
    const char *expected =
        stream->is_listing ? "application/x-git-upload-pack-advertisement" : "application/x-git-upload-pack-result";
    if (!type || strncmp(type, expected, strlen(expected)) != 0)
        return martlet_git_fail(link, MARTLET_GIT_PROTOCOL, "the server does not speak Git's smart protocol at this address");
    return 0;
}

static int curl_failure(http_stream *stream) {
    martlet_git_link *link = stream->transport->link;
    int check = martlet_git_check(link);
    if (check) return check;
    int kind;
    switch (stream->result) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR: kind = MARTLET_GIT_CERTIFICATE; break;
    case CURLE_OPERATION_TIMEDOUT: kind = MARTLET_GIT_TIMEOUT; break;
    default: kind = MARTLET_GIT_NETWORK;
    }
    return martlet_git_fail(link, kind, "%s", curl_easy_strerror(stream->result));
}

static int pump(http_stream *stream) {
    http_transport *transport = stream->transport;
    while (!stream->is_done && stream->response_start == stream->response_end) {
        int running = 0, pending = 0;
        curl_multi_perform(transport->multi, &running);
        for (CURLMsg *message; (message = curl_multi_info_read(transport->multi, &pending));)
            if (message->msg == CURLMSG_DONE) {
                stream->is_done = true;
                stream->result = message->data.result;
            }
        if (stream->is_done || stream->response_start != stream->response_end) break;
        int check = martlet_git_check(transport->link);
        if (check) return check;
        curl_multi_poll(transport->multi, NULL, 0, 200, NULL);
    }
    return 0;
}

static int http_read(git_smart_subtransport_stream *base, char *buffer, size_t size, size_t *count) {
    http_stream *stream = (http_stream *)base;
    *count = 0;
    for (int attempt = 0;; attempt++) {
        int error;
        if (!stream->is_started && (error = begin(stream)) < 0) return error;
        if ((error = pump(stream)) < 0) return error;
        if (stream->is_done && stream->result != CURLE_OK) return curl_failure(stream);
        if (stream->is_checked) break;
        int verdict = check_response(stream);
        if (verdict < 0) return verdict;
        if (verdict == 0) {
            stream->is_checked = true;
            break;
        }
        if (attempt == 3) return martlet_git_fail(stream->transport->link, MARTLET_GIT_REDIRECTED, "too many redirects");
        curl_multi_remove_handle(stream->transport->multi, stream->transport->easy);
        stream->is_started = false;
        stream->response_start = stream->response_end = 0;
    }
    size_t available = stream->response_end - stream->response_start;
    *count = available < size ? available : size;
    memcpy(buffer, stream->response + stream->response_start, *count);
    stream->response_start += *count;
    return 0;
}

static int http_write(git_smart_subtransport_stream *base, const char *buffer, size_t length) {
    http_stream *stream = (http_stream *)base;
    char *grown = realloc(stream->request, stream->request_length + length + 1);
    if (!grown) return martlet_git_fail(stream->transport->link, MARTLET_GIT_NETWORK, "out of memory");
    memcpy(grown + stream->request_length, buffer, length);
    stream->request = grown;
    stream->request_length += length;
    return 0;
}

static void http_stream_free(git_smart_subtransport_stream *base) {
    http_stream *stream = (http_stream *)base;
    if (stream->is_started) curl_multi_remove_handle(stream->transport->multi, stream->transport->easy);
    curl_slist_free_all(stream->headers);
    free(stream->request);
    free(stream->response);
    free(stream);
}

static int http_action(
    git_smart_subtransport_stream **out, git_smart_subtransport *base, const char *url, git_smart_service_t action
) {
    (void)url;
    http_transport *transport = (http_transport *)base;
    if (action != GIT_SERVICE_UPLOADPACK_LS && action != GIT_SERVICE_UPLOADPACK)
        return martlet_git_fail(transport->link, MARTLET_GIT_PROTOCOL, "only reading is supported");
    http_stream *stream = calloc(1, sizeof *stream);
    if (!stream) return martlet_git_fail(transport->link, MARTLET_GIT_NETWORK, "out of memory");
    stream->base.subtransport = base;
    stream->base.read = http_read;
    stream->base.write = http_write;
    stream->base.free = http_stream_free;
    stream->transport = transport;
    stream->is_listing = action == GIT_SERVICE_UPLOADPACK_LS;
    *out = &stream->base;
    return 0;
}

static int http_close(git_smart_subtransport *base) {
    (void)base;
    return 0;
}

static void http_free(git_smart_subtransport *base) {
    http_transport *transport = (http_transport *)base;
    curl_easy_cleanup(transport->easy);
    curl_multi_cleanup(transport->multi);
    free(transport->url);
    free(transport);
}

int martlet_git_http_subtransport(git_smart_subtransport **out, git_transport *owner, void *payload) {
    (void)owner;
    martlet_git_link *link = payload;
    http_transport *transport = calloc(1, sizeof *transport);
    if (!transport) return martlet_git_fail(link, MARTLET_GIT_NETWORK, "out of memory");
    transport->base.action = http_action;
    transport->base.close = http_close;
    transport->base.free = http_free;
    transport->link = link;
    transport->url = strdup(link->url ? link->url : "");
    size_t length = strlen(transport->url);
    while (length > 0 && transport->url[length - 1] == '/') transport->url[--length] = 0;
    transport->easy = curl_easy_init();
    transport->multi = curl_multi_init();
    *out = &transport->base;
    return 0;
}
