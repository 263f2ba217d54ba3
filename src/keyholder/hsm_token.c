/* hsm_token.c: PKCS#11: library, token, PIN, key, and what the key is asked for. */
#include "keyholder/hsm_token.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include <p11-kit/pkcs11.h>

#include "keyholder/private_file.h"

#include "base/banned.h"

enum {
    SLOTS_MAX = 64,
    AES_256 = 32,                     /* bytes of the HSM's key */
    TOKEN_LABEL = 32,                 /* bytes, filled up with blanks: PKCS#11 2.40, 3.2 CK_TOKEN_INFO */
    KEY_LABEL_MAX = 128,
};

/* Bound to what is wrapped, so that nothing else that the key encrypts passes for it. */
#define WRAPPED_FOR "tijori key-encryption key 1"

struct token {
    const struct hsm_options *o;
    void *library;
    CK_FUNCTION_LIST *call;
    CK_SLOT_ID slot;
    CK_FLAGS flags;                   /* of the token */
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;
    bool started, open;
    enum hsm_trouble trouble;
};

const char *hsm_trouble_text(enum hsm_trouble t)
{
    static const char *const text[] = {
#define X(name, sentence) [HSM_##name##_TROUBLE] = sentence,
        HSM_TROUBLES(X)
#undef X
    };

    return t < HSM_TROUBLE_COUNT ? text[t] : text[HSM_BROKE_TROUBLE];
}

static enum fault in_trouble(struct token *t, enum hsm_trouble what)
{
    t->trouble = what;
    return what == HSM_KEY_THERE_TROUBLE ? FAULT_EXISTS : what == HSM_OTHER_TROUBLE ? FAULT_DENIED : FAULT_SILENT;
}

static enum fault load(struct token *t)
{
    CK_C_GetFunctionList list = NULL;
    void *found;

    t->library = dlopen(t->o->module, RTLD_NOW | RTLD_LOCAL);
    if (!t->library)
        return in_trouble(t, HSM_NO_MODULE_TROUBLE);
    found = dlsym(t->library, "C_GetFunctionList");
    memcpy(&list, &found, sizeof list);           /* ISO C has no cast from an object to a function */
    if (!list || list(&t->call) != CKR_OK || !t->call || t->call->version.major != 2)
        return in_trouble(t, HSM_NO_PKCS11_TROUBLE);
    if (t->call->C_Initialize(NULL) != CKR_OK)
        return in_trouble(t, HSM_NO_START_TROUBLE);
    t->started = true;
    return FAULT_NONE;
}

static bool has_label(const CK_TOKEN_INFO *info, struct span label)
{
    uint8_t padded[TOKEN_LABEL];

    memset(padded, ' ', sizeof padded);
    memcpy(padded, label.p, label.n);
    return (info->flags & CKF_TOKEN_INITIALIZED) && memcmp(info->label, padded, sizeof padded) == 0;
}

static enum fault find_token(struct token *t)
{
    struct span label = span_of(t->o->token);
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_TOKEN_INFO info;
    CK_ULONG n = SLOTS_MAX;
    size_t found = 0;

    if (!label.n || label.n > TOKEN_LABEL || t->call->C_GetSlotList(CK_TRUE, slots, &n) != CKR_OK)
        return in_trouble(t, HSM_NO_TOKEN_TROUBLE);
    for (CK_ULONG i = 0; i < n; i++)
        if (t->call->C_GetTokenInfo(slots[i], &info) == CKR_OK && has_label(&info, label)) {
            t->slot = slots[i];
            t->flags = info.flags;
            found++;
        }
    return found == 1 ? FAULT_NONE : in_trouble(t, found ? HSM_TOKENS_TROUBLE : HSM_NO_TOKEN_TROUBLE);
}

static enum fault refused_pin(struct token *t, CK_RV rv)
{
    switch (rv) {
    case CKR_PIN_INCORRECT: case CKR_PIN_INVALID: case CKR_PIN_LEN_RANGE: case CKR_PIN_EXPIRED:
        return in_trouble(t, HSM_PIN_WRONG_TROUBLE);
    case CKR_PIN_LOCKED:
        return in_trouble(t, HSM_PIN_LOCKED_TROUBLE);
    case CKR_USER_PIN_NOT_INITIALIZED:
        return in_trouble(t, HSM_NO_PIN_TROUBLE);
    default:
        return in_trouble(t, HSM_REFUSED_TROUBLE);
    }
}

/* A server that is started again and again must not use up the tries and lock everybody out. */
static enum fault log_in(struct token *t)
{
    uint8_t text[HSM_PIN_MAX + 2];
    struct buf b = BUF(text);
    struct span pin;
    CK_RV rv = CKR_OK;
    enum fault f;

