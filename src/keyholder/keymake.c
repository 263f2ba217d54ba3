/* keymake.c: a new home for the root keys. */
#include "keyholder/keymake.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "keyholder/hsm.h"
#include "keyholder/private_file.h"
#include "keyholder/share.h"

#include "base/banned.h"

#define REPLACED ".replaced"

enum fault keymake_replaced(char out[static KEYMAKE_PATH_MAX], const char *key_file)
{
    struct buf b = { (uint8_t *)out, 0, KEYMAKE_PATH_MAX, false };

    buf_text(&b, key_file);
    buf_put(&b, REPLACED, sizeof REPLACED);   /* with its NUL */
    return b.full ? FAULT_BAD_INPUT : FAULT_NONE;
}

/* The ring that there is, under its key file; or a new one. */
static enum fault find_ring(struct keyring **out, bool *converted, const struct keymake_options *o, const char **why)
{
    struct keysource_opened k = { 0 };
    struct keyring_head head;
    enum fault f = keysource_kind(&head, &o->source);

    *why = "the keyring beside the key file cannot be read";
    if (f)
        return f;
    *why = "there is a keyring already, whose key is no file's; --replace gives it to others";
    if (head.source != KEYRING_FILE && !o->replace)
        return FAULT_EXISTS;
    f = keysource_open(&k, &o->source, o->ask, o->ask_arg, why);
    *converted = !f && head.source == KEYRING_FILE;
    if (f == FAULT_NOT_FOUND && !head.version) {
        *why = "no locked memory could be had (see ulimit -l)";
        f = keyring_new(&k.ring, o->now_ms);
    }
    if (!f) {
        *out = k.ring;
        k.ring = NULL;
    }
    keysource_close(&k);
    return f;
}

/* Do the shares give the key, the first ones as well as the last ones? */
static bool are_good(const struct shamir_share *shares, const struct keymake_options *o, const struct secret *kek)
{
    AUTO_SECRET first = NULL;
    AUTO_SECRET last = NULL;

    return secret_new(&first, KEYRING_KEK) == FAULT_NONE && secret_new(&last, KEYRING_KEK) == FAULT_NONE &&
           shamir_join(first->bytes, first->n, shares, o->threshold) == FAULT_NONE &&
           shamir_join(last->bytes, last->n, shares + o->shares - o->threshold, o->threshold) == FAULT_NONE &&
           secret_equal(secret_span(first), secret_span(kek)) && secret_equal(secret_span(last), secret_span(kek));
}

/* Tell share after share; the text of each is wiped before the next. */
static bool tell_all(const struct shamir_share *shares, const struct keyring_head *head, keymake_tell *tell, void *arg)
{
    AUTO_SECRET text = NULL;
    bool told = secret_new(&text, SHARE_TEXT) == FAULT_NONE;

    for (unsigned i = 0; i < head->shares && told; i++) {
        struct buf b = { text->bytes, 0, text->n, false };
        struct share s = { .part = shares[i] };
        memcpy(s.set, head->set, sizeof s.set);
        share_write(&b, &s);
        told = tell(arg, i + 1, buf_view(&b));
        secret_wipe(&s, sizeof s);
    }
    return told;
}

static enum fault share_out(struct keyring_head *head, const struct keymake_options *o, const struct secret *kek,
                            keymake_tell *tell, void *arg, const char **why)
{
    AUTO_SECRET home = NULL;
    struct shamir_share *shares;
    enum fault f = secret_new(&home, SHAMIR_SHARES_MAX * sizeof *shares);

    *why = "no locked memory could be had (see ulimit -l)";
    if (f)
        return f;
    shares = (struct shamir_share *)(void *)home->bytes;
    *why = "there cannot be so many shares";
    f = shamir_split(shares, o->shares, o->threshold, secret_span(kek));
    if (f)
        return f;
    head->source = KEYRING_SHARES;
    head->for_source_n = 0;
    head->shares = (uint8_t)o->shares;
    head->threshold = (uint8_t)o->threshold;
    *why = "the shares could not be told to anybody";
    return are_good(shares, o, kek) && tell_all(shares, head, tell, arg) ? FAULT_NONE : FAULT_INTERNAL;
}

