/* test_inventory.c: the inventory names every key there is, and says when it is too old. */
#include "keys_bed.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "keyholder/card.h"
#include "service/inventory.h"

#include "base/banned.h"

#define DAY (24 * 3600 * INT64_C(1000))
enum { LINES = 64, PEM_TEXT = 2048 };

struct lines { struct inventory_line line[LINES]; struct key_generation generation[LINES]; size_t n; };

static enum fault take(void *arg, const struct inventory_line *l)
{
    struct lines *all = arg;

    assert_true(all->n < LINES);
    all->line[all->n] = *l;
    if (l->generation) {
        all->generation[all->n] = *l->generation;
        all->line[all->n].generation = &all->generation[all->n];
    }
    all->n++;
    return FAULT_NONE;
}

static struct lines list(struct kbed *b)
{
    struct lines all = { .n = 0 };

    assert_int_equal(inventory_each(b->s, take, &all), FAULT_NONE);
    return all;
}

/* Line number `i` of a name; NULL: there are not so many. */
static const struct inventory_line *named(const struct lines *all, const char *name, size_t i)
{
    for (size_t at = 0; at < all->n; at++)
        if (strcmp(all->line[at].row->name, name) == 0 && i-- == 0)
            return &all->line[at];
    return NULL;
}

static void every_use_and_purpose_of_a_key_is_in_the_table(void **state)
{
    unsigned uses = 0, purposes = 0, secrets = 0, cards = 0;

    (void)state;
    for (const struct inventory_row *r = inventory_rows; r->name; r++) {
        uses |= r->uses;
        purposes |= r->kind == INVENTORY_RING ? 1u << r->which : 0;
        secrets |= r->kind == INVENTORY_SECRETS ? 1u << r->which : 0;
        cards |= r->kind == INVENTORY_CARDS ? 1u << r->which : 0;
    }
    assert_int_equal(uses, (1u << KEY_USES) - 1);
    assert_int_equal(purposes, (1u << KEY_PURPOSES) - 1);
    assert_int_equal(secrets, (1u << KEY_SECRETS) - 1);
    assert_int_equal(cards, 1u << CARD_FORM_JWE | 1u << CARD_FORM_RSA);   /* of the others none has a key of its own */
}

/* What is sealed is under the data key, and what only authenticates is not. */
static void each_use_is_under_the_purpose_whose_key_it_is_made_from(void **state)
{
    unsigned data = 0;

    (void)state;
    for (const struct inventory_row *r = inventory_rows; r->name; r++)
        if (r->kind == INVENTORY_RING && r->which == KEY_PURPOSE_DATA)
            data |= r->uses;
    for (unsigned c = 0; c < RESEAL_COLUMNS; c++)
        assert_true(data & 1u << keys_use((enum reseal_column)c));
    assert_true(data & 1u << KEY_USE_BACKUP);
    assert_false(data & (1u << KEY_USE_DIGEST | 1u << KEY_USE_CHECK | 1u << KEY_USE_NETWORK));
}

static void every_row_says_all_that_is_asked_for(void **state)
{
    (void)state;
    for (const struct inventory_row *r = inventory_rows; r->name; r++) {
        assert_non_null(r->algorithm);
        assert_non_null(r->standard);
        assert_non_null(r->used);
        assert_true(r->days >= 0);
        if (r->kind == INVENTORY_RING || r->kind == INVENTORY_KEK || r->kind == INVENTORY_MEMORY)
            assert_true(r->bits >= 256);
    }
}

static void each_generation_has_a_line(void **state)
{
    struct kbed b = kbed_of(state);
    const struct keys_made made = kbed_rotate(&b, KEY_PURPOSE_DATA);
    const struct lines all = list(&b);

    assert_memory_equal(named(&all, "data", 0)->generation->id, made.generation.id, KEY_RING_ID);
    assert_int_equal(named(&all, "data", 0)->state, KEYS_NEWEST);
    assert_int_equal(named(&all, "data", 0)->created_ms, FIXTURE_NOW);
    assert_int_equal(named(&all, "data", 1)->state, KEYS_OVERLAP);
    assert_null(named(&all, "data", 2));
    assert_null(named(&all, "fingerprint", 1));
    assert_int_equal(named(&all, "key-encryption key", 0)->bits, 256);
    assert_int_equal(named(&all, "cards through the Juspay API", 0)->bits, 2048);
    assert_int_equal(named(&all, "cards through the Paytm API", 0)->bits, 2048);
}

static void secrets_are_counted_by_kind(void **state)
{
    static const struct { const char *name; int64_t n; } counts[] = {
        { "Cashfree client secrets", 1 }, { "Juspay API keys", 1 }, { "Paytm merchant keys", 1 },
        { "merchants' public keys", 1 }, { "endpoints' authorisations", 1 }, { "admin tokens", 0 },
    };
    struct kbed b = kbed_of(state);
    struct lines all;

    kbed_fill(&b);
    all = list(&b);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        const struct inventory_line *l = named(&all, counts[i].name, 0);

        assert_int_equal(l->count, counts[i].n);
        assert_int_equal(l->created_ms, counts[i].n ? FIXTURE_NOW : 0);
        assert_null(l->generation);
    }
}

