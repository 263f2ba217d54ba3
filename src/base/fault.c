/* fault.c: the names and texts of the faults. */
#include "base/fault.h"

#include "base/banned.h"

const char *fault_name(enum fault f)
{
    switch (f) {
#define X(name, text) case FAULT_##name: return #name;
    FAULTS(X)
#undef X
    }
    return "INTERNAL";
}

const char *fault_text(enum fault f)
{
    switch (f) {
#define X(name, text) case FAULT_##name: return text;
    FAULTS(X)
#undef X
    }
    return "us: see the journal";
}
