/* test_heart.c: what the pure function answers, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <pthread.h>

#include "keyholder/heart.h"
#include "keyholder/msg.h"

#include "unit/vectors.h"

#include "base/banned.h"

#define ABOUT SPAN("orders.private|7|order-1")

static uint8_t question[KEY_FRAME_MAX], answer[KEY_FRAME_MAX];

static int setup(void **state)
{
    AUTO_SECRET master = NULL;
    struct heart *h = NULL;

    if (secret_new(&master, HEART_MASTER) != FAULT_NONE)
        return 1;
    for (size_t i = 0; i < master->n; i++)
        master->bytes[i] = (uint8_t)i;
    if (heart_new(&h, master, NULL) != FAULT_NONE)
        return 1;
    *state = h;
    return 0;
}

static int teardown(void **state)
{
    heart_free(*state);
    return 0;
}

/* One ask through both frames; its fault. */
static enum fault ask(const struct heart *h, unsigned may, struct key_ask *a)
{
    struct key_ask *const one[] = { a };
    struct buf q = BUF(question), r = BUF(answer);

    msg_question_pack(&q, 1, one, 1);
    assert_int_equal(heart_answer(h, may, &r, buf_view(&q)), FAULT_NONE);
    assert_int_equal(msg_reply_unpack(one, 1, buf_view(&r)), FAULT_NONE);
    return a->fault;
}

static struct span seal(const struct heart *h, enum key_use use, struct span about, struct span in, struct buf *out)
{
    struct key_ask a = { .op = KEY_SEAL, .use = use, .about = about, .in = in, .out = *out };

    assert_int_equal(ask(h, MAY_SEAL, &a), FAULT_NONE);
    *out = a.out;
    return buf_view(out);
}

static enum fault open_as(const struct heart *h, enum key_use use, struct span about, struct span record,
                          struct buf *out)
{
    struct key_ask a = { .op = KEY_OPEN, .use = use, .about = about, .in = record, .out = *out };
    enum fault f = ask(h, MAY_ALL, &a);

    *out = a.out;
    return f;
}

static enum fault verify(const struct heart *h, struct span about, struct span record, struct span presented)
{
    struct key_ask a = { .op = KEY_VERIFY, .use = KEY_USE_CREDENTIAL, .about = about,
                         .in = record, .presented = presented };

    return ask(h, MAY_VERIFY, &a);
}

static enum fault sign_with(const struct heart *h, struct span about, struct span record)
{
    uint8_t room[KEY_PAYTM_SIGNATURE];
    struct key_ask a = { .op = KEY_SIGN, .use = KEY_USE_PAYTM, .about = about, .in = record, .out = BUF(room) };

    return ask(h, MAY_SIGN, &a);
}

static void a_master_key_has_its_size_and_no_other(void **state)
{
    AUTO_SECRET shorter = NULL;
    struct heart *h = NULL;

    (void)state;
    assert_int_equal(secret_new(&shorter, HEART_MASTER - 1), FAULT_NONE);
    assert_int_equal(heart_new(&h, shorter, NULL), FAULT_BAD_INPUT);
    assert_null(h);
}

