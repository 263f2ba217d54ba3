/* unseal_wire.c: what both ends of the custodians' socket must agree on. */
#include "keyholder/private_file.h"
#include "keyholder/unseal.h"
#include "keyholder/wire.h"

#include "base/banned.h"

enum fault unseal_path(char out[static UNSEAL_PATH_MAX], const char *key_file)
{
    return private_file_beside(out, UNSEAL_PATH_MAX, key_file, UNSEAL_SOCKET);
}

enum fault unseal_answer_read(struct unseal_answer *out, struct span frame)
{
    struct wire r = { frame, false };
    uint64_t version = wire_number(&r, 1), verdict = wire_number(&r, 1);

    out->verdict = (enum unseal_verdict)verdict;
    out->index = (unsigned)wire_number(&r, 1);
    out->have = (unsigned)wire_number(&r, 1);
    out->need = (unsigned)wire_number(&r, 1);
    out->shares = (unsigned)wire_number(&r, 1);
    wire_copy(&r, out->set, sizeof out->set);
    return wire_done(&r) && version == UNSEAL_VERSION && verdict <= UNSEAL_BROKEN ? FAULT_NONE : FAULT_BAD_INPUT;
}
