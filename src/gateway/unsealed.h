/* unsealed.h: that custodians opened the keyring, for the audit log. */
#pragma once

#include "service/services.h"

/* Write a row that says so, and of which set the shares were. The keyholder answers, and the store is open; on a thread
 * that may wait. SILENT, DISK. */
MUST_CHECK enum fault unsealed_note(const struct services *s);
