// What Swift can't call by itself: prctl(2) takes any number of arguments.

#ifndef CPILOTPROCESS_H
#define CPILOTPROCESS_H

/// Has the kernel write no core dump of this process, whatever the limits and whoever collects dumps, and lets no other
/// process of the same user attach to it (PR_SET_DUMPABLE). Children that run another program are as usual.
///
/// Returns 0, or an errno. Does nothing, and returns 0, where the system has no such thing.
int cpilot_process_make_undumpable(void);

/// Whether a core dump may be written: 1 or 0; 1 where the system has no such thing.
int cpilot_process_is_dumpable(void);

#endif
