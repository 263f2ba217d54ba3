/* test_audit_chain.c: the audit log as a chain: made, held up, tampered with, purged. */
#include "audit_bed.h"

#include "base/banned.h"

static void a_log_that_nobody_touched_is_whole(void **state)
{
    struct abed *b = *state;
    const struct audit_report *r;

    assert_int_equal(audit_start(b->services.audit), FAULT_NONE);
    abed_fill(b, 5);
    r = abed_verify(b);
    assert_int_equal(r->n, 0);
    assert_int_equal(r->links, 6);
    assert_int_equal(r->rows, 6);
    assert_int_equal(r->lives, 1);
    assert_int_equal(r->unchained, 0);
}

static void the_tail_without_an_anchor_is_stated_until_one_is_set_down(void **state)
{
    struct abed *b = *state;

    assert_int_equal(abed_verify(b)->anchored, 0);
    abed_fill(b, 2);
    assert_int_equal(audit_step(b->services.audit, true), FAULT_NONE);
    abed_fill(b, 3);
    assert_int_equal(abed_verify(b)->anchored, 2);
    assert_int_equal(b->report.tally.link_no, 5);
    assert_int_equal(audit_step(b->services.audit, true), FAULT_NONE);
    assert_int_equal(abed_verify(b)->anchored, 5);
    assert_int_equal(b->report.n, 0);
}

static void a_row_that_was_edited_is_named(void **state)
{
    struct abed *b = *state;

    abed_fill(b, 4);
    abed_sql(b->bed.path, "UPDATE audit SET token_no = 99 WHERE row_no = 3");
    assert_int_equal(abed_found(b, AUDIT_ROW_EDITED)->row_no, 3);
    assert_int_equal(b->report.findings[0].link_no, 3);
}

static void each_field_of_a_row_is_covered(void **state)
{
    static const char *const edits[] = {
        "merchant_id = 8", "audit_no = audit_no + 1", "at_ms = at_ms + 1", "event = 1", "channel = 2", "token_no = 9",
        "outcome = 1", "request_id = NULL", "request_id = ''", "source = '192.0.2.2'", "actor = 'somebody'",
        "object = 'something'", "cards = 1", "numbers = 1",
    };
    struct abed *b = *state;
    char sql[128];

    abed_fill(b, 2);
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        abed_sql(b->bed.path, "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT * FROM audit WHERE row_no = 2");
        snprintf(sql, sizeof sql, "UPDATE audit SET %s WHERE row_no = 2", edits[i]);
        abed_sql(b->bed.path, sql);
        assert_int_equal(abed_found(b, AUDIT_ROW_EDITED)->row_no, 2);
        abed_sql(b->bed.path, "DELETE FROM audit WHERE row_no = 2; INSERT INTO audit SELECT * FROM kept");
        assert_int_equal(abed_verify(b)->n, 0);
    }
}

static void each_field_of_a_link_is_covered(void **state)
{
    static const char *const edits[] = {
        "at_ms = at_ms + 1", "cards = cards + 1", "numbers = 7", "life = zeroblob(16)", "mac = zeroblob(32)",
        "mac = x'00'", "first_row = 1", "row_count = 0, digests = x''", "row_count = 2001", "digests = zeroblob(32)",
    };
    struct abed *b = *state;
    char sql[128];

    abed_fill(b, 3);
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        const struct audit_report *r;
        abed_sql(b->bed.path, "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT * FROM audit_links");
        snprintf(sql, sizeof sql, "UPDATE audit_links SET %s WHERE link_no = 2", edits[i]);
        abed_sql(b->bed.path, sql);
        r = abed_verify(b);
        assert_true(r->n >= 1);
        assert_int_equal(r->findings[0].what, AUDIT_LINK_EDITED);
        assert_int_equal(r->findings[0].link_no, 2);
        abed_sql(b->bed.path, "DELETE FROM audit_links; INSERT INTO audit_links SELECT * FROM kept");
        assert_int_equal(abed_verify(b)->n, 0);
    }
}

