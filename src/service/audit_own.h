/* audit_own.h: what the files of the chain share. Only service/audit*.c include it. */
#pragma once

#include <openssl/types.h>
#include <pthread.h>

#include "keyholder/audit_chain.h"
#include "service/audit.h"
#include "store/audit_links.h"

/* A row that waits for the next link. */
struct audit_note {
    int64_t merchant_id, at_ms, event, channel, outcome, cards;
    char request_id[AUDIT_NOTE_TEXT], source[AUDIT_NOTE_TEXT], actor[AUDIT_NOTE_TEXT], object[AUDIT_NOTE_TEXT];
};

/* The newest link that is committed. */
struct audit_head { int64_t link_no, last_row, at_ms, cards, numbers; uint8_t mac[CHAIN_MAC], life[CHAIN_LIFE]; };

enum audit_state { AUDIT_FINE, AUDIT_UNANSWERED, AUDIT_FORKED, AUDIT_UNWRITTEN };

struct audit {
    const struct services *services;
    struct store_audit hooks;
    char *anchor;
    struct arena *arena;              /* of the commit thread */
    EVP_MD *sha256;
    EVP_MD_CTX *digest;
    bool knows_head;                  /* the commit thread's, as what follows up to `lock` */
    struct audit_head next;
    bool linked;                      /* `next` waits for its commit */
    size_t taken;                     /* notes whose rows are in it */
    atomic_int state;                 /* enum audit_state */
    pthread_mutex_t lock;             /* of what follows */
    pthread_cond_t wake;
    bool stopping, started;
    struct audit_head head;
    size_t first, n;                  /* of the notes, a ring */
    struct audit_note notes[AUDIT_NOTES_MAX];
    int64_t anchored;                 /* the link that the last anchor names */
    bool ends_well;                   /* the file of anchors ends with a line that this process wrote whole */
    atomic_uint_fast64_t refused[AUDIT_DOORS];
    pthread_t thread;
};

/* Append the head to the file, on the disk when this returns. `ends_well`: what is there ends with a whole line;
 * otherwise a new line begins first, for a line that was cut short would take this one along. DISK. */
MUST_CHECK enum fault audit_anchor_put(const char *path, const struct audit_head *h, bool ends_well);
