/* test_rotation.c: what each purpose's keys do before and after a rotation, and once they are destroyed. */
#include "ring_bed.h"

#include "keyholder/audit_key.h"
#include "keyholder/backup_key.h"
#include "keyholder/keysource.h"

#include "base/banned.h"

#define HOUR_MS (INT64_C(60) * 60 * 1000)

static uint64_t number_of(struct span bytes)
{
    uint64_t n = 0;

    for (size_t i = 0; i < bytes.n; i++)
        n = n << 8 | bytes.p[i];
    return n;
}

static void check_row(const struct heart *h, struct vectors *v)
{
    static uint8_t columns[VECTOR_COLUMNS][VECTOR_BYTES];
    uint8_t room[1024];
    const char *what = v->column[0];
    struct span c[VECTOR_COLUMNS];
    struct key_ask a = { .out = BUF(room) };

    for (size_t i = 1; i < VECTOR_COLUMNS; i++)
        c[i] = vectors_hex(v->column[i], columns[i]);
    if (strcmp(what, "record") == 0 || strcmp(what, "mac") == 0) {
        static const enum key_op use_it[KEY_USES] = {
            [KEY_USE_CREDENTIAL] = KEY_VERIFY, [KEY_USE_PRIVATE] = KEY_OPEN, [KEY_USE_ANSWER] = KEY_OPEN,
            [KEY_USE_DIGEST] = KEY_MAC, [KEY_USE_CHECK] = KEY_MAC, [KEY_USE_PAYTM] = KEY_SIGN,
        };
        bool is_mac = what[0] == 'm';
        a.use = (enum key_use)c[1].p[0];
        a.op = use_it[a.use];
        a.about = c[3];
        a.in = is_mac ? c[4] : c[5];
        a.presented = a.op == KEY_VERIFY ? c[4] : (struct span){ 0 };
        assert_int_equal(ask_heart(h, MAY_GATEWAY, &a), FAULT_NONE);
        if (a.op == KEY_OPEN || is_mac)
            assert_true(span_equal(buf_view(&a.out), is_mac ? c[5] : c[4]));
        return;
    }
    if (strcmp(what, "network id") == 0) {
        a.op = KEY_ID;
        a.use = KEY_USE_NETWORK;
    } else {
        a.op = strcmp(what, "id") == 0 ? KEY_ID : KEY_HOURLY;
        a.number = number_of(c[1]);
    }
    assert_int_equal(ask_heart(h, MAY_ALL, &a), FAULT_NONE);
    assert_true(span_equal(buf_view(&a.out), c[2]));
}

static void check_card(const struct heart *h, struct vectors *v)
{
    uint8_t columns[5][VECTOR_BYTES];
    struct span c[5];
    struct card_facts facts;

    for (size_t i = 0; i < 5; i++)
        c[i] = vectors_hex(v->column[i + 1], columns[i]);
    facts = card_of(h, c[0]);
    assert_memory_equal(facts.fingerprint, c[1].p, CARD_FINGERPRINT);
    assert_memory_equal(facts.owner, c[2].p, CARD_OWNER);
    assert_true(facts.has_before);
    assert_memory_equal(facts.before.fingerprint, c[3].p, CARD_FINGERPRINT);
    assert_memory_equal(facts.before.owner, c[4].p, CARD_OWNER);
}

static void check_link(struct audit_key *k, struct vectors *v)
{
    uint8_t age_byte[VECTOR_BYTES], life[VECTOR_BYTES], bytes[VECTOR_BYTES], mac[VECTOR_BYTES];
    unsigned age = 99, expected = vectors_hex(v->column[1], age_byte).p[0];
    struct chain_seal seal = { .cards = 1, .numbers = 2 };
    struct chain_link l = { .link_no = 7, .first_row = 40, .rows = 1, .at_ms = T0 };
    struct span link = vectors_hex(v->column[3], bytes);

    memcpy(seal.life, vectors_hex(v->column[2], life).p, CHAIN_LIFE);
    memcpy(seal.mac, vectors_hex(v->column[4], mac).p, CHAIN_MAC);
    l.digests = (struct span){ link.p + CHAIN_HEAD, CHAIN_DIGEST };
    assert_int_equal(audit_key_link(k, &age, &l, &seal), FAULT_NONE);
    assert_int_equal(age, expected);
    l.link_no++;
    assert_int_equal(audit_key_link(k, &age, &l, &seal), FAULT_DENIED);
}