static void a_row_that_was_deleted_is_named(void **state)
{
    struct abed *b = *state;

    abed_fill(b, 4);
    abed_sql(b->bed.path, "DELETE FROM audit WHERE row_no = 2");
    assert_int_equal(abed_found(b, AUDIT_ROW_DELETED)->row_no, 2);
}

static void rows_in_each_others_place_are_named(void **state)
{
    struct abed *b = *state;

    abed_fill(b, 5);
    abed_sql(b->bed.path, "UPDATE audit SET row_no = 1000 WHERE row_no = 2;"
                          "UPDATE audit SET row_no = 2 WHERE row_no = 4;"
                          "UPDATE audit SET row_no = 4 WHERE row_no = 1000");
    assert_int_equal(abed_found(b, AUDIT_ROWS_SWAPPED)->row_no, 2);
    assert_int_equal(b->report.findings[0].other, 4);
}

static void links_that_were_deleted_are_named(void **state)
{
    struct abed *b = *state;

    abed_fill(b, 5);
    abed_sql(b->bed.path, "DELETE FROM audit_links WHERE link_no IN (2, 3)");
    assert_int_equal(abed_found(b, AUDIT_LINKS_DELETED)->link_no, 2);
    assert_int_equal(b->report.findings[0].other, 3);
}

static void links_in_each_others_place_are_named(void **state)
{
    struct abed *b = *state;
    const struct audit_report *r;

    abed_fill(b, 5);
    abed_sql(b->bed.path, "UPDATE audit_links SET link_no = 1000 WHERE link_no = 2;"
                          "UPDATE audit_links SET link_no = 2 WHERE link_no = 4;"
                          "UPDATE audit_links SET link_no = 4 WHERE link_no = 1000");
    r = abed_verify(b);
    assert_true(r->n >= 1);
    assert_true(r->findings[0].what == AUDIT_LINK_EDITED || r->findings[0].what == AUDIT_LINKS_SWAPPED);
    assert_int_equal(r->findings[0].link_no, 2);
}

static void rows_whose_links_were_cut_off_are_named(void **state)
{
    struct abed *b = *state;

    abed_fill(b, 5);
    abed_sql(b->bed.path, "DELETE FROM audit_links WHERE link_no > 3");
    assert_int_equal(abed_found(b, AUDIT_ROWS_UNLINKED)->row_no, 4);
    assert_int_equal(b->report.findings[0].other, 5);
}

static void a_row_that_was_put_in_is_named(void **state)
{
    struct abed *b = *state;

    abed_fill(b, 2);
    abed_sql(b->bed.path, "INSERT INTO audit SELECT merchant_id, audit_no + 1, at_ms, event, channel, token_no,"
                          " outcome, request_id, source, actor, object, cards, numbers, 3 FROM audit WHERE row_no = 2");
    assert_int_equal(abed_found(b, AUDIT_ROWS_UNLINKED)->row_no, 3);
}

static void an_end_that_was_cut_off_is_known_by_its_anchor(void **state)
{
    struct abed *b = *state;

    abed_fill(b, 5);
    assert_int_equal(audit_step(b->services.audit, true), FAULT_NONE);
    abed_sql(b->bed.path, "DELETE FROM audit_links WHERE link_no > 3; DELETE FROM audit WHERE row_no > 3");
    assert_int_equal(abed_found(b, AUDIT_CUT_OFF)->link_no, 5);
    assert_int_equal(b->report.findings[0].other, 3);
}

/* An older copy of the database takes the place of the present one, between two lives of the server. */
static void go_back(struct abed *b)
{
    char sql[2 * BED_PATH + 32];

    abed_fill(b, 3);
    snprintf(sql, sizeof sql, "VACUUM INTO '%s'", b->copy);
    abed_sql(b->bed.path, sql);
    abed_fill(b, 3);
    assert_int_equal(audit_step(b->services.audit, true), FAULT_NONE);
    abed_close(b);
    assert_int_equal(rename(b->copy, b->bed.path), 0);
    abed_open(b);
}