    if (t->flags & CKF_USER_PIN_LOCKED)
        return in_trouble(t, HSM_PIN_LOCKED_TROUBLE);
    if (t->flags & CKF_USER_PIN_FINAL_TRY)
        return in_trouble(t, HSM_PIN_LAST_TROUBLE);
    f = private_file_read(&b, t->o->pin_file);
    pin = span_trim(buf_view(&b));
    if (f || !pin.n || pin.n > HSM_PIN_MAX || memchr(pin.p, '\n', pin.n))
        f = in_trouble(t, HSM_PIN_FILE_TROUBLE);
    else
        rv = t->call->C_Login(t->session, CKU_USER, text + (pin.p - text), pin.n);
    secret_wipe(text, sizeof text);
    return f || rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN ? f : refused_pin(t, rv);
}

static enum fault open_session(struct token *t, bool writes)
{
    CK_FLAGS flags = CKF_SERIAL_SESSION | (writes ? CKF_RW_SESSION : 0);

    if (t->call->C_OpenSession(t->slot, flags, NULL, NULL, &t->session) != CKR_OK)
        return in_trouble(t, HSM_REFUSED_TROUBLE);
    t->open = true;
    return log_in(t);
}

/* How many secret keys have the label? Two stand for more. */
static enum fault count_keys(struct token *t, CK_ULONG *n)
{
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_OBJECT_HANDLE keys[2];
    char label[KEY_LABEL_MAX + 1];
    CK_ATTRIBUTE wanted[] = { { CKA_CLASS, &class, sizeof class }, { CKA_LABEL, label, 0 } };
    bool good;

    *n = 0;
    if (span_text(label, sizeof label, span_of(t->o->key)) != FAULT_NONE || !label[0])
        return FAULT_NONE;
    wanted[1].ulValueLen = strlen(label);
    if (t->call->C_FindObjectsInit(t->session, wanted, 2) != CKR_OK)
        return in_trouble(t, HSM_REFUSED_TROUBLE);
    good = t->call->C_FindObjects(t->session, keys, 2, n) == CKR_OK;
    if (t->call->C_FindObjectsFinal(t->session) != CKR_OK || !good)
        return in_trouble(t, HSM_REFUSED_TROUBLE);
    if (*n)
        t->key = keys[0];
    return FAULT_NONE;
}

/* One that others could read out is no better than a key file, whatever its label says. */
static enum fault look_at_key(struct token *t)
{
    CK_BBOOL sensitive = CK_FALSE, extractable = CK_TRUE, encrypts = CK_FALSE, decrypts = CK_FALSE;
    CK_KEY_TYPE type = CKK_VENDOR_DEFINED;
    CK_ULONG size = 0;
    CK_ATTRIBUTE is[] = {
        { CKA_SENSITIVE, &sensitive, sizeof sensitive }, { CKA_EXTRACTABLE, &extractable, sizeof extractable },
        { CKA_ENCRYPT, &encrypts, sizeof encrypts }, { CKA_DECRYPT, &decrypts, sizeof decrypts },
        { CKA_KEY_TYPE, &type, sizeof type }, { CKA_VALUE_LEN, &size, sizeof size },
    };

    if (t->call->C_GetAttributeValue(t->session, t->key, is, sizeof is / sizeof *is) != CKR_OK || type != CKK_AES ||
        size != AES_256 || !encrypts || !decrypts)
        return in_trouble(t, HSM_KEY_KIND_TROUBLE);
    return sensitive && !extractable ? FAULT_NONE : in_trouble(t, HSM_KEY_OPEN_TROUBLE);
}

static enum fault find_key(struct token *t)
{
    CK_ULONG n;
    enum fault f = count_keys(t, &n);

    if (f)
        return f;
    return n == 1 ? look_at_key(t) : in_trouble(t, n ? HSM_KEYS_TROUBLE : HSM_NO_KEY_TROUBLE);
}

static enum fault make_key(struct token *t)
{
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_ULONG size = AES_256, n;
    CK_MECHANISM how = { CKM_AES_KEY_GEN, NULL, 0 };
    char label[KEY_LABEL_MAX + 1];
    CK_ATTRIBUTE as[] = {
        { CKA_LABEL, label, 0 }, { CKA_TOKEN, &yes, sizeof yes }, { CKA_PRIVATE, &yes, sizeof yes },
        { CKA_SENSITIVE, &yes, sizeof yes }, { CKA_EXTRACTABLE, &no, sizeof no }, { CKA_ENCRYPT, &yes, sizeof yes },
        { CKA_DECRYPT, &yes, sizeof yes }, { CKA_VALUE_LEN, &size, sizeof size },
    };
    enum fault f = count_keys(t, &n);

    if (f || n)
        return f ? f : in_trouble(t, HSM_KEY_THERE_TROUBLE);
    if (span_text(label, sizeof label, span_of(t->o->key)) != FAULT_NONE || !label[0])
        return in_trouble(t, HSM_NO_KEY_TROUBLE);
    as[0].ulValueLen = strlen(label);
    if (t->call->C_GenerateKey(t->session, &how, as, sizeof as / sizeof *as, &t->key) != CKR_OK)
        return in_trouble(t, HSM_REFUSED_TROUBLE);
    return look_at_key(t);
}

