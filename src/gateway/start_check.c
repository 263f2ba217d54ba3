/* start_check.c: may a server start like this? */
#include "gateway/start_check.h"

#include "gateway/folder.h"
#include "gateway/tls_files.h"

#include "base/banned.h"

enum fault start_check(const struct options *o, struct buf *why)
{
    struct folder folder;
    enum fault f = options_check(o, why);

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