static void an_older_copy_of_the_database_is_known_by_the_anchor(void **state)
{
    struct abed *b = *state;

    go_back(b);
    assert_int_equal(abed_found(b, AUDIT_CUT_OFF)->link_no, 6);
}

static void an_older_copy_that_was_continued_is_known_by_the_anchor(void **state)
{
    struct abed *b = *state;

    go_back(b);
    abed_keyholder_stop(b);
    abed_keyholder_start(b);
    abed_fill(b, 4);
    assert_int_equal(abed_found(b, AUDIT_ROLLED_BACK)->link_no, 6);
}

static void a_living_keyholder_does_not_continue_an_older_copy(void **state)
{
    struct abed *b = *state;

    go_back(b);
    assert_int_equal(abed_put(b, abed_row(1)), FAULT_SILENT);
    assert_non_null(audit_trouble(&b->services));
    assert_non_null(strstr(audit_trouble(&b->services), "older"));
}

static void a_card_opened_without_a_row_is_found(void **state)
{
    struct abed *b = *state;
    struct card_facts facts;

    abed_fill(b, 2);
    abed_open_card(b, &facts);
    abed_fill(b, 2);
    assert_int_equal(abed_found(b, AUDIT_CARDS_OPENED)->n, 1);
    assert_int_equal(b->report.findings[0].link_no, 4);
}

static void a_number_told_without_a_row_is_found_though_nothing_else_is_written(void **state)
{
    struct abed *b = *state;

    abed_fill(b, 2);
    abed_open_number(b);
    abed_open_number(b);
    assert_int_equal(audit_step(b->services.audit, true), FAULT_NONE);
    assert_int_equal(abed_found(b, AUDIT_NUMBERS_OPENED)->n, 2);
    assert_int_equal(b->report.tally.link_no, 3);
}

static void openings_with_their_rows_are_in_order(void **state)
{
    struct abed *b = *state;
    struct audit_row row = abed_row(4);
    struct card_facts facts;

    abed_open_card(b, &facts);
    assert_int_equal(audit_opened(&b->services, &facts, &(struct audit_opened){ .merchant_id = 7 }), FAULT_NONE);
    row.numbers = 1;
    assert_int_equal(abed_put(b, row), FAULT_NONE);
    abed_open_number(b);
    assert_int_equal(audit_step(b->services.audit, true), FAULT_NONE);
    assert_int_equal(abed_verify(b)->n, 0);
    assert_int_equal(b->report.rows, 2);
    assert_int_equal(b->report.tally.opened[AUDIT_OF_CARDS], 1);
    assert_int_equal(b->report.tally.opened[AUDIT_OF_NUMBERS], 1);
}

static void a_flawed_card_has_no_row(void **state)
{
    struct abed *b = *state;
    struct card_facts facts = { .flaw = CARD_NUMBER };

    assert_int_equal(audit_opened(&b->services, &facts, &(struct audit_opened){ .merchant_id = 7 }), FAULT_NONE);
    assert_int_equal(audit_step(b->services.audit, true), FAULT_NONE);
    assert_int_equal(abed_verify(b)->rows, 0);
}

static void what_rows_answer_for_in_vain_is_given_up_when_a_gateway_starts(void **state)
{
    struct abed *b = *state;
    struct audit_row row = abed_row(1);

    row.numbers = 2;
    assert_int_equal(abed_put(b, row), FAULT_NONE);
    assert_int_equal(abed_verify(b)->unused[AUDIT_OF_NUMBERS], 2);
    assert_int_equal(audit_start(b->services.audit), FAULT_NONE);
    assert_int_equal(abed_verify(b)->unused[AUDIT_OF_NUMBERS], 0);
    abed_open_number(b);
    assert_int_equal(audit_step(b->services.audit, true), FAULT_NONE);
    assert_int_equal(abed_found(b, AUDIT_NUMBERS_OPENED)->n, 1);
}