/* The records, MACs and keys that a second implementation of the protocol's description made. */
static void the_vectors_of_the_description_hold(void **state)
{
    struct vectors v = vectors_open("keyholder.tsv");
    uint8_t about[VECTOR_BYTES], in[VECTOR_BYTES], expected[VECTOR_BYTES], out[VECTOR_BYTES];

    while (vectors_next(&v)) {
        const char *what = v.column[0];
        if (strcmp(what, "hmac") == 0 || strcmp(what, "charge") == 0)
            continue;                 /* below, and in test_charge.c */
        struct key_ask a = { .use = (enum key_use)(v.column[1][0] - '0'),
                             .about = vectors_hex(v.column[2], about), .out = BUF(out) };
        struct span text = vectors_hex(v.column[3], in), result = vectors_hex(v.column[4], expected);
        if (strcmp(what, "record") == 0 && a.use == KEY_USE_PAYTM) {
            assert_int_equal(sign_with(*state, a.about, result), FAULT_NONE);
            continue;
        }
        if (strcmp(what, "record") == 0 && a.use == KEY_USE_CREDENTIAL) {
            assert_int_equal(verify(*state, a.about, result, text), FAULT_NONE);
            continue;
        }
        if (strcmp(what, "record") == 0) {
            assert_int_equal(open_as(*state, a.use, a.about, result, &a.out), FAULT_NONE);
            assert_true(span_equal(buf_view(&a.out), text));
            continue;
        }
        a.op = strcmp(what, "mac") == 0 ? KEY_MAC : strcmp(what, "hourly") == 0 ? KEY_HOURLY : KEY_ID;
        a.in = a.op == KEY_MAC ? text : (struct span){ 0 };
        if (a.op == KEY_HOURLY)
            assert_int_equal(span_u64(&a.number, text, UINT64_MAX), FAULT_NONE);
        assert_int_equal(ask(*state, MAY_ALL, &a), FAULT_NONE);
        assert_true(span_equal(buf_view(&a.out), result));
    }
    assert_int_equal(v.rows, 87);
}

/* What merchants compute with the secrets that these records hold. */
static void a_merchants_secret_signs_as_openssl_does(void **state)
{
    struct vectors v = vectors_open("keyholder.tsv");
    uint8_t about[VECTOR_BYTES], record[VECTOR_BYTES], text[VECTOR_BYTES], expected[VECTOR_BYTES], out[KEY_MAC_SIZE];
    size_t n = 0;

    while (vectors_next(&v)) {
        struct key_ask a = { .op = KEY_HMAC, .use = KEY_USE_CREDENTIAL, .out = BUF(out) };
        if (strcmp(v.column[0], "hmac") != 0)
            continue;
        a.about = vectors_hex(v.column[2], about);
        a.in = vectors_hex(v.column[3], record);
        a.presented = vectors_hex(v.column[4], text);
        assert_int_equal(ask(*state, MAY_HMAC, &a), FAULT_NONE);
        assert_true(span_equal(buf_view(&a.out), vectors_hex(v.column[5], expected)));
        a.out.n = 0;
        a.about = SPAN("credentials.secret|8|TEST7|1");
        assert_int_equal(ask(*state, MAY_HMAC, &a), FAULT_DENIED);
        assert_int_equal(a.out.n, 0);
        n++;
    }
    assert_int_equal(n, 15);
}

static void what_was_sealed_opens_and_is_never_twice_the_same(void **state)
{
    uint8_t first[100], second[100], text[100];
    struct buf a = BUF(first), b = BUF(second), out = BUF(text);

    seal(*state, KEY_USE_PRIVATE, ABOUT, SPAN("+919999999999"), &a);
    seal(*state, KEY_USE_PRIVATE, ABOUT, SPAN("+919999999999"), &b);
    assert_int_equal(a.n, 13 + KEY_SEAL_EXTRA);
    assert_memory_not_equal(first + 5, second + 5, 16);
    assert_memory_not_equal(first + 21, second + 21, 13);
    assert_int_equal(open_as(*state, KEY_USE_PRIVATE, ABOUT, buf_view(&b), &out), FAULT_NONE);
    assert_true(span_equal(buf_view(&out), SPAN("+919999999999")));
}

static void the_largest_plaintext_seals_and_opens(void **state)
{
    static uint8_t text[KEY_IN_MAX], record[KEY_IN_MAX + KEY_SEAL_EXTRA], back[KEY_IN_MAX];
    struct buf a = BUF(record), out = BUF(back);

    memset(text, 'x', sizeof text);
    seal(*state, KEY_USE_ANSWER, ABOUT, (struct span){ text, sizeof text }, &a);
    assert_int_equal(open_as(*state, KEY_USE_ANSWER, ABOUT, buf_view(&a), &out), FAULT_NONE);
    assert_memory_equal(back, text, sizeof text);
}

