/* start_check.c: may a server start like this? */
#include "gateway/start_check.h"

#include <unistd.h>

#include "gateway/folder.h"
#include "gateway/tls_files.h"

#include "base/banned.h"

enum fault start_check(const struct options *o, struct buf *why)
{
    struct folder folder;
    enum fault f = options_check(o, why);

    if (o->command == COMMAND_SERVE && geteuid() == 0 && !o->user[0]) {
        buf_text(why, "user: root starts this; name whom to become with --user, who owns the data folder "
                      "(--user root if it is to be root)\n");
        f = FAULT_BAD_INPUT;
    }
    if (!f)
        f = tls_files_check(o, why);
    if (f)
        return f;
    folder_paths(&folder, o);
    if (!folder_is_of_other_mode(&folder, o))
        return FAULT_NONE;
    buf_text(why, "data: ");
    buf_text(why, o->data);
    buf_text(why, " belongs to the other mode: sandbox and serve never share one");
    return FAULT_WRONG_STATE;
}
