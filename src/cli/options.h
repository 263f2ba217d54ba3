/* options.h: every option once: the table drives file, environment, flags, defaults, --help and the man page.
 *
 * Precedence, lowest first: default, configuration file (INI), environment (TIJORI_*), flag. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

enum command {
    COMMAND_HELP, COMMAND_VERSION, COMMAND_SANDBOX, COMMAND_SERVE,
    COMMAND_MERCHANT,                 /* no verb yet: its help is all there is */
    COMMAND_MERCHANT_ADD, COMMAND_MERCHANT_LIST, COMMAND_MERCHANT_DISABLE, COMMAND_MERCHANT_ROTATE,
    COMMAND_MERCHANT_JUSPAY_KEY, COMMAND_MERCHANT_PUBLIC_KEY, COMMAND_MERCHANT_PAYTM_KEY, COMMAND_MERCHANT_ONBOARD,
    COMMAND_MERCHANT_ORIGIN,
    COMMAND_WEBHOOK,                  /* the first of each group as COMMAND_MERCHANT */
    COMMAND_WEBHOOK_ADD, COMMAND_WEBHOOK_LIST, COMMAND_WEBHOOK_REMOVE, COMMAND_WEBHOOK_DELIVERIES,
    COMMAND_WEBHOOK_SHOW, COMMAND_WEBHOOK_RESEND,
    COMMAND_JWE, COMMAND_JWE_ENCRYPT, COMMAND_JWE_DECRYPT,
    COMMAND_PAYTM, COMMAND_PAYTM_SIGN, COMMAND_PAYTM_VERIFY,
    COMMAND_BACKUP, COMMAND_RESTORE, COMMAND_CHECK,
    COMMAND_CUSTOMER, COMMAND_CUSTOMER_ERASE,
    COMMAND_AUDIT, COMMAND_AUDIT_VERIFY, COMMAND_AUDIT_TAIL, COMMAND_AUDIT_EXPORT, COMMAND_AUDIT_ARCHIVE,
    COMMAND_AUDIT_PURGE,
    COMMAND_KEY, COMMAND_KEY_INIT, COMMAND_KEY_ROTATE, COMMAND_KEY_STATUS, COMMAND_KEY_INVENTORY, COMMAND_KEY_DESTROY,
    COMMAND_UNSEAL,
    COMMAND_ADMIN, COMMAND_ADMIN_TOKEN_CREATE, COMMAND_ADMIN_TOKEN_LIST, COMMAND_ADMIN_TOKEN_REVOKE,
    COMMANDS
};

enum { OPTIONS_TEXT = 256, OPTIONS_RATES = 11 };

