/* options.c: defaults, then file, then environment, then flags. */
#include "cli/options.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cli/option_file.h"

#include "base/banned.h"

/* What the command line said, before any of it is applied: the file it names comes under it. */
struct spoken {
    struct options *out;
    const char *flag[OPTION_ROWS_MAX];        /* values by row, NULL: not given */
    struct buf *why;
};

static enum fault complain(struct buf *why, const char *a, const char *b, const char *c)
{
    buf_text(why, a);
    buf_text(why, b);
    buf_text(why, c);
    return FAULT_BAD_INPUT;
}

/* Puts a C string into a buf in quotes, so that an empty or strange value can be seen. */
static void buf_quoted(struct buf *b, const char *text)
{
    buf_byte(b, '"');
    buf_text(b, text);
    buf_byte(b, '"');
}

static enum fault put_number(int64_t *out, const struct option_row *r, const char *value, struct buf *why)
{
    uint64_t n;

    if (span_u64(&n, span_of(value), (uint64_t)r->max) || n < (uint64_t)r->min) {
        buf_quoted(why, value);
        buf_text(why, " is not a whole number from ");
        buf_i64(why, r->min);
        buf_text(why, " to ");
        buf_i64(why, r->max);
        return FAULT_BAD_INPUT;
    }
    *out = (int64_t)n;
    return FAULT_NONE;
}

static enum fault put_switch(bool *out, const char *value, struct buf *why)
{
    static const char *const yes[] = { "true", "yes", "on", "1" }, *const no[] = { "false", "no", "off", "0", "" };

    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        if (strcmp(value, yes[i]) == 0)
            return *out = true, FAULT_NONE;
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        if (strcmp(value, no[i]) == 0)
            return *out = false, FAULT_NONE;
    buf_quoted(why, value);
    return complain(why, " is neither true nor false", "", "");
}

/* Is `value` one of "a|b|c"? */
static bool is_choice(const char *choices, const char *value)
{
    size_t n = strlen(value);

    for (const char *at = choices; *at;) {
        size_t here = strcspn(at, "|");

        if (here == n && n > 0 && memcmp(at, value, n) == 0)
            return true;
        at += here + (at[here] == '|');
    }
    return false;
}

static enum fault put_choice(char *out, const struct option_row *r, const char *value, struct buf *why)
{
    if (!is_choice(r->argument, value)) {
        buf_quoted(why, value);
        return complain(why, " is none of ", r->argument, "");
    }
    return span_text(out, OPTIONS_TEXT, span_of(value));
}

/* Put `value` where the row says. `why` has the option's origin in front already. */
static enum fault put_value(struct options *o, const struct option_row *r, const char *value, struct buf *why)
{
    char *place = (char *)o + r->at;

    switch (r->value) {
    case VALUE_TEXT:
        if (span_text(place, OPTIONS_TEXT, span_of(value)))
            return complain(why, "the value is too long", "", "");
        return FAULT_NONE;
    case VALUE_NUMBER:
        return put_number((int64_t *)(void *)place, r, value, why);
    case VALUE_SWITCH:
        return put_switch((bool *)place, value, why);
    case VALUE_CHOICE:
        return put_choice(place, r, value, why);
    }
    return FAULT_INTERNAL;
}

static enum fault put_named(struct options *o, const struct option_row *r, const char *value, const char *origin,
                            struct buf *why)
{
    size_t before = why->n;

    buf_text(why, origin);
    buf_text(why, ": ");
    enum fault f = put_value(o, r, value, why);
    if (!f)
        why->n = before;
    return f;
}

static enum fault put_from_file(void *options, const struct option_row *r, const char *value, struct buf *why)
{
    return put_named(options, r, value, r->name, why);
}