static void a_record_with_any_byte_changed_is_refused(void **state)
{
    uint8_t record[100], text[100];
    struct buf a = BUF(record);
    struct span r = seal(*state, KEY_USE_PRIVATE, ABOUT, SPAN("secret"), &a);

    for (size_t i = 0; i < r.n; i++) {
        struct buf out = BUF(text);
        record[i] ^= 0x10;
        assert_int_equal(open_as(*state, KEY_USE_PRIVATE, ABOUT, r, &out), FAULT_DENIED);
        assert_int_equal(out.n, 0);
        record[i] ^= 0x10;
    }
    for (size_t n = KEY_SEAL_EXTRA; n < r.n; n++) {
        struct buf out = BUF(text);
        assert_int_equal(open_as(*state, KEY_USE_PRIVATE, ABOUT, (struct span){ r.p, n }, &out), FAULT_DENIED);
    }
}

static void a_record_moved_to_another_place_or_use_is_refused(void **state)
{
    static const struct { enum key_use use; const char *about; } wrong[] = {
        { KEY_USE_PRIVATE, "orders.private|7|order-2" }, { KEY_USE_PRIVATE, "orders.private|7|order-" },
        { KEY_USE_PRIVATE, "orders.private|7|order-10" }, { KEY_USE_PRIVATE, "" },
        { KEY_USE_ANSWER, "orders.private|7|order-1" },
    };
    uint8_t record[100], text[100];
    struct buf a = BUF(record);
    struct span r = seal(*state, KEY_USE_PRIVATE, ABOUT, SPAN("secret"), &a);

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct buf out = BUF(text);
        assert_int_equal(open_as(*state, wrong[i].use, span_of(wrong[i].about), r, &out), FAULT_DENIED);
    }
    assert_int_equal(verify(*state, ABOUT, r, SPAN("secret")), FAULT_DENIED);
}

static void another_master_key_opens_nothing(void **state)
{
    uint8_t record[100], text[100];
    struct buf a = BUF(record), out = BUF(text);
    AUTO_SECRET master = NULL;
    struct heart *other = NULL;

    seal(*state, KEY_USE_PRIVATE, ABOUT, SPAN("secret"), &a);
    assert_int_equal(secret_new(&master, HEART_MASTER), FAULT_NONE);
    assert_int_equal(heart_new(&other, master, NULL), FAULT_NONE);
    assert_int_equal(open_as(other, KEY_USE_PRIVATE, ABOUT, buf_view(&a), &out), FAULT_DENIED);
    heart_free(other);
}

static void a_credential_is_verified_and_never_opened(void **state)
{
    uint8_t record[100], text[100];
    struct buf a = BUF(record), out = BUF(text);
    struct span r = seal(*state, KEY_USE_CREDENTIAL, SPAN("merchants|7"), SPAN("the secret"), &a);

    assert_int_equal(verify(*state, SPAN("merchants|7"), r, SPAN("the secret")), FAULT_NONE);
    assert_int_equal(verify(*state, SPAN("merchants|7"), r, SPAN("the secreT")), FAULT_DENIED);
    assert_int_equal(verify(*state, SPAN("merchants|7"), r, SPAN("the secret ")), FAULT_DENIED);
    assert_int_equal(verify(*state, SPAN("merchants|7"), r, SPAN("the secre")), FAULT_DENIED);
    assert_int_equal(verify(*state, SPAN("merchants|7"), r, SPAN("")), FAULT_DENIED);
    assert_int_equal(verify(*state, SPAN("merchants|8"), r, SPAN("the secret")), FAULT_DENIED);
    for (enum key_use use = 0; use < KEY_USES; use++)
        assert_int_equal(open_as(*state, use, SPAN("merchants|7"), r, &out), FAULT_DENIED);
    assert_int_equal(out.n, 0);
}