static enum fault give_to_hsm(struct keyring_head *head, const struct keymake_options *o, const struct secret *kek,
                              const char **why)
{
    const struct hsm_options h = { .module = o->source.hsm_module, .token = o->source.hsm_token,
                                   .key = o->source.hsm_key, .pin_file = o->source.hsm_pin_file };
    struct buf wrapped = { head->for_source, 0, sizeof head->for_source, false };
    AUTO_SECRET back = NULL;
    enum fault f = hsm_make_key(&h, why);

    if (!f || f == FAULT_EXISTS)      /* one key of an HSM may keep several keyrings */
        f = hsm_wrap(&wrapped, &h, kek, why);
    if (!f)
        f = hsm_unwrap(&back, &h, buf_view(&wrapped), why);
    *why = f ? *why : "the HSM does not give back what it was given";
    if (!f && !secret_equal(secret_span(back), secret_span(kek)))
        f = FAULT_INTERNAL;
    head->source = KEYRING_HSM;
    head->shares = head->threshold = 0;
    head->for_source_n = wrapped.n;
    return f;
}

/* Write it, and see that it opens, before the old key is given up. */
static enum fault write_ring(struct keyring *r, const char *key_file, const struct secret *kek, const char **why)
{
    struct keyring *again = NULL;
    enum fault f = keyring_save(r, key_file, kek);

    *why = "the keyring cannot be written beside the key file";
    if (!f)
        f = keyring_open(&again, key_file, kek);
    keyring_free(again);
    return f;
}

/* Where a key file was rotated under, its keyring has keys that the file alone does not give. Both stay, so that the
 * folder can go back should the shares be lost on their way: "keyring.replaced" beside it, under the key file's key. */
static enum fault keep_ring(const char *key_file, const char **why)
{
    char at[KEYMAKE_PATH_MAX], kept[KEYMAKE_PATH_MAX];

    *why = "the keyring that there was cannot be kept beside the new one";
    if (private_file_beside(at, sizeof at, key_file, KEYRING_NAME) || keymake_replaced(kept, at))
        return FAULT_BAD_INPUT;
    if (access(at, F_OK) != 0)
        return FAULT_NONE;
    (void)unlink(kept);               /* of a conversion that came no further */
    return link(at, kept) == 0 ? FAULT_NONE : FAULT_DISK;
}

/* Nothing is put in the place of another key file that was replaced. */
static enum fault check_place(char out[static KEYMAKE_PATH_MAX], const char *key_file, const char **why)
{
    enum fault f = keymake_replaced(out, key_file);

    *why = "there is a key file that was replaced before; destroy it, or take it away";
    return f ? f : access(out, F_OK) == 0 ? FAULT_EXISTS : FAULT_NONE;
}

enum fault keymake(bool *converted, const struct keymake_options *o, keymake_tell *tell, void *arg, const char **why)
{
    char replaced[KEYMAKE_PATH_MAX];
    struct keyring *ring = NULL;
    AUTO_SECRET kek = NULL;
    enum fault f = check_place(replaced, o->source.key_file, why);

    *converted = false;
    if (!f)
        f = find_ring(&ring, converted, o, why);
    if (!f)
        f = secret_new(&kek, KEYRING_KEK);
    if (!f) {
        struct keyring_head *head = keyring_head(ring);
        secret_random(kek->bytes, kek->n);
        secret_random(head->set, sizeof head->set);       /* shares of another conversion do not fit */
        f = o->shares ? share_out(head, o, kek, tell, arg, why) : give_to_hsm(head, o, kek, why);
    }
    if (!f && *converted)
        f = keep_ring(o->source.key_file, why);
    if (!f)
        f = write_ring(ring, o->source.key_file, kek, why);
    keyring_free(ring);
    if (!f && *converted && rename(o->source.key_file, replaced) != 0) {
        *why = "the keyring is there, but the key file cannot be moved aside: do that, and destroy it";
        f = FAULT_DISK;
    }
    return f;
}
