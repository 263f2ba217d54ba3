/* bed.h: a whole gateway whose allocations fail on command, and what it is asked after each of them. */
#pragma once

#include <sqlite3.h>

#include "gateway.h"
#include "inject.h"
#include "unit/fixture.h"

enum { BED_WHY = 400, BED_SHAPE = 4096 };

struct bed {
    struct gateway *gateway;
    struct fixture *f;
    sqlite3 *eye;                     /* what looks at the rows, beside all of our code */
    int64_t runs;                     /* so far; "$N" stands for it */
    int64_t now_ms;
    bool armed;                       /* the window opens when the next request begins */
    char why[BED_WHY];                /* what is wrong, where something is */
    char shape[BED_SHAPE];            /* of the good answer to the scenario's request, when nothing failed */
};

void bed_open(struct bed *b);
void bed_close(struct bed *b);

/* Note what is wrong; false. */
__attribute__((format(printf, 2, 3))) bool bed_wrong(struct bed *b, const char *format, ...);

/* Send a text of requests (fuzz/gateway.h); only with `armed` may their allocations fail. The last status. */
unsigned bed_send(struct bed *b, const char *text, bool armed);

/* The body of the last answer. */
struct span bed_body(const struct bed *b);

/* Does it hold one of these, "this|or this"? It does when there is none. */
bool bed_says(const struct bed *b, const char *parts);

/* Its members' names and kinds, in their order, and the number of its headers. */
void bed_shape(const struct bed *b, char out[static BED_SHAPE]);

/* A minute passes, and what is open is looked after. */
void bed_minute(struct bed *b);

/* The same, and what network and acquirer tell again by a clock of their own has come. */
void bed_long_minute(struct bed *b);

/* One number from the rows. */
int64_t bed_number(struct bed *b, const char *sql);

/* Is everything that was acknowledged sound: the rows whole, the audit log's chain, a copy of the store opens? */
bool bed_is_sound(struct bed *b);

/* Is memory lost that nobody points to any more? Always false where nothing can tell. */
bool bed_leaks(void);