static void the_ring_of_the_description_gives_its_answers(void **state)
{
    struct keyring *ring;
    struct heart *h = heart_of_vectors(&ring);
    struct audit_key *k = NULL;
    struct vectors v = vectors_open("keyring.tsv");

    (void)state;
    assert_int_equal(audit_key_of_ring(&k, ring), FAULT_NONE);
    while (vectors_next(&v)) {
        if (strcmp(v.column[0], "file") == 0)
            continue;
        if (strcmp(v.column[0], "card") == 0)
            check_card(h, &v);
        else if (strcmp(v.column[0], "link") == 0)
            check_link(k, &v);
        else
            check_row(h, &v);
    }
    assert_int_equal(v.rows, 33);
    audit_key_free(k);
    keyring_free(ring);
    heart_free(h);
}

static void old_records_open_and_new_ones_are_under_the_new_key(void **state)
{
    static uint8_t old_bytes[SEALED][RECORD], new_bytes[SEALED][RECORD];
    struct buf old[SEALED], new[SEALED];
    uint8_t before[KEY_RING_ID], after[KEY_RING_ID];

    (void)state;
    newest_id(before, KEY_PURPOSE_DATA);
    for (size_t i = 0; i < SEALED; i++) {
        old[i] = (struct buf)BUF(old_bytes[i]);
        seal(&old[i], sealed_uses[i], text_of(sealed_uses[i]));
        assert_memory_equal(old_bytes[i] + 1, before, KEY_RING_ID);
    }
    assert_int_equal(rotate(KEY_PURPOSE_DATA, 0), FAULT_NONE);
    newest_id(after, KEY_PURPOSE_DATA);
    for (size_t i = 0; i < SEALED; i++) {
        new[i] = (struct buf)BUF(new_bytes[i]);
        seal(&new[i], sealed_uses[i], text_of(sealed_uses[i]));
        assert_memory_equal(new_bytes[i] + 1, after, KEY_RING_ID);
        assert_int_equal(try_record(sealed_uses[i], buf_view(&old[i]), text_of(sealed_uses[i])), FAULT_NONE);
        assert_int_equal(try_record(sealed_uses[i], buf_view(&new[i]), text_of(sealed_uses[i])), FAULT_NONE);
        /* An id says where to look, and is no proof. */
        memcpy(new_bytes[i] + 1, before, KEY_RING_ID);
        assert_int_equal(try_record(sealed_uses[i], buf_view(&new[i]), text_of(sealed_uses[i])), FAULT_DENIED);
    }
}

static void a_record_is_sealed_anew_past_nobodys_eyes(void **state)
{
    static uint8_t old_bytes[SEALED][RECORD], again_bytes[RECORD];
    struct buf old[SEALED];
    uint8_t after[KEY_RING_ID];

    (void)state;
    for (size_t i = 0; i < SEALED; i++) {
        old[i] = (struct buf)BUF(old_bytes[i]);
        seal(&old[i], sealed_uses[i], text_of(sealed_uses[i]));
    }
    assert_int_equal(rotate(KEY_PURPOSE_DATA, 0), FAULT_NONE);
    newest_id(after, KEY_PURPOSE_DATA);
    for (size_t i = 0; i < SEALED; i++) {
        struct span text = text_of(sealed_uses[i]);
        struct buf again = BUF(again_bytes);
        assert_int_equal(ask_record(KEY_RESEAL, sealed_uses[i], buf_view(&old[i]), &again), FAULT_NONE);
        assert_int_equal(again.n, old[i].n);
        assert_memory_equal(again_bytes + 1, after, KEY_RING_ID);
        assert_null(memmem(again_bytes, again.n, text.p, text.n));
        assert_int_equal(try_record(sealed_uses[i], buf_view(&again), text), FAULT_NONE);
        /* Once more does no harm. */
        memcpy(old_bytes[i], again_bytes, again.n);
        again.n = 0;
        assert_int_equal(ask_record(KEY_RESEAL, sealed_uses[i], buf_view(&old[i]), &again), FAULT_NONE);
        assert_int_equal(try_record(sealed_uses[i], buf_view(&again), text), FAULT_NONE);
    }
}

