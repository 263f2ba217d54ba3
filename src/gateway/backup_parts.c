/* backup_parts.c: the sources of a backup, ours first. */
#include "gateway/backup_parts.h"

#include <stdio.h>

#include "service/backup.h"

#include "base/banned.h"

enum { SOURCES = 3, COPY_PATH = FOLDER_PATH + 8 };

enum fault backup_parts_open(struct parts *p)
{
    const struct { const char *name, *path; bool is_there; } all[SOURCES] = {
        { "tijori.db", p->folder.store, true },
        { "network.db", p->folder.network, p->services.sim != NULL },
        { "acquirer.db", p->folder.acquirer, p->services.sim_acquirer != NULL },
    };
    struct backup_source sources[SOURCES];
    char copies[SOURCES][COPY_PATH];
    size_t n = 0;

    for (size_t i = 0; i < SOURCES; i++) {
        if (!all[i].is_there)
            continue;
        snprintf(copies[n], sizeof copies[n], "%s%s", all[i].path, BACKUP_COPY_END);
        sources[n] = (struct backup_source){ all[i].name, all[i].path, copies[n] };
        n++;
    }
    return backups_new(&p->services.backups, &p->services, sources, n);
}

void backup_parts_close(struct parts *p)
{
    backups_free(p->services.backups);
    p->services.backups = NULL;
}
