/* process.c: the keyholder's life: come by the keys, shut the doors, answer until the supervisor lets go. */
#include "keyholder/process.h"

#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/journal.h"
#include "base/json_in.h"
#include "keyholder/card_keys.h"
#include "keyholder/keyfile.h"
#include "keyholder/keymake.h"
#include "keyholder/serve.h"
#include "keyholder/unseal.h"
#include "supervisor/control.h"

#include "base/banned.h"

struct life {
    const struct keyholder_options *o;
    struct keyring_head head;         /* as it lay there at the start */
    struct secret *kek;               /* for as long as the ring may have to be written */
    struct heart *heart;              /* NULL: sealed */
    struct serve *serve;
    int unseal_fd;                    /* -1: there are no custodians, or they are being served */
};

static const char *why_not_made(enum fault f)
{
    switch (f) {
    case FAULT_NOT_FOUND: return "its folder is not there";
    case FAULT_DENIED:    return "its folder is not ours to write";
    case FAULT_DISK:      return "it cannot be written";
    case FAULT_EXISTS:    return "somebody else made it at the same moment";
    case FAULT_NONE: case FAULT_BAD_INPUT: case FAULT_UNKNOWN_CALLER: case FAULT_WRONG_STATE: case FAULT_MISMATCH:
    case FAULT_TOO_MANY: case FAULT_BUSY: case FAULT_SILENT: case FAULT_RETRY: case FAULT_INTERNAL:
        break;
    }
    return fault_text(f);
}

/* Say it to whoever started us, and in the journal. */
static enum fault complain(const struct keyholder_options *o, enum fault f, const char *what, const char *why)
{
    (void)fprintf(stderr, "tijori: %s %s cannot be used: %s\n", what, o->source.key_file, why);
    journal_event(o->journal, JOURNAL_ERROR, why, 0, NULL);
    return f;
}

/* The ring of a key file or of an HSM; *made: there was nothing, and a key file was made. */
static enum fault open_source(struct keysource_opened *out, bool *made, const struct life *l)
{
    const struct keyholder_options *o = l->o;
    const char *why = "", *what = l->head.source == KEYRING_FILE ? "the key file" : "the keyring beside";
    enum fault f;

    if (o->opened) {
        *out = *o->opened;
        *o->opened = (struct keysource_opened){ 0 };
        return FAULT_NONE;
    }
    f = keysource_open(out, &o->source, NULL, NULL, &why);
    if (f == FAULT_NOT_FOUND && o->create && !l->head.version) {
        f = keyfile_create(o->source.key_file);
        why = why_not_made(f);
        *made = !f;
        if (!f)
            f = keysource_open(out, &o->source, NULL, NULL, &why);
    }
    return f ? complain(o, f, what, why) : FAULT_NONE;
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

static enum fault load_card_keys(struct heart_keys *out, const struct keyring *ring, bool new_folder,
                                 const struct keyholder_options *o)
{
    bool made = false;
    enum fault f = card_keys_of_ring(out, &made, ring, o->source.key_file);

    if (f) {
        (void)fprintf(stderr, "tijori: the keys for cards cannot be used: %s\n", why_no_cards(f));
        journal_event(o->journal, JOURNAL_ERROR, why_no_cards(f), 0, NULL);
    } else if (made && !new_folder) {
        journal_event(o->journal, JOURNAL_WARNING, "new keys for cards: clients need the new public keys", 0, NULL);
    }
    return f;
}

static enum fault save_ring(void *arg, struct keyring *r)
{
    const struct life *l = arg;
    enum fault f = keyring_save(r, l->o->source.key_file, l->kek);

    if (f)
        journal_event(l->o->journal, JOURNAL_ERROR, "the keyring cannot be written: no key was made or destroyed", f,
                      NULL);
    return f;
}

/* The heart of that ring; the key-encryption key becomes ours. */
static enum fault make_heart(struct life *l, struct keysource_opened *k, bool new_folder)
{
    const struct heart_ring_port port = { save_ring, l };
    struct heart_keys cards = { 0 };
    enum fault f = load_card_keys(&cards, k->ring, new_folder, l->o);

