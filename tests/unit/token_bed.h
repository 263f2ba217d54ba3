/* token_bed.h: what a dialect with tokens needs beside the fixture: the vault, a network that is waited for briefly,
 * and a merchant who holds something of every provider and is onboarded at every scheme. */
#pragma once

#include "fixture.h"
#include "service/vault.h"

/* For a network that will not answer; in a build that watches threads one that will takes longer, too. */
#ifdef __SANITIZE_THREAD__
enum { TOKEN_BED_WAIT_MS = 1000 };
#else
enum { TOKEN_BED_WAIT_MS = 60 };
#endif

struct token_bed { struct fixture *f; struct merchant_whole merchant; };

static inline void token_bed_open(struct token_bed *b)
{
    struct services *s;
    void *f = NULL;

    assert_int_equal(fixture_setup(&f), 0);
    b->f = f;
    s = &b->f->services;
    assert_int_equal(merchant_add_whole(s, &b->merchant, SPAN("Whole"), SPAN("INR")), FAULT_NONE);
    assert_int_equal(b->merchant.onboarded, FAULT_NONE);
    fixture_network_stop(b->f);
    fixture_network_start(b->f, TOKEN_BED_WAIT_MS);
    assert_int_equal(vault_new(&s->vault, s), FAULT_NONE);
    fixture_listen(b->f, vault_notice, s->vault);
}

static inline void token_bed_close(struct token_bed *b)
{
    void *f = b->f;

    fixture_listen(b->f, NULL, NULL);
    network_stop(b->f->services.network);
    vault_free(b->f->services.vault);
    secret_wipe(&b->merchant, sizeof b->merchant);
    assert_int_equal(fixture_teardown(&f), 0);
}