static void put_defaults(struct options *o)
{
    uint8_t scrap[128];
    struct buf why = BUF(scrap);

    for (const struct option_row *r = option_rows; r->name; r++) {
        if (r->value == VALUE_NUMBER && !r->fallback)
            continue;                 /* no default: zero, which its range need not hold */
        enum fault f = put_value(o, r, option_fallback(r, o->command), &why);
        assert(!f);                   /* the table's own defaults are good */
        (void)f;
    }
}

static enum fault put_environment(struct options *o, struct buf *why)
{
    for (const struct option_row *r = option_rows; r->name; r++) {
        char name[OPTION_ENV_TEXT];
        const char *value;

        option_env(name, r);
        value = name[0] && option_belongs(r, o->command) ? getenv(name) : NULL;
        if (value && *value && put_named(o, r, value, name, why))
            return FAULT_BAD_INPUT;
    }
    return FAULT_NONE;
}

static enum fault put_flags(const struct spoken *s)
{
    for (const struct option_row *r = option_rows; r->name; r++) {
        char origin[OPTION_ENV_TEXT] = "--";

        if (!s->flag[r - option_rows])
            continue;
        if (span_text(origin + 2, sizeof origin - 2, span_of(r->name)))
            return FAULT_INTERNAL;
        if (put_named(s->out, r, s->flag[r - option_rows], origin, s->why))
            return FAULT_BAD_INPUT;
    }
    return FAULT_NONE;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static enum fault complain_group(struct buf *why, enum command group, const char *said)
{
    buf_text(why, command_rows[group].first);
    buf_text(why, " needs one of ");
    for (enum command c = group + 1; c < COMMANDS && command_rows[c].second; c++) {
        buf_text(why, c > group + 1 ? ", " : "");
        buf_text(why, command_rows[c].second);
    }
    return complain(why, ", not ", said, "");
}

/* How many of `words` say `second`, which is one word or two; 0: they say something else. */
static size_t words_said(const char *second, const char *const *words)
{
    size_t n = 0;

    for (const char *at = second; *at; n++) {
        size_t here = strcspn(at, " ");

        if (!words[n] || strlen(words[n]) != here || memcmp(words[n], at, here) != 0)
            return 0;
        at += here + (at[here] == ' ');
    }
    return n;
}

/* Does a command of the group have two further words, of which `word` is the first? */
static bool is_half_named(enum command group, const char *word)
{
    size_t n = strlen(word);

    for (enum command c = group + 1; c < COMMANDS && command_rows[c].second; c++)
        if (strncmp(command_rows[c].second, word, n) == 0 && command_rows[c].second[n] == ' ')
            return true;
    return false;
}

/* Find the command that args begin with; *used says how many words it took. Rows with further words come after the row
 * with only the first of them, and win. */
static enum fault find_command(enum command *out, size_t *used, const char *const *args, struct buf *why)
{
    enum command found = COMMANDS;

    for (enum command c = 0; c < COMMANDS; c++) {
        const struct command_row *row = &command_rows[c];

        if (strcmp(row->first, args[0]) == 0 && (!row->second || words_said(row->second, args + 1)))
            found = c;
    }
    if (found == COMMANDS)
        return complain(why, "there is no command \"", args[0], "\" (see tijori help)");
    *out = found;
    *used = 1;
    if (command_is_group(found) && args[1] && !is_help(args[1])) {
        if (!is_half_named(found, args[1]) || !args[2] || !is_help(args[2]))
            return complain_group(why, found, args[1]);
        *used = 2;
    } else if (command_rows[found].second) {
        *used = 1 + words_said(command_rows[found].second, args + 1);
    }
    return FAULT_NONE;
}

static enum fault remember(struct spoken *s, const struct option_row *r, const char *value)
{
    if (s->flag[r - option_rows])
        return complain(s->why, "--", r->name, " is given twice");
    s->flag[r - option_rows] = value;
    return FAULT_NONE;
}

static enum fault remember_operand(struct spoken *s, const char *word)
{
    const char *name = command_rows[s->out->command].operand;

