/* tls_files.c: the certificates and the key that options name. */
#include "gateway/tls_files.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"

#include "base/banned.h"

enum { PEM_MAX = 256 * 1024 };        /* bytes of a file */

static enum fault complain(struct buf *why, const char *option, const char *path, const char *reason);
static X509 *read_certificate(const char *path);
static EVP_PKEY *read_key(const char *path);

enum fault tls_file_read(struct span *out, const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    uint8_t *text = NULL;
    ssize_t n = -1;

    if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0 && st.st_size <= PEM_MAX)
        text = calloc(1, (size_t)st.st_size + 1);
    if (text)
        n = read(fd, text, (size_t)st.st_size);
    if (fd >= 0)
        close(fd);
    if (n <= 0) {
        free(text);
        return FAULT_DISK;
    }
    *out = (struct span){ text, (size_t)n };
    return FAULT_NONE;
}

/* Whoever signed clients' certificates must be a certificate, and one that may sign others. */
static enum fault check_client_ca(const struct options *o, struct buf *why)
{
    X509 *authority = o->tls_client_ca[0] ? read_certificate(o->tls_client_ca) : NULL;
    enum fault f = FAULT_NONE;

    if (o->tls_client_ca[0] && !authority)
        f = complain(why, "tls-client-ca: ", o->tls_client_ca, " holds no certificate in PEM");
    else if (authority && X509_check_ca(authority) == 0)
        f = complain(why, "tls-client-ca: ", o->tls_client_ca, " begins with a certificate that is no authority's");
    X509_free(authority);
    ERR_clear_error();
    return f;
}

enum fault tls_files_check(const struct options *o, struct buf *why)
{
    X509 *certificate;
    EVP_PKEY *key;
    enum fault f = check_client_ca(o, why);

    if (f || !o->tls_certificate[0] || !o->tls_key[0])
        return f;
    certificate = read_certificate(o->tls_certificate);
    key = read_key(o->tls_key);
    if (!certificate)
        f = complain(why, "tls-certificate: ", o->tls_certificate, " holds no certificate in PEM");
    else if (!key)
        f = complain(why, "tls-key: ", o->tls_key, " holds no private key in PEM that needs no password");
    else if (X509_check_private_key(certificate, key) != 1)
        f = complain(why, "tls-key: ", o->tls_key, " is not the key of the first certificate in tls-certificate");
    X509_free(certificate);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return f;
}

static enum fault complain(struct buf *why, const char *option, const char *path, const char *reason)
{
    buf_text(why, option);
    buf_text(why, path);
    buf_text(why, reason);
    return FAULT_BAD_INPUT;
}

/* Nobody is there to be asked. */
static int no_password(char *out, int size, int writing, void *arg)
{
    (void)out, (void)size, (void)writing, (void)arg;
    return -1;
}

/* The first one in the file, which is the server's own; NULL when there is none. */
static X509 *read_certificate(const char *path)
{
    struct span text;
    X509 *certificate = NULL;
    BIO *bio;

    if (tls_file_read(&text, path) != FAULT_NONE)
        return NULL;
    bio = BIO_new_mem_buf(text.p, (int)text.n);
    if (bio)
        certificate = PEM_read_bio_X509(bio, NULL, no_password, NULL);
    BIO_free(bio);
    free((void *)text.p);
    return certificate;
}

static EVP_PKEY *read_key(const char *path)
{
    struct span text;
    EVP_PKEY *key = NULL;
    BIO *bio;

    if (tls_file_read(&text, path) != FAULT_NONE)
        return NULL;
    bio = BIO_new_mem_buf(text.p, (int)text.n);
    if (bio)
        key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    BIO_free(bio);
    secret_wipe((void *)text.p, text.n);
    free((void *)text.p);
    return key;
}
