/* targets.c: the table of targets. */
#include "fuzz.h"

#include <string.h>

const struct fuzz_target fuzz_targets[] = {
    { "json_fields", fuzz_json_open, fuzz_json_fields, fuzz_json_close },
    { "offer", fuzz_json_open, fuzz_offer, fuzz_json_close },
    { "respell", fuzz_json_open, fuzz_respell, fuzz_json_close },
    { "text", fuzz_text_open, fuzz_text, fuzz_text_close },
    { "url", NULL, fuzz_url, NULL },
    { "encodings", fuzz_text_open, fuzz_encodings, fuzz_text_close },
    { "jwe", fuzz_keys_open, fuzz_jwe, fuzz_keys_close },
    { "paytm_checksum", fuzz_keys_open, fuzz_paytm_checksum, fuzz_keys_close },
    { "card", fuzz_keys_open, fuzz_card, fuzz_keys_close },
    { "keyholder_frames", fuzz_keys_open, fuzz_keyholder_frames, fuzz_keys_close },
    { "keyring", fuzz_keyring_open, fuzz_keyring, fuzz_keyring_close },
    { "share", NULL, fuzz_share, NULL },
    { "courier_frames", NULL, fuzz_courier_frames, NULL },
    { "http", fuzz_http_open, fuzz_http, fuzz_http_close },
    { "options", fuzz_options_open, fuzz_options, fuzz_options_close },
    { "cashfree", fuzz_gateway_open, fuzz_gateway, fuzz_gateway_close },
    { "juspay", fuzz_gateway_open, fuzz_gateway, fuzz_gateway_close },
    { "paytm", fuzz_gateway_open, fuzz_gateway, fuzz_gateway_close },
    { "checkout", fuzz_gateway_open, fuzz_gateway, fuzz_gateway_close },
    { "admin", fuzz_gateway_open, fuzz_gateway, fuzz_gateway_close },
    { NULL, NULL, NULL, NULL },
};

const struct fuzz_target *fuzz_find(const char *name)
{
    for (const struct fuzz_target *t = fuzz_targets; t->name; t++)
        if (name && strcmp(t->name, name) == 0)
            return t;
    return NULL;
}
