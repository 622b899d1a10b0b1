/* The keeper's server: it hands the descriptors that this process keeps to other processes of the tree. */
#ifndef PP_KEEPER_SERVER_H
#define PP_KEEPER_SERVER_H

/* Serves the one request that waits on a connection, and closes the connection. */
void pp_keeper_serve(int client);

#endif
