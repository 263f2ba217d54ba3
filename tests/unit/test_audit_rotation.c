/* test_audit_rotation.c: the audit chain over rotations of the key that signs it, and who has an old key. */
#include "audit_bed.h"

#include "keyholder/crypt.h"
#include "keyholder/desk.h"
#include "keyholder/parts.h"

#include "base/banned.h"

static void ask_keyholder(struct abed *b, struct key_ask *ask)
{
    struct key_ask tick = { .op = KEY_TICK, .use = KEY_USE_CARD, .number = UINT64_C(1760000000000) };

    assert_int_equal(keyholder_ask_one(b->services.keyholder, &tick), FAULT_NONE);
    assert_int_equal(keyholder_ask_one(b->services.keyholder, ask), FAULT_NONE);
    keyring_free(b->ring);
    assert_int_equal(keyring_copy(&b->ring, b->heart->ring->ring), FAULT_NONE);
}

static void rotate(struct abed *b)
{
    ask_keyholder(b, &(struct key_ask){ .op = KEY_ROTATE, .number = KEY_PURPOSE_SIGNING });
}

static void a_log_is_whole_over_rotations_and_restarts(void **state)
{
    struct abed *b = *state;

    for (int turn = 0; turn < 3; turn++) {
        assert_int_equal(audit_start(b->services.audit), FAULT_NONE);
        abed_fill(b, 2);
        rotate(b);
        abed_fill(b, 2);
        abed_close(b);
        abed_open(b);
    }
    assert_int_equal(abed_verify(b)->n, 0);
    assert_true(b->report.links >= 12);
    /* The oldest key alone knows the first links only. */
    keyring_free(b->ring);
    b->ring = NULL;
    assert_true(abed_verify(b)->n > 0);
}

struct forgery { struct chain_link link; struct chain_seal seal; uint8_t digests[CHAIN_DIGEST]; };

static enum fault read_link(void *arg, const struct audit_link_row *l)
{
    struct forgery *f = arg;

    memcpy(f->link.before, f->seal.mac, CHAIN_MAC);
    f->link.link_no = l->link_no;
    f->link.first_row = l->first_row;
    f->link.rows = l->row_count;
    f->link.at_ms = l->at_ms;
    assert_int_equal(l->digests.n, sizeof f->digests);
    memcpy(f->digests, l->digests.p, sizeof f->digests);
    f->link.digests = (struct span){ f->digests, sizeof f->digests };
    memcpy(f->seal.life, l->life.p, CHAIN_LIFE);
    memcpy(f->seal.mac, l->mac.p, CHAIN_MAC);
    f->seal.cards = l->cards;
    f->seal.numbers = l->numbers;
    return FAULT_NONE;
}

static enum fault read_links(struct store_tx *tx, void *arg)
{
    return audit_links_each(tx, 0, 100, read_link, arg);
}

/* Sign the newest link again, as one does who has the root of the key file. */
static void sign_newest_with_the_oldest_key(struct abed *b)
{
    uint8_t key[CRYPT_KEY], mac[CHAIN_MAC], bytes[CHAIN_HEAD + CHAIN_DIGEST + CHAIN_LIFE + 16];
    struct buf said = BUF(bytes);
    struct forgery f = { .link = { .link_no = 0 } };
    struct crypt_mac *m = NULL;
    struct audit_trail *t;
    char sql[200];
    int n;

    assert_int_equal(audit_trail_open(&t, b->bed.path), FAULT_NONE);
    assert_int_equal(audit_trail_read(t, read_links, &f), FAULT_NONE);
    audit_trail_close(t);
    chain_put(&said, &f.link);
    buf_put(&said, f.seal.life, CHAIN_LIFE);
    for (int i = 7; i >= 0; i--)
        buf_byte(&said, (uint8_t)((uint64_t)f.seal.cards >> (8 * i)));
    for (int i = 7; i >= 0; i--)
        buf_byte(&said, (uint8_t)((uint64_t)f.seal.numbers >> (8 * i)));
    assert_int_equal(desk_derive(key, sizeof key, secret_span(b->master), "audit chain"), FAULT_NONE);
    assert_int_equal(crypt_mac_new(&m, CRYPT_SHA256, (struct span){ key, sizeof key }), FAULT_NONE);
    assert_int_equal(crypt_mac(m, mac, (struct span[]){ SPAN("link"), buf_view(&said) }, 2), FAULT_NONE);
    crypt_mac_free(m);
    n = snprintf(sql, sizeof sql, "UPDATE audit_links SET mac = x'");
    for (size_t i = 0; i < CHAIN_MAC; i++)
        n += snprintf(sql + n, sizeof sql - (size_t)n, "%02x", mac[i]);
    snprintf(sql + n, sizeof sql - (size_t)n, "' WHERE link_no = %d", (int)f.link.link_no);
    abed_sql(b->bed.path, sql);
}

static void a_link_signed_with_a_key_that_was_rotated_away_is_named(void **state)
{
    struct abed *b = *state;

    abed_fill(b, 3);
    sign_newest_with_the_oldest_key(b);
    assert_int_equal(abed_verify(b)->n, 0);           /* it is the key of that time: the same link */
    rotate(b);
    abed_fill(b, 3);
    assert_int_equal(abed_verify(b)->n, 0);
    sign_newest_with_the_oldest_key(b);
    assert_int_equal(abed_found(b, AUDIT_OLDER_KEY)->link_no, 6);
}

static void a_stub_from_before_a_rotation_is_known(void **state)
{
    struct abed *b = *state;

    abed_fill(b, 4);
    abed_purge(b, 3);
    rotate(b);
    abed_fill(b, 2);
    assert_int_equal(abed_verify(b)->n, 0);
    assert_int_equal(b->report.purged, 3);
    abed_sql(b->bed.path, "UPDATE audit_stubs SET at_ms = at_ms + 1");
    assert_true(abed_verify(b)->n > 0);
    assert_int_equal(b->report.findings[0].what, AUDIT_STUB_EDITED);
}

/* So what is older than a key is purged before that is destroyed. */
static void links_of_a_key_that_was_destroyed_verify_no_more(void **state)
{
    struct abed *b = *state;
    struct key_ask destroy = { .op = KEY_DESTROY, .number = KEY_PURPOSE_SIGNING };

    abed_fill(b, 2);
    rotate(b);
    abed_fill(b, 2);
    destroy.in = (struct span){ keyring_find(b->ring, KEY_PURPOSE_SIGNING, 1)->id, KEY_RING_ID };
    ask_keyholder(b, &destroy);
    assert_int_equal(abed_verify(b)->n, 2);
    assert_int_equal(b->report.findings[0].what, AUDIT_LINK_EDITED);
    assert_int_equal(b->report.findings[0].link_no, 1);
    assert_int_equal(b->report.findings[1].link_no, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_log_is_whole_over_rotations_and_restarts, abed_setup, abed_teardown),
        cmocka_unit_test_setup_teardown(a_link_signed_with_a_key_that_was_rotated_away_is_named, abed_setup,
                                        abed_teardown),
        cmocka_unit_test_setup_teardown(a_stub_from_before_a_rotation_is_known, abed_setup, abed_teardown),
        cmocka_unit_test_setup_teardown(links_of_a_key_that_was_destroyed_verify_no_more, abed_setup, abed_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