static void rows_that_a_killed_gateway_took_along_are_stated_as_lost(void **state)
{
    struct abed *b = *state;
    struct card_facts facts;

    assert_int_equal(audit_start(b->services.audit), FAULT_NONE);
    abed_open_card(b, &facts);        /* and then it is killed: no row, and none that says it stopped */
    assert_int_equal(abed_put(b, (struct audit_row){ .event = AUDIT_START, .channel = -1 }), FAULT_NONE);
    assert_int_equal(abed_verify(b)->n, 0);
    assert_int_equal(b->report.lost[AUDIT_OF_CARDS], 1);
}

static void a_gateway_that_stopped_has_lost_nothing(void **state)
{
    struct abed *b = *state;
    struct card_facts facts;

    assert_int_equal(abed_put(b, (struct audit_row){ .event = AUDIT_STOP, .channel = -1 }), FAULT_NONE);
    abed_open_card(b, &facts);
    assert_int_equal(abed_put(b, (struct audit_row){ .event = AUDIT_START, .channel = -1 }), FAULT_NONE);
    assert_int_equal(abed_found(b, AUDIT_CARDS_OPENED)->n, 1);
}

static void refused_access_is_one_row_a_door(void **state)
{
    struct abed *b = *state;

    for (int i = 0; i < 1000; i++)
        audit_refused(&b->services, AUDIT_DOOR_JUSPAY);
    audit_refused(&b->services, AUDIT_DOOR_ADMIN);
    assert_int_equal(audit_step(b->services.audit, true), FAULT_NONE);
    assert_int_equal(abed_verify(b)->rows, 2);
    assert_int_equal(audit_step(b->services.audit, true), FAULT_NONE);
    assert_int_equal(abed_verify(b)->rows, 2);
}

static enum fault insert_order_and_row(struct store_tx *tx, void *arg)
{
    struct crowd_job *j = arg;
    struct audit_row row = abed_row(j->order.n);
    enum fault f = bed_insert(tx, &j->order);

    return f ? f : audit_insert(tx, &row);
}

/* Three orders in one batch, the second with a row. */
static void one_batch(struct store *s, enum fault outcomes[static 3])
{
    struct crowd *c = crowd_new(3, 1);

    c->job[1].job.work = insert_order_and_row;
    crowd_run(c, s);
    for (size_t i = 0; i < 3; i++)
        outcomes[i] = c->job[i].outcome;
    free(c);
}

static void a_batch_is_one_link(void **state)
{
    struct abed *b = *state;
    enum fault outcomes[3];

    one_batch(b->services.store, outcomes);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(outcomes[i], FAULT_NONE);
    assert_int_equal(abed_verify(b)->links, 1);
    assert_int_equal(b->report.rows, 1);
}

static enum fault insert_and_fail(struct store_tx *tx, void *arg)
{
    enum fault f = audit_insert(tx, arg);

    return f ? f : FAULT_WRONG_STATE;
}

static void rows_of_a_job_that_failed_are_in_no_link(void **state)
{
    struct abed *b = *state;
    struct audit_row row = abed_row(1);

    assert_int_equal(store_write(b->services.store, insert_and_fail, &row), FAULT_WRONG_STATE);
    abed_fill(b, 1);
    assert_int_equal(abed_verify(b)->n, 0);
    assert_int_equal(b->report.rows, 1);
    assert_int_equal(b->report.tally.last_row, 1);
}

