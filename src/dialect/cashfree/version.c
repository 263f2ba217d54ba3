/* version.c: the names of the API versions. */
#include "dialect/cashfree/version.h"

#include "base/banned.h"

static const char *const names[API_VERSIONS] = {
    [API_UNKNOWN] = "",
    [API_2021_05_21] = "2021-05-21",
    [API_2022_01_01] = "2022-01-01",
    [API_2022_09_01] = "2022-09-01",
    [API_2023_08_01] = "2023-08-01",
    [API_2025_01_01] = "2025-01-01",
    [API_2026_01_01] = "2026-01-01",
};

enum api_version api_version_of(struct span text)
{
    /* Newest first: that is what most callers send. */
    for (int v = API_VERSIONS - 1; v > API_UNKNOWN; v--)
        if (span_equal(text, span_of(names[v])))
            return (enum api_version)v;
    return API_UNKNOWN;
}

const char *api_version_name(enum api_version v)
{
    return names[v];
}

void api_version_list(struct buf *out)
{
    for (int v = API_UNKNOWN + 1; v < API_VERSIONS; v++) {
        if (v > API_UNKNOWN + 1)
            buf_byte(out, ' ');
        buf_text(out, names[v]);
    }
}