struct options {
    enum command command;
    bool help, check;
    char listen[OPTIONS_TEXT], admin_listen[OPTIONS_TEXT];    /* "127.0.0.1:8080", "127.0.0.1:8081" */
    char data[OPTIONS_TEXT];                                   /* data folder */
    char user[OPTIONS_TEXT];                                   /* whom root becomes; "": stays */
    char host[OPTIONS_TEXT];                                   /* further names of ours in Host, with commas between */
    char config[OPTIONS_TEXT];
    char key_file[OPTIONS_TEXT];                               /* "": DATA/keys/master.key */
    char journal[OPTIONS_TEXT];                                /* "": DATA/journal.jsonl; "-": standard error */
    char tls_certificate[OPTIONS_TEXT], tls_key[OPTIONS_TEXT]; /* PEM files */
    char tls_client_ca[OPTIONS_TEXT];                          /* the same; "": no certificate is asked of callers */
    char public_url[OPTIONS_TEXT];                             /* "": made from `listen` */
    bool behind_proxy;                                         /* a proxy here ends TLS; plain loopback HTTP is fine */
    bool expose;                                               /* sandbox: allow another bind than loopback */
    int64_t threads, workers;                                  /* HTTP threads, worker threads; 0: one a processor */
    int64_t rate[OPTIONS_RATES];                               /* calls a minute, as enum rate_class; 0: no limit */
    int64_t lockout;                                           /* wrong credentials that lock out; 0: none do */
    int64_t idempotency_hours;
    char network[OPTIONS_TEXT];                                /* "simulated" or "none" */
    int64_t network_wait_ms;                                   /* how long its answers are waited for */
    char acquirer[OPTIONS_TEXT], webhooks[OPTIONS_TEXT];       /* "simulated" or "none"; "on" or "off" */
    int64_t acquirer_wait_ms;
    int64_t card_budget;                                       /* distinct cards per merchant and hour; 0: no limit */
    bool strict_consent, rupay_auth_ref, paytm_short_status;   /* service/services.h */
    int64_t retain_orders_days, retain_deliveries_days;        /* service/retention.h; 0: for good */
    /* merchant sub-commands */
    char admin_url[OPTIONS_TEXT], admin_token_file[OPTIONS_TEXT];      /* "": from DATA/credentials.json */
    char name[OPTIONS_TEXT], currencies[OPTIONS_TEXT];
    int64_t merchant_id, overlap_seconds;
    char public_key[OPTIONS_TEXT], key_id[OPTIONS_TEXT];               /* a PEM file; what the merchant calls it */
    char client_id[OPTIONS_TEXT], key_version[OPTIONS_TEXT], scheme[OPTIONS_TEXT];
    bool replace, json;
    char origin[OPTIONS_TEXT];        /* merchant origin */
    bool remove;
    /* webhook sub-commands; merchant_id, json and the admin listener as above */
    char url[OPTIONS_TEXT], kind[OPTIONS_TEXT], version[OPTIONS_TEXT], events[OPTIONS_TEXT];
    char policy[OPTIONS_TEXT], intervals[OPTIONS_TEXT], authorization_file[OPTIONS_TEXT];
    int64_t tries, interval_seconds, endpoint, delivery, before;
    char state[OPTIONS_TEXT], order[OPTIONS_TEXT];
    char file[OPTIONS_TEXT];          /* backup, restore, check: the backup; of check "": the data folder */
    char customer[OPTIONS_TEXT];      /* customer erase */
    char scopes[OPTIONS_TEXT];        /* admin token create; its name and days with the others */
    /* an integrator's tools */
    char credentials[OPTIONS_TEXT];                                    /* "": DATA/credentials.json */
    char private_key[OPTIONS_TEXT], merchant_key_file[OPTIONS_TEXT];   /* "": from the credentials */
    char enc[OPTIONS_TEXT], kid[OPTIONS_TEXT], signature[OPTIONS_TEXT];
    bool double_encoded, raw;
    /* the audit log */
    char archive[OPTIONS_TEXT], anchor[OPTIONS_TEXT];                  /* "": the log itself; DATA/audit.anchor */
    char until[OPTIONS_TEXT];                                          /* archive, purge: "": by `days` */
    int64_t rows, from_row, days;
    bool follow;
    /* keys (docs/KEYS.md) */
    int64_t shares, threshold;                                         /* key init; 0: not given */
    char purpose[OPTIONS_TEXT], generation[OPTIONS_TEXT];              /* key rotate, key destroy: "data"; "1a2b3c4d" */
    char hsm_module[OPTIONS_TEXT], hsm_token[OPTIONS_TEXT];            /* keyholder/keysource.h */
    char hsm_key[OPTIONS_TEXT], hsm_pin_file[OPTIONS_TEXT];
    char hsm_folder[OPTIONS_TEXT];                                     /* where its library writes; "": nowhere */
    bool status, yes;                                                  /* unseal; key destroy */
};

/* Read the command line `args` (after the program's name, NULL-terminated), with file and environment under it.
 * BAD_INPUT with a sentence for people in `why` (it names the option and, for a file, the line). */
MUST_CHECK enum fault options_read(struct options *out, const char *const *args, struct buf *why);

/* Is this combination safe to start? BAD_INPUT with every reason, a line each, in `why`: serve without TLS or a
 * declared proxy, a plain listener outside loopback, a sandbox outside loopback without --expose, an admin
 * listener outside loopback, a world-readable TLS key, a missing data folder. */
MUST_CHECK enum fault options_check(const struct options *o, struct buf *why);

/* Append the text of --help: for one command, or the overview of all (COMMAND_HELP) or of a group
 * (COMMAND_MERCHANT). */
void options_help(struct buf *out, enum command c);

/* Append the manual page (groff man), made from the same tables. */
void options_manual(struct buf *out);
