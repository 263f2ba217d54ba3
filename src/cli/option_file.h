/* option_file.h: the configuration file. Private to this folder. */
#pragma once

#include "cli/option_table.h"

/* Takes one option's value; returns a fault after it has put a reason into `why`. */
typedef enum fault option_put(void *arg, const struct option_row *r, const char *value, struct buf *why);

/* Read the INI file `path` and call `put` for every option in it that `command` takes. Keys that no command
 * knows, keys in the wrong section, keys given twice and lines that cannot be read are BAD_INPUT, with file
 * and line in `why`. Options of other commands are passed over, so that one file serves them all. */
MUST_CHECK enum fault option_file_read(const char *path, enum command command,
                                       option_put *put, void *arg,
                                       struct buf *why);
