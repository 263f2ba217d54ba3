/* option_table.c: every option and every command, once. */
#include "cli/option_table.h"

#include <string.h>

#include "base/banned.h"

enum {
    THREADS_MAX = 16,                 /* http/http.h and lane/lane.h have the same ceiling */
    RATE_MAX = 1000000,               /* calls a minute */
    IDEMPOTENCY_HOURS_MAX = 24 * 30,
    LOCKOUT_MAX = 10,                 /* PCI DSS v4 8.3.4 */
    OVERLAP_MAX = 30 * 24 * 3600,     /* seconds: the server refuses more */
    NETWORK_WAIT_MAX = 30000,         /* milliseconds: a caller has given up long before */
    CARD_BUDGET_MAX = 1000000,        /* distinct cards an hour */
    ROWS_MAX = 1000000,               /* of a log that people look at */
    DAYS_MAX = 36500,
    INTERVAL_MAX = 24 * 3600,         /* seconds: the server refuses more */
    RETAIN_MAX = 36500,               /* days */
    SHARES_MIN = 2, SHARES_MAX = 16,  /* keyholder/shamir.h has the same limits */
};

#define BIT(c) (UINT64_C(1) << COMMAND_##c)
_Static_assert(COMMANDS <= 64, "a bit for each command");
enum {
    SERVERS = BIT(SANDBOX) | BIT(SERVE),
    BY_ID = BIT(MERCHANT_DISABLE) | BIT(MERCHANT_ROTATE) | BIT(MERCHANT_JUSPAY_KEY) | BIT(MERCHANT_PUBLIC_KEY) |
            BIT(MERCHANT_PAYTM_KEY) | BIT(MERCHANT_ONBOARD) | BIT(MERCHANT_ORIGIN),
    WEBHOOKS = BIT(WEBHOOK_ADD) | BIT(WEBHOOK_LIST) | BIT(WEBHOOK_REMOVE) | BIT(WEBHOOK_DELIVERIES) |
               BIT(WEBHOOK_SHOW) | BIT(WEBHOOK_RESEND),
    MERCHANTS = BIT(MERCHANT_ADD) | BIT(MERCHANT_LIST) | BY_ID | WEBHOOKS,
    JWE = BIT(JWE_ENCRYPT) | BIT(JWE_DECRYPT),
    PAYTM = BIT(PAYTM_SIGN) | BIT(PAYTM_VERIFY),
    TOOLS = JWE | PAYTM,
    AUDIT_OLD = BIT(AUDIT_ARCHIVE) | BIT(AUDIT_PURGE),
    AUDIT_KEYED = BIT(AUDIT_VERIFY) | AUDIT_OLD,
    AUDIT = AUDIT_KEYED | BIT(AUDIT_TAIL) | BIT(AUDIT_EXPORT),
    FILES = BIT(BACKUP) | BIT(RESTORE) | BIT(CHECK),
    KEY_ASKERS = BIT(KEY_ROTATE) | BIT(KEY_STATUS) | BIT(KEY_INVENTORY) | BIT(KEY_DESTROY),
    ADMIN_TOKENS = BIT(ADMIN_TOKEN_CREATE) | BIT(ADMIN_TOKEN_LIST) | BIT(ADMIN_TOKEN_REVOKE),
    ASKERS = MERCHANTS | BIT(BACKUP) | BIT(CUSTOMER_ERASE) | KEY_ASKERS | ADMIN_TOKENS,
    OPENERS = SERVERS | AUDIT_KEYED | BIT(RESTORE) | BIT(CHECK) | BIT(KEY_INIT),  /* who must come by the keys */
    KEYS = BIT(KEY_INIT) | BIT(UNSEAL),
    EVERY = SERVERS | ASKERS | TOOLS | FILES | AUDIT | KEYS | BIT(HELP) | BIT(VERSION),
};

#define TEXT(section, name, argument, field, commands) \
    section, name, argument, VALUE_TEXT, offsetof(struct options, field), commands, 0, 0
#define NUMBER(section, name, argument, field, commands, min, max) \
    section, name, argument, VALUE_NUMBER, offsetof(struct options, field), commands, min, max
#define CHOICE(section, name, values, field, commands) \
    section, name, values, VALUE_CHOICE, offsetof(struct options, field), commands, 0, 0
#define SWITCH(section, name, field, commands) \
    section, name, NULL, VALUE_SWITCH, offsetof(struct options, field), commands, 0, 0
#define RATE(name, i, live, calls) \
    { NUMBER("limits", name, "N", rate[i], SERVERS, 0, RATE_MAX), "0", live, false, \
      "Calls a minute for each merchant: " calls ". 0 sets no limit." }