    if (f)
        return f;
    l->kek = k->kek;
    k->kek = NULL;
    f = heart_of_ring(&l->heart, k->ring, &cards, &port);
    if (f) {
        (void)fprintf(stderr, "tijori: the keyholder cannot derive its keys\n");
        journal_event(l->o->journal, JOURNAL_ERROR, "the keyholder cannot derive its keys", 0, NULL);
        secret_free(l->kek);
        l->kek = NULL;
    }
    return f;
}

static enum fault open_heart(struct life *l)
{
    struct keysource_opened k = { 0 };
    bool made = false;
    enum fault f = open_source(&k, &made, l);

    if (!f)
        f = make_heart(l, &k, made);
    keysource_close(&k);
    return f;
}

/* Custodians gave what may be the key. */
static enum fault unsealed(void *arg, const struct secret *kek)
{
    struct keysource_opened k = { 0 };
    struct life *l = arg;
    enum fault f = keyring_open(&k.ring, l->o->source.key_file, kek);

    if (!f)
        f = secret_copy(&k.kek, secret_span(kek));
    if (!f && make_heart(l, &k, l->o->create) != FAULT_NONE)
        f = FAULT_INTERNAL;           /* which is not that the key is wrong */
    keysource_close(&k);
    if (!f)
        serve_unseal(l->serve, l->heart);
    return f;
}

/* A key file that a keyring has replaced opens what the custodians or the HSM are to keep shut. */
static enum fault check_replaced(const struct life *l)
{
    char path[KEYMAKE_PATH_MAX];
    enum fault f;

    if (l->head.source == KEYRING_FILE)
        return FAULT_NONE;
    if (access(l->o->source.key_file, F_OK) == 0)
        return complain(l->o, FAULT_WRONG_STATE, "the key file",
                        "the keyring beside it no longer needs it: take it away, and destroy it");
    f = keymake_replaced(path, l->o->source.key_file);
    if (!f && access(path, F_OK) == 0)
        journal_event(l->o->journal, JOURNAL_WARNING,
                      "the key file that the keyring replaced is still there: destroy it", 0, NULL);
    return f;
}

/* Everything that must be done before the doors are shut. */
static enum fault begin(struct life *l)
{
    const struct keyholder_options *o = l->o;
    enum fault f = keysource_kind(&l->head, &o->source);

    if (f)
        return complain(o, f, "the keyring beside", f == FAULT_BAD_INPUT ? "it is none" :
                        f == FAULT_DENIED ? "it must be a regular file of mode 0600 that belongs to the user who runs "
                                            "tijori" : "it cannot be read");
    f = check_replaced(l);
    if (f)
        return f;
    if (l->head.source != KEYRING_SHARES)
        return open_heart(l);
    f = unseal_listen(&l->unseal_fd, o->source.key_file);
    return f ? complain(o, f, "the folder of", f == FAULT_BAD_INPUT ? "its path is too long for a socket in it"
                                                                    : "no socket can be made in it") : FAULT_NONE;
}

static enum fault meet_custodians(struct unseal **out, struct life *l)
{
    const struct unseal_options u = { .listen_fd = l->unseal_fd, .head = l->head, .journal = l->o->journal,
                                      .open = unsealed, .arg = l };

    if (l->unseal_fd < 0)
        return FAULT_NONE;
    l->unseal_fd = -1;
    journal_event(l->o->journal, JOURNAL_WARNING, "the keyholder is sealed: it waits for its custodians' shares",
                  l->head.threshold, NULL);
    return unseal_new(out, &u);
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
    struct life l = { .o = o, .unseal_fd = -1 };
    struct unseal *unseal = NULL;
    int status = 1;

    if (begin(&l) != FAULT_NONE)
        return 1;
    if (o->shut && o->shut() != FAULT_NONE)
        journal_event(o->journal, JOURNAL_ERROR, "the keyholder cannot shut its doors", 0, NULL);
    else if (serve_new(&l.serve, l.heart, o->journal) == FAULT_NONE && meet_custodians(&unseal, &l) == FAULT_NONE &&
             control_send(o->control_fd, &ready, -1) == FAULT_NONE) {
        take_connections(l.serve, o);
        status = 0;
    }
    unseal_free(unseal);
    if (l.unseal_fd >= 0)
        (void)close(l.unseal_fd);
    serve_free(l.serve);
    heart_free(l.heart);
    secret_free(l.kek);
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