static void a_key_that_is_used_for_too_long_is_named(void **state)
{
    struct kbed b = kbed_of(state);
    struct lines all;

    kbed_rotate(&b, KEY_PURPOSE_DATA);
    kbed_rotate(&b, KEY_PURPOSE_FINGERPRINT);
    fixture_set_clock(b.f, FIXTURE_NOW + 365 * DAY);
    all = list(&b);
    assert_false(named(&all, "data", 0)->over);
    assert_false(named(&all, "Cashfree client secrets", 0)->over);
    fixture_set_clock(b.f, FIXTURE_NOW + 365 * DAY + 1);
    all = list(&b);
    assert_true(named(&all, "data", 0)->over);
    assert_true(named(&all, "Cashfree client secrets", 0)->over);
    assert_false(named(&all, "data", 1)->over);           /* nobody knows how old it is */
    assert_false(named(&all, "fingerprint", 0)->over);
    assert_false(named(&all, "look-up", 0)->over);
}

/* A certificate of its own key that is good from an hour before FIXTURE_NOW for two hours, as PEM. */
static size_t certificate(char pem[static PEM_TEXT])
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    BIO *bio = BIO_new(BIO_s_mem());
    int n;

    assert_non_null(key);
    assert_non_null(x);
    ASN1_TIME_set(X509_getm_notBefore(x), FIXTURE_NOW / 1000 - 3600);
    ASN1_TIME_set(X509_getm_notAfter(x), FIXTURE_NOW / 1000 + 3600);
    X509_set_pubkey(x, key);
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    assert_int_equal(PEM_write_bio_X509(bio, x), 1);
    n = BIO_read(bio, pem, PEM_TEXT - 1);
    assert_in_range(n, 100, PEM_TEXT - 1);
    pem[n] = '\0';
    BIO_free(bio);
    X509_free(x);
    EVP_PKEY_free(key);
    return (size_t)n;
}

static void the_listeners_certificate_has_its_end(void **state)
{
    struct kbed b = kbed_of(state);
    char pem[PEM_TEXT];
    struct lines all = list(&b);

    assert_null(named(&all, "TLS certificate", 0));
    b.s->tls_certificate = (struct span){ (const uint8_t *)pem, certificate(pem) };
    all = list(&b);
    assert_int_equal(named(&all, "TLS certificate", 0)->expires_ms, FIXTURE_NOW + 3600 * 1000);
    assert_int_equal(named(&all, "TLS certificate", 0)->created_ms, FIXTURE_NOW - 3600 * 1000);
    assert_string_equal(named(&all, "TLS certificate", 0)->algorithm, "EC");
    assert_int_equal(named(&all, "TLS certificate", 0)->bits, 256);
    assert_false(named(&all, "TLS certificate", 0)->over);
    fixture_set_clock(b.f, FIXTURE_NOW + 3600 * 1000);
    all = list(&b);
    assert_true(named(&all, "TLS certificate", 0)->over);
    b.s->tls_certificate = SPAN("no certificate");
    all = list(&b);
    assert_null(named(&all, "TLS certificate", 0));
}

static void a_silent_keyholder_lists_nothing(void **state)
{
    struct kbed b = kbed_of(state);
    struct lines all = { .n = 0 };

    fixture_keyholder_stop(b.f);
    assert_int_equal(inventory_each(b.s, take, &all), FAULT_SILENT);
    assert_int_equal(all.n, 0);
    fixture_keyholder_start(b.f);
}

static void sources_have_names(void **state)
{
    (void)state;
    assert_string_equal(inventory_source(&(struct key_ring){ .source = KEYRING_FILE }), "key file");
    assert_string_equal(inventory_source(&(struct key_ring){ .source = KEYRING_SHARES }), "custodians' shares");
    assert_string_equal(inventory_source(&(struct key_ring){ .source = KEYRING_HSM }), "HSM");
    assert_string_equal(inventory_source(&(struct key_ring){ .source = 9 }), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
        cmocka_unit_test(every_use_and_purpose_of_a_key_is_in_the_table),
        cmocka_unit_test(each_use_is_under_the_purpose_whose_key_it_is_made_from),
        cmocka_unit_test(every_row_says_all_that_is_asked_for),
        TEST(each_generation_has_a_line),
        TEST(secrets_are_counted_by_kind),
        TEST(a_key_that_is_used_for_too_long_is_named),
        TEST(the_listeners_certificate_has_its_end),
        TEST(a_silent_keyholder_lists_nothing),
        cmocka_unit_test(sources_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
