/* bed.c: the gateway, opened, asked and looked at. */
#include "bed.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"
#include "service/audit.h"
#include "service/audit_verify.h"
#include "service/payments.h"
#include "service/vault.h"

#include "base/banned.h"

/* A fault may cost an answer, and then this is waited for it; a busy machine is asked again. */
enum { WAIT_MS = 400, BUSY_MS = 5000, MINUTE_MS = 60 * 1000, PATH = 128, REST_NS = 200 * 1000 * 1000 };

__attribute__((weak)) int __lsan_do_recoverable_leak_check(void);

static void around(void *bed, bool begins)
{
    const struct bed *b = bed;

    if (b->armed)
        inject_window(begins);
}

/* Whoever pays has webhooks written for it. */
static const char endpoint[] =
    "POST /admin/merchants/2/webhooks\nAuthorization: Bearer a-token-for-tests\n\n"
    "{\"url\":\"https://shop.example/hook\",\"kind\":\"cashfree\",\"version\":\"2023-08-01\",\"events\":[]}";

void bed_open(struct bed *b)
{
    *b = (struct bed){ .now_ms = FIXTURE_NOW };
    b->gateway = gateway_open_as(&(struct gateway_options){ .wait_ms = WAIT_MS, .whole = true, .around = around,
                                                            .arg = b });
    b->f = gateway_fixture(b->gateway);
    fuzz_check(sqlite3_open_v2(b->f->path, &b->eye, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK);
    (void)sqlite3_busy_timeout(b->eye, BUSY_MS);
    fuzz_check(bed_send(b, endpoint, false) == 200 || gateway_answer(b->gateway)->status == 201);
}

void bed_close(struct bed *b)
{
    (void)sqlite3_close(b->eye);
    gateway_close(b->gateway);
}

bool bed_wrong(struct bed *b, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(b->why, sizeof b->why, format, args);
    va_end(args);
    return false;
}

unsigned bed_send(struct bed *b, const char *text, bool armed)
{
    unsigned status;

    b->armed = armed;
    status = gateway_send(b->gateway, (const uint8_t *)text, strlen(text));
    b->armed = false;
    return status;
}

struct span bed_body(const struct bed *b)
{
    return buf_view(&gateway_answer(b->gateway)->body);
}

bool bed_says(const struct bed *b, const char *parts)
{
    struct span body = bed_body(b);

    if (!*parts)
        return true;
    while (*parts) {
        size_t n = strcspn(parts, "|");

        if (body.n >= n && memmem(body.p, body.n, parts, n))
            return true;
        parts += n + (parts[n] == '|');
    }
    return false;
}

/* The end of the text that begins at `at`, behind its quote. */
static size_t text_end(struct span s, size_t at)
{
    for (at++; at < s.n && s.p[at] != '"'; at++)
        at += s.p[at] == '\\';
    return at < s.n ? at + 1 : s.n;
}

void bed_shape(const struct bed *b, char out[static BED_SHAPE])
{
    const struct answer *a = gateway_answer(b->gateway);
    struct span body = bed_body(b);
    struct buf shape = { (uint8_t *)out, 0, BED_SHAPE - 1, false };

    buf_u64(&shape, a->n_headers);
    for (size_t i = 0; body.n && body.p[0] == '{' && i < body.n;) {
        size_t end = text_end(body, i);

        if (body.p[i] != '"') {
            i++;
            continue;
        }
        if (end + 1 < body.n && body.p[end] == ':') {
            bool is_text = body.p[end + 1] == '"';

            buf_span(&shape, (struct span){ body.p + i, end - i });
            buf_byte(&shape, is_text || body.p[end + 1] < '0' || body.p[end + 1] > '9' ? body.p[end + 1] : '0');
        }
        i = end;
    }
    out[shape.n] = '\0';
}

void bed_minute(struct bed *b)
{
    struct services *s = &b->f->services;
    enum fault f;

    b->now_ms += MINUTE_MS;
    fixture_set_clock(b->f, b->now_ms);
    f = payments_sweep(s->payments, b->now_ms);
    if (!f)
        f = vault_sweep(s->vault, b->now_ms);
    if (!f)
        f = audit_step(s->audit, false);
    if (f)
        (void)bed_wrong(b, "looking after what is open gave fault %s", fault_name(f));
}

void bed_long_minute(struct bed *b)
{
    const struct timespec rest = { 0, REST_NS };

    (void)nanosleep(&rest, NULL);
    bed_minute(b);
}

int64_t bed_number(struct bed *b, const char *sql)
{
    sqlite3_stmt *look = NULL;
    int64_t number = 0;

    fuzz_check(sqlite3_prepare_v2(b->eye, sql, -1, &look, NULL) == SQLITE_OK);
    if (sqlite3_step(look) == SQLITE_ROW)
        number = sqlite3_column_int64(look, 0);
    fuzz_check(sqlite3_finalize(look) == SQLITE_OK);
    return number;
}

static bool chain_holds(struct bed *b)
{
    struct audit_report *r = calloc(1, sizeof *r);
    struct audit_verify v = { .key = b->f->audit_key, .now_ms = b->now_ms + MINUTE_MS };
    bool holds;
    char text[256];
    struct buf out = BUF(text);

    fuzz_check(r && audit_trail_open(&v.trail, b->f->path) == FAULT_NONE);
    fuzz_check(audit_verify_trail(r, &v) == FAULT_NONE);
    audit_trail_close(v.trail);
    holds = r->n == 0 && r->links > 0;
    if (r->n > 0)
        audit_finding_text(&out, &r->findings[0]);
    if (!holds)
        (void)bed_wrong(b, "the audit log: %zu findings, %lld links: %.*s", r->n, (long long)r->links, (int)out.n,
                        text);
    free(r);
    return holds;
}

/* A copy of the database as it is now. */
static bool copy_opens(struct bed *b)
{
    char path[PATH], sql[2 * PATH];
    struct store *copy = NULL;
    enum fault f;

    (void)snprintf(path, sizeof path, "%s/again", b->f->folder);
    (void)snprintf(sql, sizeof sql, "VACUUM INTO '%s'", path);
    (void)unlink(path);
    if (sqlite3_exec(b->eye, sql, NULL, NULL, NULL) != SQLITE_OK)
        return bed_wrong(b, "the store cannot be copied: %s", sqlite3_errmsg(b->eye));
    f = store_open(&copy, &(struct store_options){ .path = path });
    store_close(copy);
    return f ? bed_wrong(b, "the store does not open any more: fault %s", fault_name(f)) : true;
}

bool bed_is_sound(struct bed *b)
{
    if (audit_step(b->f->services.audit, false))
        return bed_wrong(b, "what waits for the audit log is not written");
    if (bed_number(b, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"))
        return bed_wrong(b, "the rows are not whole");
    return chain_holds(b) && copy_opens(b);
}

bool bed_leaks(void)
{
    return __lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check() != 0;
}
