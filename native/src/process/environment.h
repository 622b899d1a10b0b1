/* Finding a program along PATH, and making the list of its environment variables. */
#ifndef PP_ENVIRONMENT_H
#define PP_ENVIRONMENT_H

#include <stddef.h>

/* Returns the string behind the end of `text` in a sequence of strings. */
const char *pp_next_string(const char *text);
/* Writes the path of a program to `path`. A name without a slash is searched along the PATH of the child's environment. Returns a negative
 * errno if there is no such program. */
int pp_find_program(const char *name, char *const *envp, char *path, size_t size);
/* Makes the list of a child's variables: with `inherit`, this process's variables with `count` changes, otherwise the changes alone. NULL:
 * no memory. The strings are not copied; only the list is freed. */
char **pp_make_environment(const char *changes, int count, int inherit);

#endif
