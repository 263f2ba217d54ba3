/* answers.c: waiting for many answers. */
#include "service/answers.h"

#include "base/banned.h"

void answers_init(struct answers *a)
{
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->all, NULL);
    a->missing = 0;
}

void answers_fini(struct answers *a)
{
    pthread_cond_destroy(&a->all);
    pthread_mutex_destroy(&a->lock);
}

void answers_expect(struct answers *a, size_t n)
{
    pthread_mutex_lock(&a->lock);
    a->missing = n;
    pthread_mutex_unlock(&a->lock);
}

void answers_came(struct answers *a)
{
    pthread_mutex_lock(&a->lock);
    if (--a->missing == 0)
        pthread_cond_signal(&a->all);
    pthread_mutex_unlock(&a->lock);
}

void answers_wait(struct answers *a)
{
    pthread_mutex_lock(&a->lock);
    while (a->missing)
        pthread_cond_wait(&a->all, &a->lock);
    pthread_mutex_unlock(&a->lock);
}