/* Every operation on every use by every right alone: what is not in this list is denied. */
static void the_table_of_who_may_ask_what_is_this(void **state)
{
    static const struct { unsigned may; enum key_op op; unsigned uses; } table[] = {
        { MAY_SEAL, KEY_SEAL, 0x467 }, { MAY_OPEN, KEY_OPEN, 0x006 }, { MAY_MAC, KEY_MAC, 0x018 },
        { MAY_VERIFY, KEY_VERIFY, 0x001 }, { MAY_HOURLY, KEY_HOURLY, 0x0FF }, { MAY_ID, KEY_ID, 0x0FF },
        { MAY_SIGN, KEY_SIGN, 0x020 }, { MAY_SIGN, KEY_CHECKSUM, 0x020 }, { MAY_SIGN, KEY_JWS, 0x020 },
        { MAY_ENCRYPT, KEY_ENCRYPT, 0x040 }, { MAY_CARD, KEY_PUBLIC, 0x080 }, { MAY_CARD, KEY_CARD, 0x080 },
        { MAY_NET, KEY_ID, 0x100 }, { MAY_NET, KEY_NET_CARD, 0x080 }, { MAY_NET, KEY_NET_NUMBER, 0x100 },
        { MAY_NET, KEY_NET_TAVV, 0x100 }, { MAY_NET, KEY_NET_READ, 0x100 }, { MAY_NET, KEY_NET_CHECK, 0x100 },
        { MAY_HMAC, KEY_HMAC, 0x001 }, { MAY_CARD, KEY_TICK, 0x080 }, { MAY_ACQUIRE, KEY_CHARGE, 0x080 },
        { MAY_CHAIN, KEY_CHAIN, 0x200 }, { MAY_RESEAL, KEY_RESEAL, 0x067 }, { MAY_RING, KEY_RING, 0x0FF },
        { MAY_ROTATE, KEY_ROTATE, 0x0FF }, { MAY_ROTATE, KEY_DESTROY, 0x0FF },
    };
    static uint8_t out[2048];
    uint8_t in[128] = { 0 }, presented[128] = { 'x' };
    /* Lengths of `in` and `about` that are in range for each operation, so that only the table decides. */
    static const struct { size_t in, about; } sizes[KEY_OPS] = {
        { 16, 0 }, { 40, 0 }, { 16, 0 }, { 40, 0 }, { 0, 0 }, { 0, 0 }, { 53, 0 }, { 53, 0 }, { 53, 0 }, { 53, 0 },
        { 0, 0 }, { 16, 16 }, { 85, 0 }, { 9, 0 }, { 28, 0 }, { 16, 0 }, { 16, 11 }, { 40, 0 }, { 0, 0 }, { 85, 0 },
        { 60, 0 }, { 40, 0 }, { 0, 0 }, { 0, 0 }, { 4, 0 },
    };

    for (unsigned may = 1; may < MAY_ALL; may <<= 1)
        for (enum key_op op = 0; op < KEY_OPS; op++)
            for (enum key_use use = 0; use < KEY_USES; use++) {
                struct key_ask a = { .op = op, .use = use, .in = { in, sizes[op].in }, .about = { in, sizes[op].about },
                                     .presented = { presented, 120 }, .out = BUF(out) };
                bool allowed = false;
                for (size_t i = 0; i < sizeof table / sizeof *table; i++)
                    allowed = allowed || (table[i].may == may && table[i].op == op && table[i].uses & (1u << use));
                if (!allowed)
                    assert_int_equal(ask(*state, may, &a), FAULT_DENIED);
                else if (op == KEY_SEAL)
                    assert_int_equal(ask(*state, may, &a), use == KEY_USE_RECIPIENT ? FAULT_BAD_INPUT : FAULT_NONE);
                else if (op == KEY_MAC || op == KEY_HOURLY || op == KEY_ID || op == KEY_NET_READ ||
                         op == KEY_NET_CHECK || op == KEY_TICK || op == KEY_RING)
                    assert_int_equal(ask(*state, may, &a), FAULT_NONE);
            }
    assert_int_equal(MAY_GATEWAY & MAY_NETWORK, 0);
    assert_int_equal(MAY_GATEWAY & MAY_ACQUIRER, 0);
    assert_int_equal(MAY_NETWORK & MAY_ACQUIRER, 0);
    assert_int_equal(MAY_GATEWAY | MAY_NETWORK | MAY_ACQUIRER, MAY_ALL);
}

