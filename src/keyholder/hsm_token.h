/* hsm_token.h: one question to an HSM, in this very process. Only hsm.c includes it, and the test of it. */
#pragma once

#include "keyholder/hsm.h"

enum { HSM_KEK_MAX = 64, HSM_NONCE = 12, HSM_TAG = 16, HSM_WRAPPED_MAX = HSM_NONCE + HSM_KEK_MAX + HSM_TAG };

enum hsm_action { HSM_MAKE_KEY, HSM_WRAP, HSM_UNWRAP };

/* What can go wrong, in sentences for people. */
#define HSM_TROUBLES(X)                                                                                                \
    X(NONE,       "nothing is wrong")                                                                                  \
    X(NO_MODULE,  "the HSM's library cannot be loaded: see hsm-module")                                                \
    X(NO_PKCS11,  "what hsm-module names is no PKCS#11 library of version 2")                                          \
    X(NO_START,   "the HSM's library does not start; its own configuration may say why")                               \
    X(NO_TOKEN,   "the HSM has no token with the label of hsm-token")                                                  \
    X(TOKENS,     "the HSM has more than one token with the label of hsm-token")                                       \
    X(PIN_FILE,   "hsm-pin-file cannot be used: it must hold the PIN on one line, have mode 0600 and be ours")         \
    X(PIN_WRONG,  "the HSM refuses the PIN of hsm-pin-file")                                                           \
    X(PIN_LAST,   "one more wrong PIN would lock the HSM's token, so none was tried: log in with its own tools first") \
    X(PIN_LOCKED, "the HSM has locked the PIN: its security officer must set a new one")                               \
    X(NO_PIN,     "the HSM's token has no user PIN yet")                                                               \
    X(NO_KEY,     "the HSM's token has no secret key with the label of hsm-key")                                       \
    X(KEYS,       "the HSM's token has more than one secret key with the label of hsm-key")                            \
    X(KEY_THERE,  "the HSM's token has a secret key with the label of hsm-key already")                                \
    X(KEY_OPEN,   "the HSM's key can be read out of it: it must be sensitive and not extractable")                     \
    X(KEY_KIND,   "the HSM's key must be an AES key of 256 bits that may encrypt and decrypt")                         \
    X(NO_GCM,     "the HSM's token cannot do AES-GCM (CKM_AES_GCM)")                                                   \
    X(OTHER,      "the HSM's key does not open the keyring: it is another key, or the keyring was changed")            \
    X(REFUSED,    "the HSM refuses what it is asked")                                                                  \
    X(SLOW,       "the HSM did not answer in 20 seconds")                                                              \
    X(BROKE,      "the HSM's library broke down")                                                                      \
    X(NO_PROCESS, "no process can be started to ask the HSM")
enum hsm_trouble {
#define X(name, text) HSM_##name##_TROUBLE,
    HSM_TROUBLES(X)
#undef X
    HSM_TROUBLE_COUNT
};

/* The sentence, a constant. */
const char *hsm_trouble_text(enum hsm_trouble t);

/* Load the library, ask, and let go of it. `in`: what is wrapped or unwrapped; the answer is appended to `out`, and the
 * caller wipes both. Faults as hsm.h says, with *why. */
MUST_CHECK enum fault hsm_token_ask(struct buf *out, enum hsm_action what, const struct hsm_options *o, struct span in,
                                    enum hsm_trouble *why);