#define SOURCE_RATE(name, i, live, calls) \
    { NUMBER("limits", name, "N", rate[i], SERVERS, 0, RATE_MAX), "0", live, false, \
      "Calls a minute from each address: " calls ". 0 sets no limit, and so does --behind-proxy." }

const struct option_row option_rows[] = {
    { TEXT("server", "listen", "HOST:PORT", listen, SERVERS), "127.0.0.1:8080", NULL, false,
      "Where the APIs are served: a numeric address; port 0 picks a free one." },
    { TEXT("server", "admin-listen", "HOST:PORT|unix:PATH", admin_listen, SERVERS), "127.0.0.1:8081", NULL, false,
      "Where health, metrics and merchants are served: loopback only, or a Unix socket, by its absolute path, which "
      "only the server's user and root can use. When --listen has port 0, so has this." },
    { TEXT("server", "data", "DIR", data, SERVERS | ASKERS | TOOLS | FILES | AUDIT | KEYS), "./tijori-data",
      "/var/lib/tijori", false,
      "The data folder. sandbox makes it when it is missing. What is asked of a running server is asked with the admin "
      "token in it; jwe and paytm read the demo merchant's keys there." },
    { TEXT("server", "public-url", "URL", public_url, SERVERS), NULL, NULL, false,
      "How callers reach the server, for links in answers. Made from --listen when it is not given." },
    { TEXT("server", "user", "NAME", user, SERVERS), NULL, NULL, false,
      "Whom to become when root starts the server, once the sockets are bound; the data folder belongs to that user. "
      "serve is not run by root without it; root itself is a name too." },
    { TEXT("server", "host", "NAMES", host, SERVERS), NULL, NULL, false,
      "Further names that requests may give as their Host, with commas between. Numeric addresses, localhost and the "
      "host of --public-url are always taken; \"*\" takes any." },
    { NUMBER("server", "threads", "N", threads, SERVERS, 0, THREADS_MAX), "0", NULL, false,
      "HTTP threads. 0 is one for each processor." },
    { NUMBER("server", "workers", "N", workers, SERVERS, 0, THREADS_MAX), "0", NULL, false,
      "Threads for work that may block. 0 is one for each processor." },
    { SWITCH("server", "behind-proxy", behind_proxy, BIT(SERVE)), NULL, NULL, false,
      "A proxy on this machine ends TLS, so plain HTTP on loopback is accepted." },
    { SWITCH(NULL, "expose", expose, BIT(SANDBOX)), NULL, NULL, false,
      "Let the sandbox listen outside loopback. Everybody who reaches it can use it." },
    { TEXT("tls", "tls-certificate", "FILE", tls_certificate, SERVERS), NULL, NULL, false,
      "Certificate chain, PEM. Needs --tls-key." },
    { TEXT("tls", "tls-key", "FILE", tls_key, SERVERS), NULL, NULL, false,
      "Private key of the certificate, PEM, not readable by others." },
    { TEXT("tls", "tls-client-ca", "FILE", tls_client_ca, SERVERS), NULL, NULL, false,
      "Certificates of authorities, PEM. When it is given, whoever calls an API, or opens a checkout page, must show a "
      "certificate for clients that one of them signed." },
    { TEXT("keys", "key-file", "FILE", key_file, OPENERS | BIT(UNSEAL)), NULL, NULL, false,
      "The master key; what else the keyholder keeps lies beside it. DATA/keys/master.key when it is not given." },
    { TEXT("keys", "hsm-module", "FILE", hsm_module, OPENERS), NULL, NULL, false,
      "The PKCS#11 library of an HSM that holds the key of the keys. None when it is not given." },
    { TEXT("keys", "hsm-token", "LABEL", hsm_token, OPENERS), NULL, NULL, false,
      "The label of the HSM's token. Needed with --hsm-module." },
    { TEXT("keys", "hsm-key", "LABEL", hsm_key, OPENERS), "tijori", NULL, false,
      "The label of the AES-256 key in the token." },
    { TEXT("keys", "hsm-folder", "DIR", hsm_folder, SERVERS), NULL, NULL, false,
      "A folder that the HSM's library must write in, if it must." },
    { TEXT("keys", "hsm-pin-file", "FILE", hsm_pin_file, OPENERS), NULL, NULL, false,
      "A file with the token's PIN on its first line, not readable by others. Needed with --hsm-module." },
    { TEXT("journal", "journal", "FILE", journal, SERVERS), NULL, NULL, false,
      "Where the journal goes, a JSON line a request; \"-\" is standard error. "
      "DATA/journal.jsonl when it is not given." },
    { NUMBER("limits", "lockout", "N", lockout, SERVERS, 0, LOCKOUT_MAX), "0", "10", false,
      "Wrong credentials from one address for one client id after which that address waits half an hour. 0 sets no "
      "limit, and so does --behind-proxy." },
    RATE("rate-order-token", 0, "200", "order tokens"),
    RATE("rate-create-order", 1, "200", "create order"),
    RATE("rate-get-order", 2, "400", "get order"),
    RATE("rate-payments", 3, "100", "payments of an order"),
    RATE("rate-refund", 8, "100", "create or cancel a refund"),
    RATE("rate-get-refund", 9, "30", "refunds of an order"),
    RATE("rate-settlements", 10, "30", "settlements of an order"),
    RATE("rate-other", 4, "200", "everything else"),
    RATE("rate-tokens", 5, "0", "card tokens, through every API"),
    SOURCE_RATE("rate-pay", 6, "100", "attempts to pay"),
    SOURCE_RATE("rate-otp", 7, "60", "one-time passwords, given or sent again"),
    { NUMBER("limits", "idempotency-hours", "N", idempotency_hours, SERVERS, 1, IDEMPOTENCY_HOURS_MAX), "24", NULL,
      false,
      "How long an idempotency key is remembered." },
    { NUMBER("limits", "retain-orders", "DAYS", retain_orders_days, SERVERS, 0, RETAIN_MAX), "0", NULL, false,
      "Delete orders that ended so many days ago, with their payments and refunds. 0 keeps them for good." },
    { NUMBER("limits", "retain-deliveries", "DAYS", retain_deliveries_days, SERVERS, 0, RETAIN_MAX), "90", NULL, false,
      "Forget webhooks that were delivered or given up so many days ago. 0 keeps them for good." },
    { NUMBER("limits", "card-budget", "N", card_budget, SERVERS, 0, CARD_BUDGET_MAX), "0", "1000", false,
      "Different card numbers that a merchant may try in an hour. 0 sets no limit." },
    { CHOICE("network", "network", "simulated|none", network, SERVERS), "simulated", "none", false,
      "The card network behind card tokens. Tokens of the simulated one are worth nothing in any shop." },
    { NUMBER("network", "network-wait", "MS", network_wait_ms, SERVERS, 1, NETWORK_WAIT_MAX), "3000", NULL, false,
      "How long an answer of the card network is waited for, in milliseconds." },
    { CHOICE("acquirer", "acquirer", "simulated|none", acquirer, SERVERS), "simulated", "none", false,
      "The bank behind payments. The simulated one moves no money." },
    { NUMBER("acquirer", "acquirer-wait", "MS", acquirer_wait_ms, SERVERS, 1, NETWORK_WAIT_MAX), "3000", NULL, false,
      "How long an answer of the acquirer is waited for, in milliseconds." },
    { CHOICE("webhooks", "webhooks", "on|off", webhooks, SERVERS), "on", NULL, false,
      "Whether merchants are told what happens. What is to be told is kept either way, and sent once it is on." },
    { SWITCH("rules", "strict-consent", strict_consent, SERVERS), NULL, NULL, false,
      "Ask for an authentication reference with every card that is saved, whatever its scheme." },
    { SWITCH("rules", "rupay-auth-ref", rupay_auth_ref, SERVERS), NULL, NULL, false,
      "Ask for one with RuPay cards that are saved through the Juspay API." },
    { SWITCH("rules", "paytm-short-status", paytm_short_status, SERVERS), NULL, NULL, false,
      "Answer Paytm calls with S, F and U instead of SUCCESS, FAILED and PENDING." },
    { TEXT(NULL, "admin-url", "URL", admin_url, ASKERS), NULL, NULL, false,
      "The admin listener of the running server. Taken from the data folder when it is not given." },
    { TEXT(NULL, "admin-token-file", "FILE", admin_token_file, ASKERS), NULL, NULL, false,
      "A file that holds the admin token and nothing else. Taken from the data folder when it is not given." },
    { TEXT(NULL, "name", "NAME", name, BIT(MERCHANT_ADD) | BIT(ADMIN_TOKEN_CREATE) | BIT(ADMIN_TOKEN_REVOKE)), NULL,
      NULL, true,
      "What people call the merchant, or the admin token." },
    { TEXT(NULL, "scope", "LIST", scopes, BIT(ADMIN_TOKEN_CREATE)), NULL, NULL, true,
      "What the admin token is for, with commas between: read, merchants, webhooks, customers, backup, keys, tokens, "
      "sandbox." },
    { TEXT(NULL, "currencies", "LIST", currencies, BIT(MERCHANT_ADD)), "INR", NULL, true,
      "Currencies the merchant may use, with commas between them." },
    { NUMBER(NULL, "id", "ID", merchant_id, BY_ID | WEBHOOKS | BIT(CUSTOMER_ERASE), 1, INT64_MAX), NULL, NULL, true,
      "The merchant's number, as merchant list shows it." },
    { NUMBER(NULL, "overlap", "SECONDS", overlap_seconds, BIT(MERCHANT_ROTATE), 0, OVERLAP_MAX), "86400", NULL, true,
      "How long the old secret works beside the new one. 0 ends it at once." },
    { TEXT(NULL, "public-key", "FILE", public_key, BIT(MERCHANT_PUBLIC_KEY) | BIT(JWE_ENCRYPT)), NULL, NULL, true,
      "An RSA public key, PEM. Of jwe encrypt the server's; taken from the credentials when it is not given." },
    { TEXT(NULL, "key-id", "ID", key_id, BIT(MERCHANT_PUBLIC_KEY)), NULL, NULL, true,
      "What requests call this key. Made by the server when it is not given." },
    { TEXT(NULL, "client-id", "ID", client_id, BIT(MERCHANT_PAYTM_KEY)), "tijori", NULL, true,
      "The client id that requests name with this key." },
    { TEXT(NULL, "key-version", "VERSION", key_version, BIT(MERCHANT_PAYTM_KEY)), "v1", NULL, true,
      "The version that requests name with this key." },
    { SWITCH(NULL, "replace", replace, BIT(MERCHANT_JUSPAY_KEY) | BIT(MERCHANT_PAYTM_KEY) | BIT(KEY_INIT)), NULL, NULL,
      true,
      "End the keys that this one replaces at once: of juspay-key all API keys, of paytm-key the one of the same "
      "client id and version. Of key init: a keyring that custodians or an HSM keep is given to others; the shares "
      "there are so far are asked for." },
    { CHOICE(NULL, "scheme", "all|visa|mastercard|rupay|amex|diners", scheme, BIT(MERCHANT_ONBOARD)), "all", NULL, true,
      "The card scheme to be onboarded at." },
    { TEXT(NULL, "origin", "ORIGIN", origin, BIT(MERCHANT_ORIGIN)), NULL, NULL, true,
      "Scheme, host and port of the merchant's pages, such as https://shop.example." },
    { SWITCH(NULL, "remove", remove, BIT(MERCHANT_ORIGIN)), NULL, NULL, true,
      "Its pages may do so no longer." },
    { TEXT(NULL, "url", "URL", url, BIT(WEBHOOK_ADD)), NULL, NULL, true,
      "Where what happens is sent." },
    { CHOICE(NULL, "kind", "cashfree|paytm|juspay", kind, BIT(WEBHOOK_ADD)), "cashfree", NULL, true,
      "In whose words." },
    { TEXT(NULL, "webhook-version", "VERSION", version, BIT(WEBHOOK_ADD)), NULL, NULL, true,
      "Which version of Cashfree's webhooks: 2021-09-21, 2022-09-01, 2023-08-01, 2025-01-01 or 2026-01-01. 2025-01-01 "
      "when it is not given." },
    { TEXT(NULL, "events", "LIST", events, BIT(WEBHOOK_ADD)), NULL, NULL, true,
      "Events to be told, with commas between them: PAYMENT_SUCCESS, PAYMENT_FAILED, PAYMENT_DROPPED, REFUND, "
      "AUTO_REFUND, INSTRUMENT_ACTIVE, INSTRUMENT_FAILED; of the other kinds TOKEN. All when it is not given." },
    { CHOICE(NULL, "policy", "default|fixed|exponential|custom", policy, BIT(WEBHOOK_ADD)), "default", NULL, true,
      "How a failed delivery is tried again. default: after 2, 10 and 30 minutes." },
    { NUMBER(NULL, "tries", "N", tries, BIT(WEBHOOK_ADD), 0, 10), "0", NULL, true,
      "Of fixed and exponential: how often it is tried again." },
    { NUMBER(NULL, "interval", "SECONDS", interval_seconds, BIT(WEBHOOK_ADD), 0, INTERVAL_MAX), "0", NULL, true,
      "Of fixed and exponential: the pause before it is. exponential doubles it each time." },
    { TEXT(NULL, "intervals", "LIST", intervals, BIT(WEBHOOK_ADD)), NULL, NULL, true,
      "Of custom: the pauses in seconds, with commas between them." },
    { TEXT(NULL, "authorization-file", "FILE", authorization_file, BIT(WEBHOOK_ADD)), NULL, NULL, true,
      "Of juspay: a file with the value of the header Authorization on its first line." },
    { NUMBER(NULL, "endpoint", "N", endpoint, BIT(WEBHOOK_REMOVE), 1, INT64_MAX), NULL, NULL, true,
      "The endpoint's number, as webhook list shows it." },
    { NUMBER(NULL, "delivery", "N", delivery, BIT(WEBHOOK_SHOW) | BIT(WEBHOOK_RESEND), 1, INT64_MAX), NULL, NULL, true,
      "The delivery's number, as webhook deliveries shows it." },
    { CHOICE(NULL, "state", "waits|due|done|given_up|all", state, BIT(WEBHOOK_DELIVERIES)), "all", NULL, true,
      "Only deliveries in this state." },
    { TEXT(NULL, "order", "ID", order, BIT(WEBHOOK_DELIVERIES)), NULL, NULL, true,
      "Only deliveries about this order." },
    { NUMBER(NULL, "before", "N", before, BIT(WEBHOOK_DELIVERIES), 1, INT64_MAX), NULL, NULL, true,
      "Only deliveries before this one." },
    { TEXT(NULL, "credentials", "FILE", credentials, TOOLS), NULL, NULL, true,
      "The credentials of a sandbox. DATA/credentials.json when it is not given." },
    { TEXT(NULL, "private-key", "FILE", private_key, BIT(JWE_DECRYPT)), NULL, NULL, true,
      "An RSA private key, PEM. Taken from the credentials when it is not given." },
    { CHOICE(NULL, "enc", "A128GCM|A256GCM", enc, BIT(JWE_ENCRYPT)), "A256GCM", NULL, true,
      "The cipher of the content." },
    { TEXT(NULL, "kid", "ID", kid, BIT(JWE_ENCRYPT)), NULL, NULL, true,
      "The key id in the header. None when it is not given." },
    { SWITCH(NULL, "double", double_encoded, BIT(JWE_ENCRYPT)), NULL, NULL, true,
      "Encrypt a JSON string that holds the JSON, as some clients do." },
    { TEXT(NULL, "merchant-key-file", "FILE", merchant_key_file, PAYTM), NULL, NULL, true,
      "A file with the Paytm merchant key on its first line. Taken from the credentials when it is not given." },
    { TEXT(NULL, "signature", "TEXT", signature, BIT(PAYTM_VERIFY)), NULL, NULL, true,
      "The signature to be checked." },
    { SWITCH(NULL, "raw", raw, PAYTM), NULL, NULL, true,
      "Take a line end at the end of the body as a part of it." },
    { TEXT(NULL, "file", "FILE", file, FILES), NULL, NULL, true,
      "The backup. Of check: the backup to be checked; the data folder when it is not given." },
    { TEXT(NULL, "customer", "ID", customer, BIT(CUSTOMER_ERASE)), NULL, NULL, true,
      "The customer's id, as the merchant gave it." },
    { SWITCH(NULL, "json", json, MERCHANTS | BIT(CUSTOMER_ERASE) | KEY_ASKERS | ADMIN_TOKENS), NULL, NULL, true,
      "Print the server's answer as it came." },
    { TEXT(NULL, "config", "FILE", config, SERVERS | ASKERS | OPENERS | AUDIT | KEYS), NULL, NULL, false,
      "Read options from an INI file." },
    { SWITCH(NULL, "check", check, BIT(SERVE)), NULL, NULL, true,
      "Say whether these settings are safe to start with, and stop." },
    { SWITCH(NULL, "help", help, EVERY), NULL, NULL, true,
      "Show this text." },
    { TEXT(NULL, "archive", "FILE", archive, AUDIT), NULL, NULL, true,
      "An archive of the audit log. audit archive makes it; the others read it instead of the log." },
    { TEXT(NULL, "anchor", "FILE", anchor, BIT(AUDIT_VERIFY)), NULL, NULL, true,
      "Where the log's heads were written down. DATA/audit.anchor when it is not given; a copy kept on another machine "
      "says more." },
    { NUMBER(NULL, "rows", "N", rows, BIT(AUDIT_TAIL), 1, ROWS_MAX), "20", NULL, true,
      "How many of the last rows are shown." },
    { SWITCH(NULL, "follow", follow, BIT(AUDIT_TAIL) | BIT(KEY_STATUS)), NULL, NULL, true,
      "Go on with what is written from now on, until interrupted. Of key status: until all is under the newest key." },
    { NUMBER(NULL, "from", "ROW", from_row, BIT(AUDIT_EXPORT), 1, INT64_MAX), "1", NULL, true,
      "The first row. An export that broke off goes on with the row behind its last." },
    { NUMBER(NULL, "days", "N", days, AUDIT_OLD | BIT(ADMIN_TOKEN_CREATE), 1, DAYS_MAX), "365", NULL, true,
      "What is older than so many days. Of admin token create: how many days it is good for, at most 3650." },
    { TEXT(NULL, "until", "TIME", until, AUDIT_OLD), NULL, NULL, true,
      "What is older than this moment, in place of --days: 2026-01-01T00:00:00Z. What was archived with it is what is "
      "purged with it." },
    { NUMBER(NULL, "shares", "N", shares, BIT(KEY_INIT), SHARES_MIN, SHARES_MAX), NULL, NULL, true,
      "Have the key of the keys kept by so many custodians, a share each. Needs --threshold." },
    { NUMBER(NULL, "threshold", "K", threshold, BIT(KEY_INIT), SHARES_MIN, SHARES_MAX), NULL, NULL, true,
      "How many of the shares open a server. Fewer than these say nothing of the key." },
    { CHOICE(NULL, "purpose", "data|fingerprint|id|signing", purpose, BIT(KEY_ROTATE) | BIT(KEY_DESTROY)), "data", NULL,
      true, "Which key: of sealed records, of cards' fingerprints, of public ids, or of order tokens and the audit "
      "log." },
    { TEXT(NULL, "generation", "ID", generation, BIT(KEY_DESTROY)), NULL, NULL, true,
      "The generation's id, as key status shows it." },
    { SWITCH(NULL, "yes", yes, BIT(KEY_DESTROY)), NULL, NULL, true,
      "It is known what is lost with the key: of a data key, the backups from before the rotation." },
    { SWITCH(NULL, "status", status, BIT(UNSEAL)), NULL, NULL, true,
      "Say whether the server is sealed and how many shares it has, and stop." },
    { 0 },
};
_Static_assert(sizeof option_rows / sizeof option_rows[0] <= OPTION_ROWS_MAX, "OPTION_ROWS_MAX is too small");