static void without_the_keyholder_what_is_audited_fails_and_its_neighbours_do_not(void **state)
{
    struct abed *b = *state;
    enum fault outcomes[3];

    abed_keyholder_stop(b);
    assert_int_equal(abed_put(b, abed_row(1)), FAULT_SILENT);
    assert_non_null(audit_trouble(&b->services));
    one_batch(b->services.store, outcomes);
    assert_int_equal(outcomes[0], FAULT_NONE);
    assert_int_equal(outcomes[1], FAULT_SILENT);
    assert_int_equal(outcomes[2], FAULT_NONE);
    assert_int_equal(bed_look(b->services.store, 1), FAULT_NONE);
    assert_int_equal(bed_look(b->services.store, 2), FAULT_NOT_FOUND);
    assert_int_equal(bed_look(b->services.store, 3), FAULT_NONE);
    abed_keyholder_start(b);
    assert_int_equal(abed_put(b, abed_row(3)), FAULT_NONE);
    assert_null(audit_trouble(&b->services));
    assert_int_equal(abed_verify(b)->rows, 1);
    assert_int_equal(b->report.n, 0);
}

static void a_purged_log_verifies_from_its_stub(void **state)
{
    struct abed *b = *state;

    abed_fill(b, 6);
    abed_purge(b, 4);
    assert_int_equal(abed_verify(b)->n, 0);
    assert_int_equal(b->report.purged, 4);
    assert_int_equal(b->report.rows, 2);
    abed_fill(b, 1);
    assert_int_equal(abed_verify(b)->n, 0);
    abed_purge(b, 7);                /* all of it: the log goes on from the stub */
    abed_close(b);
    abed_open(b);
    abed_fill(b, 2);
    assert_int_equal(abed_verify(b)->n, 0);
    assert_int_equal(b->report.tally.last_row, 9);
}

static void openings_without_rows_are_found_behind_a_stub_too(void **state)
{
    struct abed *b = *state;

    abed_fill(b, 3);
    abed_purge(b, 2);
    abed_open_number(b);
    abed_fill(b, 1);
    assert_int_equal(abed_found(b, AUDIT_NUMBERS_OPENED)->n, 1);
}

static void a_stub_that_was_edited_or_moved_is_named(void **state)
{
    struct abed *b = *state;

    abed_fill(b, 6);
    abed_purge(b, 3);
    abed_sql(b->bed.path, "DELETE FROM audit_links WHERE link_no = 4; DELETE FROM audit WHERE row_no = 4;"
                          "UPDATE audit_stubs SET link_no = 4, last_row = 4");
    abed_verify(b);
    assert_true(b->report.n >= 1);
    assert_int_equal(b->report.findings[0].what, AUDIT_STUB_EDITED);
}

static enum fault stop_at_doubt(void *arg, const struct audit_tally *t, const struct audit_report *r)
{
    int64_t *sound = arg;

    if (r->n || r->odd)
        return FAULT_MISMATCH;
    *sound = t->link_no;
    return FAULT_NONE;
}

/* What is archived or purged stops there: an edited row is known at once, and named although the walk breaks off. */
static void who_walks_along_is_told_of_an_edited_row_at_its_link(void **state)
{
    struct abed *b = *state;
    struct audit_report r;
    int64_t sound = 0;
    struct audit_verify v = { .is_part = true, .until_link = 5, .each = stop_at_doubt, .arg = &sound };

    abed_fill(b, 6);
    abed_sql(b->bed.path, "UPDATE audit SET token_no = 99 WHERE row_no = 3");
    assert_int_equal(audit_trail_open(&v.trail, b->bed.path), FAULT_NONE);
    assert_int_equal(audit_key_of(&v.key, b->master), FAULT_NONE);
    assert_int_equal(audit_verify_trail(&r, &v), FAULT_MISMATCH);
    audit_key_free(v.key);
    audit_trail_close(v.trail);
    assert_int_equal(sound, 2);
    assert_int_equal(r.n, 1);
    assert_int_equal(r.findings[0].what, AUDIT_ROW_EDITED);
    assert_int_equal(r.findings[0].row_no, 3);
}

static enum fault see_end(void *arg, const struct audit_row *r)
{
    int64_t *n = arg;

