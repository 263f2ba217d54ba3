/* role_keyholder.c: the keyholder's options, then its own loop. */
#include "gateway/roles.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/journal.h"
#include "gateway/confinement.h"
#include "gateway/folder.h"
#include "keyholder/process.h"
#include "supervisor/supervisor.h"

#include "base/banned.h"

int role_keyholder(const char *const *args)
{
    struct options o;
    struct folder folder;
    char sentence[512];
    struct buf why = BUF(sentence);
    struct keyholder_options ko = { .control_fd = CHILD_CONTROL_FD };
    int journal_fd = -1, status;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    if (options_read(&o, args, &why))
        return 1;
    folder_paths(&folder, &o);
    if (confinement_keyholder(&folder)) {
        fprintf(stderr, "tijori: the keyholder cannot start: the system refuses to confine it\n");
        return 1;
    }
    if (folder_open_journal(&journal_fd, &folder) || journal_open(&ko.journal, journal_fd, "keyholder", clock_system()))
        return 1;
    ko.key_file = folder.key_file;
    ko.shut = confinement_keyholder_done;
    ko.create = !folder_has_store(&folder);      /* a folder with records but no key is damage, not a new folder */
    status = keyholder_run(&ko);
    journal_close(ko.journal);
    close(journal_fd);
    return status;
}
