#ifndef PP_THREAD_H
#define PP_THREAD_H

/* Starts a thread that lives as long as the process. It receives no signals, because the handlers belong to the runtime. */
int pp_thread_start(void *(*run)(void *), void *argument);

#endif
