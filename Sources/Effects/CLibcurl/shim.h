#include <curl/curl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
