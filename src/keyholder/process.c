/* process.c: the keyholder's life: read the key, shut the doors, answer until the supervisor lets go. */
#include "keyholder/process.h"

#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/journal.h"
#include "base/json_in.h"
#include "keyholder/card_keys.h"
#include "keyholder/keyfile.h"
#include "keyholder/serve.h"
#include "supervisor/control.h"

#include "base/banned.h"

static const char *why_unusable(enum fault f)
{
    switch (f) {
    case FAULT_NOT_FOUND: return "there is no such file";
    case FAULT_DENIED:    return "it must be a regular file of mode 0600 that belongs to the user who runs tijori";
    case FAULT_BAD_INPUT: return "it must hold the line tijori-key-1 and a line of 64 hexadecimal digits";
    case FAULT_DISK:      return "it cannot be read or written";
    case FAULT_EXISTS:    return "somebody else made it at the same moment";
    case FAULT_INTERNAL:  return "no locked memory could be had (see ulimit -l)";
    case FAULT_NONE: case FAULT_UNKNOWN_CALLER: case FAULT_WRONG_STATE: case FAULT_MISMATCH: case FAULT_TOO_MANY:
    case FAULT_BUSY: case FAULT_SILENT: case FAULT_RETRY:
        break;
    }
    return fault_text(f);
}

static enum fault load_key(struct secret **out, bool *made, const struct keyholder_options *o)
{
    enum fault f = keyfile_read(out, o->key_file);

    *made = false;
    if (f == FAULT_NOT_FOUND && o->create) {
        f = keyfile_create(o->key_file);
        if (!f)
            f = keyfile_read(out, o->key_file);
        *made = true;
    }
    if (f) {
        (void)fprintf(stderr, "tijori: the key file %s cannot be used: %s\n", o->key_file, why_unusable(f));
        journal_event(o->journal, JOURNAL_ERROR, why_unusable(f), 0, NULL);
    }
    return f;
}

static const char *why_no_cards(enum fault f)
{
    switch (f) {
    case FAULT_DENIED:    return "card-jwe.key and card-rsa.key must be private, of this key file, in a folder of ours";
    case FAULT_BAD_INPUT: return "card-jwe.key or card-rsa.key beside the key file holds no key";
    case FAULT_DISK:      return "card-jwe.key or card-rsa.key beside the key file cannot be read or written";
    case FAULT_EXISTS:    return "somebody else made card-jwe.key or card-rsa.key at the same moment";
    case FAULT_INTERNAL:  return "no key for cards could be made or read";
    case FAULT_NONE: case FAULT_NOT_FOUND: case FAULT_UNKNOWN_CALLER: case FAULT_WRONG_STATE: case FAULT_MISMATCH:
    case FAULT_TOO_MANY: case FAULT_BUSY: case FAULT_SILENT: case FAULT_RETRY:
        break;
    }
    return fault_text(f);
}

static enum fault load_card_keys(struct heart_keys *out, bool *made, const struct secret *master,
                                 const struct keyholder_options *o)
{
    enum fault f = card_keys_open(out, made, master, o->key_file);

    if (f) {
        (void)fprintf(stderr, "tijori: the keys for cards cannot be used: %s\n", why_no_cards(f));
        journal_event(o->journal, JOURNAL_ERROR, why_no_cards(f), 0, NULL);
    }
    return f;
}

/* The master key itself does not outlive this function. */
static enum fault open_heart(struct heart **out, const struct keyholder_options *o)
{
    AUTO_SECRET master = NULL;
    struct heart_keys cards = { 0 };
    bool master_made, cards_made = false;
    enum fault f = load_key(&master, &master_made, o);

    if (!f)
        f = load_card_keys(&cards, &cards_made, master, o);
    if (f)
        return f;
    if (cards_made && !master_made)
        journal_event(o->journal, JOURNAL_WARNING, "new keys for cards: clients need the new public keys", 0, NULL);
    f = heart_new(out, master, &cards);
    if (f) {
        (void)fprintf(stderr, "tijori: the keyholder cannot derive its keys\n");
        journal_event(o->journal, JOURNAL_ERROR, "the keyholder cannot derive its keys", 0, NULL);
    }
    return f;
}

static void take_connections(struct serve *s, const struct keyholder_options *o)
{
    struct control_message m;
    int fd;

    for (;;) {
        enum fault f = control_receive(o->control_fd, &m, &fd);
        if (f == FAULT_SILENT)
            return;
        if (f || m.word != CONTROL_CHANNEL) {
            journal_event(o->journal, JOURNAL_ERROR, "the keyholder was sent a word it does not know", 0, NULL);
            if (!f && fd >= 0)
                (void)close(fd);
            continue;
        }
        if (serve_connection(s, fd, m.rights) != FAULT_NONE)
            journal_event(o->journal, JOURNAL_ERROR, "the keyholder has no room for a connection", 0, NULL);
    }
}

static int serve_until_let_go(const struct keyholder_options *o)
{
    const struct control_message ready = { .word = CONTROL_READY };
    struct heart *heart = NULL;
    struct serve *serve = NULL;
    int status = 1;

    if (open_heart(&heart, o) != FAULT_NONE)
        return 1;
    if (o->shut && o->shut() != FAULT_NONE) {
        journal_event(o->journal, JOURNAL_ERROR, "the keyholder cannot shut its doors", 0, NULL);
        heart_free(heart);
        return 1;
    }
    if (serve_new(&serve, heart, o->journal) == FAULT_NONE && control_send(o->control_fd, &ready, -1) == FAULT_NONE) {
        take_connections(serve, o);
        status = 0;
    }
    serve_free(serve);
    heart_free(heart);
    return status;
}

int keyholder_run(const struct keyholder_options *o)
{
    const struct rlimit none = { 0, 0 };
    int dumpable = prctl(PR_GET_DUMPABLE), status;

    /* No core file, and no debugger or /proc reader of the same user. */
    if (prctl(PR_SET_DUMPABLE, 0) != 0 || setrlimit(RLIMIT_CORE, &none) != 0) {
        (void)fprintf(stderr, "tijori: the keyholder cannot switch core dumps off\n");
        return 1;
    }
    json_in_start();                  /* encrypted cards are JSON inside */
    status = serve_until_let_go(o);
    /* All keys are wiped; what is left may be looked at, and leak checkers need to. */
    (void)prctl(PR_SET_DUMPABLE, dumpable == 1 ? 1 : 0);
    return status;
}
