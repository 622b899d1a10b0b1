/* Inboxes with bells for the processes of a test. */
#ifndef PP_TEST_BELLS_H
#define PP_TEST_BELLS_H

#include <stdint.h>

/* Makes the folder of the bells. */
void bells_begin(void);
/* Opens an inbox for this process. Half of the processes have a named pipe as their bell, the others a socket. */
int32_t bells_open(void);
/* Waits until the bell rings, at most so many milliseconds, and takes the event. */
void bells_wait(int32_t inbox, int ms);
/* Removes the folder, and the bells that killed processes have left. */
void bells_end(void);

#endif