static void the_networks_id_key_is_another(void **state)
{
    uint8_t ours[KEY_ID_SIZE], theirs[KEY_ID_SIZE];
    struct key_ask a = { .op = KEY_ID, .out = BUF(ours) };
    struct key_ask b = { .op = KEY_ID, .use = KEY_USE_NETWORK, .out = BUF(theirs) };

    assert_int_equal(ask(*state, MAY_GATEWAY, &a), FAULT_NONE);
    assert_int_equal(ask(*state, MAY_NETWORK, &b), FAULT_NONE);
    assert_memory_not_equal(ours, theirs, sizeof ours);
}

static void each_right_allows_its_operation_and_no_other(void **state)
{
    static const enum key_use use_of[KEY_ID + 1] = {
        KEY_USE_PRIVATE, KEY_USE_PRIVATE, KEY_USE_DIGEST, KEY_USE_CREDENTIAL, KEY_USE_CREDENTIAL, KEY_USE_CREDENTIAL,
    };
    uint8_t private[64], credential[64], out[100];
    struct buf p = BUF(private), c = BUF(credential);

    seal(*state, KEY_USE_PRIVATE, ABOUT, SPAN("s"), &p);
    seal(*state, KEY_USE_CREDENTIAL, ABOUT, SPAN("s"), &c);
    for (unsigned may = 0; may < MAY_SIGN; may++) {
        for (enum key_op op = 0; op <= KEY_ID; op++) {
            struct key_ask a = { .op = op, .use = use_of[op], .about = ABOUT, .presented = SPAN("s"), .out = BUF(out) };
            a.in = op == KEY_OPEN ? buf_view(&p) : buf_view(&c);
            assert_int_equal(ask(*state, may, &a), may & (1u << op) ? FAULT_NONE : FAULT_DENIED);
        }
    }
}

static void an_operation_on_a_use_outside_its_row_is_denied(void **state)
{
    static const struct { enum key_op op; enum key_use use; } wrong[] = {
        { KEY_OPEN, KEY_USE_PAYTM }, { KEY_OPEN, KEY_USE_RECIPIENT }, { KEY_OPEN, KEY_USE_CARD },
        { KEY_SEAL, KEY_USE_CARD }, { KEY_SEAL, KEY_USE_NETWORK }, { KEY_SEAL, KEY_USE_DIGEST },
        { KEY_SEAL, KEY_USE_CHECK },
        { KEY_OPEN, KEY_USE_CREDENTIAL }, { KEY_OPEN, KEY_USE_CHECK },
        { KEY_MAC, KEY_USE_CREDENTIAL }, { KEY_MAC, KEY_USE_PRIVATE }, { KEY_MAC, KEY_USE_ANSWER },
        { KEY_VERIFY, KEY_USE_PRIVATE }, { KEY_VERIFY, KEY_USE_ANSWER }, { KEY_VERIFY, KEY_USE_DIGEST },
    };
    uint8_t out[100], in[40] = { 1 };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct key_ask a = { .op = wrong[i].op, .use = wrong[i].use, .in = { in, sizeof in }, .out = BUF(out) };
        assert_int_equal(ask(*state, MAY_ALL, &a), FAULT_DENIED);
    }
}

static void macs_of_other_uses_places_and_data_differ(void **state)
{
    static const struct { enum key_use use; const char *about, *in; } rows[] = {
        { KEY_USE_DIGEST, "ab", "c" }, { KEY_USE_DIGEST, "a", "bc" }, { KEY_USE_DIGEST, "", "abc" },
        { KEY_USE_CHECK, "ab", "c" }, { KEY_USE_DIGEST, "ab", "d" },
    };
    uint8_t out[5][KEY_MAC_SIZE];

    for (size_t i = 0; i < 5; i++) {
        struct key_ask a = { .op = KEY_MAC, .use = rows[i].use, .about = span_of(rows[i].about),
                             .in = span_of(rows[i].in), .out = BUF(out[i]) };
        assert_int_equal(ask(*state, MAY_MAC, &a), FAULT_NONE);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(out[i], out[j], KEY_MAC_SIZE);
    }
}