static void what_does_not_open_is_not_sealed_anew(void **state)
{
    uint8_t bytes[100], backup_bytes[100], room[100];
    struct buf record = BUF(bytes), backup = BUF(backup_bytes), out = BUF(room);
    struct key_ask a = { .op = KEY_RESEAL, .use = KEY_USE_PRIVATE, .about = SPAN("orders.private|7|order-2") };

    (void)state;
    seal(&record, KEY_USE_PRIVATE, SPAN("text"));
    for (size_t i = 0; i < record.n; i++) {
        bytes[i] ^= 1;
        assert_int_equal(ask_record(KEY_RESEAL, KEY_USE_PRIVATE, buf_view(&record), &out), FAULT_DENIED);
        bytes[i] ^= 1;
    }
    assert_int_equal(ask_record(KEY_RESEAL, KEY_USE_ANSWER, buf_view(&record), &out), FAULT_DENIED);
    seal(&backup, KEY_USE_BACKUP, SPAN("text"));
    assert_int_equal(ask_record(KEY_RESEAL, KEY_USE_BACKUP, buf_view(&backup), &out), FAULT_DENIED);
    a.in = buf_view(&record);
    assert_int_equal(ask_heart(bed.heart, MAY_GATEWAY, &a), FAULT_DENIED);
    assert_int_equal(out.n, 0);
}

static void a_generation_that_was_destroyed_opens_nothing(void **state)
{
    static uint8_t bytes[SEALED][RECORD];
    struct buf old[SEALED];
    uint8_t before[KEY_RING_ID], after[KEY_RING_ID], room[RECORD];
    struct buf out = BUF(room);

    (void)state;
    for (size_t i = 0; i < SEALED; i++) {
        old[i] = (struct buf)BUF(bytes[i]);
        seal(&old[i], sealed_uses[i], text_of(sealed_uses[i]));
        /* A recipient that was used is remembered. */
        assert_int_equal(try_record(sealed_uses[i], buf_view(&old[i]), text_of(sealed_uses[i])), FAULT_NONE);
    }
    newest_id(before, KEY_PURPOSE_DATA);
    assert_int_equal(destroy(KEY_PURPOSE_DATA, before), FAULT_DENIED);
    assert_int_equal(rotate(KEY_PURPOSE_DATA, 0), FAULT_NONE);
    for (size_t i = 0; i < SEALED; i++)
        assert_int_equal(try_record(sealed_uses[i], buf_view(&old[i]), text_of(sealed_uses[i])), FAULT_NONE);
    newest_id(after, KEY_PURPOSE_DATA);
    assert_int_equal(destroy(KEY_PURPOSE_DATA, after), FAULT_DENIED);
    assert_int_equal(destroy(KEY_PURPOSE_SIGNING, after), FAULT_DENIED);
    assert_int_equal(kept.n, 1);
    assert_int_equal(destroy(KEY_PURPOSE_DATA, before), FAULT_NONE);
    assert_int_equal(kept.n, 2);
    assert_int_equal(kept.count, KEY_PURPOSES);
    for (size_t i = 0; i < SEALED; i++) {
        assert_int_equal(try_record(sealed_uses[i], buf_view(&old[i]), text_of(sealed_uses[i])), FAULT_DENIED);
        assert_int_equal(ask_record(KEY_RESEAL, sealed_uses[i], buf_view(&old[i]), &out), FAULT_DENIED);
    }
    assert_int_equal(destroy(KEY_PURPOSE_DATA, before), FAULT_DENIED);
}

