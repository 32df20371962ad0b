// Typed entry points for libcurl's variadic functions, which Swift cannot call.
#ifndef CCURLSHIMS_H
#define CCURLSHIMS_H

#include <curl/curl.h>
#include <stddef.h>

CURLcode shim_easy_long(CURL *easy, CURLoption option, long value);
CURLcode shim_easy_string(CURL *easy, CURLoption option, const char *value);
CURLcode shim_easy_pointer(CURL *easy, CURLoption option, void *value);
// Copies the bytes.
CURLcode shim_easy_blob(CURL *easy, CURLoption option, const void *bytes, size_t count);
// Copies the bytes; they are sent as they are.
CURLcode shim_easy_body(CURL *easy, const void *bytes, size_t count);
CURLcode shim_easy_callback(CURL *easy, CURLoption option, curl_write_callback callback);
long shim_easy_response_code(CURL *easy);

CURLMcode shim_multi_long(CURLM *multi, CURLMoption option, long value);
CURLMcode shim_multi_socket_callback(CURLM *multi, curl_socket_callback callback, void *context);
CURLMcode shim_multi_timer_callback(CURLM *multi, curl_multi_timer_callback callback, void *context);
// The next transfer that has ended, with its result; NULL when there is none.
CURL *shim_multi_next_done(CURLM *multi, CURLcode *result);

#endif
