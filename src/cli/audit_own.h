/* audit_own.h: what the files of `tijori audit` share. Private to this folder. */
#pragma once

#include "cli/tool.h"
#include "service/audit_verify.h"

enum { AUDIT_PATH = 2 * OPTIONS_TEXT, AUDIT_ANCHORS_MAX = 64 << 20, AUDIT_LINE = 4096 };

/* Say why the log cannot be read, and the exit status. */
int audit_fail(const char *what, enum fault f);

/* DATA and `name`. */
enum fault audit_path(char out[static AUDIT_PATH], const struct options *o, const char *name);

/* The key of `o` (cli/key_source.h), with its faults and sentences. The caller frees it. */
MUST_CHECK enum fault audit_open_key(struct audit_key **out, const struct options *o, struct buf *why);

/* What was found, a line each, to standard output. */
void audit_print_findings(const struct audit_report *r);

/* A line of text, to standard output or standard error. */
void audit_print(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* audit_rows.c, audit_copy.c */
int audit_tail(const struct options *o, struct audit_trail *t);
int audit_export(const struct options *o, struct audit_trail *t);
int audit_archive(const struct options *o, struct audit_trail *t, struct audit_key *key);
int audit_purge_old(const struct options *o, struct audit_trail *t, struct audit_key *key);
