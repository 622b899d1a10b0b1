#ifndef PP_KEEPER_H
#define PP_KEEPER_H

/* Takes one connection from the listener: its descriptor, or a negative errno. */
int pp_keeper_accept(int listener);
/* Sets a descriptor aside for that moment. */
void pp_keeper_reserve(void);
/* Answers the one request on a connection, and closes it. */
void pp_keeper_answer(int peer);

#endif
