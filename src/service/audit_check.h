/* audit_check.h: what the walk along the chain learns only later. Only service/audit_*.c include it. */
#pragma once

#include "service/audit_verify.h"

enum {
    CHECK_ODD_MAX = 64,               /* rows that are not as they were written, among which swapped ones are sought */
    CHECK_POINTS = AUDIT_GRACE_S + 3, /* seconds whose openings may still find their rows */
};

/* A row whose bytes are not what was signed. */
struct audit_odd { int64_t link_no, row_no, at_ms; uint8_t is[CHAIN_DIGEST], was[CHAIN_DIGEST]; };

/* What was opened by the end of a second. */
struct audit_point { int64_t link_no, at_ms, opened[AUDIT_KINDS]; };

struct audit_checks {
    struct audit_odd odd[CHECK_ODD_MAX];
    size_t n_odd, n_points;
    struct audit_point points[CHECK_POINTS];      /* oldest first */
    int64_t swapped_until;            /* links up to this one were named with an earlier one */
    bool blind;                       /* rows could not be gone by: openings without rows mean nothing from here on */
    bool forked;                      /* an anchor named another link than is there */
    struct span anchors;              /* what is left of their text */
    int64_t anchor_link, anchor_ms;   /* the next one; 0: there is none */
    uint8_t anchor_mac[CHAIN_MAC];
};

/* Add to the report. */
void audit_find(struct audit_report *r, const struct audit_finding *f);

/* Keep it until all are known. */
void audit_odd_row(struct audit_checks *c, struct audit_report *r, const struct audit_odd *odd);

/* Count what the link in report->tally opened and its rows answer for. */
struct audit_counts { const uint8_t *life; const int64_t *in_life, *answered; bool starts; };
void audit_count(struct audit_checks *c, struct audit_report *r, const struct audit_counts *n);

/* Read the next anchor; compare those of the link in report->tally. */
void audit_anchor_next(struct audit_checks *c);
void audit_anchor_meets(struct audit_checks *c, struct audit_report *r);

/* The trail is at its end. */
void audit_checks_end(struct audit_checks *c, struct audit_report *r, const struct audit_verify *v);