    if (!name)
        return complain(s->why, "\"", word, "\" is one word too many");
    return remember(s, option_find(span_of(name)), word);
}

/* One "--name", "--name=VALUE" or "--name VALUE"; *at moves past what it took. */
static enum fault remember_flag(struct spoken *s, const char *const *args, size_t *at)
{
    const char *word = args[(*at)++] + 2, *equals = strchr(word, '=');
    struct span name = { (const uint8_t *)word, equals ? (size_t)(equals - word) : strlen(word) };
    const struct option_row *r = option_find(name);

    if (!r || !option_belongs(r, s->out->command)) {
        buf_text(s->why, r ? "this command does not take --" : "there is no option --");
        buf_span(s->why, name);
        return FAULT_BAD_INPUT;
    }
    if (equals)
        return remember(s, r, equals + 1);
    if (r->value == VALUE_SWITCH)
        return remember(s, r, "true");
    if (!args[*at])
        return complain(s->why, "--", r->name, " needs a value");
    return remember(s, r, args[(*at)++]);
}

/* Remember every flag and operand of args, which begin after the command's words. */
static enum fault remember_all(struct spoken *s, const char *const *args)
{
    bool flags_end = false;

    for (size_t i = 0; args[i];) {
        enum fault f;

        if (!flags_end && strcmp(args[i], "--") == 0) {
            flags_end = true, i++;
            continue;
        }
        if (flags_end || args[i][0] != '-' || !args[i][1])
            f = remember_operand(s, args[i++]);
        else if (strcmp(args[i], "-h") == 0)
            i++, s->out->help = true, f = FAULT_NONE;
        else if (args[i][1] != '-')
            f = complain(s->why, "there is no option ", args[i], "");
        else
            f = remember_flag(s, args, &i);
        if (f)
            return f;
    }
    return FAULT_NONE;
}

/* Is --help among the words, before a "--"? Then nothing else needs to be right. */
static bool asks_for_help(const char *const *args)
{
    for (; *args && strcmp(*args, "--") != 0; args++)
        if (is_help(*args))
            return true;
    return false;
}

static const char *config_path(const struct spoken *s)
{
    const struct option_row *r = option_find(SPAN("config"));
    const char *flag = s->flag[r - option_rows], *env = getenv("TIJORI_CONFIG");

    return flag ? flag : env && option_belongs(r, s->out->command) ? env : "";
}

/* With a public port picked by the system, a fixed admin port would only get in the way of a second server. */
static enum fault default_admin_listener(struct options *o, struct buf *why)
{
    const struct option_row *r = option_find(SPAN("admin-listen"));
    size_t n = strlen(o->listen);
    bool picked = n >= 2 && strcmp(o->listen + n - 2, ":0") == 0;

    if (o->admin_listen[0])
        return FAULT_NONE;
    return put_value(o, r, picked ? "127.0.0.1:0" : option_fallback(r, o->command), why);
}

/* One source, and all that it needs. */
static enum fault check_key_init(const struct options *o, struct buf *why)
{
    if (!o->shares && !o->threshold && !o->hsm_module[0])
        return complain(why, "key init needs --shares N and --threshold K, or --hsm-module FILE", "", "");
    if ((o->shares || o->threshold) && o->hsm_module[0] && !o->replace)
        return complain(why, "key init takes shares or an HSM, not both", "", "");
    if (!o->shares != !o->threshold || o->threshold > o->shares)
        return complain(why, "key init needs --shares N and --threshold K, which is at most N", "", "");
    if (o->hsm_module[0] && (!o->hsm_token[0] || !o->hsm_pin_file[0]))
        return complain(why, "key init with --hsm-module needs --hsm-token LABEL and --hsm-pin-file FILE", "", "");
    return FAULT_NONE;
}

static enum fault check_needed(const struct options *o, struct buf *why)
{
    const char *operand = command_rows[o->command].operand;

