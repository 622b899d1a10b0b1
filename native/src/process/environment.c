#include "process/environment.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

const char *pp_next_string(const char *text) { return text + strlen(text) + 1; }

int pp_find_program(const char *name, char *const *envp, char *path, size_t size) {
  if (strchr(name, '/') != NULL) return strlen(name) < size ? (strcpy(path, name), 0) : -ENAMETOOLONG;
  const char *folders = "/usr/local/bin:/bin:/usr/bin";
  for (; *envp != NULL; envp++)
    if (strncmp(*envp, "PATH=", 5) == 0) folders = *envp + 5;
  int status = -ENOENT;
  while (*folders != '\0') {
    size_t length = strcspn(folders, ":");
    if (length + strlen(name) + 2 <= size) {
      memcpy(path, folders, length);
      path[length] = '/';
      strcpy(path + length + (length > 0), name);
      if (access(path, X_OK) == 0) return 0;
      if (errno == EACCES) status = -EACCES;
    }
    folders += length + (folders[length] == ':');
  }
  return status;
}

/* Tells whether a change (NAME=value, or NAME to remove it) is about this variable. */
static int is_changed_by(const char *variable, const char *change) {
  size_t name = strcspn(change, "=");
  return strncmp(variable, change, name) == 0 && variable[name] == '=';
}

char **pp_make_environment(const char *changes, int count, int inherit) {
  size_t present = 0;
  while (inherit && environ[present] != NULL) present++;
  char **envp = calloc(present + (size_t)count + 1, sizeof *envp);
  size_t used = 0;
  for (size_t i = 0; envp != NULL && i < present; i++) {
    const char *change = changes;
    int changed = 0;
    for (int k = 0; k < count && !changed; k++, change = pp_next_string(change)) changed = is_changed_by(environ[i], change);
    if (!changed) envp[used++] = environ[i];
  }
  for (int k = 0; envp != NULL && k < count; k++, changes = pp_next_string(changes))
    if (strchr(changes, '=') != NULL) envp[used++] = (char *)(uintptr_t)changes;
  return envp;
}
