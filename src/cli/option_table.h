/* option_table.h: the one table of options and the one table of commands. Private to this folder. */
#pragma once

#include "cli/options.h"

enum option_value { VALUE_TEXT, VALUE_NUMBER, VALUE_SWITCH, VALUE_CHOICE };

enum { OPTION_ROWS_MAX = 128, OPTION_ENV_TEXT = 64 };    /* rows of the table; bytes of an environment name, with NUL */

struct option_row {
    const char *section;              /* of the configuration file; NULL: not read from a file */
    const char *name;                 /* "admin-listen": the flag without its dashes and the key in the file */
    const char *argument;             /* what --help calls the value; NULL for a switch; of a choice the values
                                       * themselves, "simulated|none" */
    enum option_value value;
    size_t at;                        /* offset in struct options */
    uint64_t commands;                /* bits 1 << enum command: who takes it */
    int64_t min, max;                 /* of a number */
    const char *fallback;             /* the default as text; NULL: empty, 0 or off */
    const char *live_fallback;        /* the default of `serve` where it differs; NULL: as above */
    bool flag_only;                   /* no environment variable either */
    const char *help;
};

/* Ended by a NULL name. */
extern const struct option_row option_rows[];

struct command_row {
    const char *first, *second;       /* the words; second is NULL for one-word commands, and may be two */
    const char *summary;              /* half a line */
    const char *about;                /* a paragraph */
    const char *operand;              /* the option that must be given and may go without its dashes; or NULL */
};

/* In the order of enum command. */
extern const struct command_row command_rows[COMMANDS];

/* Does the command take the option? */
static inline bool option_belongs(const struct option_row *r, enum command c)
{
    return r->commands & (UINT64_C(1) << c);
}

/* Is the command only the first word of others ("merchant")? */
bool command_is_group(enum command c);

/* The row called `name`, or NULL. */
const struct option_row *option_find(struct span name);

/* The environment variable of a row, "TIJORI_ADMIN_LISTEN"; empty when it has none. */
void option_env(char out[static OPTION_ENV_TEXT], const struct option_row *r);

/* The default of a row for a command, as text; never NULL. */
const char *option_fallback(const struct option_row *r, enum command c);
