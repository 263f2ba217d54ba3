/* option_manual.c: the manual page, from the tables. */
#include <string.h>

#include "cli/option_table.h"

#include "base/banned.h"

/* Append text with what groff would take for its own escaped. */
static void put_roff(struct buf *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        buf_text(out, "\\&");
    for (; *text; text++)
        if (*text == '\\')
            buf_text(out, "\\e");
        else if (*text == '-')
            buf_text(out, "\\-");
        else
            buf_byte(out, (uint8_t)*text);
}

/* One line of running text. */
static void put_line(struct buf *out, const char *text)
{
    put_roff(out, text);
    buf_text(out, "\n");
}

static void put_command(struct buf *out, const struct command_row *c)
{
    buf_text(out, "\\fBtijori ");
    put_roff(out, c->first);
    if (c->second) {
        buf_text(out, " ");
        put_roff(out, c->second);
    }
    buf_text(out, "\\fR");
    if (c->operand) {
        buf_text(out, " \\fI");
        put_roff(out, option_find(span_of(c->operand))->argument);
        buf_text(out, "\\fR");
    }
}

static void put_synopsis(struct buf *out)
{
    buf_text(out, ".SH SYNOPSIS\n.nf\n");
    for (enum command c = 0; c < COMMANDS; c++) {
        put_command(out, &command_rows[c]);
        buf_text(out, " [\\fIoptions\\fR]\n");
    }
    buf_text(out, ".fi\n");
}

static void put_commands(struct buf *out)
{
    buf_text(out, ".SH COMMANDS\n");
    for (enum command c = 0; c < COMMANDS; c++) {
        buf_text(out, ".TP\n");
        put_command(out, &command_rows[c]);
        buf_text(out, "\n");
        put_line(out, command_rows[c].about);
    }
}

static void put_owners(struct buf *out, const struct option_row *r)
{
    const char *before = "Taken by ";

    for (enum command c = 0; c < COMMANDS; c++) {
        if (!option_belongs(r, c))
            continue;
        buf_text(out, before);
        put_roff(out, command_rows[c].first);
        if (command_rows[c].second) {
            buf_text(out, " ");
            put_roff(out, command_rows[c].second);
        }
        before = ", ";
    }
    buf_text(out, ".\n");
}

static void put_defaults(struct buf *out, const struct option_row *r)
{
    if (!r->fallback)
        return;
    buf_text(out, "Default: \\fB");
    put_roff(out, r->fallback);
    buf_text(out, "\\fR");
    if (r->live_fallback) {
        buf_text(out, "; of serve \\fB");
        put_roff(out, r->live_fallback);
        buf_text(out, "\\fR");
    }
    buf_text(out, ".\n");
}

static void put_option(struct buf *out, const struct option_row *r)
{
    char env[OPTION_ENV_TEXT];

    buf_text(out, ".TP\n\\fB\\-\\-");
    put_roff(out, r->name);
    buf_text(out, "\\fR");
    if (r->argument) {
        buf_text(out, " \\fI");
        put_roff(out, r->argument);
        buf_text(out, "\\fR");
    }
    buf_text(out, "\n");
    put_line(out, r->help);
    put_defaults(out, r);
    option_env(env, r);
    if (r->section) {
        buf_text(out, "File: section [");
        put_roff(out, r->section);
        buf_text(out, "].\n");
    }
    if (env[0]) {
        buf_text(out, "Environment: ");
        buf_text(out, env);
        buf_text(out, ".\n");
    }
    put_owners(out, r);
}

static void put_sections(struct buf *out)
{
    buf_text(out, ".SH CONFIGURATION FILE\n");
    put_line(out, "An INI file: sections in brackets, key = value, comments after ; or #. A key is the name of "
                  "the option without its dashes. Unknown keys are refused, with their line.");
    buf_text(out, ".PP\n");
    put_line(out, "A flag wins over the environment, the environment over the file, the file over the default. "
                  "An empty environment variable counts as not set.");
    buf_text(out, ".PP\n.nf\n");
    put_line(out, "[server]\nlisten = 127.0.0.1:8080\ndata = /var/lib/tijori\nbehind-proxy = true\n"
                  "[limits]\nrate-create-order = 400");
    buf_text(out, ".fi\n");
}

static void put_ends(struct buf *out)
{
    buf_text(out, ".SH FILES\n.TP\nDATA/credentials.json\n");
    put_line(out, "Written by sandbox, mode 0600: base URL, the demo merchant's credentials, the admin URL and token.");
    buf_text(out, ".TP\nDATA/curl.conf, DATA/juspay.conf\n");
    put_line(out, "Written by sandbox, mode 0600: what curl -K needs to call the Cashfree and the Juspay API.");
    buf_text(out, ".TP\nDATA/admin.json\n");
    put_line(out, "Written by serve, mode 0600: the admin URL and token.");
    buf_text(out, ".TP\nDATA/keys/master.key\n");
    put_line(out, "The master key. Without it the data folder cannot be read; keep a copy elsewhere.");
    buf_text(out, ".SH EXIT STATUS\n");
    put_line(out, "0: done, or a clean stop. 1: refused by the server, a start that failed, a JWE that does not open, "
                  "or a signature that is not the body's. 2: a command line, settings or input that cannot be used, "
                  "or, for merchant, no server reachable.");
    buf_text(out, ".SH SIGNALS\n");
    put_line(out, "SIGTERM and SIGINT: finish what is in flight, refuse what is new, exit 0.");
}

void options_manual(struct buf *out)
{
    buf_text(out, ".TH TIJORI 1 \"\" \"tijori " TIJORI_VERSION "\"\n.SH NAME\n");
    buf_text(out, "tijori \\- card\\-token vault and payment\\-order gateway\n");
    put_synopsis(out);
    buf_text(out, ".SH DESCRIPTION\n");
    put_line(out, "Serves payment-order and card-token APIs from a data folder of its own. One binary is the "
                  "server, its keyholder, its supervisor and the tool that administers merchants.");
    put_commands(out);
    buf_text(out, ".SH OPTIONS\n");
    put_line(out, "A value may stand behind an equals sign or be the next word. "
                  "A switch may be turned off with =false.");
    for (const struct option_row *r = option_rows; r->name; r++)
        put_option(out, r);
    put_sections(out);
    put_ends(out);
}
