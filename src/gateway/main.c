/* main.c: which of its roles this process plays. No logic. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json_in.h"
#include "cli/admin_token.h"
#include "cli/audit.h"
#include "cli/backup.h"
#include "cli/check.h"
#include "cli/key.h"
#include "cli/key_init.h"
#include "cli/merchant.h"
#include "cli/options.h"
#include "cli/restore.h"
#include "cli/tools.h"
#include "cli/unseal.h"
#include "cli/webhook.h"
#include "confine/confine.h"
#include "gateway/files.h"
#include "gateway/roles.h"
#include "gateway/start_check.h"
#include "supervisor/supervisor.h"

#include "base/banned.h"

enum { MANUAL_MAX = 64 * 1024 };      /* bytes of the manual page */

static int print_manual(void);
static int print_version(const struct options *o);
static int print_help(const struct options *o);
static int complain(const struct buf *why);
static int run(const struct options *o, const char *const *args);

int main(int argc, char **argv)
{
    const char *const *args = (const char *const *)argv + (argc > 0);
    char sentences[2048];
    struct buf why = BUF(sentences);
    struct options o;

    if (files_keep_standard())
        return 2;
    umask(S_IRWXG | S_IRWXO);         /* whatever a role or a library makes is its user's alone */
    files_raise();
    if (args[0] && strcmp(args[0], ROLE_KEYHOLDER) == 0)
        return role_keyholder(args + 1);
    if (args[0] && strcmp(args[0], ROLE_GATEWAY) == 0)
        return role_gateway(args + 1);
    if (args[0] && strcmp(args[0], ROLE_COURIER) == 0)
        return role_courier();
    if (args[0] && strcmp(args[0], "@manual") == 0)
        return print_manual();
    json_in_start();
    if (options_read(&o, args, &why))
        return complain(&why);
    if (o.help || o.command == COMMAND_HELP)
        return print_help(&o);
    return run(&o, args);
}

/* The programs that do their work and end; every other command is a server, or has only its help. */
static int (*const programs[COMMANDS])(const struct options *o) = {
    [COMMAND_MERCHANT_ADD] = merchant_command,
    [COMMAND_MERCHANT_LIST] = merchant_command,
    [COMMAND_MERCHANT_DISABLE] = merchant_command,
    [COMMAND_MERCHANT_ROTATE] = merchant_command,
    [COMMAND_MERCHANT_JUSPAY_KEY] = merchant_command,
    [COMMAND_MERCHANT_PUBLIC_KEY] = merchant_command,
    [COMMAND_MERCHANT_PAYTM_KEY] = merchant_command,
    [COMMAND_MERCHANT_ONBOARD] = merchant_command,
    [COMMAND_MERCHANT_ORIGIN] = merchant_command,
    [COMMAND_CUSTOMER_ERASE] = merchant_command,
    [COMMAND_WEBHOOK_ADD] = webhook_command,
    [COMMAND_WEBHOOK_LIST] = webhook_command,
    [COMMAND_WEBHOOK_REMOVE] = webhook_command,
    [COMMAND_WEBHOOK_DELIVERIES] = webhook_command,
    [COMMAND_WEBHOOK_SHOW] = webhook_command,
    [COMMAND_WEBHOOK_RESEND] = webhook_command,
    [COMMAND_JWE_ENCRYPT] = jwe_command,
    [COMMAND_JWE_DECRYPT] = jwe_command,
    [COMMAND_PAYTM_SIGN] = paytm_command,
    [COMMAND_PAYTM_VERIFY] = paytm_command,
    [COMMAND_AUDIT_VERIFY] = audit_command,
    [COMMAND_AUDIT_TAIL] = audit_command,
    [COMMAND_AUDIT_EXPORT] = audit_command,
    [COMMAND_AUDIT_ARCHIVE] = audit_command,
    [COMMAND_AUDIT_PURGE] = audit_command,
    [COMMAND_BACKUP] = backup_command,
    [COMMAND_RESTORE] = restore_command,
    [COMMAND_CHECK] = check_command,
    [COMMAND_KEY_INIT] = key_init_command,
    [COMMAND_KEY_ROTATE] = key_command,
    [COMMAND_KEY_STATUS] = key_command,
    [COMMAND_KEY_INVENTORY] = key_command,
    [COMMAND_KEY_DESTROY] = key_command,
    [COMMAND_UNSEAL] = unseal_command,
    [COMMAND_ADMIN_TOKEN_CREATE] = admin_token_command,
    [COMMAND_ADMIN_TOKEN_LIST] = admin_token_command,
    [COMMAND_ADMIN_TOKEN_REVOKE] = admin_token_command,
    [COMMAND_VERSION] = print_version,
};

static int run(const struct options *o, const char *const *args)
{
    char sentences[2048];
    struct buf why = BUF(sentences);

    if (o->command != COMMAND_SANDBOX && o->command != COMMAND_SERVE)
        return programs[o->command] ? programs[o->command](o) : 2;
    if (confine_user(o->user, &why) || start_check(o, &why))
        return complain(&why);
    if (!o->check)
        return role_supervisor(o, args);
    puts("tijori: these settings are safe to start with");
    return 0;
}

static int print_version(const struct options *o)
{
    (void)o;
    puts("tijori " TIJORI_VERSION);
    return 0;
}

static int print_manual(void)
{
    static char text[MANUAL_MAX];
    struct buf b = BUF(text);

    options_manual(&b);
    fwrite(b.p, 1, b.n, stdout);
    return b.full;
}

static int print_help(const struct options *o)
{
    char text[MANUAL_MAX / 4];
    struct buf b = BUF(text);

    options_help(&b, o->command);
    fwrite(b.p, 1, b.n, stdout);
    return b.full;
}

static int complain(const struct buf *why)
{
    int n = (int)why->n;

    while (n && why->p[n - 1] == '\n')
        n--;
    fprintf(stderr, "tijori: %.*s\n", n, (const char *)why->p);
    return 2;
}
