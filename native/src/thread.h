/* The shim's own threads: they take no signals, and live as long as the process. */
#ifndef PP_THREAD_H
#define PP_THREAD_H

int pp_thread_start(void *(*run)(void *), void *argument);

#endif
