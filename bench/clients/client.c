// The floor: what a C program needs for the same work. The commands are those of protocol.ts.
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { mostConnections = 8 };

typedef struct {
  char uri[512];
  virConnectPtr conn;
  virDomainPtr *domains;
  int count;
} Open;

static Open opened[mostConnections];
static int openedCount;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void fail(const char *what) {
  const char *why = virGetLastErrorMessage();
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

static Open *openURI(const char *uri) {
  for (int i = 0; i < openedCount; ++i) {
    if (strcmp(opened[i].uri, uri) == 0) return &opened[i];
  }
  if (openedCount == mostConnections) fail("too many connections");
  Open *made = &opened[openedCount++];
  snprintf(made->uri, sizeof(made->uri), "%s", uri);
  made->conn = virConnectOpen(uri);
  if (!made->conn) fail(uri);
  made->count = virConnectListAllDomains(made->conn, &made->domains, 0);
  if (made->count < 1) fail("virConnectListAllDomains");
  return made;
}

static void info(virDomainPtr domain) {
  virDomainInfo found;
  if (virDomainGetInfo(domain, &found) < 0) fail("virDomainGetInfo");
}

static void hostname(virConnectPtr conn) {
  char *name = virConnectGetHostname(conn);
  if (!name) fail("virConnectGetHostname");
  free(name);
}

// A list with the names: what the object of every other client holds.
static int list(virConnectPtr conn) {
  virDomainPtr *domains = NULL;
  const int count = virConnectListAllDomains(conn, &domains, 0);
  if (count < 0) fail("virConnectListAllDomains");
  size_t length = 0;
  for (int i = 0; i < count; ++i) length += strlen(virDomainGetName(domains[i]));
  for (int i = 0; i < count; ++i) virDomainFree(domains[i]);
  free(domains);
  return length > 0 ? count : 0;
}

static void stats(virConnectPtr conn) {
  virDomainStatsRecordPtr *records = NULL;
  if (virConnectGetAllDomainStats(conn, VIR_DOMAIN_STATS_STATE, &records, 0) < 0) fail("virConnectGetAllDomainStats");
  virDomainStatsRecordListFree(records);
}

static double residentMiB(void) {
  long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (!file || fscanf(file, "%*d %ld", &pages) != 1) fail("/proc/self/statm");
  fclose(file);
  return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1048576;
}

static void ignore(void *data, virErrorPtr error) {
  (void)data;
  (void)error;
}

int main(void) {
  char line[1024];
  virSetErrorFunc(NULL, ignore);
  puts("ready");
  fflush(stdout);
  while (fgets(line, sizeof(line), stdin)) {
    char command[16], uri[512];
    int times = 1;
    if (sscanf(line, "%15s %511s %d", command, uri, &times) < 1) continue;
    if (strcmp(command, "memory") == 0) {
      printf("%f\n", residentMiB());
      fflush(stdout);
      continue;
    }
    Open *at = openURI(uri);
    const double start = now();
    for (int i = 0; i < times; ++i) {
      if (strcmp(command, "info") == 0) info(at->domains[0]);
      else if (strcmp(command, "hostname") == 0) hostname(at->conn);
      else if (strcmp(command, "many") == 0) for (int d = 0; d < at->count; ++d) info(at->domains[d]);
      else if (strcmp(command, "stats") == 0) stats(at->conn);
      else if (strcmp(command, "list") == 0) list(at->conn);
      else if (strcmp(command, "open") != 0) fail(command);
    }
    printf("%f\n", (now() - start) / times);
    fflush(stdout);
  }
  return 0;
}
