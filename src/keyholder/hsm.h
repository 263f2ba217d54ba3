/* hsm.h: a key-encryption key wrapped by an AES-256 key that never leaves an HSM (PKCS#11 2.40).
 *
 * What lies in the keyring's head is the key-encryption key under the HSM's key: CKM_AES_GCM, nonce (12) | ciphertext |
 * tag (16). The library is loaded, asked once, finalised and unloaded before the keyholder shuts its doors; nothing of
 * the HSM is used afterwards but for `key rotate`, which needs only the key-encryption key. */
#pragma once

#include "base/secret.h"

struct hsm_options { const char *module, *token, *key, *pin_file; };      /* keyholder/keysource.h */

/* Make the AES-256 key of that label in the token: sensitive, not extractable, encrypt and decrypt. EXISTS; SILENT when
 * the HSM refuses, with a sentence for people in *why, a constant. */
MUST_CHECK enum fault hsm_make_key(const struct hsm_options *o, const char **why);

/* Wrap `kek` into `out`, and unwrap it again. DENIED when what is wrapped does not open. SILENT as above. */
MUST_CHECK enum fault hsm_wrap(struct buf *out, const struct hsm_options *o, const struct secret *kek,
                               const char **why);
MUST_CHECK enum fault hsm_unwrap(struct secret **kek, const struct hsm_options *o, struct span wrapped,
                                 const char **why);
