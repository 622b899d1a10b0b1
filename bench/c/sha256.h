#ifndef SHA256_H
#define SHA256_H

#include <stddef.h>
#include <stdint.h>

/* The SHA-256 of some bytes, as eight words (FIPS 180-4). */
void sha256(const uint8_t *bytes, size_t length, uint32_t hash[8]);

#endif