static CK_GCM_PARAMS gcm(uint8_t *nonce)
{
    static uint8_t about[] = WRAPPED_FOR;

    return (CK_GCM_PARAMS){ .iv_ptr = nonce, .iv_len = HSM_NONCE, .iv_bits = 8 * HSM_NONCE, .aad_ptr = about,
                            .aad_len = sizeof about - 1, .tag_bits = 8 * HSM_TAG };
}

/* Some HSMs insist on a nonce of their own and put it where ours is, so it is looked at afterwards. */
static enum fault wrap(struct token *t, struct buf *out, struct span kek)
{
    uint8_t nonce[HSM_NONCE], in[HSM_KEK_MAX], sealed[HSM_KEK_MAX + HSM_TAG];
    CK_GCM_PARAMS params = gcm(nonce);
    CK_MECHANISM how = { CKM_AES_GCM, &params, sizeof params };
    CK_ULONG n = sizeof sealed;
    CK_RV rv;

    memcpy(in, kek.p, kek.n);
    secret_random(nonce, sizeof nonce);
    rv = t->call->C_EncryptInit(t->session, &how, t->key);
    if (rv == CKR_OK)
        rv = t->call->C_Encrypt(t->session, in, kek.n, sealed, &n);
    secret_wipe(in, sizeof in);
    if (rv != CKR_OK || n != kek.n + HSM_TAG)
        return in_trouble(t, rv == CKR_MECHANISM_INVALID ? HSM_NO_GCM_TROUBLE : HSM_REFUSED_TROUBLE);
    buf_put(out, nonce, sizeof nonce);
    buf_put(out, sealed, n);
    return out->full ? FAULT_INTERNAL : FAULT_NONE;
}

/* The standard names no one answer to a wrong tag, and SoftHSM has its own: whatever the key refuses is not its. */
static enum fault unwrap(struct token *t, struct buf *out, struct span wrapped)
{
    uint8_t nonce[HSM_NONCE], sealed[HSM_KEK_MAX + HSM_TAG], kek[HSM_KEK_MAX + HSM_TAG];
    CK_GCM_PARAMS params = gcm(nonce);
    CK_MECHANISM how = { CKM_AES_GCM, &params, sizeof params };
    CK_ULONG n = sizeof kek;
    size_t rest = wrapped.n - HSM_NONCE;
    CK_RV rv;

    memcpy(nonce, wrapped.p, HSM_NONCE);
    memcpy(sealed, wrapped.p + HSM_NONCE, rest);
    rv = t->call->C_DecryptInit(t->session, &how, t->key);
    if (rv != CKR_OK)
        return in_trouble(t, rv == CKR_MECHANISM_INVALID ? HSM_NO_GCM_TROUBLE : HSM_REFUSED_TROUBLE);
    rv = t->call->C_Decrypt(t->session, sealed, rest, kek, &n);
    if (rv == CKR_OK && n == rest - HSM_TAG)
        buf_put(out, kek, n);
    else
        rv = CKR_ENCRYPTED_DATA_INVALID;
    secret_wipe(kek, sizeof kek);
    return rv != CKR_OK ? in_trouble(t, HSM_OTHER_TROUBLE) : out->full ? FAULT_INTERNAL : FAULT_NONE;
}

static enum fault act(struct token *t, struct buf *out, enum hsm_action what, struct span in)
{
    enum fault f = load(t);

    if (!f)
        f = find_token(t);
    if (!f)
        f = open_session(t, what == HSM_MAKE_KEY);
    if (!f && what == HSM_MAKE_KEY)
        return make_key(t);
    if (!f)
        f = find_key(t);
    if (f)
        return f;
    if (what == HSM_WRAP)
        return in.n && in.n <= HSM_KEK_MAX ? wrap(t, out, in) : FAULT_BAD_INPUT;
    return in.n > HSM_NONCE + HSM_TAG && in.n <= HSM_WRAPPED_MAX ? unwrap(t, out, in)
                                                                 : in_trouble(t, HSM_OTHER_TROUBLE);
}

static void let_go(struct token *t)
{
    if (t->open) {
        (void)t->call->C_Logout(t->session);
        (void)t->call->C_CloseSession(t->session);
    }
    if (t->started)
        (void)t->call->C_Finalize(NULL);
    if (t->library)
        (void)dlclose(t->library);
}

enum fault hsm_token_ask(struct buf *out, enum hsm_action what, const struct hsm_options *o, struct span in,
                         enum hsm_trouble *why)
{
    struct token t = { .o = o };
    enum fault f = act(&t, out, what, in);

    let_go(&t);
    *why = t.trouble;
    return f;
}
