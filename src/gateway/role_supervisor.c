/* role_supervisor.c: the first process: folder, lock, sockets, then supervising. */
#include "gateway/roles.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/journal.h"
#include "confine/confine.h"
#include "gateway/confinement.h"
#include "gateway/files.h"
#include "gateway/folder.h"
#include "gateway/tls_files.h"
#include "gateway/wire.h"
#include "keyholder/heart.h"
#include "supervisor/supervisor.h"

#include "base/banned.h"

static bool may_renew(void *arg);
static int complain(const char *what, const char *detail);
static enum fault open_listeners(struct supervisor_options *so, const struct options *o, const char **failed);

uint32_t role_channel_rights(const struct options *o, unsigned channel)
{
    if (channel < NETWORK_CHANNEL)
        return MAY_GATEWAY;
    if (channel < ACQUIRER_CHANNEL)
        return strcmp(o->network, "simulated") == 0 ? MAY_NETWORK : 0;
    return strcmp(o->acquirer, "simulated") == 0 ? MAY_ACQUIRER : 0;
}

int role_supervisor(const struct options *o, const char *const *args)
{
    struct supervisor_options so = { .args = args, .channels = GATEWAY_CHANNELS, .may_renew = may_renew,
                                     .renew_arg = (void *)(uintptr_t)o };
    struct folder folder;
    const char *failed = NULL;
    int lock = -1, journal_fd = -1, status;
    bool shut = false;
    char least[32];
    enum fault f;

    signal(SIGPIPE, SIG_IGN);
    if (parts_connections(o) < CONNECTIONS_MIN) {
        snprintf(least, sizeof least, "ulimit -n %u", parts_files_needed(o));
        return complain("too few files may be open to serve anybody; the least that will do is", least);
    }
    for (unsigned i = 0; i < so.channels; i++)
        so.rights[i] = role_channel_rights(o, i);
    so.courier = strcmp(o->webhooks, "on") == 0;
    folder_paths(&folder, o);
    f = folder_make(&shut, &folder, o);
    if (f)
        return complain(f == FAULT_DENIED ? "the data folder, or something in it, belongs to another user"
                                          : "cannot make the data folder", o->data);
    if (shut)
        complain("the data folder was open to others and is now this user's alone (mode 0700)", o->data);
    f = folder_lock(&lock, &folder);
    if (f)
        return complain(f == FAULT_BUSY ? "another server is running on this data folder"
                                        : "cannot lock the data folder", o->data);
    if (folder_open_journal(&journal_fd, &folder))
        return complain("cannot open the journal", folder.journal);
    f = open_listeners(&so, o, &failed);
    if (f)
        return complain(f == FAULT_BUSY ? "this address is in use; choose another with --listen or --admin-listen"
                                        : "cannot listen on this address", failed);
    f = confinement_supervisor(o, &folder);       /* before the journal's thread, which it would not hold for */
    if (f)
        return complain("cannot start", "the system refuses to confine it");
    if (journal_open(&so.journal, journal_fd, "supervisor", clock_system()))
        return complain("cannot open the journal", folder.journal);
    confine_tell(so.journal);

    status = supervisor_run(&so);     /* closes the listeners */
    journal_close(so.journal);
    close(journal_fd);
    close(lock);
    return status;
}

/* The certificate and key of the options, as they are now. */
static bool may_renew(void *arg)
{
    uint8_t text[OPTIONS_TEXT * 2];
    struct buf why = BUF(text);

    return tls_files_check(arg, &why) == FAULT_NONE;
}

static int complain(const char *what, const char *detail)
{
    fprintf(stderr, "tijori: %s: %s\n", what, detail);
    return 1;
}

static enum fault open_listeners(struct supervisor_options *so, const struct options *o, const char **failed)
{
    enum fault f = supervisor_listen(&so->listeners[0], o->listen);

    *failed = o->listen;
    if (f)
        return f;
    *failed = o->admin_listen;
    return supervisor_listen(&so->listeners[1], o->admin_listen);
}