static void one_frame_carries_many_asks_and_a_refused_one_spoils_none(void **state)
{
    static uint8_t out[KEY_ASKS_MAX][64];
    struct key_ask asks[KEY_ASKS_MAX], *list[KEY_ASKS_MAX];
    struct buf q = BUF(question), r = BUF(answer);

    for (size_t i = 0; i < KEY_ASKS_MAX; i++) {
        asks[i] = (struct key_ask){ .op = KEY_SEAL, .use = KEY_USE_PRIVATE, .about = ABOUT, .in = SPAN("text"),
                                    .out = BUF(out[i]) };
        if (i % 3 == 1)
            asks[i].use = KEY_USE_DIGEST;
        list[i] = &asks[i];
    }
    msg_question_pack(&q, 5, list, KEY_ASKS_MAX);
    assert_int_equal(heart_answer(*state, MAY_SEAL, &r, buf_view(&q)), FAULT_NONE);
    assert_int_equal(msg_reply_unpack(list, KEY_ASKS_MAX, buf_view(&r)), FAULT_NONE);
    for (size_t i = 0; i < KEY_ASKS_MAX; i++) {
        uint8_t text[8];
        struct buf back = BUF(text);
        assert_int_equal(asks[i].fault, i % 3 == 1 ? FAULT_DENIED : FAULT_NONE);
        if (!asks[i].fault)
            assert_int_equal(open_as(*state, KEY_USE_PRIVATE, ABOUT, buf_view(&asks[i].out), &back), FAULT_NONE);
    }
}

static void sizes_out_of_range_are_answered_as_such(void **state)
{
    uint8_t in[KEY_SEAL_EXTRA - 1] = { 1 };
    struct key_ask a = { .op = KEY_OPEN, .use = KEY_USE_PRIVATE, .in = { in, sizeof in } }, *const one[] = { &a };
    struct buf q = BUF(question), r = BUF(answer);

    msg_question_pack(&q, 1, one, 1);
    assert_int_equal(heart_answer(*state, MAY_ALL, &r, buf_view(&q)), FAULT_NONE);
    assert_int_equal(r.n, MSG_HEAD + MSG_ANSWER_HEAD);
    assert_int_equal(answer[MSG_HEAD], FAULT_BAD_INPUT);
    question[MSG_HEAD] = KEY_OPS;
    r = BUF(answer);
    assert_int_equal(heart_answer(*state, MAY_ALL, &r, buf_view(&q)), FAULT_NONE);
    assert_int_equal(answer[MSG_HEAD], FAULT_BAD_INPUT);
}

static void a_question_whose_reply_would_not_fit_is_malformed(void **state)
{
    static uint8_t text[KEY_IN_MAX];
    struct key_ask a[2] = {
        { .op = KEY_SEAL, .use = KEY_USE_PRIVATE, .in = { text, KEY_IN_MAX } },
        { .op = KEY_SEAL, .use = KEY_USE_PRIVATE, .in = { text, KEY_IN_MAX - 60 } },
    }, *const two[] = { &a[0], &a[1] };
    struct buf q = BUF(question), r = BUF(answer);

    msg_question_pack(&q, 1, two, 2);
    assert_false(q.full);
    assert_int_equal(heart_answer(*state, MAY_ALL, &r, buf_view(&q)), FAULT_BAD_INPUT);
}

static void frames_cut_at_any_byte_are_malformed(void **state)
{
    struct key_ask a = { .op = KEY_SEAL, .use = KEY_USE_PRIVATE, .about = ABOUT, .in = SPAN("text") };
    struct key_ask *const one[] = { &a };
    struct buf q = BUF(question);

    msg_question_pack(&q, 1, one, 1);
    for (size_t n = 0; n < q.n; n++) {
        struct buf r = BUF(answer);
        assert_int_equal(heart_answer(*state, MAY_ALL, &r, (struct span){ question, n }), FAULT_BAD_INPUT);
    }
}

