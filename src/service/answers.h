/* answers.h: one thread waits for the answers to many questions that it has put. */
#pragma once

#include <pthread.h>
#include <stddef.h>

struct answers { pthread_mutex_t lock; pthread_cond_t all; size_t missing; };

/* None is missing yet; and the end, when nobody waits and no answer is to come. */
void answers_init(struct answers *a);
void answers_fini(struct answers *a);

/* So many will come: before the first question is put, by the thread that will wait. */
void answers_expect(struct answers *a, size_t n);

/* One has come, on whichever thread, perhaps the asker's own. */
void answers_came(struct answers *a);

/* Until all that were expected have come. */
void answers_wait(struct answers *a);
