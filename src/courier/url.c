/* url.c: may this be where a webhook goes? By its text alone. */
#include "courier/courier.h"

#include "base/banned.h"

enum fault courier_url_check(struct span url, bool live, const char **why)
{
    bool secure = span_starts(url, SPAN("https://"));

    *why = "the URL must begin with https://";
    if (!secure && (live || !span_starts(url, SPAN("http://"))))
        return FAULT_BAD_INPUT;
    *why = "";
    return FAULT_NONE;
}