    *n += r->event == AUDIT_ADMIN_END && r->outcome == 409 && r->channel == -1 &&
          span_equal(r->actor, SPAN("second")) && span_equal(r->object, SPAN("POST /admin/merchants")) &&
          span_equal(r->request_id, SPAN("request-9")) && span_equal(r->source, SPAN("192.0.2.7")) && r->cards == 0;
    return FAULT_NONE;
}

static enum fault count_ends(struct store_tx *tx, void *arg)
{
    return audit_rows_each(tx, 1, 100, see_end, arg);
}

static void what_came_of_an_admin_call_has_a_row_with_the_next_link(void **state)
{
    struct abed *b = *state;
    struct audit_trail *t;
    int64_t n = 0;

    audit_admin_ended(&b->services, &(struct audit_call){
        .at_ms = INT64_C(1760000000000), .what = SPAN("POST /admin/merchants"), .request_id = SPAN("request-9"),
        .source = SPAN("192.0.2.7"), .actor = SPAN("second"), .outcome = 409 });
    abed_fill(b, 1);
    assert_int_equal(abed_verify(b)->n, 0);
    assert_int_equal(b->report.rows, 2);
    assert_int_equal(b->report.links, 1);
    assert_int_equal(audit_trail_open(&t, b->bed.path), FAULT_NONE);
    assert_int_equal(audit_trail_read(t, count_ends, &n), FAULT_NONE);
    audit_trail_close(t);
    assert_int_equal(n, 1);
}

static void a_row_longer_than_its_column_is_cut_between_characters(void **state)
{
    struct abed *b = *state;
    struct audit_row row = abed_row(1);
    char text[300];

    memset(text, 'x', sizeof text);
    memcpy(text + AUDIT_TEXT_MAX - 1, "\xe2\x82\xb9", 3);
    row.request_id = (struct span){ (uint8_t *)text, sizeof text };
    assert_int_equal(abed_put(b, row), FAULT_NONE);
    assert_int_equal(abed_verify(b)->n, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, abed_setup, abed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_log_that_nobody_touched_is_whole),
        T(the_tail_without_an_anchor_is_stated_until_one_is_set_down),
        T(a_row_that_was_edited_is_named),
        T(each_field_of_a_row_is_covered),
        T(each_field_of_a_link_is_covered),
        T(a_row_that_was_deleted_is_named),
        T(rows_in_each_others_place_are_named),
        T(links_that_were_deleted_are_named),
        T(links_in_each_others_place_are_named),
        T(rows_whose_links_were_cut_off_are_named),
        T(a_row_that_was_put_in_is_named),
        T(an_end_that_was_cut_off_is_known_by_its_anchor),
        T(an_older_copy_of_the_database_is_known_by_the_anchor),
        T(an_older_copy_that_was_continued_is_known_by_the_anchor),
        T(a_living_keyholder_does_not_continue_an_older_copy),
        T(a_card_opened_without_a_row_is_found),
        T(a_number_told_without_a_row_is_found_though_nothing_else_is_written),
        T(openings_with_their_rows_are_in_order),
        T(a_flawed_card_has_no_row),
        T(what_rows_answer_for_in_vain_is_given_up_when_a_gateway_starts),
        T(rows_that_a_killed_gateway_took_along_are_stated_as_lost),
        T(a_gateway_that_stopped_has_lost_nothing),
        T(refused_access_is_one_row_a_door),
        T(a_batch_is_one_link),
        T(rows_of_a_job_that_failed_are_in_no_link),
        T(without_the_keyholder_what_is_audited_fails_and_its_neighbours_do_not),
        T(a_purged_log_verifies_from_its_stub),
        T(openings_without_rows_are_found_behind_a_stub_too),
        T(a_stub_that_was_edited_or_moved_is_named),
        T(who_walks_along_is_told_of_an_edited_row_at_its_link),
        T(what_came_of_an_admin_call_has_a_row_with_the_next_link),
        T(a_row_longer_than_its_column_is_cut_between_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
