/* audit_verify.h: is the audit log whole, and does each opening by the keyholder have its row (docs/AUDIT.md)?
 *
 * Needs the audit key and the database, no running server. What it finds it names; what it cannot know it states: rows
 * from before the chain, links since the last anchor, rows that answer for openings which never came. */
#pragma once

#include "keyholder/audit_key.h"
#include "store/audit_links.h"

enum {
    AUDIT_FINDINGS_MAX = 64,          /* that are named; more are counted */
    AUDIT_GRACE_S = 5,                /* seconds in which an opening must have its row: a question's wait and a flush */
    AUDIT_LOST_MAX = 64,              /* openings whose rows a killed gateway may have taken with it */
    AUDIT_PURGE_LINKS = 500,          /* links that are purged in one transaction */
    AUDIT_TALLY = 8 + CHAIN_LIFE + 6 * 8 + 1,     /* bytes of a tally in a stub */
};

enum audit_flaw {
    AUDIT_ROW_EDITED, AUDIT_ROW_DELETED, AUDIT_ROWS_SWAPPED,  /* `row_no`, and `other` of two that were swapped */
    AUDIT_ROWS_UNLINKED,              /* rows `row_no` to `other` have no link: put in, or the links were cut off */
    AUDIT_LINK_EDITED,                /* link `link_no` is not what the keyholder signed */
    AUDIT_LINKS_DELETED,              /* links `link_no` to `other` */
    AUDIT_LINKS_SWAPPED,              /* links `link_no` and `other` */
    AUDIT_STUB_EDITED,                /* what stands for the purged part is not what was signed */
    AUDIT_CUT_OFF,                    /* `link_no` was anchored and is gone with the rest: truncated, or an older copy
                                       * of the database; `other` is where the trail ends now */
    AUDIT_ROLLED_BACK,                /* `link_no` is another than the one that was anchored: written anew from there */
    AUDIT_COUNT_BACK,                 /* the keyholder's count went back within one run, at `link_no` */
    AUDIT_OLDER_KEY,                  /* link `link_no` is signed with an older key than the one before it: that key had
                                       * been rotated away, so it was not the keyholder who signed */
    AUDIT_CARDS_OPENED,               /* `n` cards were opened by `link_no` that no row answers for */
    AUDIT_NUMBERS_OPENED,             /* the same of token numbers */
    AUDIT_FLAWS
};

struct audit_finding { enum audit_flaw what; int64_t link_no, row_no, other, n, at_ms; };

/* A sentence about it, for people. */
void audit_finding_text(struct buf *out, const struct audit_finding *f);

enum { AUDIT_OF_CARDS, AUDIT_OF_NUMBERS, AUDIT_KINDS };

/* Where the verification stands after a link. */
struct audit_tally {
    int64_t link_no, last_row, at_ms;
    uint8_t mac[CHAIN_MAC], life[CHAIN_LIFE];
    int64_t in_life[AUDIT_KINDS];     /* opened in this run of the keyholder, as the last link has it */
    int64_t opened[AUDIT_KINDS];      /* in all runs */
    int64_t answered[AUDIT_KINDS];    /* what the rows answer for, less what was given up */
    bool stopped;                     /* the last row says that the gateway stopped */
};

struct audit_report {
    int64_t links, rows;              /* that were read */
    int64_t purged;                   /* the link up to which the trail was purged; 0: none */
    int64_t unchained;                /* rows older than the chain, of which nothing is known */
    int64_t anchored;                 /* the newest link that an anchor confirms; 0: none */
    int64_t lost[AUDIT_KINDS];        /* openings whose rows went with a process that was killed */
    int64_t unused[AUDIT_KINDS];      /* openings that rows answer for and that did not come, in the last run */
    int64_t open[AUDIT_KINDS];        /* of the last seconds, whose rows may be on their way */
    int64_t lives;                    /* runs of the keyholder */
    struct audit_tally tally;         /* at the end */
    size_t n, named;                  /* findings; those that are in the list */
    size_t odd;                       /* rows that are not as they were signed, found or still to be named: which two
                                       * were swapped is known at the end */
    struct audit_finding findings[AUDIT_FINDINGS_MAX];
};

struct audit_verify {
    struct audit_trail *trail;
    struct audit_key *key;
    struct span anchors;              /* the text of the anchor file; absent: none */
    bool is_part;                     /* an archive: anchors of what comes after it mean nothing */
    int64_t until_link;               /* stop behind this link; 0: the last */
    int64_t now_ms;
    /* Called after each link; may be NULL. Up to here all is sound while n and odd of the report are 0. A fault ends it
     * all; with MISMATCH what was found is named all the same. */
    enum fault (*each)(void *arg, const struct audit_tally *t, const struct audit_report *so_far);
    void *arg;
};

/* Verify. NONE also when something is wrong with the log: report->n. DISK, INTERNAL, or what `each` said. */
MUST_CHECK enum fault audit_verify_trail(struct audit_report *report, const struct audit_verify *v);

/* The stub that says: everything up to `t` was sound and may be purged. Its spans are in the caller's `bytes`. */
struct audit_stub_bytes { uint8_t tally[AUDIT_TALLY], link_mac[CHAIN_MAC], mac[CHAIN_MAC]; };
MUST_CHECK enum fault audit_stub_make(struct audit_stub_row *out, struct audit_stub_bytes *bytes, struct audit_key *key,
                                      const struct audit_tally *t);

/* Read one and check its MAC. DENIED: it is not what was signed. */
MUST_CHECK enum fault audit_stub_read(struct audit_tally *out, struct audit_key *key,
                                      const struct audit_stub_row *stub);