static void hourly(uint8_t out[static KEY_HOURLY_SIZE], uint64_t hour)
{
    struct key_ask a = { .op = KEY_HOURLY, .number = hour, .out = { out, 0, KEY_HOURLY_SIZE, false } };

    assert_int_equal(ask_heart(bed.heart, MAY_HOURLY, &a), FAULT_NONE);
}

static void an_hours_key_stays_what_it_was_and_the_next_hour_has_a_new_one(void **state)
{
    uint8_t before[4][KEY_HOURLY_SIZE], after[4][KEY_HOURLY_SIZE], last[KEY_HOURLY_SIZE];
    const uint64_t now = T0 / HOUR_MS;
    const uint64_t hours[4] = { 0, now - 1, now, now + 1 };

    (void)state;
    for (size_t i = 0; i < 4; i++)
        hourly(before[i], hours[i]);
    assert_int_equal(rotate(KEY_PURPOSE_SIGNING, 0), FAULT_NONE);
    for (size_t i = 0; i < 4; i++)
        hourly(after[i], hours[i]);
    for (size_t i = 0; i < 3; i++)
        assert_memory_equal(before[i], after[i], KEY_HOURLY_SIZE);
    assert_memory_not_equal(before[3], after[3], KEY_HOURLY_SIZE);
    /* An hour later, at its first moment: it goes for that hour itself. */
    bed_tick(bed.heart, ((int64_t)now + 1) * HOUR_MS);
    assert_int_equal(rotate(KEY_PURPOSE_SIGNING, 0), FAULT_NONE);
    hourly(last, now);
    assert_memory_equal(last, before[2], KEY_HOURLY_SIZE);
    hourly(last, now + 1);
    assert_memory_not_equal(last, after[3], KEY_HOURLY_SIZE);
    /* Keys of other purposes change no hour. */
    assert_int_equal(rotate(KEY_PURPOSE_DATA, 0), FAULT_NONE);
    hourly(before[0], now + 1);
    assert_memory_equal(before[0], last, KEY_HOURLY_SIZE);
}

static enum fault id_key(uint8_t out[static KEY_ID_SIZE], uint64_t number)
{
    struct key_ask a = { .op = KEY_ID, .number = number, .out = { out, 0, KEY_ID_SIZE, false } };

    return ask_heart(bed.heart, MAY_ID, &a);
}

static void id_keys_are_asked_for_by_age_and_that_of_the_base_stays(void **state)
{
    uint8_t first[KEY_ID_SIZE], second[KEY_ID_SIZE], out[KEY_ID_SIZE], network[KEY_ID_SIZE];
    struct key_ask net = { .op = KEY_ID, .use = KEY_USE_NETWORK, .out = BUF(network) };

    (void)state;
    assert_int_equal(id_key(first, 0), FAULT_NONE);
    assert_int_equal(ask_heart(bed.heart, MAY_NETWORK, &net), FAULT_NONE);
    assert_int_equal(id_key(out, 1), FAULT_DENIED);
    assert_int_equal(rotate(KEY_PURPOSE_ID, 100), FAULT_NONE);
    assert_int_equal(id_key(second, 0), FAULT_NONE);
    assert_memory_not_equal(first, second, KEY_ID_SIZE);
    assert_int_equal(id_key(out, 1), FAULT_NONE);
    assert_memory_equal(out, first, KEY_ID_SIZE);
    assert_int_equal(id_key(out, KEY_ID_BASE), FAULT_NONE);
    assert_memory_equal(out, first, KEY_ID_SIZE);
    for (uint64_t age = 2; age < 300; age++)
        if (age != KEY_ID_BASE)
            assert_int_equal(id_key(out, age), FAULT_DENIED);
    assert_int_equal(id_key(out, UINT64_MAX), FAULT_DENIED);
    net.out = (struct buf)BUF(out);
    assert_int_equal(ask_heart(bed.heart, MAY_NETWORK, &net), FAULT_NONE);
    assert_memory_equal(out, network, KEY_ID_SIZE);
}

