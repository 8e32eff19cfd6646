#include "CPilotProcess.h"

#if defined(__linux__)
#include <errno.h>
#include <sys/prctl.h>

int cpilot_process_make_undumpable(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : errno; }

int cpilot_process_is_dumpable(void) { return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1; }
#else
int cpilot_process_make_undumpable(void) { return 0; }

int cpilot_process_is_dumpable(void) { return 1; }
#endif
