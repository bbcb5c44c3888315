// The floor: what a C program needs for the same work. The commands are those of protocol.ts.
// With the argument `loop` it is what a C program needs that must not block its event loop, as none in JavaScript may: the
// calls are made by four threads, and the first thread sleeps in poll() until it is told of a result.
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
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

typedef struct {
  virConnectPtr conn;
  virDomainPtr domain;  // null: the host name is asked for
} Job;

static void perform(Job job) {
  if (job.domain) info(job.domain);
  else hostname(job.conn);
}

enum { threadCount = 4, mostJobs = 16384 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t posted = PTHREAD_COND_INITIALIZER;
static Job jobs[mostJobs];
static int jobCount, jobsTaken;
static int results = -1;

static void *work(void *nothing) {
  for (;;) {
    pthread_mutex_lock(&mutex);
    while (jobsTaken == jobCount) pthread_cond_wait(&posted, &mutex);
    const Job job = jobs[jobsTaken++];
    pthread_mutex_unlock(&mutex);
    perform(job);
    eventfd_write(results, 1);
  }
  return nothing;
}

static void startThreads(void) {
  results = eventfd(0, EFD_CLOEXEC);
  if (results < 0) fail("eventfd");
  for (int i = 0; i < threadCount; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, work, NULL) != 0) fail("pthread_create");
    pthread_detach(thread);
  }
}

// All at once, and back when the last has its result.
static void performElsewhere(const Job *all, int count) {
  if (count > mostJobs) fail("too many calls at once");
  pthread_mutex_lock(&mutex);
  jobsTaken = 0;
  jobCount = count;
  memcpy(jobs, all, (size_t)count * sizeof(Job));
  pthread_mutex_unlock(&mutex);
  if (count == 1) pthread_cond_signal(&posted);
  else pthread_cond_broadcast(&posted);
  for (uint64_t done = 0; done < (uint64_t)count;) {
    struct pollfd wanted = {.fd = results, .events = POLLIN};
    eventfd_t some = 0;
    if (poll(&wanted, 1, -1) != 1 || eventfd_read(results, &some) != 0) fail("poll");
    done += some;
  }
}

// The calls that a command makes; none where it is something else that it does.
static int jobsOf(const char *command, const Open *at, Job *all) {
  if (strcmp(command, "hostname") == 0) {
    all[0] = (Job){.conn = at->conn};
    return 1;
  }
  const int count = strcmp(command, "many") == 0 ? at->count : strcmp(command, "info") == 0 ? 1 : 0;
  if (count > mostJobs) fail("too many calls");
  for (int i = 0; i < count; ++i) all[i] = (Job){.conn = at->conn, .domain = at->domains[i]};
  return count;
}

static void performAll(const Job *all, int count, bool loop) {
  if (loop) performElsewhere(all, count);
  else for (int i = 0; i < count; ++i) perform(all[i]);
}

int main(int argc, char **argv) {
  static Job all[mostJobs];
  char line[1024];
  const bool loop = argc > 1 && strcmp(argv[1], "loop") == 0;
  if (loop) startThreads();
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
    const int count = jobsOf(command, at, all);
    const double start = now();
    for (int i = 0; i < times; ++i) {
      if (count > 0) performAll(all, count, loop);
      else if (strcmp(command, "stats") == 0) stats(at->conn);
      else if (strcmp(command, "list") == 0) list(at->conn);
      else if (strcmp(command, "open") != 0) fail(command);
    }
    printf("%f\n", (now() - start) / times);
    fflush(stdout);
  }
  return 0;
}
