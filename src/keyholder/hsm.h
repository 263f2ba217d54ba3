/* hsm.h: a key-encryption key wrapped by an AES-256 key that never leaves an HSM (PKCS#11 2.40).
 *
 * What lies in the keyring's head is the key-encryption key under the HSM's key: CKM_AES_GCM, nonce (12) | ciphertext |
 * tag (16). The HSM is asked once, at a start; nothing of it is used afterwards, not for `key rotate` either, which
 * needs only the key-encryption key.
 *
 * Its library is somebody else's code, often closed, and may start threads, keep copies and hang: PKCS#11 knows no
 * time-out. So each question is put by a process of its own, a fork of the caller that loads the library, asks,
 * finalises and unloads it, and hands back the bytes by a pipe. One that takes longer than `wait_ms` is killed. The
 * caller must have one thread only. */
#pragma once

#include "base/secret.h"

enum { HSM_WAIT_MS = 20000, HSM_PIN_MAX = 255 };              /* bytes of a PIN at most */

struct hsm_options {
    const char *module, *token, *key, *pin_file;              /* keyholder/keysource.h */
    int wait_ms;                      /* 0: HSM_WAIT_MS */
};

/* Make the AES-256 key of that label in the token: sensitive, not extractable, encrypt and decrypt. EXISTS; SILENT when
 * the HSM refuses, does not answer, or one of the options does not lead to it: with a sentence for people in *why, a
 * constant, which is set with every fault. */
MUST_CHECK enum fault hsm_make_key(const struct hsm_options *o, const char **why);

/* Wrap `kek` and append it to `out`; and unwrap it again, which the caller frees. A key that could be read out of the
 * HSM is refused. DENIED when what is wrapped does not open under the key. SILENT as above. INTERNAL: no locked memory,
 * or no room in `out`. */
MUST_CHECK enum fault hsm_wrap(struct buf *out, const struct hsm_options *o, const struct secret *kek,
                               const char **why);
MUST_CHECK enum fault hsm_unwrap(struct secret **kek, const struct hsm_options *o, struct span wrapped,
                                 const char **why);
