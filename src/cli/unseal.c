/* unseal.c: handing a share over. */
#include "cli/unseal.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/base64.h"
#include "cli/key_source.h"
#include "cli/secret_line.h"
#include "cli/tool.h"
#include "keyholder/unseal.h"

#include "base/banned.h"

enum {
    WAIT_S = 60,                      /* for an answer: another custodian may be served first, and failures are slow */
    PROMPT_MAX = 96,
};

static int complain(const char *why)
{
    (void)fprintf(stderr, "tijori unseal: %s\n", why);
    return TOOL_REFUSED;
}

static int connect_to(const char *key_file)
{
    const struct timeval wait = { .tv_sec = WAIT_S };
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd;

    if (unseal_path(at.sun_path, key_file) != FAULT_NONE)
        return -1;
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) != 0 ||
        connect(fd, (const struct sockaddr *)&at, sizeof at) != 0) {
        if (fd >= 0)
            (void)close(fd);
        return -1;
    }
    return fd;
}

/* Put one question, over a connection of its own: nobody holds up the others while a share is being typed. */
static enum fault ask(struct unseal_answer *out, const char *key_file, const struct buf *question)
{
    uint8_t answer[UNSEAL_ANSWER + 1];
    int fd = connect_to(key_file);
    ssize_t n = -1;

    if (fd < 0)
        return FAULT_NOT_FOUND;
    if (send(fd, question->p, question->n, MSG_NOSIGNAL) == (ssize_t)question->n)
        n = recv(fd, answer, sizeof answer, 0);
    (void)close(fd);
    return n > 0 ? unseal_answer_read(out, (struct span){ answer, (size_t)n }) : FAULT_SILENT;
}

/* The question's first bytes. */
static struct buf begin(uint8_t *room, size_t cap, enum unseal_what what)
{
    struct buf b = { room, 0, cap, false };

    buf_byte(&b, UNSEAL_VERSION);
    buf_byte(&b, (uint8_t)what);
    return b;
}

static int show_status(const struct unseal_answer *a)
{
    uint8_t set[2 * KEYRING_SET];
    struct buf b = BUF(set);

    hex_put(&b, (struct span){ a->set, sizeof a->set });
    if (a->verdict == UNSEAL_OPEN)
        printf("open: %u of its %u shares were given (set %.*s)\n", a->need, a->shares, (int)b.n, (const char *)b.p);
    else
        printf("sealed: %u of %u shares given, %u there are (set %.*s)\n", a->have, a->need, a->shares, (int)b.n,
               (const char *)b.p);
    return TOOL_DONE;
}

static int show_taken(const struct unseal_answer *a)
{
    printf("share %u was taken; %u more %s needed\n", a->index, a->need - a->have,
           a->need - a->have == 1 ? "is" : "are");
    return TOOL_DONE;
}

static int show(const struct unseal_answer *a)
{
    switch (a->verdict) {
    case UNSEAL_TAKEN:
        return show_taken(a);
    case UNSEAL_OPENED:
        printf("share %u was taken; the server is unsealed\n", a->index);
        return TOOL_DONE;
    case UNSEAL_SEALED: case UNSEAL_OPEN:
        printf("the server is unsealed already; the share was not needed\n");
        return TOOL_DONE;
    case UNSEAL_MISTYPED:
        return complain("this is no share: a character is mistyped or missing; nothing was taken");
    case UNSEAL_OTHER_SET:
        return complain("this share belongs to another keyring; nothing was taken");
    case UNSEAL_AGAIN:
        return complain("this share was given already; it takes another custodian's");
    case UNSEAL_CONFLICT:
        return complain("another share of this number was given already: one of the two is not genuine");
    case UNSEAL_WRONG:
        return complain("the shares that were given do not open the keyring, so all of them were dropped: begin again");
    case UNSEAL_BROKEN:
        return complain("the shares are right, but the keyholder cannot go on; its journal says why");
    }
    return complain("the keyholder's answer cannot be understood");
}

/* Read the share behind the question's first bytes, and put it. */
static enum fault give(struct unseal_answer *a, const char *key_file, struct secret *room)
{
    struct buf question = begin(room->bytes, room->n, UNSEAL_SHARE);
    char prompt[PROMPT_MAX];
    enum fault f;

    snprintf(prompt, sizeof prompt, "share (%u of %u are here; what is typed is not shown): ", a->have, a->need);
    f = secret_line_read(&question, prompt);
    if (f == FAULT_BAD_INPUT) {       /* no share is as long: the keyholder says what is wrong */
        question.n = 2;
        question.full = false;
    } else if (f) {
        return f;
    }
    f = ask(a, key_file, &question);
    return f == FAULT_NOT_FOUND ? FAULT_SILENT : f;
}

static int run(const struct options *o)
{
    uint8_t bytes[2];
    const struct buf status = begin(bytes, sizeof bytes, UNSEAL_STATUS);
    char key_file[KEY_SOURCE_PATH];
    AUTO_SECRET room = NULL;
    struct unseal_answer a;
    enum fault f;

    key_source_file(key_file, o);
    if (ask(&a, key_file, &status) != FAULT_NONE)
        return complain("no keyholder waits for shares here: no server runs on this data folder, or its keys come from "
                        "elsewhere");
    if (o->status || a.verdict == UNSEAL_OPEN)
        return show_status(&a);
    if (secret_new(&room, UNSEAL_FRAME_MAX) != FAULT_NONE)
        return complain("no locked memory could be had (see ulimit -l)");
    f = give(&a, key_file, room);
    if (f == FAULT_NOT_FOUND)
        return complain("no share was typed");
    if (f == FAULT_DISK)
        return complain("the share cannot be read without showing it");
    return f ? complain("the keyholder does not answer") : show(&a);
}

int unseal_command(const struct options *o)
{
    uint8_t sentence[PROMPT_MAX];
    struct buf why = BUF(sentence);
    int status = TOOL_REFUSED;

    if (key_source_begin(&why))
        status = run(o);
    else
        tool_complain("unseal", buf_view(&why));
    key_source_end();
    return status;
}