static void a_card_is_told_under_the_newest_two_fingerprint_keys(void **state)
{
    const struct span visa = SPAN("4111111111111111");
    struct card_facts first = card_of(bed.heart, visa), second, third;
    static const uint8_t zeros[CARD_FINGERPRINT];

    (void)state;
    assert_false(first.has_before);
    assert_memory_equal(first.before.fingerprint, zeros, CARD_FINGERPRINT);
    assert_memory_equal(first.before.owner, zeros, CARD_OWNER);
    assert_int_equal(rotate(KEY_PURPOSE_FINGERPRINT, 0), FAULT_NONE);
    second = card_of(bed.heart, visa);
    assert_true(second.has_before);
    assert_memory_equal(second.before.fingerprint, first.fingerprint, CARD_FINGERPRINT);
    assert_memory_equal(second.before.owner, first.owner, CARD_OWNER);
    assert_memory_not_equal(second.fingerprint, first.fingerprint, CARD_FINGERPRINT);
    assert_memory_not_equal(second.owner, first.owner, CARD_OWNER);
    assert_int_equal(rotate(KEY_PURPOSE_FINGERPRINT, 0), FAULT_NONE);
    third = card_of(bed.heart, visa);
    assert_memory_equal(third.before.fingerprint, second.fingerprint, CARD_FINGERPRINT);
    assert_memory_equal(third.before.owner, second.owner, CARD_OWNER);
    struct key_ring ring = told();
    for (size_t age = 2; age > 0; age--)
        assert_int_equal(destroy(KEY_PURPOSE_FINGERPRINT, generation(&ring, KEY_PURPOSE_FINGERPRINT, age)->id),
                         FAULT_NONE);
    assert_false(card_of(bed.heart, visa).has_before);
}

static void cards_that_wait_and_counts_survive_a_rotation(void **state)
{
    static const struct card_typed typed = { SPAN("4111111111111111"), SPAN("12"), SPAN("2030"), SPAN("123") };
    struct card_facts facts = bed_typed(bed.heart, &typed, T0);
    struct charge_card charge;
    struct net_card card;
    uint64_t opened = heart_cards_opened(bed.heart);

    (void)state;
    assert_true(opened > 0);
    for (enum key_purpose p = KEY_PURPOSE_DATA; p < KEY_PURPOSES; p++)
        assert_int_equal(rotate(p, 1), FAULT_NONE);
    assert_int_equal(heart_cards_opened(bed.heart), opened);
    assert_int_equal(bed_charge(bed.heart, &charge, &facts), FAULT_NONE);
    assert_int_equal(bed_flight(bed.heart, &card, &facts), FAULT_NONE);
}

/* What the base gives is the same before and after, whatever else was rotated. */
static void what_proves_the_folder_and_the_simulated_parties_keys_stay(void **state)
{
    static const enum key_use uses[] = { KEY_USE_DIGEST, KEY_USE_CHECK };
    uint8_t before[2][KEY_MAC_SIZE], after[2][KEY_MAC_SIZE];

    (void)state;
    for (int turn = 0; turn < 2; turn++) {
        for (size_t i = 0; i < 2; i++) {
            struct key_ask a = { .op = KEY_MAC, .use = uses[i], .in = SPAN("data"),
                                 .out = { turn ? after[i] : before[i], 0, KEY_MAC_SIZE, false } };
            assert_int_equal(ask_heart(bed.heart, MAY_MAC, &a), FAULT_NONE);
        }
        for (enum key_purpose p = KEY_PURPOSE_DATA; p < KEY_PURPOSES; p++)
            assert_int_equal(rotate(p, 1), FAULT_NONE);
    }
    assert_memory_equal(before, after, sizeof before);
}

static struct chain_seal link_up(struct chain_link *l)
{
    struct chain_seal seal;
    struct key_ask ask;

    assert_int_equal(chain_ask(&ask, bed.arena, l), FAULT_NONE);
    assert_int_equal(ask_heart(bed.heart, MAY_CHAIN, &ask), FAULT_NONE);
    assert_int_equal(chain_read(&seal, &ask), FAULT_NONE);
    return seal;
}

