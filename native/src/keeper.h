#ifndef PP_KEEPER_H
#define PP_KEEPER_H

/* Takes one connection from the listener: its descriptor, or -1. */
int pp_keeper_accept(int listener);
/* Answers the one request on a connection, and closes it. */
void pp_keeper_answer(int peer);

#endif
