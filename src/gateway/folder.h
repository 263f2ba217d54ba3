/* folder.h: the data folder: where its files are, its lock, and the credentials file people read.
 *
 *   DIR/lock               held while a server runs on the folder
 *   DIR/keys/master.key    the keyholder's alone (unless --key-file names another place)
 *   DIR/tijori.db          the store
 *   DIR/network.db         the simulated card network's own
 *   DIR/acquirer.db        the simulated acquirer's own
 *   DIR/audit.anchor       heads of the audit log, appended (docs/AUDIT.md)
 *   DIR/journal.jsonl      the journal (unless --journal names another place)
 *   DIR/credentials.json   sandbox: base URL, demo merchant, admin token. Mode 0600
 *   DIR/curl.conf          sandbox: the demo merchant's headers for `curl -K`, so that no secret is typed. Mode 0600
 *   DIR/juspay.conf        sandbox: the same for the Juspay API. Mode 0600
 *   DIR/admin.json         serve: admin URL and token. Mode 0600
 *
 * The folder is its user's alone: mode 0700, and so is DIR/keys. */
#pragma once

#include "base/arena.h"
#include "cli/options.h"

enum { FOLDER_PATH = OPTIONS_TEXT + 32, CREDENTIAL_TEXT = 160, CREDENTIAL_PEM = 2048 };

struct folder {
    char key_dir[FOLDER_PATH], key_file[FOLDER_PATH], lock[FOLDER_PATH], store[FOLDER_PATH];
    char network[FOLDER_PATH], acquirer[FOLDER_PATH], anchor[FOLDER_PATH];
    char journal[FOLDER_PATH], credentials[FOLDER_PATH], curl[FOLDER_PATH], juspay[FOLDER_PATH];
};

/* The paths for these options. */
void folder_paths(struct folder *f, const struct options *o);

/* Make the folder and its keys/ (mode 0700) if they are missing. *shut says whether one of them, or a file of the
 * store, was open to others and is no longer: a sandbox repairs that, and serve has refused such a folder before
 * (options_check()). DENIED when one of them is another user's; DISK. */
MUST_CHECK enum fault folder_make(bool *shut, const struct folder *f, const struct options *o);

/* Does its content show that the other mode made it? The store's stamp says so too, but only once all is running. */
bool folder_is_of_other_mode(const struct folder *f, const struct options *o);

/* Take the lock for as long as *fd stays open. BUSY when another server has it; DISK, also for a symbolic link. */
MUST_CHECK enum fault folder_lock(int *fd, const struct folder *f);

/* Does the folder hold a store already? */
bool folder_has_store(const struct folder *f);

/* Open the journal's file for appending; the caller closes *fd. DISK, also for a symbolic link. */
MUST_CHECK enum fault folder_open_journal(int *fd, const struct folder *f);

/* What the credentials file says; "" for what it does not. The caller wipes it. */
struct credentials {
    char base_url[CREDENTIAL_TEXT], client_id[CREDENTIAL_TEXT], client_secret[CREDENTIAL_TEXT];
    char admin_url[CREDENTIAL_TEXT], admin_token[CREDENTIAL_TEXT];
    struct {
        char api_key[CREDENTIAL_TEXT], key_id[CREDENTIAL_TEXT];
        char server_public_key[CREDENTIAL_PEM], merchant_private_key[CREDENTIAL_PEM];     /* PEM */
    } juspay;
    struct {
        char mid[CREDENTIAL_TEXT], merchant_key[CREDENTIAL_TEXT];
        char client_id[CREDENTIAL_TEXT], key_version[CREDENTIAL_TEXT];
        char server_public_key[CREDENTIAL_PEM];
    } paytm;
};

/* NOT_FOUND when there is no file; BAD_INPUT when it cannot be understood. */
MUST_CHECK enum fault folder_read_credentials(struct credentials *c, const struct folder *f, struct arena *a);

/* Replace the file in one step (written beside it, synced, renamed). The demo merchant is left out when
 * client_id is "". DISK. */
MUST_CHECK enum fault folder_write_credentials(const struct credentials *c, const struct folder *f);

/* Replace DIR/curl.conf and DIR/juspay.conf the same way. DISK. */
MUST_CHECK enum fault folder_write_curl(const struct credentials *c, const struct folder *f);