/* The ring as it is in the heart, for whoever verifies from outside. */
static struct audit_key *audit_key_now(const struct heart *h)
{
    struct audit_key *k = NULL;

    assert_int_equal(audit_key_of_ring(&k, h->ring->ring), FAULT_NONE);
    return k;
}

static void a_chain_goes_on_over_a_rotation_under_the_new_key(void **state)
{
    struct chain_link one = { .link_no = 1, .first_row = 1, .at_ms = T0 }, two = { .link_no = 2, .first_row = 1 };
    struct chain_seal first = link_up(&one), second;
    struct audit_key *k;
    unsigned age = 99;

    (void)state;
    assert_int_equal(rotate(KEY_PURPOSE_SIGNING, 0), FAULT_NONE);
    memcpy(two.before, first.mac, CHAIN_MAC);
    second = link_up(&two);
    assert_memory_equal(first.life, second.life, CHAIN_LIFE);
    k = audit_key_now(bed.heart);
    assert_int_equal(audit_key_link(k, &age, &one, &first), FAULT_NONE);
    assert_int_equal(age, 1);
    assert_int_equal(audit_key_link(k, &age, &two, &second), FAULT_NONE);
    assert_int_equal(age, 0);
    audit_key_free(k);
}

static void a_stub_is_known_under_each_generation(void **state)
{
    uint8_t mac[CHAIN_MAC];
    struct audit_key *k = audit_key_now(bed.heart);

    (void)state;
    assert_int_equal(audit_key_stub(k, mac, SPAN("a stub")), FAULT_NONE);
    audit_key_free(k);
    assert_int_equal(rotate(KEY_PURPOSE_SIGNING, 0), FAULT_NONE);
    k = audit_key_now(bed.heart);
    assert_int_equal(audit_key_stub_is(k, (struct span){ mac, CHAIN_MAC }, SPAN("a stub")), FAULT_NONE);
    assert_int_equal(audit_key_stub_is(k, (struct span){ mac, CHAIN_MAC }, SPAN("another")), FAULT_DENIED);
    assert_int_equal(audit_key_stub_is(k, (struct span){ mac, CHAIN_MAC - 1 }, SPAN("a stub")), FAULT_DENIED);
    audit_key_free(k);
}

static void backups_open_while_their_generation_is_there(void **state)
{
    uint8_t bytes[100], room[100], before[KEY_RING_ID];
    struct buf record = BUF(bytes), out = BUF(room);
    struct backup_key *k = NULL;

    (void)state;
    seal(&record, KEY_USE_BACKUP, SPAN("a piece"));
    newest_id(before, KEY_PURPOSE_DATA);
    for (int turn = 0; turn < 2; turn++) {
        enum fault expected = turn ? FAULT_DENIED : FAULT_NONE;
        assert_int_equal(turn ? destroy(KEY_PURPOSE_DATA, before) : rotate(KEY_PURPOSE_DATA, 0), FAULT_NONE);
        assert_int_equal(backup_key_of_ring(&k, bed.heart->ring->ring), FAULT_NONE);
        assert_int_equal(backup_key_open(k, &out, buf_view(&record), ABOUT), expected);
        backup_key_free(k);
    }
    assert_true(span_equal(buf_view(&out), SPAN("a piece")));
}

static enum fault save_on_disk(void *arg, struct keyring *r)
{
    (void)arg;
    return keyring_save(r, rbed_key, rbed_kek);
}

static void write_key_file(void)
{
    char text[80];
    int n = snprintf(text, sizeof text, "tijori-key-1\n");

    for (size_t i = 0; i < rbed_master->n; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, "%02x", rbed_master->bytes[i]);
    rbed_write(rbed_key, (struct span){ (uint8_t *)text, (size_t)n });
}

/* As tools do. */
static enum fault open_files(struct keysource_opened *out)
{
    return keysource_open(out, &(struct keysource_options){ .key_file = rbed_key }, NULL, NULL, NULL);
}