    if (o->command == COMMAND_MERCHANT_PUBLIC_KEY && !o->public_key[0])
        return complain(why, "merchant public-key needs --public-key FILE", "", "");
    if (o->command == COMMAND_MERCHANT_ORIGIN && !o->origin[0])
        return complain(why, "merchant origin needs --origin ORIGIN", "", "");
    if (o->command == COMMAND_WEBHOOK_ADD && !o->url[0])
        return complain(why, "webhook add needs --url URL", "", "");
    if (o->command == COMMAND_WEBHOOK_REMOVE && !o->endpoint)
        return complain(why, "webhook remove needs --endpoint N", "", "");
    if ((o->command == COMMAND_WEBHOOK_SHOW || o->command == COMMAND_WEBHOOK_RESEND) && !o->delivery)
        return complain(why, "webhook ", command_rows[o->command].second, " needs --delivery N");
    if (o->command == COMMAND_AUDIT_ARCHIVE && !o->archive[0])
        return complain(why, "audit archive needs --archive FILE", "", "");
    if (o->command == COMMAND_PAYTM_VERIFY && !o->signature[0])
        return complain(why, "paytm verify needs --signature TEXT", "", "");
    if (o->command == COMMAND_CUSTOMER_ERASE && !o->customer[0])
        return complain(why, "customer erase needs --customer ID", "", "");
    if (o->command == COMMAND_KEY_DESTROY && !o->generation[0])
        return complain(why, "key destroy needs --generation ID (see tijori key status)", "", "");
    if (o->command == COMMAND_KEY_INIT)
        return check_key_init(o, why);
    if (o->command == COMMAND_ADMIN_TOKEN_CREATE && !o->scopes[0])
        return complain(why, "admin token create needs --scope LIST", "", "");
    if (!operand)
        return FAULT_NONE;
    if (strcmp(operand, "file") == 0)
        return o->file[0] ? FAULT_NONE : complain(why, command_rows[o->command].first, " needs a FILE", "");
    if (strcmp(operand, "name") == 0 ? o->name[0] != '\0' : o->merchant_id != 0)
        return FAULT_NONE;
    buf_text(why, command_rows[o->command].first);
    return complain(why, " ", command_rows[o->command].second,
                    strcmp(operand, "name") == 0 ? " needs a NAME" : " needs an ID (see tijori merchant list)");
}

/* "tijori help COMMAND" is the same as "tijori COMMAND --help". */
static enum fault read_help(struct options *out, const char *const *args, struct buf *why)
{
    size_t used = 0;

    out->help = true;
    if (!args[0])
        return FAULT_NONE;
    if (args[0][0] == '-')
        return FAULT_NONE;
    return find_command(&out->command, &used, args, why);
}

enum fault options_read(struct options *out, const char *const *args, struct buf *why)
{
    struct spoken s = { .out = out, .why = why };
    size_t used = 0;
    enum fault f;

    *out = (struct options){ .command = COMMAND_HELP };
    if (!args[0] || is_help(args[0]))
        return out->help = true, FAULT_NONE;
    if (strcmp(args[0], "--version") == 0)
        return out->command = COMMAND_VERSION, FAULT_NONE;
    if ((f = find_command(&out->command, &used, args, why)))
        return f;
    if (out->command == COMMAND_HELP)
        return read_help(out, args + used, why);
    if (command_is_group(out->command))
        return out->help = true, FAULT_NONE;

    put_defaults(out);
    if (asks_for_help(args + used))
        return out->help = true, FAULT_NONE;
    if ((f = remember_all(&s, args + used)))
        return f;

    out->admin_listen[0] = '\0';      /* its default depends on `listen`, so it comes last */
    if (*config_path(&s) && (f = option_file_read(config_path(&s), out->command, put_from_file, out, why)))
        return f;
    if ((f = put_environment(out, why)) || (f = put_flags(&s)))
        return f;
    if ((f = default_admin_listener(out, why)))
        return f;
    return check_needed(out, why);
}
