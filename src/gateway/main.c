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
static int print_help(const struct options *o);
static int complain(const struct buf *why);
static int run(const struct options *o, const char *const *args);

int main(int argc, char **argv)
{
    const char *const *args = (const char *const *)argv + (argc > 0);
    char sentences[2048];
    struct buf why = BUF(sentences);
    struct options o;

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

static int run(const struct options *o, const char *const *args)
{
    char sentences[2048];
    struct buf why = BUF(sentences);

    switch (o->command) {
    case COMMAND_SANDBOX:
    case COMMAND_SERVE:
        if (confine_user(o->user, &why) || start_check(o, &why))
            return complain(&why);
        if (o->check) {
            puts("tijori: these settings are safe to start with");
            return 0;
        }
        return role_supervisor(o, args);
    case COMMAND_MERCHANT_ADD:
    case COMMAND_MERCHANT_LIST:
    case COMMAND_MERCHANT_DISABLE:
    case COMMAND_MERCHANT_ROTATE:
    case COMMAND_MERCHANT_JUSPAY_KEY:
    case COMMAND_MERCHANT_PUBLIC_KEY:
    case COMMAND_MERCHANT_PAYTM_KEY:
    case COMMAND_MERCHANT_ONBOARD:
    case COMMAND_MERCHANT_ORIGIN:
        return merchant_command(o);
    case COMMAND_WEBHOOK_ADD:
    case COMMAND_WEBHOOK_LIST:
    case COMMAND_WEBHOOK_REMOVE:
    case COMMAND_WEBHOOK_DELIVERIES:
    case COMMAND_WEBHOOK_SHOW:
    case COMMAND_WEBHOOK_RESEND:
        return webhook_command(o);
    case COMMAND_JWE_ENCRYPT:
    case COMMAND_JWE_DECRYPT:
        return jwe_command(o);
    case COMMAND_PAYTM_SIGN:
    case COMMAND_PAYTM_VERIFY:
        return paytm_command(o);
    case COMMAND_AUDIT_VERIFY:
    case COMMAND_AUDIT_TAIL:
    case COMMAND_AUDIT_EXPORT:
    case COMMAND_AUDIT_ARCHIVE:
    case COMMAND_AUDIT_PURGE:
        return audit_command(o);
    case COMMAND_BACKUP:
        return backup_command(o);
    case COMMAND_RESTORE:
        return restore_command(o);
    case COMMAND_CHECK:
        return check_command(o);
    case COMMAND_CUSTOMER_ERASE:
        return merchant_command(o);
    case COMMAND_KEY_INIT:
        return key_init_run(o);
    case COMMAND_KEY_ROTATE:
    case COMMAND_KEY_STATUS:
    case COMMAND_KEY_INVENTORY:
    case COMMAND_KEY_DESTROY:
        return key_run(o);
    case COMMAND_UNSEAL:
        return unseal_run(o);
    case COMMAND_ADMIN_TOKEN_CREATE:
    case COMMAND_ADMIN_TOKEN_LIST:
    case COMMAND_ADMIN_TOKEN_REVOKE:
        return admin_token_command(o);
    case COMMAND_VERSION:
        puts("tijori " TIJORI_VERSION);
        return 0;
    case COMMAND_HELP:
    case COMMAND_MERCHANT:
    case COMMAND_WEBHOOK:
    case COMMAND_JWE:
    case COMMAND_PAYTM:
    case COMMAND_AUDIT:
    case COMMAND_CUSTOMER:
    case COMMAND_KEY:
    case COMMAND_ADMIN:
    case COMMANDS:
        break;
    }
    return 2;
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
