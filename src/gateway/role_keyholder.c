/* role_keyholder.c: the keyholder's options, then its own loop. */
#include "gateway/roles.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/journal.h"
#include "confine/confine.h"
#include "gateway/confinement.h"
#include "gateway/folder.h"
#include "keyholder/process.h"
#include "supervisor/supervisor.h"

#include "base/banned.h"

/* Its library is a stranger's and wants files and processes, so it is asked before this process is confined to its own;
 * nobody looks into it even so. */
static enum fault ask_hsm(struct keysource_opened *out, struct keyholder_options *ko)
{
    const char *why = "";
    struct keyring_head head;
    enum fault f;

    if (keysource_kind(&head, &ko->source) != FAULT_NONE || head.source != KEYRING_HSM)
        return FAULT_NONE;            /* what is wrong with the file is said later */
    f = confine_process();
    if (!f)
        f = keysource_open(out, &ko->source, NULL, NULL, &why);
    if (!f) {
        ko->opened = out;
        return FAULT_NONE;
    }
    fprintf(stderr, "tijori: the keyring beside %s cannot be opened: %s\n", ko->source.key_file, why);
    journal_event(ko->journal, JOURNAL_ERROR, why, 0, NULL);
    return f;
}

static int confine_and_run(struct keyholder_options *ko, const struct folder *folder)
{
    struct keysource_opened opened = { 0 };
    int status;

    if (ask_hsm(&opened, ko))
        return 1;
    if (confinement_keyholder(folder)) {
        fprintf(stderr, "tijori: the keyholder cannot start: the system refuses to confine it\n");
        keysource_close(&opened);
        return 1;
    }
    ko->shut = confinement_keyholder_done;
    ko->create = !folder_has_store(folder);      /* a folder with records but no key is damage, not a new folder */
    status = keyholder_run(ko);
    keysource_close(&opened);
    return status;
}

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
    ko.source = (struct keysource_options){ folder.key_file, o.hsm_module, o.hsm_token, o.hsm_key, o.hsm_pin_file };
    if (folder_open_journal(&journal_fd, &folder) || journal_open(&ko.journal, journal_fd, "keyholder", clock_system()))
        return 1;
    status = confine_and_run(&ko, &folder);
    journal_close(ko.journal);
    close(journal_fd);
    return status;
}
