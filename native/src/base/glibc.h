/*
 * The build puts this file before each source. It makes a library that was built with a new glibc load with an old one, 2.28.
 *
 * A linker asks for the newest version of each function. Newer versions of these came in 2.32 and 2.34 only because they moved from
 * libpthread into libc: the functions did not change, so the old versions are asked for.
 */
#ifndef PP_GLIBC_H
#define PP_GLIBC_H

#include <features.h>

#ifdef __GLIBC__
/* Since 2.38 sscanf and its like, which read the numbers of C23, have other names than those that read the ones of C11. */
#undef __GLIBC_USE_C2X_STRTOL
#define __GLIBC_USE_C2X_STRTOL 0
#undef __GLIBC_USE_C23_STRTOL
#define __GLIBC_USE_C23_STRTOL 0
#if defined(__x86_64__)
#define PP_FIRST "GLIBC_2.2.5"
#elif defined(__aarch64__)
/* The first glibc for this machine. */
#define PP_FIRST "GLIBC_2.17"
#endif
#endif

#ifdef PP_FIRST
#define PP_OF_VERSION(name, version) __asm__(".symver " #name "," #name "@" version)
PP_OF_VERSION(pthread_create, PP_FIRST);
PP_OF_VERSION(pthread_once, PP_FIRST);
PP_OF_VERSION(pthread_key_create, PP_FIRST);
PP_OF_VERSION(pthread_setspecific, PP_FIRST);
PP_OF_VERSION(pthread_getspecific, PP_FIRST);
PP_OF_VERSION(pthread_attr_setstacksize, PP_FIRST);
PP_OF_VERSION(pthread_sigmask, PP_FIRST);
#endif

#endif
