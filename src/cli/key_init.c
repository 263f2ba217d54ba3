/* key_init.c: making a keyring for a data folder that no server runs on. */
#include "cli/key_init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/key_source.h"
#include "cli/tool.h"
#include "keyholder/keymake.h"

#include "base/banned.h"

enum { WORDS_MAX = 256 };             /* bytes of what is said about a share */

struct teller { unsigned shares, threshold; };

static int complain(const char *why)
{
    (void)fprintf(stderr, "tijori key init: %s\n", why);
    return TOOL_REFUSED;
}

/* The folders that are missing: the server wants them to be our own alone, and so are these. */
static const char *make_folders(const struct options *o)
{
    char keys[KEY_SOURCE_PATH];

    if (mkdir(o->data, S_IRWXU) != 0 && errno != EEXIST)
        return "the data folder cannot be made";
    snprintf(keys, sizeof keys, "%s/keys", o->data);
    if (!o->key_file[0] && mkdir(keys, S_IRWXU) != 0 && errno != EEXIST)
        return "the folder for keys cannot be made";
    return NULL;
}

/* The server's own lock. */
static const char *lock(int *fd, const struct options *o)
{
    char path[KEY_SOURCE_PATH];

    snprintf(path, sizeof path, "%s/lock", o->data);
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (*fd < 0)
        return "the data folder cannot be locked";
    return flock(*fd, LOCK_EX | LOCK_NB) == 0 ? NULL : "a server is running on this data folder; stop it first";
}

/* New keys would open none of the records that are there. */
static const char *check_records(const struct options *o, const char *key_file)
{
    const struct keysource_options source = { .key_file = key_file };
    char store[KEY_SOURCE_PATH];
    struct keyring_head head;

    if (keysource_kind(&head, &source) != FAULT_NONE || head.version)
        return NULL;                  /* what there is to say of a keyring is said when it is made */
    snprintf(store, sizeof store, "%s/tijori.db", o->data);
    return access(store, F_OK) == 0 && access(key_file, F_OK) != 0
               ? "the data folder holds records, but their key file is not there" : NULL;
}

static bool tell(void *arg, unsigned i, struct span text)
{
    const struct teller *t = arg;
    char words[WORDS_MAX];

    snprintf(words, sizeof words, "%sShare %u of %u, for custodian %u and nobody else:\n\n    ",
             i == 1 ? "Each share belongs to one custodian, who keeps it where none of the others comes by it.\n"
                      "They are shown this once.\n\n" : "", i, t->shares, i);
    return tool_write(STDOUT_FILENO, span_of(words)) && tool_write(STDOUT_FILENO, text) &&
           tool_write(STDOUT_FILENO, SPAN("\n\n"));
}

static void say_done(const struct options *o, const char *key_file, bool converted)
{
    char replaced[KEYMAKE_PATH_MAX];

    if (o->shares)
        printf("Any %lld of these %lld shares open a server: start it, and have each custodian run\n\n"
               "    tijori unseal --data '%s'\n\n", (long long)o->threshold, (long long)o->shares, o->data);
    else
        printf("The HSM keeps the key of the keyring: start the server with the same --hsm options.\n\n");
    if (converted && keymake_replaced(replaced, key_file) == FAULT_NONE)
        printf("The key file is now %s. It opens everything still, and nothing needs it:\n"
               "once a server has started without it, destroy it and every copy of it.\n", replaced);
    (void)fflush(stdout);
}

static int make(const struct options *o, const char *key_file)
{
    struct key_source_asked asked = { 0 };
    const struct keymake_options ko = {
        .source = { key_file, o->hsm_module, o->hsm_token, o->hsm_key, o->hsm_pin_file },
        .shares = (unsigned)o->shares, .threshold = (unsigned)o->threshold, .now_ms = clock_now_ms(clock_system()),
        .replace = o->replace, .ask = key_source_ask, .ask_arg = &asked,
    };
    struct teller t = { ko.shares, ko.threshold };
    const char *why = "";
    bool converted;
    enum fault f = keymake(&converted, &ko, tell, &t, &why);

    if (f)
        return complain(why);
    say_done(o, key_file, converted);
    return TOOL_DONE;
}

int key_init_command(const struct options *o)
{
    uint8_t sentence[WORDS_MAX];
    struct buf in_the_way = BUF(sentence);
    char key_file[KEY_SOURCE_PATH];
    const char *why;
    int fd = -1, status;

    if (!key_source_begin(&in_the_way)) {
        tool_complain("key init", buf_view(&in_the_way));
        return TOOL_REFUSED;
    }
    key_source_file(key_file, o);
    why = make_folders(o);
    if (!why)
        why = lock(&fd, o);
    if (!why)
        why = check_records(o, key_file);
    status = why ? complain(why) : make(o, key_file);
    if (fd >= 0)
        (void)close(fd);
    key_source_end();
    return status;
}
