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

/* Its library is a stranger's and wants files and processes, so it is asked before this process is confined to its own,
 * though nobody looks into it even so; and before the journal is open, which has a thread, for the question is put by a
 * fork (keyholder/hsm.h). After a fault *why says what it is. */
static enum fault ask_hsm(struct keysource_opened *out, const struct keysource_options *source, const char **why)
{
    struct keyring_head head;
    enum fault f;

    *why = "";
    if (keysource_kind(&head, source) != FAULT_NONE || head.source != KEYRING_HSM)
        return FAULT_NONE;            /* what is wrong with the file is said later */
    f = confine_process();
    return f ? f : keysource_open(out, source, NULL, NULL, why);
}

static int complain(const struct keyholder_options *ko, const char *what, const char *why)
{
    fprintf(stderr, "tijori: the keyholder cannot start: %s%s\n", what, why);
    journal_event(ko->journal, JOURNAL_ERROR, why, 0, NULL);
    return 1;
}

static int confine_and_run(struct keyholder_options *ko, const struct folder *folder)
{
    if (confinement_keyholder(folder))
        return complain(ko, "", "the system refuses to confine it");
    ko->shut = confinement_keyholder_done;
    ko->create = !folder_has_store(folder);      /* a folder with records but no key is damage, not a new folder */
    return keyholder_run(ko);
}

int role_keyholder(const char *const *args)
{
    struct options o;
    struct folder folder;
    char sentence[512];
    struct buf complaint = BUF(sentence);
    struct keyholder_options ko = { .control_fd = CHILD_CONTROL_FD };
    struct keysource_opened opened = { 0 };
    const char *why;
    int journal_fd = -1, status = 1;
    enum fault f;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    if (options_read(&o, args, &complaint))
        return 1;
    folder_paths(&folder, &o);
    ko.source = (struct keysource_options){ folder.key_file, o.hsm_module, o.hsm_token, o.hsm_key, o.hsm_pin_file };
    f = ask_hsm(&opened, &ko.source, &why);
    if (opened.ring)
        ko.opened = &opened;
    if (!folder_open_journal(&journal_fd, &folder) &&
        !journal_open(&ko.journal, journal_fd, "keyholder", clock_system()))
        status = f ? complain(&ko, "its keyring cannot be opened: ", why) : confine_and_run(&ko, &folder);
    keysource_close(&opened);
    journal_close(ko.journal);
    if (journal_fd >= 0)
        (void)close(journal_fd);
    return status;
}