/* Whatever comes in, it ends, stays within its buffers (the sanitizers watch), and answers only well-formed frames. */
static void random_changes_of_a_frame_never_do_harm(void **state)
{
    static uint8_t frame[512], out[64];
    struct key_ask a[3] = {
        { .op = KEY_SEAL, .use = KEY_USE_PRIVATE, .about = ABOUT, .in = SPAN("text") },
        { .op = KEY_MAC, .use = KEY_USE_DIGEST, .in = SPAN("text") },
        { .op = KEY_VERIFY, .in = { out, 40 }, .presented = SPAN("abc") },
    }, *const three[] = { &a[0], &a[1], &a[2] };
    uint64_t seed = 42;
    size_t answered = 0;

    for (int turn = 0; turn < 20000; turn++) {
        struct buf q = BUF(frame), r = BUF(answer);
        msg_question_pack(&q, 1, three, 3);
        for (int i = 0; i <= turn % 4; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            frame[(seed >> 33) % q.n] = (uint8_t)(seed >> 56);
        }
        if (heart_answer(*state, MAY_ALL, &r, buf_view(&q)) == FAULT_NONE) {
            struct msg_question parsed;
            assert_int_equal(msg_question_unpack(&parsed, buf_view(&q)), FAULT_NONE);
            answered++;
        }
    }
    assert_in_range(answered, 1000, 19000);
}

struct worker { pthread_t thread; const struct heart *h; bool failed; };

static void *work(void *arg)
{
    struct worker *w = arg;
    uint8_t q[256], r[256], record[64], text[16];

    for (int i = 0; i < 200 && !w->failed; i++) {
        struct key_ask a = { .op = KEY_SEAL, .use = KEY_USE_PRIVATE, .about = ABOUT, .in = SPAN("text"),
                             .out = BUF(record) };
        for (int turn = 0; turn < 2; turn++) {
            struct key_ask *const one[] = { &a };
            struct buf frame = BUF(q), reply = BUF(r);
            msg_question_pack(&frame, 1, one, 1);
            if (heart_answer(w->h, MAY_ALL, &reply, buf_view(&frame)) ||
                msg_reply_unpack(one, 1, buf_view(&reply)) || a.fault)
                w->failed = true;
            if (turn == 0)
                a = (struct key_ask){ .op = KEY_OPEN, .use = KEY_USE_PRIVATE, .about = ABOUT,
                                      .in = buf_view(&a.out), .out = BUF(text) };
        }
        if (!span_equal(buf_view(&a.out), SPAN("text")))
            w->failed = true;
    }
    return NULL;
}

static void more_threads_than_desks_share_one_heart(void **state)
{
    struct worker workers[12];

    for (size_t i = 0; i < 12; i++) {
        workers[i] = (struct worker){ .h = *state };
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (size_t i = 0; i < 12; i++) {
        pthread_join(workers[i].thread, NULL);
        assert_false(workers[i].failed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_master_key_has_its_size_and_no_other),
        cmocka_unit_test(the_vectors_of_the_description_hold),
        cmocka_unit_test(a_merchants_secret_signs_as_openssl_does),
        cmocka_unit_test(what_was_sealed_opens_and_is_never_twice_the_same),
        cmocka_unit_test(the_largest_plaintext_seals_and_opens),
        cmocka_unit_test(a_record_with_any_byte_changed_is_refused),
        cmocka_unit_test(a_record_moved_to_another_place_or_use_is_refused),
        cmocka_unit_test(another_master_key_opens_nothing),
        cmocka_unit_test(a_credential_is_verified_and_never_opened),
        cmocka_unit_test(the_table_of_who_may_ask_what_is_this),
        cmocka_unit_test(the_networks_id_key_is_another),
        cmocka_unit_test(each_right_allows_its_operation_and_no_other),
        cmocka_unit_test(an_operation_on_a_use_outside_its_row_is_denied),
        cmocka_unit_test(macs_of_other_uses_places_and_data_differ),
        cmocka_unit_test(one_frame_carries_many_asks_and_a_refused_one_spoils_none),
        cmocka_unit_test(sizes_out_of_range_are_answered_as_such),
        cmocka_unit_test(a_question_whose_reply_would_not_fit_is_malformed),
        cmocka_unit_test(frames_cut_at_any_byte_are_malformed),
        cmocka_unit_test(random_changes_of_a_frame_never_do_harm),
        cmocka_unit_test(more_threads_than_desks_share_one_heart),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