/* Without a server, from the files: before there is a keyring, and once there is one. */
static void tools_read_the_keyring_that_the_keyholder_wrote(void **state)
{
    const struct heart_ring_port port = { save_on_disk, NULL };
    struct chain_link l = { .link_no = 1, .first_row = 1, .at_ms = T0 };
    struct keyring *r = rbed_ring();
    uint8_t bytes[100], room[100];
    unsigned age;

    (void)state;
    heart_free(bed.heart);
    assert_int_equal(heart_of_ring(&bed.heart, r, NULL, &port), FAULT_NONE);
    keyring_free(r);
    bed_tick(bed.heart, T0);
    write_key_file();
    for (int turn = 0; turn < 3; turn++) {
        struct buf record = BUF(bytes), out = BUF(room);
        struct chain_seal said = link_up(&l);
        struct backup_key *backup = NULL;
        struct audit_key *audit = NULL;
        struct keysource_opened k;
        seal(&record, KEY_USE_BACKUP, SPAN("a piece"));
        assert_int_equal(access(rbed_file, F_OK), turn ? 0 : -1);
        assert_int_equal(open_files(&k), FAULT_NONE);
        assert_int_equal(audit_key_of_ring(&audit, k.ring), FAULT_NONE);
        assert_int_equal(audit_key_link(audit, &age, &l, &said), FAULT_NONE);
        assert_int_equal(age, 0);
        assert_int_equal(backup_key_of_ring(&backup, k.ring), FAULT_NONE);
        assert_int_equal(backup_key_open(backup, &out, buf_view(&record), ABOUT), FAULT_NONE);
        audit_key_free(audit);
        backup_key_free(backup);
        keysource_close(&k);
        assert_int_equal(rotate(KEY_PURPOSE_DATA, 0), FAULT_NONE);
        assert_int_equal(rotate(KEY_PURPOSE_SIGNING, 0), FAULT_NONE);
        memcpy(l.before, said.mac, CHAIN_MAC);
        l.link_no++;
    }
    /* What was told of it is what is on disk. */
    struct key_ring ring = told();
    assert_int_equal(rbed_open(&r), FAULT_NONE);
    assert_int_equal(keyring_head(r)->version, 6);
    assert_int_equal(ring.version, 6);
    assert_int_equal(ring.n, keyring_count(r));
    for (size_t i = 0; i < ring.n; i++)
        assert_memory_equal(ring.generations[i].id, keyring_at(r, i)->id, KEY_RING_ID);
    keyring_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_ring_of_the_description_gives_its_answers, fresh),
        cmocka_unit_test_setup(old_records_open_and_new_ones_are_under_the_new_key, fresh),
        cmocka_unit_test_setup(a_record_is_sealed_anew_past_nobodys_eyes, fresh),
        cmocka_unit_test_setup(what_does_not_open_is_not_sealed_anew, fresh),
        cmocka_unit_test_setup(a_generation_that_was_destroyed_opens_nothing, fresh),
        cmocka_unit_test_setup(an_hours_key_stays_what_it_was_and_the_next_hour_has_a_new_one, fresh),
        cmocka_unit_test_setup(id_keys_are_asked_for_by_age_and_that_of_the_base_stays, fresh),
        cmocka_unit_test_setup(a_card_is_told_under_the_newest_two_fingerprint_keys, fresh),
        cmocka_unit_test_setup(cards_that_wait_and_counts_survive_a_rotation, fresh),
        cmocka_unit_test_setup(what_proves_the_folder_and_the_simulated_parties_keys_stay, fresh),
        cmocka_unit_test_setup(a_chain_goes_on_over_a_rotation_under_the_new_key, fresh),
        cmocka_unit_test_setup(a_stub_is_known_under_each_generation, fresh),
        cmocka_unit_test_setup(backups_open_while_their_generation_is_there, fresh),
        cmocka_unit_test_setup(tools_read_the_keyring_that_the_keyholder_wrote, fresh),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
