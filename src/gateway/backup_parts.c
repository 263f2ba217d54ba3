/* backup_parts.c: the sources of a backup, ours first; and how long things are kept. */
#include "gateway/backup_parts.h"

#include <stdio.h>

#include "service/backup.h"
#include "service/retention.h"

#include "base/banned.h"

enum { SOURCES = 3, COPY_PATH = FOLDER_PATH + 8 };
#define DAY_MS (24 * 3600 * INT64_C(1000))

enum fault backup_parts_open(struct parts *p)
{
    const struct { const char *name, *path; bool is_there; } all[SOURCES] = {
        { "tijori.db", p->folder.store, true },
        { "network.db", p->folder.network, p->services.sim != NULL },
        { "acquirer.db", p->folder.acquirer, p->services.sim_acquirer != NULL },
    };
    struct backup_source sources[SOURCES];
    char copies[SOURCES][COPY_PATH];
    const struct retention_options retain = { p->options->retain_orders_days * DAY_MS,
                                              p->options->retain_deliveries_days * DAY_MS };
    size_t n = 0;
    enum fault f;

    for (size_t i = 0; i < SOURCES; i++) {
        if (!all[i].is_there)
            continue;
        snprintf(copies[n], sizeof copies[n], "%s%s", all[i].path, BACKUP_COPY_END);
        sources[n] = (struct backup_source){ all[i].name, all[i].path, copies[n] };
        n++;
    }
    f = backups_new(&p->services.backups, &p->services, sources, n);
    return f ? f : retention_start(&p->retention, &p->services, &retain);
}

void backup_parts_close(struct parts *p)
{
    retention_stop(p->retention);
    p->retention = NULL;
    backups_free(p->services.backups);
    p->services.backups = NULL;
}
