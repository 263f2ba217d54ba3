/* fake_pkcs11.c: a PKCS#11 library that misbehaves as the variable FAKE_HSM says, for what SoftHSM never does. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <p11-kit/pkcs11.h>

enum { TAG = 16, VALUE = 32 };

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **out);

static bool is(const char *what)
{
    const char *set = getenv("FAKE_HSM");

    return set && strcmp(set, what) == 0;
}

static CK_RV initialize(void *args)
{
    (void)args;
    if (is("crashes"))
        _exit(3);
    while (is("hangs"))
        (void)pause();
    return is("does not start") ? CKR_DEVICE_ERROR : CKR_OK;
}

static CK_RV finalize(void *reserved)
{
    (void)reserved;
    return CKR_OK;
}

static CK_RV get_slot_list(CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *n)
{
    (void)present;
    slots[0] = 7;
    slots[1] = 9;
    *n = is("two tokens") ? 2 : 1;
    return is("too many slots") ? CKR_BUFFER_TOO_SMALL : CKR_OK;
}

static CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *out)
{
    (void)slot;
    memset(out, 0, sizeof *out);
    memset(out->label, ' ', sizeof out->label);
    memcpy(out->label, "fake", 4);
    out->flags = is("blank token") ? 0 : CKF_TOKEN_INITIALIZED;
    out->flags |= is("last try") ? CKF_USER_PIN_FINAL_TRY : is("locked") ? CKF_USER_PIN_LOCKED : 0;
    return CKR_OK;
}

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *app, CK_NOTIFY notify, CK_SESSION_HANDLE *out)
{
    (void)slot, (void)flags, (void)app, (void)notify;
    *out = 1;
    return is("no session") ? CKR_SESSION_COUNT : CKR_OK;
}

static CK_RV close_session(CK_SESSION_HANDLE session)
{
    (void)session;
    return CKR_OK;
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, unsigned char *pin, CK_ULONG n)
{
    (void)session, (void)user;
    if (is("last try") || is("locked"))
        _exit(4);                     /* nobody asked us to try */
    if (is("locks"))
        return CKR_PIN_LOCKED;
    if (is("no pin yet"))
        return CKR_USER_PIN_NOT_INITIALIZED;
    if (is("no login"))
        return CKR_DEVICE_ERROR;
    return n == 4 && memcmp(pin, "1234", 4) == 0 ? CKR_OK : CKR_PIN_INCORRECT;
}

static CK_RV find_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE *wanted, CK_ULONG n)
{
    (void)session, (void)wanted, (void)n;
    return is("no search") ? CKR_DEVICE_ERROR : CKR_OK;
}

static CK_RV find(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *keys, CK_ULONG max, CK_ULONG *n)
{
    (void)session, (void)max;
    keys[0] = 5;
    keys[1] = 6;
    *n = is("two keys") ? 2 : is("no key at all") ? 0 : 1;
    return CKR_OK;
}

static void put_attribute(CK_ATTRIBUTE *a)
{
    CK_BBOOL flag = CK_TRUE;
    CK_ULONG size = is("short key") ? 16 : 32;
    CK_KEY_TYPE type = is("other key") ? CKK_GENERIC_SECRET : CKK_AES;

    if (a->type == CKA_EXTRACTABLE)
        flag = is("extractable") ? CK_TRUE : CK_FALSE;
    if ((a->type == CKA_SENSITIVE && is("not sensitive")) || (a->type == CKA_DECRYPT && is("no decrypting")))
        flag = CK_FALSE;
    if (a->type == CKA_KEY_TYPE)
        memcpy(a->pValue, &type, sizeof type);
    else if (a->type == CKA_VALUE_LEN)
        memcpy(a->pValue, &size, sizeof size);
    else
        memcpy(a->pValue, &flag, sizeof flag);
}

static CK_RV get_attributes(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, CK_ATTRIBUTE *a, CK_ULONG n)
{
    (void)session, (void)key;
    for (CK_ULONG i = 0; i < n; i++)
        put_attribute(&a[i]);
    return is("no attributes") ? CKR_ATTRIBUTE_TYPE_INVALID : CKR_OK;
}

/* A nonce of its own, where it says so. */
static CK_RV init(CK_SESSION_HANDLE session, CK_MECHANISM *how, CK_OBJECT_HANDLE key)
{
    CK_GCM_PARAMS *gcm = how->pParameter;

    (void)session, (void)key;
    if (is("own nonce"))
        memset(gcm->iv_ptr, 'N', gcm->iv_len);
    return is("no gcm") ? CKR_MECHANISM_INVALID : is("no key use") ? CKR_KEY_FUNCTION_NOT_PERMITTED : CKR_OK;
}

/* Nothing is kept secret: the bytes go as they are, with a tag that is none. */
static CK_RV encrypt(CK_SESSION_HANDLE session, unsigned char *in, CK_ULONG n, unsigned char *out, CK_ULONG *m)
{
    (void)session;
    memcpy(out, in, n);
    memset(out + n, 'T', TAG);
    *m = is("short answer") ? n : n + TAG;
    return CKR_OK;
}

static CK_RV decrypt(CK_SESSION_HANDLE session, unsigned char *in, CK_ULONG n, unsigned char *out, CK_ULONG *m)
{
    (void)session;
    memcpy(out, in, n - TAG);
    *m = is("short answer") ? n - TAG - 1 : n - TAG;
    return CKR_OK;
}

static CK_RV find_final(CK_SESSION_HANDLE session)
{
    (void)session;
    return CKR_OK;
}

static CK_RV generate(CK_SESSION_HANDLE session, CK_MECHANISM *how, CK_ATTRIBUTE *as, CK_ULONG n, CK_OBJECT_HANDLE *key)
{
    (void)session, (void)how, (void)as, (void)n;
    *key = 5;
    return CKR_FUNCTION_FAILED;
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **out)
{
    static CK_FUNCTION_LIST list = {
        .version = { 2, 40 }, .C_Initialize = initialize, .C_Finalize = finalize, .C_GetSlotList = get_slot_list,
        .C_GetTokenInfo = get_token_info, .C_OpenSession = open_session, .C_CloseSession = close_session,
        .C_Login = login, .C_Logout = close_session, .C_FindObjectsInit = find_init, .C_FindObjects = find,
        .C_FindObjectsFinal = find_final, .C_GetAttributeValue = get_attributes, .C_EncryptInit = init,
        .C_Encrypt = encrypt, .C_DecryptInit = init, .C_Decrypt = decrypt, .C_GenerateKey = generate,
    };

    list.version.major = is("of version 3") ? 3 : 2;
    *out = &list;
    return is("no list") ? CKR_GENERAL_ERROR : CKR_OK;
}