const struct command_row command_rows[COMMANDS] = {
    [COMMAND_HELP] = { "help", NULL, "show this text, or help COMMAND",
        "Shows the commands, or the options of one command.", NULL },
    [COMMAND_VERSION] = { "version", NULL, "print the version", "Prints the version.", NULL },
    [COMMAND_SANDBOX] = { "sandbox", NULL, "run a server to try things with",
        "Runs a server on loopback with a demo merchant. Its credentials are in DATA/credentials.json. "
        "Starting again on the same data folder keeps data and credentials.", NULL },
    [COMMAND_SERVE] = { "serve", NULL, "run the live server",
        "Runs the live server: over TLS or behind a declared proxy, without default credentials. "
        "Refuses to start with unsafe settings and says why.", NULL },
    [COMMAND_MERCHANT] = { "merchant", NULL, "show the commands for merchants",
        "Adds, lists and disables the merchants of a running server, and gives them further keys.", NULL },
    [COMMAND_MERCHANT_ADD] = { "merchant", "add", "add a merchant and show its credentials, once",
        "Adds a merchant to a running server and prints what it is known by: Cashfree client id and secret, Juspay API "
        "key, Paytm MID and merchant key. The secrets are shown once. With a card network it is onboarded at every "
        "scheme.", "name" },
    [COMMAND_MERCHANT_LIST] = { "merchant", "list", "list the merchants",
        "Lists the merchants of a running server.", NULL },
    [COMMAND_MERCHANT_DISABLE] = { "merchant", "disable", "refuse a merchant from now on, for good",
        "No credential of the merchant is valid any more. This is final: nothing enables it again.", "id" },
    [COMMAND_MERCHANT_ROTATE] = { "merchant", "rotate-secret", "give a merchant a new secret",
        "Makes a new Cashfree client secret and prints it, once. The old one works beside it for --overlap seconds.",
        "id" },
    [COMMAND_MERCHANT_JUSPAY_KEY] = { "merchant", "juspay-key", "give a merchant a further Juspay API key",
        "Makes a Juspay API key and prints it, once. Those the merchant has work beside it, unless --replace is said.",
        "id" },
    [COMMAND_MERCHANT_PUBLIC_KEY] = { "merchant", "public-key", "register a merchant's public key",
        "Registers an RSA public key of 2048 to 4096 bits, to which answers through the Juspay API are encrypted. "
        "Needs --public-key.", "id" },
    [COMMAND_MERCHANT_PAYTM_KEY] = { "merchant", "paytm-key", "give a merchant a further Paytm merchant key",
        "Makes a Paytm merchant key, and a MID if the merchant has none, and prints them. The key is shown once.",
        "id" },
    [COMMAND_MERCHANT_ONBOARD] = { "merchant", "onboard", "get a merchant requestor ids at the card schemes",
        "Onboards the merchant at one card scheme or at all. Doing it again does no harm.", "id" },
    [COMMAND_MERCHANT_ORIGIN] = { "merchant", "origin", "let a merchant's pages show the checkout in a frame",
        "Registers an origin whose pages may frame this merchant's checkout and hear how a payment ended. Needs "
        "--origin.", "id" },
    [COMMAND_WEBHOOK] = { "webhook", NULL, "show the commands for webhooks",
        "Says where a merchant of a running server is told what happens, and shows what he was told.", NULL },
    [COMMAND_WEBHOOK_ADD] = { "webhook", "add", "tell a merchant what happens",
        "Adds an endpoint: a URL of the merchant's, to which events are sent. Needs --url.", "id" },
    [COMMAND_WEBHOOK_LIST] = { "webhook", "list", "list a merchant's endpoints",
        "Lists where a merchant is told what happens.", "id" },
    [COMMAND_WEBHOOK_REMOVE] = { "webhook", "remove", "remove an endpoint",
        "Nothing more is sent to the endpoint, and what waits for it is given up. Needs --endpoint.", "id" },
    [COMMAND_WEBHOOK_DELIVERIES] = { "webhook", "deliveries", "list what a merchant was told",
        "Lists a merchant's deliveries, the newest first.", "id" },
    [COMMAND_WEBHOOK_SHOW] = { "webhook", "show", "show one delivery",
        "Shows a delivery, what came of it, and the body that is sent. Needs --delivery.", "id" },
    [COMMAND_WEBHOOK_RESEND] = { "webhook", "resend", "send a delivery again",
        "Has a delivery sent once more at once, whatever came of it before. Needs --delivery.", "id" },
    [COMMAND_JWE] = { "jwe", NULL, "show the commands for encrypted cards",
        "What an integrator's side does with Juspay card data: encrypts a card to the server, decrypts an answer.",
        NULL },
    [COMMAND_JWE_ENCRYPT] = { "jwe", "encrypt", "encrypt JSON on standard input",
        "Reads JSON from standard input and prints a compact JWE of it (RSA-OAEP-256): cardData of a Juspay request.",
        NULL },
    [COMMAND_JWE_DECRYPT] = { "jwe", "decrypt", "decrypt a JWE on standard input",
        "Reads a compact JWE, or an answer that has one as its payload, from standard input and prints what is in it.",
        NULL },
    [COMMAND_PAYTM] = { "paytm", NULL, "show the commands for Paytm signatures",
        "What an integrator's side does with Paytm requests: signs a body, checks a signature.", NULL },
    [COMMAND_PAYTM_SIGN] = { "paytm", "sign", "sign a body on standard input",
        "Reads the body of a Paytm request from standard input, byte for byte, and prints its signature. One line end "
        "at the very end, as echo puts it, is no part of the body unless --raw is said.", NULL },
    [COMMAND_PAYTM_VERIFY] = { "paytm", "verify", "check the signature of a body on standard input",
        "Reads a body from standard input, as paytm sign does, and says whether --signature is one of it: status 0 "
        "when it is, 1 when it is not.", NULL },
    [COMMAND_AUDIT] = { "audit", NULL, "show the commands for the audit log",
        "Verifies, shows, exports, archives and purges the audit log of a data folder, with or without a server.",
        NULL },
    [COMMAND_AUDIT_VERIFY] = { "audit", "verify", "show whether the audit log is whole",
        "Checks every row and link of the audit log, the keyholder's count of what it opened, and the anchors. Status "
        "0: it is whole; 1: something was found, and is named; 2: it cannot be read. Needs the keys.", NULL },
    [COMMAND_AUDIT_TAIL] = { "audit", "tail", "show the last rows of the audit log",
        "Shows the last rows of the audit log, a JSON object a line.", NULL },
    [COMMAND_AUDIT_EXPORT] = { "audit", "export", "print the audit log as JSON lines",
        "Prints the rows of the audit log, a JSON object a line, each with its number in \"row\".", NULL },
    [COMMAND_AUDIT_ARCHIVE] = { "audit", "archive", "copy old rows of the audit log to a file",
        "Copies the links older than --days or --until, and their rows, to a new file, which audit verify --archive "
        "can check. Needs --archive and the keys.", NULL },
    [COMMAND_AUDIT_PURGE] = { "audit", "purge", "delete old rows of the audit log",
        "Deletes the links older than --days or --until, and their rows, once they are verified. A signed stub takes "
        "their place, from which the log verifies on. Needs the keys.", NULL },
    [COMMAND_BACKUP] = { "backup", NULL, "back up a running server",
        "Writes an encrypted backup of a running server into a new file. The keys are not in it and are copied "
        "separately: without them no backup can be opened.", "file" },
    [COMMAND_RESTORE] = { "restore", NULL, "make a data folder from a backup",
        "Makes the databases in --data from a backup, checks them, and only then puts them in place. Refuses where "
        "there are some already. Needs the keys of the server that was backed up.", "file" },
    [COMMAND_CHECK] = { "check", NULL, "check a data folder or a backup",
        "Looks whether the databases of a data folder, or of a backup, are whole and agree with themselves: pages, "
        "schema, references, states, sums of money, and, where the keys are there, the audit log. No server "
        "may be running on the folder. Status 0 when all is well, 1 when something is not.", NULL },
    [COMMAND_CUSTOMER] = { "customer", NULL, "show the commands for customers of a merchant",
        "What is done with a merchant's customers.", NULL },
    [COMMAND_CUSTOMER_ERASE] = { "customer", "erase", "erase what identifies a customer",
        "Deletes a customer's tokens, at the card network too, and the private parts of his record, orders and "
        "payments. Amounts, ids and times stay. Needs --customer.", "id" },
    [COMMAND_KEY] = { "key", NULL, "show the commands for keys",
        "Makes, rotates, lists and destroys the keys of a data folder.", NULL },
    [COMMAND_KEY_INIT] = { "key", "init", "have custodians or an HSM keep the key of the keys",
        "Makes a keyring for a new data folder, or for one that has a key file already, while no server runs on it. "
        "What opens it is kept by custodians (--shares and --threshold; the shares are printed, once) or by an HSM "
        "(--hsm-module). A key file that was there is no longer needed, and is moved aside to be destroyed.", NULL },
    [COMMAND_KEY_ROTATE] = { "key", "rotate", "make a new key",
        "Makes a new key of one purpose in a running server, and works with it from then on. What older data keys "
        "sealed is sealed again in the background.", NULL },
    [COMMAND_KEY_STATUS] = { "key", "status", "show the keys and how far a rotation is",
        "Shows the generations of the keys of a running server, and how much there still is under older ones.", NULL },
    [COMMAND_KEY_INVENTORY] = { "key", "inventory", "list algorithms, keys, their ages and uses",
        "Lists what is encrypted, signed or matched with which algorithm and key, and how old each is.", NULL },
    [COMMAND_KEY_DESTROY] = { "key", "destroy", "destroy an older key, for good",
        "Takes an older generation out of the keyring. What was made under it can no longer be opened, matched or "
        "verified. Needs --generation and --yes.", NULL },
    [COMMAND_UNSEAL] = { "unseal", NULL, "give a custodian's share to a sealed server",
        "Reads one share, from the terminal without showing it or from standard input, and gives it to the keyholder "
        "of a running server over a socket beside its keys. Once enough custodians have done so the server serves.",
        NULL },
    [COMMAND_ADMIN] = { "admin", NULL, "show the commands for admin tokens",
        "Says who may use the admin listener of a running server, and for what.", NULL },
    [COMMAND_ADMIN_TOKEN_CREATE] = { "admin", "token create", "make an admin token and show it, once",
        "Makes an admin token that may do what its scopes say, and no more than the token that makes it, for so many "
        "days. Needs --scope.", "name" },
    [COMMAND_ADMIN_TOKEN_LIST] = { "admin", "token list", "list the admin tokens",
        "Lists the admin tokens there were, but the one of the first run: what they are for, until when, and when they "
        "were used last.", NULL },
    [COMMAND_ADMIN_TOKEN_REVOKE] = { "admin", "token revoke", "refuse an admin token from now on, for good",
        "The admin token is refused from now on. Its name is not given again.", "name" },
};

bool command_is_group(enum command c)
{
    return c + 1 < COMMANDS && !command_rows[c].second && command_rows[c + 1].second;
}

const struct option_row *option_find(struct span name)
{
    for (const struct option_row *r = option_rows; r->name; r++)
        if (span_equal(span_of(r->name), name))
            return r;
    return NULL;
}

void option_env(char out[static OPTION_ENV_TEXT], const struct option_row *r)
{
    struct buf b = { (uint8_t *)out, 0, OPTION_ENV_TEXT - 1, false };

    if (!r->flag_only) {
        buf_text(&b, "TIJORI_");
        for (const char *c = r->name; *c; c++)
            buf_byte(&b, *c >= 'a' && *c <= 'z' ? (uint8_t)(*c - 'a' + 'A') : '_');
    }
    out[b.n] = '\0';
}

const char *option_fallback(const struct option_row *r, enum command c)
{
    const char *text = c == COMMAND_SERVE && r->live_fallback ? r->live_fallback : r->fallback;

    return text ? text : "";
}
