/* fuzz.h: what a fuzz target is. Each drives one way into the program with bytes of an attacker's choice, and checks
 * what must hold whatever they are. The same functions run under libFuzzer (libfuzzer.c) and, over the seeds and past
 * crashes in the tree, as a unit test built with the usual compiler (replay.c). */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct fuzz_target {
    const char *name;                 /* also of its folders in seeds/ and crashes/, and of its dictionary */
    void (*open)(void);               /* before the first run; NULL: nothing to open */
    void (*run)(const uint8_t *bytes, size_t n);
    void (*close)(void);              /* after the last run; NULL: nothing to close */
};

/* Ended by a NULL name. */
extern const struct fuzz_target fuzz_targets[];

/* The one called `name`, or NULL. */
const struct fuzz_target *fuzz_find(const char *name);

/* Where an assertion ends the run, so that the fuzzer keeps the bytes that led to it. */
#define fuzz_check(true_whatever_is_sent)                                                                     \
    do {                                                                                                      \
        if (!(true_whatever_is_sent)) {                                                                       \
            (void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #true_whatever_is_sent);         \
            abort();                                                                                          \
        }                                                                                                     \
    } while (0)

void fuzz_json_fields(const uint8_t *bytes, size_t n);        /* of_json.c */
void fuzz_json_open(void);
void fuzz_json_close(void);
void fuzz_offer(const uint8_t *bytes, size_t n);
void fuzz_respell(const uint8_t *bytes, size_t n);

void fuzz_text(const uint8_t *bytes, size_t n);               /* of_text.c */
void fuzz_url(const uint8_t *bytes, size_t n);
void fuzz_encodings(const uint8_t *bytes, size_t n);
void fuzz_text_open(void);
void fuzz_text_close(void);

void fuzz_keys_open(void);                                    /* of_keys.c */
void fuzz_keys_close(void);
void fuzz_jwe(const uint8_t *bytes, size_t n);
void fuzz_paytm_checksum(const uint8_t *bytes, size_t n);
void fuzz_card(const uint8_t *bytes, size_t n);
void fuzz_keyholder_frames(const uint8_t *bytes, size_t n);

void fuzz_keyring_open(void);                                 /* of_keyring.c */
void fuzz_keyring_close(void);
void fuzz_keyring(const uint8_t *bytes, size_t n);

void fuzz_share(const uint8_t *bytes, size_t n);              /* of_share.c */

void fuzz_courier_frames(const uint8_t *bytes, size_t n);     /* of_wire.c */

void fuzz_options_open(void);                                 /* of_options.c */
void fuzz_options_close(void);
void fuzz_options(const uint8_t *bytes, size_t n);

void fuzz_http_open(void);                                    /* of_http.c */
void fuzz_http_close(void);
void fuzz_http(const uint8_t *bytes, size_t n);

void fuzz_gateway_open(void);                                 /* of_dialects.c */
void fuzz_gateway_close(void);
void fuzz_gateway(const uint8_t *bytes, size_t n);
