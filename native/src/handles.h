/* Objects by number, as JavaScript holds them; each belongs to the thread of one inbox. */
#ifndef PP_HANDLES_H
#define PP_HANDLES_H

#include <stdint.h>

enum pp_kind { PP_QUEUE, PP_LOCK, PP_SEMAPHORE, PP_EVENT, PP_CONDITION, PP_BARRIER, PP_MEMORY };

/* Lets go of an object and frees it; `owner_ended`: its thread is gone and did not close it. */
typedef void pp_closer(void *object, int owner_ended);

/* The object's number; where there is none, the object is closed and the answer is -errno. */
int32_t pp_handle_add(enum pp_kind kind, int32_t inbox, void *object, pp_closer *close);
/* NULL for a number that stands for no object of this kind. */
void *pp_handle_get(int32_t index, enum pp_kind kind);
/* The inbox of an object that exists. */
int32_t pp_handle_inbox(int32_t index);
int32_t pp_handle_close(int32_t index, enum pp_kind kind);
/* Closes the objects of a JavaScript thread that is gone. */
void pp_handles_close_all(int32_t inbox);

#endif
