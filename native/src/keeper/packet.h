/* A keeper and its clients send each other packets on a SOCK_SEQPACKET socket. Some packets carry a descriptor. A packet arrives whole or
 * not at all. */
#ifndef PP_KEEPER_PACKET_H
#define PP_KEEPER_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/un.h>

#define PP_KEEPER_MAGIC 0x4b505050u
#define PP_TOKEN 16

/* A claim. The reply is an int32_t: 0 with the descriptor, or a negative errno. */
struct pp_keeper_request {
  uint32_t magic;
  uint8_t token[PP_TOKEN];
};

/* Sends one packet, with the descriptor `carried` unless that is -1. */
int pp_packet_send(int fd, const void *bytes, size_t length, int carried);
/* Receives one packet of exactly this length. `carried` gets the descriptor that came with it, or -1. Any further descriptor is closed. */
int pp_packet_receive(int fd, void *bytes, size_t length, int *carried);
/* Tells whether the process at the other end runs as the same user as this one. */
bool pp_packet_same_user(int socket);
/* Makes the address of a keeper's socket. -ENAMETOOLONG. */
int pp_packet_address(const char *path, struct sockaddr_un *address);

#endif
